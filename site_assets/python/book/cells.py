"""Runs cells: one after the other in one namespace, telling what happens as it happens.

The same code runs them at build, in the page, and in the tests. An event is a dictionary with a
`kind`: `stdout`, `stderr`, `value` and `notice` carry `text`; `html` also the words for it;
`error` a trimmed traceback, the exception's name and the line of the cell; `check` whether it
passed, what to tell the reader, and whether its author wrote these words. Both say which name was
defined nowhere, in `needs`, where that is what went wrong.
"""

from __future__ import annotations

import ast
import builtins
import inspect
import io
import linecache
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from time import monotonic
from traceback import TracebackException
from typing import Any, TypeAlias

Event: TypeAlias = dict[str, Any]
Listener: TypeAlias = Callable[[Event], None]

MOST_CHARACTERS = 20_000
MOST_EVENTS = 500
"""What one run may print and draw; the rest is left out, with a notice."""

BETWEEN_FORMS = 0.05
"""Seconds between two forms of a line that is written over."""

LINE_ENDS = re.compile(r"(\n|\r(?!\n))")
FILE = re.compile(r'  File "<(?P<cell>[^"]+)>", line (?P<line>\d+)(?:, in (?P<name>.+))?')
LISTENING = "no cell is running"

_listener: Listener | None = None


def emit(event: Event) -> None:
    """Tell whoever runs the present cell."""
    if _listener is None:
        raise RuntimeError(LISTENING)
    _listener(event)


class _Capped:
    """Passes events on until there have been too many."""

    def __init__(self, listener: Listener) -> None:
        self.listener = listener
        self.characters, self.events = MOST_CHARACTERS, MOST_EVENTS
        self.line = 0
        """Characters in the last line that was printed, which the next may write over."""

    def __call__(self, event: Event) -> None:
        if event["kind"] in {"error", "check"}:  # what went wrong is always told
            self.listener(event)
            return
        if self.events <= 0 or self.characters <= 0:
            return
        text = event.get("text", "")
        added = self._added(text) if event["kind"] in {"stdout", "stderr"} else len(text)
        if event["kind"] != "html" and added > self.characters:
            event = {**event, "text": text[: self.characters]}
        self.characters -= added
        self.events -= "\r" not in text
        self.listener(event)
        if self.events <= 0 or self.characters <= 0:
            self.listener({"kind": "notice", "text": self._notice()})

    def _added(self, text: str) -> int:
        """How many characters there are more: what a line writes over is gone."""
        added = 0
        for part in LINE_ENDS.split(text):
            if part == "\r":
                added -= self.line
            elif part == "\n":
                added += 1
            else:
                added += len(part)
            self.line = 0 if part in {"\r", "\n"} else self.line + len(part)
        return added

    def _notice(self) -> str:
        many = f"{MOST_CHARACTERS:,} characters" if self.characters <= 0 else "that much"
        return f"This cell prints more than {many}; the rest is left out."


class _Stream(io.TextIOBase):
    """A text stream whose lines become events as they are complete.

    A line that goes back to its beginning is shown as it is then, some times a second: its next
    form will write over it.
    """

    encoding = "utf-8"

    def __init__(self, kind: str) -> None:
        self.kind, self.waiting, self.told = kind, "", 0.0

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self.waiting += text
        if "\n" in text or ("\r" in text and monotonic() - self.told > BETWEEN_FORMS):
            self.flush()
        return len(text)

    def flush(self) -> None:
        if self.waiting:
            text, self.waiting = self.waiting, ""
            self.told = monotonic()
            emit({"kind": self.kind, "text": text})


def _no_input(prompt: object = "") -> str:
    """What `input` does here."""
    message = "a cell cannot ask for input: write the value into the cell and run it again"
    raise RuntimeError(message)


@contextmanager
def _running(listener: Listener) -> Iterator[None]:
    global _listener
    before, _listener = _listener, _Capped(listener)
    asks = builtins.input
    out, err = _Stream("stdout"), _Stream("stderr")
    builtins.input = _no_input
    try:
        with redirect_stdout(out), redirect_stderr(err):
            try:
                yield
            finally:
                out.flush()
                err.flush()
    finally:
        builtins.input = asks
        _listener = before


async def run(code: str, name: str, namespace: dict[str, Any], listener: Listener) -> bool:
    """Run a cell; the value of its last expression is an event. Whether it did not raise."""
    with _running(listener):
        try:
            value = await _execute(code, name, namespace)
        except BaseException as error:  # SystemExit too: the worker has to stay
            sys.stdout.flush()
            emit({"kind": "error", **describe(error, name)})
            return False
        if value is not None:
            sys.stdout.flush()
            emit({"kind": "value", "text": repr(value)})
        return True


async def check(code: str, namespace: dict[str, Any], listener: Listener) -> bool:
    """Judge what an exercise's cell defined; the check's own names don't stay."""
    with _running(listener):
        passed, helpful, needs = False, False, ""
        try:
            await _execute(code, "check", dict(namespace))
            passed, text = True, "Solved: it passes the check."
        except AssertionError as error:
            helpful = bool(str(error))
            text = str(error) or "Not yet: an assertion of the check failed."
        except BaseException as error:
            needs = _undefined(error)
            told = "".join(TracebackException.from_exception(error).format_exception_only())
            text = f"The check could not finish: {told.strip()}"
            if needs and _raised_in(error, "check"):
                text = f"The check looks for {needs}, which no cell has defined."
        verdict = {"passed": passed, "text": text, "helpful": helpful, "needs": needs}
        emit({"kind": "check", **verdict})
        return passed


async def _execute(code: str, name: str, namespace: dict[str, Any]) -> object:
    """Execute statements; the value of the last one, if that is an expression."""
    file = f"<{name}>"
    linecache.cache[file] = (len(code), None, code.splitlines(keepends=True), file)
    tree = ast.parse(code, file)
    last: ast.Expression | None = None
    if tree.body and isinstance(tree.body[-1], ast.Expr) and not _is_silent(code):
        last = ast.Expression(tree.body.pop().value)  # type: ignore[attr-defined]
    flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    await _evaluate(compile(tree, file, "exec", flags), namespace)
    return await _evaluate(compile(last, file, "eval", flags), namespace) if last else None


def _is_silent(code: str) -> bool:
    """A last line that ends in a semicolon shows no value."""
    return code.rstrip().endswith(";")


async def _evaluate(code: Any, namespace: dict[str, Any]) -> object:
    result = eval(code, namespace)
    return await result if code.co_flags & inspect.CO_COROUTINE else result


def _undefined(error: BaseException) -> str:
    """The name that was defined nowhere; empty if that is not what went wrong."""
    return (error.name or "") if isinstance(error, NameError) else ""


def _raised_in(error: BaseException, name: str) -> bool:
    """Whether the innermost line of cells that an exception came from is one of cell `name`."""
    frames = [frame.filename for frame in TracebackException.from_exception(error).stack]
    return [file for file in frames if _is_own(file)][-1:] == [f"<{name}>"]


def describe(error: BaseException, name: str) -> Event:
    """An exception as a reader needs it: their own lines, and the line of cell `name`."""
    report = TracebackException.from_exception(error)
    lines = [frame.lineno for frame in report.stack if frame.filename == f"<{name}>"]
    line = (lines[-1] if lines else 0) or 0
    if isinstance(error, SyntaxError) and error.filename == f"<{name}>":
        line = error.lineno or 0
    _trim(report)
    text = "".join(map(_readable, report.format())).rstrip()
    if isinstance(error, ModuleNotFoundError):
        text += f"\n{missing_module(error)}"
    message = error.msg if isinstance(error, SyntaxError) else str(error)
    return {
        "text": text,
        "name": type(error).__name__,
        "message": message,
        "line": line,
        "needs": _undefined(error),
    }


def _trim(report: TracebackException | None) -> None:
    """Leave out what is not the reader's own, in the causes too."""
    while report is not None:
        report.stack[:] = [frame for frame in report.stack if _is_own(frame.filename)]
        _trim(report.__cause__)
        report = report.__context__


def _is_own(file: str) -> bool:
    return file.startswith("<") and file != "<string>" and not file.startswith("<frozen")


def _readable(text: str) -> str:
    def place(match: re.Match[str]) -> str:
        inside = match["name"]
        where = f" in {inside}" if inside and inside != "<module>" else ""
        return f"  {match['cell'].capitalize()}, line {match['line']}{where}"

    return FILE.sub(place, text)


def missing_module(error: ModuleNotFoundError) -> str:
    """Why a module is not there."""
    name = (error.name or "").partition(".")[0]
    return (
        f"{name} is not part of this copy of the book: its cells have Python's standard library "
        "and the module book. Compiled packages come in when the book is built with "
        "--pyodide-dist."
    )
