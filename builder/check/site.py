"""The built site as checks read it: pages with their ids and addresses, and all files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from html.parser import HTMLParser

from builder.issues.issue import Issue, Severity, Source, Span
from builder.issues.rules import Rule
from builder.store.effects import Effects
from builder.store.paths import SITE

ADDRESSES = {
    "a": "href",
    "area": "href",
    "img": "src",
    "link": "href",
    "script": "src",
    "source": "src",
}
"""The attribute of each element that names a place or a file."""


@dataclass(frozen=True, slots=True)
class Address:
    """An address as it stands in a page."""

    element: str
    text: str
    at: Span


class _Reader(HTMLParser):
    """Collects ids, addresses and the JSON that scripts read."""

    def __init__(self, source: Source) -> None:
        super().__init__()
        self.source = source
        self.ids: set[str] = set()
        self.addresses: list[Address] = []
        self.data: list[tuple[str, Span]] = []
        self.figures: list[str] = []
        self.first_figure_end: int | None = None
        self.is_run_while_arriving = False
        self._open_figures = 0
        self._json = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if "id" in attributes:
            self.ids.add(attributes["id"])
        if "data-figure" in attributes:
            self.figures.append(attributes["data-figure"])
        if tag == "figure" and (self._open_figures or "data-figure" in attributes):
            self._open_figures += 1
        self.is_run_while_arriving |= tag == "script" and "async" in attributes
        address = attributes.get(ADDRESSES.get(tag, ""))
        if address is not None:
            self.addresses.append(Address(tag, address, self._span(self.get_starttag_text())))
        self._json = tag == "script" and attributes.get("type") == "application/json"

    def handle_endtag(self, tag: str) -> None:
        if tag == "figure" and self._open_figures:
            self._open_figures -= 1
            if not self._open_figures and self.first_figure_end is None:
                self.first_figure_end = self._span("</figure>").end

    def handle_data(self, data: str) -> None:
        if self._json:
            self.data.append((data, self._span("")))
            self._json = False

    def _span(self, text: str | None) -> Span:
        line, column = self.getpos()
        start = self.source.line_starts[line - 1] + column
        return Span(start, start + len(text or ""))


class Page:
    """One HTML file of the site."""

    def __init__(self, name: str, html: str) -> None:
        self.name = name
        self.source = Source(f"{SITE}/{name}", html)

    @cached_property
    def _read(self) -> _Reader:
        reader = _Reader(self.source)
        reader.feed(self.source.text)
        reader.close()
        return reader

    @property
    def ids(self) -> set[str]:
        return self._read.ids

    @property
    def addresses(self) -> list[Address]:
        return self._read.addresses

    @property
    def data(self) -> list[tuple[str, Span]]:
        """The texts of its JSON scripts."""
        return self._read.data

    @property
    def figures(self) -> list[str]:
        """Names of the figures on it."""
        return self._read.figures

    @property
    def first_needed(self) -> str:
        """Its HTML up to the end of its first figure; all of it where scripts wait for that."""
        until = self._read.first_figure_end if self._read.is_run_while_arriving else None
        return self.source.text[:until]

    def issue(self, rule: Rule, at: Span, message: str, severity: Severity = "error") -> Issue:
        """An issue at a range of the page's HTML."""
        return self.source.issue(rule, at, message, "", severity)


@dataclass(frozen=True)
class BuiltSite:
    """All of `build/site`."""

    pages: tuple[Page, ...]
    files: Mapping[str, bytes]
    """Content by path in the site, the pages' too."""

    def page(self, name: str) -> Page | None:
        """The page of that path in the site."""
        return next((page for page in self.pages if page.name == name), None)

    def chapters(self) -> Iterator[Page]:
        """The pages whose body says that they are chapters."""
        return (page for page in self.pages if 'class="page-chapter"' in page.source.text)


def read_site(effects: Effects) -> BuiltSite:
    """The site as the last good build left it."""
    files = {path.removeprefix(f"{SITE}/"): effects.read(path) for path in effects.files(SITE)}
    pages = tuple(
        Page(name, data.decode()) for name, data in files.items() if name.endswith(".html")
    )
    return BuiltSite(pages, files)
