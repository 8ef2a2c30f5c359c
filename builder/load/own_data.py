"""The author's own data, `[data.NAME]` in book.toml: what is wrong with them, as issues.

They are read by the training step's own reader, which needs no torch; here its problems get the
lines, columns and suggestions that every issue has. A table is read once, until it or its
declaration changes: a large one takes seconds.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from builder.issues.issue import Issue, Source, Span, suggest, whole_file
from builder.issues.rules import BY_NAME
from builder.load.readable import content_of
from builder.load.toml_file import key_span, read_toml
from builder.store.effects import Effects
from builder.store.hashing import canonical, digest
from builder.store.paths import CACHE
from training.own_data.declaration import FOLDER, PREFIX, read_declarations
from training.own_data.problem import InBook, InFile, InText, Place, Problem
from training.own_data.read import OwnData as Data
from training.own_data.read import files_of, text_of

REMEMBERED = f"{CACHE}/own_data.json"
READER = "training/own_data"
PLACES: Mapping[str, type[Place]] = {one.__name__: one for one in (InBook, InFile, InText)}


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
    known = _known(effects) if declared.sound else {}
    reader = _reader(effects) if declared.sound else ""
    read: dict[str, list[Any]] = {}
    for name, declaration in declared.sound.items():
        files = {path: content_of(effects, path, issues) for path in files_of(declaration, listing)}
        data = Data(declaration, files)
        key = digest(reader, data.digest())
        found = _unpacked(known[key]) if key in known else data.read()[1]
        read[key] = _packed(found)
        if not all(problem.warning for problem in found):
            broken.add(name)
        problems += found
    if read != known:
        effects.write(REMEMBERED, canonical(read).encode())
    issues.extend(_issue(effects, book, problem) for problem in problems)
    return OwnData(frozenset(declared.sound) | declared.broken, frozenset(broken))


def _known(effects: Effects) -> dict[str, list[Any]]:
    """What was found in data, by their hash and that of the reader."""
    if not effects.exists(REMEMBERED):
        return {}
    known: dict[str, list[Any]] = json.loads(effects.read(REMEMBERED))
    return known


def _reader(effects: Effects) -> str:
    """The hash of the code that reads data."""
    code = [path for path in effects.files(READER) if path.endswith(".py")]
    return digest(*(effects.read(path) for path in code))


def _packed(problems: tuple[Problem, ...]) -> list[Any]:
    return [[type(problem.at).__name__, asdict(problem)] for problem in problems]


def _unpacked(packed: list[Any]) -> tuple[Problem, ...]:
    def place(kind: str, fields: dict[str, Any]) -> Place:
        table = {"table": tuple(fields["table"])} if "table" in fields else {}
        return PLACES[kind](**{**fields, **table})

    return tuple(
        Problem(**{**fields, "at": place(kind, fields["at"]), "known": tuple(fields["known"])})
        for kind, fields in packed
    )


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
