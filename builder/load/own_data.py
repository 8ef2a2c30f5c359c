"""The author's own data, `[data.NAME]` in book.toml: what is wrong with them, as issues.

They are read by the training step's own reader, which needs no torch; here its problems get the
lines, columns and suggestions that every issue has.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

from builder.issues.issue import Issue, Source, Span, suggest, whole_file
from builder.issues.rules import BY_NAME
from builder.load.toml_file import key_span, read_toml
from builder.store.effects import Effects
from training.own_data.declaration import FOLDER, PREFIX, Declaration, read_declarations
from training.own_data.problem import InBook, InFile, InText, Problem
from training.own_data.read import files_of, read_data, text_of


@dataclass(frozen=True, slots=True)
class OwnData:
    """The names that book.toml declares, and which of them cannot be used."""

    names: frozenset[str] = frozenset()
    broken: frozenset[str] = frozenset()

    @property
    def models(self) -> frozenset[str]:
        """The models that can be trained on them."""
        return frozenset(map(model_name, self.names - self.broken))

    @property
    def broken_models(self) -> frozenset[str]:
        """The models that would train on broken data."""
        return frozenset(map(model_name, self.broken))


def model_name(data: str) -> str:
    """The model that trains on the author's data of a name."""
    return f"{PREFIX}{data}"


def check_own_data(effects: Effects, book: Source, issues: list[Issue]) -> OwnData:
    """Read every set of data that the book declares, and report what is wrong."""
    values = read_toml(book, "config-syntax", issues) or {}
    declared = read_declarations(values)
    listing = effects.files(FOLDER) if declared.sound else []
    problems = list(declared.problems)
    broken = set(declared.broken)
    for name, declaration in declared.sound.items():
        files = tuple((path, effects.read(path)) for path in files_of(declaration, listing))
        found = _problems(declaration, files)
        if not all(problem.warning for problem in found):
            broken.add(name)
        problems += found
    issues.extend(_issue(effects, book, problem) for problem in problems)
    return OwnData(frozenset(declared.sound) | declared.broken, frozenset(broken))


@lru_cache(maxsize=64)  # by content: most data are the same at the next build
def _problems(
    declaration: Declaration, files: tuple[tuple[str, bytes], ...]
) -> tuple[Problem, ...]:
    return read_data(declaration, dict(files))[1]


def _issue(effects: Effects, book: Source, problem: Problem) -> Issue:
    issue = _placed(effects, book, problem)
    return replace(issue, severity="warning") if problem.warning else issue


def _placed(effects: Effects, book: Source, problem: Problem) -> Issue:
    hint = problem.hint or (suggest(problem.name, problem.known) if problem.name else "")
    match problem.at:
        case InFile(path):
            return whole_file(BY_NAME[problem.rule], path, problem.message, hint)
        case InText(path, start, end):
            source = Source(path, text_of(effects.read(path), "replace"))
            return source.issue(BY_NAME[problem.rule], Span(start, end), problem.message, hint)
        case InBook(table, key, value):
            at = _name_in(book, key_span(book, table, key, value=value), problem.name)
            return book.issue(BY_NAME[problem.rule], at, problem.message, hint)


def _name_in(book: Source, span: Span, name: str) -> Span:
    """Where in a value a name stands: in a list of columns, one of them is wrong."""
    start = book.text.find(f'"{name}"', span.start, span.end) if name else -1
    return Span(start + 1, start + 1 + len(name)) if start >= 0 else span
