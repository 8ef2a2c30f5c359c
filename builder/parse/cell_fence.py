"""Reads runnable fences: a cell, or an exercise with the check and the solution that follow it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from builder.issues.issue import Span, suggest
from builder.issues.rules import Rule
from builder.parse.document import Cell, Code
from builder.parse.passage import Passage

RUNNABLE = re.compile(r"[ \t]*python[ \t]+(?P<kind>[a-z]+)(?=[ \t]|$)(?P<options>.*)")
KINDS = ("run", "exercise", "check", "solution")
OPTIONS = {"run": ("id", "raises"), "exercise": ("id",), "check": (), "solution": ()}
OPTION = re.compile(r"(?P<key>[^\s=]+)(?:=(?P<value>\S*))?")
IDENTIFIER = re.compile(r"[a-z][a-z0-9-]*")

Report = Callable[[Rule, Span, str, str], None]


@dataclass(frozen=True, slots=True)
class Fence:
    """A fenced block of code: where its first line begins and what that says, and its code."""

    at: Span
    """From the ticks to the end of their line."""
    ticks: str
    info: str
    code: Passage
    closed: bool
    at_margin: bool

    @property
    def is_runnable(self) -> bool:
        """Whether the first line asks for Python to be run: a word after `python`."""
        return RUNNABLE.fullmatch(self.info) is not None

    @property
    def kind(self) -> str:
        """The word after `python`."""
        found = RUNNABLE.fullmatch(self.info)
        return found["kind"] if found else ""


def read_cell(fences: Sequence[Fence], report: Report) -> tuple[Cell | None, int]:
    """The cell that begins with the first of fences that follow each other, and how many of them
    belong to it."""
    reader = _Reader(fences, report)
    cell = reader.cell()
    if not fences[0].at_margin:
        report("cell-indent", fences[0].at, "a cell must begin at the left margin", "")
        return None, reader.read
    return cell, reader.read


class _Reader:
    """Reads the fences of one cell."""

    def __init__(self, fences: Sequence[Fence], report: Report) -> None:
        self.fences, self.report = fences, report
        self.read = 0

    def cell(self) -> Cell | None:
        fence = self.fences[0]
        at, kind = fence.at, fence.kind
        options = self._options(fence)
        code = self._code(fence)
        if kind in {"check", "solution"}:
            message = f"this {kind} follows no exercise"
            self.report("cell-order", at, message, "put it right after a 'python exercise' cell")
            return None
        name, name_at = options.get("id", ("", at))
        raises, raises_at = options.get("raises", ("", at))
        if name and not IDENTIFIER.fullmatch(name):
            hint = "lower-case letters, digits and hyphens, a letter first"
            self.report("id-syntax", name_at, f"'{name}' cannot be an id", hint)
        if raises and not raises.isidentifier():
            message = f"'{raises}' is not the name of an exception"
            self.report("cell-option", raises_at, message, "for example raises=ValueError")
        check = solution = None
        if kind == "exercise":
            check = self._companion("check", at)
            if check.text:  # one thing at a time
                solution = self._companion("solution", at)
        return Cell(at, name, name_at, code, raises, check, solution)

    def _companion(self, kind: str, at: Span) -> Code:
        """The fence of this kind that must come next."""
        if self.read < len(self.fences) and self.fences[self.read].kind == kind:
            fence = self.fences[self.read]
            self._options(fence)
            return self._code(fence)
        hint = f"write a '```python {kind}' block right after it"
        self.report("cell-order", at, f"this exercise has no {kind}", hint)
        return Code("", at)

    def _options(self, fence: Fence) -> dict[str, tuple[str, Span]]:
        """The `key=value` words after the kind; every other word is an issue."""
        found = RUNNABLE.fullmatch(fence.info)
        assert found
        kind, start = fence.kind, fence.at.start + len(fence.ticks)
        if kind not in KINDS:
            at = Span(start + found.start("kind"), start + found.end("kind"))
            hint = suggest(kind, KINDS)
            self.report("cell-kind", at, f"unknown word '{kind}' after python", hint)
            return {}
        options: dict[str, tuple[str, Span]] = {}
        for match in OPTION.finditer(found["options"]):
            offset = start + found.start("options")
            at = Span(offset + match.start(), offset + match.end())
            if match["key"] in OPTIONS[kind] and not match["value"]:
                message = f"the option '{match['key']}' has no value"
                self.report("cell-option", at, message, f"write {match['key']}=…")
            elif match["key"] not in OPTIONS[kind]:
                hint = suggest(match["key"], OPTIONS[kind])
                message = f"unknown option '{match[0]}' of a '{kind}' cell"
                self.report("cell-option", at, message, hint)
            else:
                options[match["key"]] = match["value"], at
        return options

    def _code(self, fence: Fence) -> Code:
        """The code of the next fence, which is read with it."""
        self.read += 1
        report_unclosed(fence, self.report)
        text = fence.code.text.rstrip()
        if not text.strip():
            self.report("cell-empty", fence.at, "this cell is empty", "")
        return Code(text, fence.code.span(0, len(fence.code.text)))


def report_unclosed(fence: Fence, report: Report) -> None:
    """A fence without an end takes in what follows it."""
    if not fence.closed:
        hint = f"close it with a line '{fence.ticks}'"
        report("code-closed", fence.at, "this code block is not closed", hint)
