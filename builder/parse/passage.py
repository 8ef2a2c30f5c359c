"""A text as it reads once the marks of quotations, lists and tables are taken off its lines, with
the place in the source that every character has.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from builder.issues.issue import Issue, Source, Span
from builder.issues.rules import Rule
from builder.parse.document import END, START
from builder.parse.prose import RAW_END, RAW_START

RESERVED = {ord(character): "\ufffd" for character in (START, END, RAW_START, RAW_END)}
"""Characters that mark places in the making of a page: a text that holds one loses it."""


@dataclass(frozen=True)
class Passage:
    """Pieces of a source in their order: the one at `starts[i]` of the text is the source's at
    `offsets[i]`."""

    source: Source
    text: str
    starts: tuple[int, ...] = (0,)
    offsets: tuple[int, ...] = (0,)

    @classmethod
    def of(cls, source: Source, span: Span) -> Passage:
        """A range of a source as it stands there."""
        text = source.text[span.start : span.end].translate(RESERVED)
        return cls(source, text, (0,), (span.start,))

    def offset(self, position: int) -> int:
        """Where in the source the character at `position` stands."""
        piece = bisect_right(self.starts, position) - 1
        return self.offsets[piece] + position - self.starts[piece]

    def span(self, start: int, end: int) -> Span:
        """The range of the source from the character at `start` to that before `end`."""
        first = self.offset(start)
        return Span(first, self.offset(end - 1) + 1 if end > start else first)

    def padded(self, start: int, end: int) -> str:
        """The text from `start` to `end` as long as its range of the source: what was taken off
        between its pieces is blanks, so that a place in it is a place there."""
        made = ""
        inner = [at for at in self.starts if start < at < end]
        for at, after in zip([start, *inner], [*inner, end], strict=True):
            made = made.ljust(self.offset(at) - self.offset(start)) + self.text[at:after]
        return made

    def part(self, start: int, end: int) -> Passage:
        """The text from `start` to `end`."""
        first = bisect_right(self.starts, start) - 1
        last = max(first + 1, bisect_right(self.starts, end - 1))
        starts = (0, *(at - start for at in self.starts[first + 1 : last]))
        offsets = (self.offset(start), *self.offsets[first + 1 : last])
        return Passage(self.source, self.text[start:end], starts, offsets)

    def before(self, match: re.Match[str] | None) -> Passage:
        """The text up to a match in it; all of it without one."""
        return self.part(0, match.start() if match else len(self.text))

    def after(self, match: re.Match[str]) -> Passage:
        """The text behind a match in it."""
        return self.part(match.end(), len(self.text))

    def stripped(self) -> Passage:
        """The text without white space around it."""
        start = len(self.text) - len(self.text.lstrip())
        return self.part(start, max(start, len(self.text.rstrip())))

    def issue(self, rule: Rule, start: int, end: int, message: str, hint: str = "") -> Issue:
        """An issue at a range of the text."""
        return self.source.issue(rule, self.span(start, end), message, hint)

    @cached_property
    def lines(self) -> list[str]:
        """The lines without their breaks."""
        return self.text.split("\n")

    @cached_property
    def line_starts(self) -> list[int]:
        """Where each line begins."""
        starts = [0]
        for line in self.lines:
            starts.append(starts[-1] + len(line) + 1)
        return starts

    def inside(self, first: int, content: str) -> Passage:
        """`content`, which the lines from `first` on hold once what stands before it is taken off.

        White space that a tab became has no place of its own: it shares that of the tab.
        """
        pieces: list[tuple[int, int]] = []
        position = 0
        for number, line in enumerate(content.split("\n"), first):
            whole, kept = self.lines[number], line.strip()
            at = whole.rfind(kept) if kept else len(whole)
            start = position + len(line) - len(line.lstrip()) if kept else position
            if kept and start > position:
                pieces.append((position, self.line_starts[number] + max(0, at - start + position)))
            pieces.append((start, self.line_starts[number] + at))
            position += len(line) + 1
        return self._of_pieces(content, pieces)

    def cells(self, start: int) -> list[Passage]:
        """The cells of the table's row that begins at `start`; a `\\|` in one is a bar."""
        end = self.text.find("\n", start)
        line = self.text[start : end if end >= 0 else None]
        cells: list[list[tuple[str, int]]] = [[]]
        for position, character in enumerate(line):
            if character != "|":
                cells[-1].append((character, start + position))
            elif position and line[position - 1] == "\\":
                cells[-1][-1] = ("|", start + position)
            else:
                cells.append([])
        for outer in (0, -1):
            if cells and not "".join(character for character, _ in cells[outer]).strip():
                cells.pop(outer)
        return [
            self._of_pieces("".join(c for c, _ in cell), enumerate(at for _, at in cell)).stripped()
            for cell in cells
        ]

    def _of_pieces(self, text: str, pieces: Iterable[tuple[int, int]]) -> Passage:
        """A text whose pieces, by their starts, stand at positions of this one."""
        starts, offsets = [0], [self.offset(0)]
        for start, position in pieces:
            offset = self.offset(position)
            if start == starts[-1]:
                offsets[-1] = offset
            elif offset - offsets[-1] != start - starts[-1]:
                starts.append(start)
                offsets.append(offset)
        return Passage(self.source, text, tuple(starts), tuple(offsets))
