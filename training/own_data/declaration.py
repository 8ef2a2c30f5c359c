"""`[data.NAME]` tables of `content/book.toml`: which data an author brings, and what to train."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from training.own_data.problem import InBook, Problem

TABLE = "data"
"""The table of book.toml that holds one table for each set of data."""

FOLDER = "content/data"
PREFIX = "own-"
"""The model that trains on `[data.NAME]` is `own-NAME`."""

NAME = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
KINDS = ("ae", "vae")
SEPARATORS = (",", ";", "\t", "|")
DECIMALS = (".", ",")
INKS = ("dark", "light")
LABELS = ("real", "synthetic", "drawn by the program", "simulated from a stated physical model")
"""How far the data can be trusted as a witness of the world; as in `training.data.dataset`."""

SIZES = range(4, 33)
SEEDS = range(1, 10000)


@dataclass(frozen=True)
class Declaration:
    """One set of data. `file` is a CSV, `folder` holds pictures, both inside `content/data/`."""

    name: str
    description: str
    honesty: str
    file: str = ""
    folder: str = ""
    kind: str = "ae"
    seed: int = 7
    columns: tuple[str, ...] = ()
    """Of a CSV: the number columns to train on; without any, all but label and group."""
    exclude: tuple[str, ...] = ()
    """Of a CSV: columns to leave out, where `columns` names none."""
    label: str = ""
    """Of a CSV: the column that tells each row's class, which no model is shown."""
    group: str = ""
    """Of a CSV: the column whose equal values stay in one split, which no model is shown."""
    units: tuple[tuple[str, str], ...] = ()
    """Of a CSV: (column, unit) where a column has one."""
    separator: str = ","
    """Of a CSV: the sign between cells."""
    decimal: str = "."
    """Of a CSV: the sign before a number's decimals."""
    missing: tuple[str, ...] = ()
    """Of a CSV: cells that stand for no value; a row with one in a chosen column is left out."""
    size: int = 0
    """Of pictures: pixels along a side."""
    ink: str = "dark"
    """Of pictures: which end of grey is ink."""

    @property
    def model(self) -> str:
        """The name of the model that trains on it."""
        return f"{PREFIX}{self.name}"

    @property
    def path(self) -> str:
        """The file or folder, from the repository's root."""
        return f"{FOLDER}/{self.file or self.folder}"


@dataclass(frozen=True)
class Declarations:
    """All of a book's, those by name that can be used; `broken` names the others."""

    sound: Mapping[str, Declaration]
    broken: frozenset[str]
    problems: tuple[Problem, ...]


@dataclass(frozen=True)
class _Kind:
    """What the value of a key must be."""

    expected: str
    fits: Callable[[Any], bool]


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _one_of(choices: tuple[str, ...]) -> _Kind:
    shown = ", ".join(
        choice if choice.isalnum() or " " in choice else json.dumps(choice) for choice in choices
    )
    return _Kind(f"one of {shown}", lambda value: value in choices)


def _within(numbers: range) -> _Kind:
    return _Kind(
        f"a whole number from {numbers[0]} to {numbers[-1]}",
        lambda value: isinstance(value, int) and not isinstance(value, bool) and value in numbers,
    )


def _list_of(noun: str) -> _Kind:
    return _Kind(
        f"a list of {noun}",
        lambda value: isinstance(value, list) and bool(value) and all(map(_is_text, value)),
    )


TEXT = _Kind("a text", _is_text)
VALUES = {
    "description": TEXT,
    "honesty": _one_of(LABELS),
    "file": TEXT,
    "folder": TEXT,
    "kind": _one_of(KINDS),
    "seed": _within(SEEDS),
    "columns": _list_of("column names"),
    "exclude": _list_of("column names"),
    "label": TEXT,
    "group": TEXT,
    "separator": _one_of(SEPARATORS),
    "decimal": _one_of(DECIMALS),
    "missing": _Kind(
        "a list of texts",
        lambda value: (
            isinstance(value, list) and bool(value) and all(isinstance(text, str) for text in value)
        ),
    ),
    "units": _Kind(
        'a table of texts, { column = "unit" }',
        lambda value: isinstance(value, dict) and all(map(_is_text, value.values())),
    ),
    "size": _within(SIZES),
    "ink": _one_of(INKS),
}
REQUIRED = ("description", "honesty")
OF_TABLES = ("columns", "exclude", "label", "group", "units", "separator", "decimal", "missing")
OF_PICTURES = ("size", "ink")


def read_declarations(book: Mapping[str, Any]) -> Declarations:
    """The declarations of a parsed book.toml."""
    sound, broken, problems = {}, set[str](), list[Problem]()
    tables = book.get(TABLE, {})
    if not isinstance(tables, dict):
        message, hint = f"'{TABLE}' must hold tables", f"write [{TABLE}.NAME]"
        problem = Problem("config-type", InBook((), TABLE), message, hint)
        return Declarations({}, frozenset(), (problem,))
    for name, values in tables.items():
        found = list(_problems(name, values))
        problems += found
        if found:
            broken.add(name)
        else:
            frozen = {key: _frozen(value) for key, value in values.items()}
            sound[name] = Declaration(name, **frozen)
    return Declarations(sound, frozenset(broken), tuple(problems))


def _frozen(value: Any) -> Any:
    if isinstance(value, dict):
        return tuple(value.items())
    return tuple(value) if isinstance(value, list) else value


def _problems(name: str, values: Any) -> list[Problem]:
    if not isinstance(values, dict):
        message = f"expected a table [{TABLE}.{name}]"
        return [Problem("config-type", InBook((TABLE,), name), message)]
    table = (TABLE, name)
    problems = []

    def report(rule: str, key: str, message: str, hint: str = "", **more: Any) -> None:
        value = more.pop("value", key in values)
        problems.append(Problem(rule, InBook(table, key, value), message, hint, **more))

    if not NAME.fullmatch(name):
        hint = "lower-case words with hyphens between them"
        report("config-type", "", f"'{name}' cannot be the name of data", hint)
    for key, value in values.items():
        if key not in VALUES:
            report(
                "config-key",
                key,
                f"unknown key '{key}'",
                name=key,
                known=tuple(VALUES),
                value=False,
            )
        elif not VALUES[key].fits(value):
            report("config-type", key, f"'{key}' must be {VALUES[key].expected}")
    for key in REQUIRED:
        if key not in values:
            report("config-type", key, f"'{key}' is missing", f"it is {VALUES[key].expected}")
    given = [key for key in ("file", "folder") if key in values]
    if len(given) != 1:
        message = "data are either a 'file' or a 'folder'"
        report(
            "data-file",
            "folder" if given else "",
            message,
            f'file = "NAME.csv" or folder = "NAME", inside {FOLDER}/',
            value=False,
        )
    else:
        problems += _foreign(table, given[0], values)
    return problems


def _foreign(table: tuple[str, ...], source: str, values: Mapping[str, Any]) -> list[Problem]:
    """Keys that belong to the other sort of data, and the size that pictures cannot lack."""
    others, noun = (OF_PICTURES, "a CSV") if source == "file" else (OF_TABLES, "pictures")
    problems = [
        Problem("config-key", InBook(table, key, False), f"'{key}' does not apply to {noun}")
        for key in others
        if key in values
    ]
    if source == "file":
        problems += _contradictions(table, values)
    separator, decimal = values.get("separator", ","), values.get("decimal", ".")
    if source == "file" and decimal == separator == ",":
        message = "a comma cannot stand both between cells and before decimals"
        problems.append(
            Problem("config-type", InBook(table, "decimal"), message, 'add separator = ";"')
        )
    if source == "folder" and "size" not in values:
        problems.append(
            Problem(
                "config-type",
                InBook(table, "size", False),
                "'size' is missing",
                f"it is {VALUES['size'].expected}: the pixels along a side",
            )
        )
    return problems


def _contradictions(table: tuple[str, ...], values: Mapping[str, Any]) -> list[Problem]:
    """Columns that one key gives another use than the other."""
    problems = []
    columns, label = values.get("columns"), values.get("label")
    if columns is not None and "exclude" in values:
        message = "'exclude' does not apply where 'columns' chooses"
        hint = "write only the columns to train on into 'columns'"
        problems.append(Problem("data-column", InBook(table, "exclude", False), message, hint))
    for key in ("label", "group"):
        name = values.get(key)
        if isinstance(columns, list) and name in columns:
            message = f"'{name}' is the {key}, which no model is shown, and among 'columns'"
            hint = "take it out of one of them"
            at = InBook(table, "columns")
            problems.append(Problem("data-column", at, message, hint, str(name)))
    if label is not None and label == values.get("group"):
        message = f"'{label}' is the label, and the group as well"
        hint = "all rows of a class would be in one split, and no other would know the class"
        problems.append(Problem("data-column", InBook(table, "group"), message, hint))
    return problems


assert {field.name for field in fields(Declaration)} == {"name", *VALUES}
