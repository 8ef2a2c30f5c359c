"""TOML with places: tomllib reads the values, and the text says where a key stands."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from typing import Any

from builder.issues.issue import Issue, Source, Span, suggest
from builder.issues.rules import Rule

PLACE = re.compile(r"\(at line (\d+), column (\d+)\)")
AT_END = re.compile(r"\(at end of document\)")
NAME = r"""(?:"[^"]*"|'[^']*'|[\w-]+)"""
TABLE = re.compile(rf"^\s*\[+\s*({NAME}(?:\s*\.\s*{NAME})*)\s*\]+")
KEY = re.compile(rf"^\s*({NAME})(\s*\.\s*[\w-]+)*\s*=\s*")


def read_toml(source: Source, rule: Rule, issues: list[Issue]) -> dict[str, Any] | None:
    """The parsed file, or None with an issue at the place of the syntax error."""
    try:
        return tomllib.loads(source.text)
    except tomllib.TOMLDecodeError as error:
        place = PLACE.search(str(error))
        message = PLACE.sub("", AT_END.sub("", str(error))).strip()
        if place:
            start = source.line_starts[int(place[1]) - 1] + int(place[2]) - 1
            at = Span(start, start + 1)
        else:
            at = source.line_span(len(source.line_starts))
        issues.append(source.issue(rule, at, f"this is not TOML: {message}"))
        return None


def key_span(source: Source, table: Sequence[str], key: str, *, value: bool = False) -> Span:
    """Where `key` of `table` is set (or its value); where the table begins if it is not."""
    wanted = tuple(table)
    current, fallback = tuple[str, ...](), source.line_span(1)
    for number, start in enumerate(source.line_starts, start=1):
        line = source.line(number)
        if header := TABLE.match(line):
            current = tuple(map(_unquoted, re.findall(NAME, header[1])))
            if current in {wanted, (*wanted, key)}:
                fallback = Span(start + header.start(1), start + header.end(1))
        elif current == wanted and (found := KEY.match(line)) and _unquoted(found[1]) == key:
            if value:
                return Span(start + found.end(), start + len(line.rstrip()))
            return Span(start + found.start(1), start + found.end(1))
    return fallback


def _unquoted(name: str) -> str:
    return name[1:-1] if name[0] in "\"'" else name


class Table:
    """One table of a TOML file, whose keys are checked as they are taken out."""

    def __init__(
        self,
        source: Source,
        path: Sequence[str],
        values: dict[str, Any],
        rule: Rule,
        issues: list[Issue],
    ) -> None:
        self.source, self.path, self.values = source, tuple(path), values
        self.rule, self.issues = rule, issues
        self.asked: set[str] = set()

    def report_at(self, key: str, message: str, hint: str = "", *, value: bool = False) -> None:
        at = key_span(self.source, self.path, key, value=value)
        self.issues.append(self.source.issue(self.rule, at, message, hint))

    def text(self, key: str, default: str | None = None) -> str:
        """A string; required unless there is a default."""
        value = self._take(key, str, "a text", default)
        if value is not None and default is None and not value.strip():
            self.report_at(key, f"'{key}' is empty", value=True)
        return value or ""

    def texts(self, key: str, default: list[str] | None = None) -> list[str]:
        """A list of strings; required unless there is a default."""
        value = self._take(key, list, "a list of texts", default) or []
        if not all(isinstance(item, str) for item in value):
            self.report_at(key, f"'{key}' must be a list of texts", value=True)
            return []
        return list(value)

    def number(self, key: str, default: float | None = None) -> float | int | None:
        """A number; None and an issue if it is required and missing."""
        value: float | int | None = self._take(key, (int, float), "a number", default)
        if isinstance(value, bool):
            self.report_at(key, f"'{key}' must be a number, found {toml_name(value)}", value=True)
            return default
        return value

    def flag(self, key: str) -> bool:
        """Whether an optional `key = true` is there."""
        return self._take(key, bool, "true or false", False) is True

    def table(self, key: str) -> dict[str, Table]:
        """The sub-tables under an optional table."""
        group = self._take(key, dict, "a table", {}) or {}
        tables = {}
        for name, values in group.items():
            if isinstance(values, dict):
                path = (*self.path, key, name)
                tables[name] = Table(self.source, path, values, self.rule, self.issues)
            else:
                at = key_span(self.source, (*self.path, key), name)
                message = f"expected a table [{key}.{name}]"
                self.issues.append(self.source.issue(self.rule, at, message))
        return tables

    def part(self, key: str) -> Table | None:
        """An optional table."""
        values = self._take(key, dict, "a table", {})
        if not values:
            return None
        return Table(self.source, (*self.path, key), values, self.rule, self.issues)

    def finish(self, unknown_rule: Rule | None = None) -> None:
        """Report every key that nobody asked for."""
        for key in self.values.keys() - self.asked:
            at = key_span(self.source, self.path, key)
            hint = suggest(key, self.asked)
            rule = unknown_rule or self.rule
            self.issues.append(self.source.issue(rule, at, f"unknown key '{key}'", hint))

    def _take(self, key: str, kind: Any, expected: str, default: Any) -> Any:
        self.asked.add(key)
        if key not in self.values:
            if default is None:
                self.report_at(key, f"'{key}' is missing", f"it is {expected}")
            return default
        value = self.values[key]
        if not isinstance(value, kind):
            found = toml_name(value)
            self.report_at(key, f"'{key}' must be {expected}, found {found}", value=True)
            return default
        return value


def toml_name(value: object) -> str:
    """A value as an author would name it."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return f"the text '{value}'"
        case int() | float():
            return f"the number {value}"
        case list():
            return "a list"
        case dict():
            return "a table"
        case _:
            return f"'{value}'"
