"""What stands inside `<math>` and `<svg>`, where html-validate sees nothing: tags that do not
match, in the text of the page; ids, links and references, in the browser's DOM.
"""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING

from builder.check.site import BuiltSite, Page
from builder.issues.issue import Issue, Span

if TYPE_CHECKING:
    from playwright.sync_api import Page as OpenPage

FOREIGN = frozenset({"math", "svg"})
LOOK = Path(__file__).with_suffix(".js")
"""Run in the page; gives a line for each fault."""


def faults_in_dom(page: OpenPage) -> list[str]:
    """One line for each fault that an open page has inside `<math>` and `<svg>`."""
    found: list[str] = page.evaluate(LOOK.read_text("utf-8"))
    return found


def check_tags(site: BuiltSite) -> Iterator[Issue]:
    """An issue for each tag inside `<math>` and `<svg>` that is not closed, or closes nothing:
    the browser mends that in silence, as it likes."""
    for page in site.pages:
        reader = _Tags(page)
        reader.feed(page.source.text)
        reader.close()
        reader.end()
        yield from reader.found


class _Tags(HTMLParser):
    """Follows the tags from `<math>` or `<svg>` to its end."""

    def __init__(self, page: Page) -> None:
        super().__init__()
        self.page = page
        self.open: list[tuple[str, Span]] = []
        self.found: list[Issue] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self.open or tag in FOREIGN:
            self.open.append((tag, self._span(len(self.get_starttag_text() or ""))))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        if not self.open:
            return
        if tag not in {name for name, _ in self.open}:
            message = f"</{tag}> closes nothing inside <{self.open[0][0]}>"
            self.found.append(self.page.issue("html", self._span(len(tag) + 3), message))
            return
        while (last := self.open.pop())[0] != tag:
            self._unclosed(*last)

    def end(self) -> None:
        """The page has ended: what is still open is never closed."""
        for tag, at in self.open:
            self._unclosed(tag, at)

    def _unclosed(self, tag: str, at: Span) -> None:
        self.found.append(self.page.issue("html", at, f"this <{tag}> is not closed"))

    def _span(self, length: int) -> Span:
        line, column = self.getpos()
        start = self.page.source.line_starts[line - 1] + column
        return Span(start, start + length)
