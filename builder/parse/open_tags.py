"""Raw tags that must match: what a browser makes of others may swallow the rest of a page."""

from __future__ import annotations

from dataclasses import dataclass, field

from builder.issues.issue import Issue, Source, Span
from builder.parse.elements import HTML, MAY_STAY_OPEN, VOID


@dataclass(frozen=True, slots=True)
class _Open:
    name: str
    at: Span


@dataclass
class OpenTags:
    """The tags that are open in a paragraph or, if `block`, among the blocks of one element."""

    source: Source
    issues: list[Issue]
    block: bool = False
    open: list[_Open] = field(default_factory=list)
    crossed: list[str] = field(default_factory=list)
    """What was reported as open where a tag around it ended: its own end is no second mistake."""

    def start(self, name: str, at: Span, *, slash: bool) -> None:
        """A tag begins; a `slash` at its end closes it in drawings and formulas alone."""
        if name in VOID or (slash and name not in HTML):
            return
        if slash and name not in MAY_STAY_OPEN:
            self._report(at, f"in HTML the slash does not close this <{name}>", f"write </{name}>")
            return
        self.open.append(_Open(name, at))

    def end(self, name: str, at: Span) -> None:
        """A tag ends, and with it those inside it that HTML lets stay open."""
        if not any(tag.name == name for tag in self.open):
            if name in self.crossed:
                self.crossed.remove(name)
                return
            hint = f"take it away, or write <{name}> where it begins{self._where}"
            self._report(at, f"this </{name}> closes nothing", hint)
            return
        while (tag := self.open.pop()).name != name:
            self._not_closed(tag, f"write </{tag.name}> before the </{name}> around it")

    def finish(self) -> None:
        """The text ends, and nothing in it may still be open."""
        for tag in self.open:
            self._not_closed(tag, f"write </{tag.name}> where it ends{self._where}")

    def _not_closed(self, tag: _Open, hint: str) -> None:
        if tag.name not in MAY_STAY_OPEN:
            self.crossed.append(tag.name)
            self._report(tag.at, f"this <{tag.name}> is not closed", hint)

    @property
    def _where(self) -> str:
        return ", in a line of its own below a blank one" if self.block else ", in its paragraph"

    def _report(self, at: Span, message: str, hint: str) -> None:
        self.issues.append(self.source.issue("html-closed", at, message, hint))
