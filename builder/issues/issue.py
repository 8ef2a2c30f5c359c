"""What an author got wrong: an `Issue` says which rule, where, and what would be right.

Every stage collects issues in place of raising, so that one run reports all mistakes at once.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from typing import Literal

from builder.issues.rules import Rule

Severity = Literal["error", "warning"]

WINDOW = 96
"""Characters of a source line that are shown; paragraphs are often one long line."""

SIGNS = (
    {code: 0x2400 + code for code in range(0x20) if chr(code) not in "\t\n"}
    | {0x7F: 0x2421}
    | dict.fromkeys((*range(0x80, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A)), 0xFFFD)
)
"""What a terminal is shown in place of characters that command it, or turn the text around them."""


@dataclass(frozen=True, slots=True)
class Issue:
    """One mistake. `line` and `column` count characters from 1; 0 means the file as a whole."""

    rule: Rule
    path: str
    line: int
    column: int
    message: str
    hint: str = ""
    severity: Severity = "error"
    source: str = ""
    length: int = 1

    def __str__(self) -> str:
        return "\n".join([self.headline, *self._excerpt()])

    @property
    def headline(self) -> str:
        """`path:line:column rule: message (hint)`, without the parts that do not apply."""
        place = f"{self.path}:{self.line}:{self.column}" if self.line else self.path
        severity = "warning: " if self.severity == "warning" else ""
        hint = f" ({self.hint})" if self.hint else ""
        return f"{place} {self.rule}: {severity}{self.message}{hint}".translate(SIGNS)

    def _excerpt(self) -> list[str]:
        if not self.line or not self.source.strip():
            return []
        start, line = self.column - 1, self.source.translate(SIGNS)
        first = max(0, start - WINDOW // 2) if len(line) > WINDOW else 0
        last = min(len(line), first + WINDOW)
        lead = "…" if first else ""
        tail = "…" if last < len(line) else ""
        padding = "".join(map(_blank, lead + line[first:start]))
        marked = line[start : min(last, start + max(1, self.length))]
        carets = "^" + "~" * (sum(len(_blank(c)) for c in marked) - 1)
        return [f"  {lead}{line[first:last]}{tail}", f"  {padding}{carets}"]


def _blank(character: str) -> str:
    """White space as wide as `character` is in a terminal; a tab stays a tab."""
    if character == "\t":
        return "\t"
    if unicodedata.combining(character) or unicodedata.category(character) in {"Cf", "Mn"}:
        return ""
    return "  " if unicodedata.east_asian_width(character) in "WF" else " "


@dataclass(frozen=True, slots=True)
class Span:
    """A half-open range of character offsets in a source text."""

    start: int
    end: int

    @property
    def length(self) -> int:
        return self.end - self.start


@dataclass(frozen=True)
class Source:
    """A text file of the book, which turns character offsets into lines and columns."""

    path: str
    text: str

    @cached_property
    def line_starts(self) -> list[int]:
        """Offset of the first character of each line."""
        starts, position = [0], self.text.find("\n")
        while position >= 0:
            starts.append(position + 1)
            position = self.text.find("\n", position + 1)
        return starts

    def line(self, number: int) -> str:
        """The text of line `number`, counted from 1, without its line break."""
        starts = self.line_starts
        end = starts[number] - 1 if number < len(starts) else len(self.text)
        return self.text[starts[number - 1] : end]

    def line_span(self, number: int) -> Span:
        """The range of line `number` (clamped to the file), indentation left out."""
        number = max(1, min(number, len(self.line_starts)))
        line = self.line(number)
        start = self.line_starts[number - 1] + len(line) - len(line.lstrip())
        return Span(start, start + len(line.strip()))

    def line_number(self, offset: int) -> int:
        """The number of the line that holds the character at `offset`."""
        return bisect_right(self.line_starts, offset)

    def issue(
        self, rule: Rule, at: Span, message: str, hint: str = "", severity: Severity = "error"
    ) -> Issue:
        """An issue at a range of this file."""
        number = self.line_number(at.start)
        line = self.line(number)
        column = at.start - self.line_starts[number - 1] + 1
        length = max(1, min(at.length, len(line) - column + 1))
        return Issue(rule, self.path, number, column, message, hint, severity, line, length)


def whole_file(rule: Rule, path: str, message: str, hint: str = "") -> Issue:
    """An issue that no single line is to blame for."""
    return Issue(rule, path, 0, 0, message, hint)


def closest(name: str, candidates: Iterable[str]) -> str | None:
    """The candidate of which a name may be a misspelling."""
    folded = {candidate.casefold(): candidate for candidate in sorted(set(candidates))}
    close = get_close_matches(name.casefold(), folded, n=1, cutoff=0.6)
    return folded[close[0]] if close else None


def suggest(name: str, candidates: Iterable[str], *, plural: str = "") -> str:
    """A hint for a misspelt name: the closest candidate, else a short list of them all."""
    known = sorted(set(candidates))
    if meant := closest(name, known):
        return f"did you mean '{meant}'?"
    if not known:
        return f"there are no {plural} yet" if plural else ""
    if len(known) <= 8:
        return f"known: {', '.join(known)}"
    return ""


def in_order(issues: Iterable[Issue]) -> list[Issue]:
    """Issues by file and place, each once."""
    return sorted(
        set(issues),
        key=lambda issue: (issue.path, issue.line, issue.column, issue.rule, issue.message),
    )


def is_error(issue: Issue) -> bool:
    """Whether the issue stops a build."""
    return issue.severity == "error"


def summary(issues: Iterable[Issue]) -> str:
    """`3 errors, 1 warning`."""
    every = list(issues)
    errors = sum(map(is_error, every))
    counts = [(errors, "error"), (len(every) - errors, "warning")]
    parts = [f"{count} {word}{'s' if count != 1 else ''}" for count, word in counts if count]
    return ", ".join(parts) or "no issues"
