"""Reads runnable fences: a cell, or an exercise with the check and the solution that follow it."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

from builder.issues.issue import Source, Span, suggest
from builder.issues.rules import Rule
from builder.parse.document import Cell, Code

RUNNABLE = re.compile(r"[ \t]*python[ \t]+(?P<kind>[a-z]+)(?=[ \t]|$)(?P<options>.*)")
KINDS = ("run", "exercise", "check", "solution")
OPTIONS = {"run": ("id", "raises"), "exercise": ("id",), "check": (), "solution": ()}
OPTION = re.compile(r"(?P<key>[^\s=]+)(?:=(?P<value>\S*))?")
NEXT_FENCE = re.compile(r"\s*^(?P<ticks>`{3,}|~{3,})(?P<info>[^`\n]*)$", re.MULTILINE)
IDENTIFIER = re.compile(r"[a-z][a-z0-9-]*")

Report = Callable[[Rule, Span, str, str], None]


@cache
def fence_close(character: str, count: int) -> re.Pattern[str]:
    """The line that closes a fence of so many characters."""
    return re.compile(rf"^[ \t>]*{re.escape(character)}{{{count},}}[ \t]*$", re.MULTILINE)


def is_runnable(fence: re.Match[str]) -> bool:
    """Whether a fence's first line asks for Python to be run: a word after `python`."""
    return RUNNABLE.fullmatch(fence["info"]) is not None


def read_cell(
    source: Source, fence: re.Match[str], end: int, report: Report
) -> tuple[Cell | None, int]:
    """The cell that begins with this fence, and the offset after all that belongs to it."""
    cell, after = _Reader(source, end, report).cell(fence)
    if fence.start("ticks") != fence.start():
        report("cell-indent", _place(fence)[0], "a cell must begin at the left margin", "")
        return None, after
    return cell, after


class _Reader:
    """Reads the fences of one cell."""

    def __init__(self, source: Source, end: int, report: Report) -> None:
        self.source, self.text, self.end, self.report = source, source.text, end, report

    def cell(self, fence: re.Match[str]) -> tuple[Cell | None, int]:
        at, kind = _place(fence)
        options = self._options(fence, kind)
        code, after = self._code(fence)
        if kind in {"check", "solution"}:
            message = f"this {kind} follows no exercise"
            self.report("cell-order", at, message, "put it right after a 'python exercise' cell")
            return None, after
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
            check, after = self._companion("check", at, after)
            if check.text:  # one thing at a time
                solution, after = self._companion("solution", at, after)
        return Cell(at, name, name_at, code, raises, check, solution), after

    def _companion(self, kind: str, at: Span, position: int) -> tuple[Code, int]:
        """The fence of this kind that must come next."""
        fence = NEXT_FENCE.match(self.text, position, self.end)
        if fence and is_runnable(fence) and _place(fence)[1] == kind:
            self._options(fence, kind)
            return self._code(fence)
        hint = f"write a '```python {kind}' block right after it"
        self.report("cell-order", at, f"this exercise has no {kind}", hint)
        return Code("", Span(position, position)), position

    def _options(self, fence: re.Match[str], kind: str) -> dict[str, tuple[str, Span]]:
        """The `key=value` words after the kind; every other word is an issue."""
        found = RUNNABLE.fullmatch(fence["info"])
        assert found
        start = fence.start("info")
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

    def _code(self, fence: re.Match[str]) -> tuple[Code, int]:
        """The text up to the closing line, and the offset after that line."""
        ticks = fence["ticks"]
        start = min(fence.end() + 1, self.end)
        close = fence_close(ticks[0], len(ticks)).search(self.text, fence.end(), self.end)
        at = _place(fence)[0]
        if close is None:
            hint = f"close it with a line '{ticks}'"
            self.report("code-closed", at, "this code block is not closed", hint)
        inside = Span(start, max(start, close.start() if close else self.end))
        text = self.text[inside.start : inside.end].rstrip()
        if not text.strip():
            self.report("cell-empty", at, "this cell is empty", "")
        return Code(text, inside), close.end() if close else self.end


def _place(fence: re.Match[str]) -> tuple[Span, str]:
    """Where a fence's first line is, and its kind."""
    found = RUNNABLE.fullmatch(fence["info"])
    assert found
    return Span(fence.start("ticks"), fence.end()), found["kind"]
