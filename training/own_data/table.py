"""A CSV as numbers: comma-separated cells, a header line, one row an example (RFC 4180)."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import isfinite

from training.own_data.declaration import TABLE, Declaration
from training.own_data.problem import InBook, InFile, InText, Problem, and_more, counted

CELL = re.compile(r'[ \t]*(?:"((?:[^"]|"")*)"[ \t]*|([^",\n][^,\n]*|))(,|\n|\Z)')
NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")

MINIMUM_ROWS = 50
"""Fewer leave too little for validation and test to say anything."""
COLUMN_COUNTS = range(3, 25)
"""Two numbers are no bottleneck for fewer columns, and a figure has no room for more."""
MAXIMUM_CLASSES = 10
"""As many as there are colours that a reader can tell apart."""


def is_number(text: str) -> bool:
    """Whether a cell holds a finite number."""
    return bool(NUMBER.fullmatch(text)) and isfinite(float(text))


@dataclass(frozen=True)
class Cell:
    """A cell's text, quotes and outer spaces taken off, and its range in the file."""

    text: str
    start: int
    end: int


@dataclass(frozen=True)
class Table:
    """The chosen columns of all rows, in the columns' own units."""

    columns: tuple[str, ...]
    rows: tuple[tuple[float, ...], ...]
    labels: tuple[str, ...]
    """The class of each row; none at all if the declaration names no label."""


def read_table(text: str, declaration: Declaration) -> tuple[Table | None, tuple[Problem, ...]]:
    """The table of a CSV's text, or None with everything that is wrong with it."""
    return _Reader(text, declaration).read()


class _Reader:
    """Reads one file; what is wrong is collected in `problems`."""

    def __init__(self, text: str, declaration: Declaration) -> None:
        self.text, self.declaration = text, declaration
        self.problems: list[Problem] = []

    def read(self) -> tuple[Table | None, tuple[Problem, ...]]:
        table = self._table()
        return (None if self.problems else table), tuple(self.problems)

    def _table(self) -> Table | None:
        if not self.text.strip():
            self._report_file("data-empty", "this file is empty", "a header line, then the rows")
            return None
        lines = self._lines()
        if self.problems:
            return None
        header, rows = lines[0], self._whole_rows(lines)
        self._check_header(header)
        if self.problems:
            return None
        names = [cell.text for cell in header]
        label = self._label(names)
        columns = self._columns(names)
        if columns:
            for column in columns:
                self._check_numbers(header[column], [row[column] for row in rows])
        if label is not None:
            self._check_classes(header[label], [row[label] for row in rows])
        if len(rows) < MINIMUM_ROWS:
            message = f"{counted(len(rows), 'row')} of data, at least {MINIMUM_ROWS} are needed"
            self._report_file("data-rows", message, "validation and test take a fifth each")
        if self.problems:
            return None
        return Table(
            tuple(names[column] for column in columns),
            tuple(tuple(float(row[column].text) for column in columns) for row in rows),
            () if label is None else tuple(row[label].text for row in rows),
        )

    def _report(self, rule: str, cell: Cell, message: str, hint: str = "") -> None:
        at = InText(self.declaration.path, cell.start, cell.end)
        self.problems.append(Problem(rule, at, message, hint))

    def _report_file(self, rule: str, message: str, hint: str = "") -> None:
        self.problems.append(Problem(rule, InFile(self.declaration.path), message, hint))

    def _report_key(self, key: str, message: str, name: str, known: Iterable[str]) -> None:
        at = InBook((TABLE, self.declaration.name), key)
        self.problems.append(Problem("data-column", at, message, "", name, tuple(known)))

    def _lines(self) -> list[list[Cell]]:
        """Every line that is not blank, as cells."""
        lines: list[list[Cell]] = [[]]
        position = 0
        while position < len(self.text):
            match = CELL.match(self.text, position)
            if match is None:
                quote = self.text.index('"', position)
                hint = 'quotes stand around the whole cell; write "" for a quote inside it'
                cell = Cell("", quote, quote + 1)
                self._report("data-row", cell, "this quote does not close its cell", hint)
                break
            group = 1 if match[1] is not None else 2
            content = match[group].replace('""', '"') if group == 1 else match[group]
            start, end = match.span(group)
            lines[-1].append(Cell(content.strip(), start, max(start, end)))
            position = match.end()
            if match[3] != ",":
                lines.append([])
        return [line for line in lines if len(line) > 1 or (line and line[0].text)]

    def _whole_rows(self, lines: Sequence[Sequence[Cell]]) -> list[Sequence[Cell]]:
        """The rows with as many cells as the header has; the first other one is reported."""
        count = len(lines[0])
        odd = [line for line in lines[1:] if len(line) != count]
        if odd:
            whole = Cell("", odd[0][0].start, odd[0][-1].end)
            message = f"this row has {len(odd[0])} cells, the header has {count}"
            self._report(
                "data-row",
                whole,
                message + and_more(len(odd), "row"),
                "a text with a comma in it needs quotes, a number a decimal point",
            )
        return [line for line in lines[1:] if len(line) == count]

    def _check_header(self, header: Sequence[Cell]) -> None:
        counts = Counter(cell.text for cell in header)
        if len(header) == 1 and re.search(r"[;\t]", header[0].text):
            message = "this header is a single cell"
            self._report("data-header", header[0], message, "cells are separated by commas")
            return
        for position, cell in enumerate(header):
            if not cell.text:
                self._report("data-header", cell, f"column {position + 1} has no name")
            elif NUMBER.fullmatch(cell.text):
                message = f"'{cell.text}' is a number where a column's name should be"
                self._report("data-header", cell, message, "the first line names the columns")
                return
            elif counts[cell.text] > 1 and header.index(cell) == position:
                before = [other.text for other in header[:position]]
                if cell.text in before:
                    self._report("data-header", cell, f"a second column '{cell.text}'")

    def _label(self, names: Sequence[str]) -> int | None:
        label = self.declaration.label
        if not label:
            return None
        if label not in names:
            self._report_key("label", f"the file has no column '{label}'", label, names)
            return None
        return names.index(label)

    def _columns(self, names: Sequence[str]) -> list[int]:
        """The positions of the columns to train on; none if they cannot be told."""
        declared = self.declaration.columns
        missing = [name for name in declared if name not in names]
        for name in missing:
            self._report_key("columns", f"the file has no column '{name}'", name, names)
        for name, _ in self.declaration.units:
            if name not in names:
                self._report_key("units", f"the file has no column '{name}'", name, names)
        if missing:
            return []
        label = self.declaration.label
        chosen = list(dict.fromkeys(declared)) or [name for name in names if name != label]
        if len(chosen) not in COLUMN_COUNTS:
            few, many = COLUMN_COUNTS[0], COLUMN_COUNTS[-1]
            message = f"{counted(len(chosen), 'number column')}; a model takes {few} to {many}"
            self._report_file("data-column", message, "'columns' in book.toml chooses some")
            return []
        return [names.index(name) for name in chosen]

    def _first(
        self, cells: Iterable[Cell], wrong: Callable[[str], bool]
    ) -> tuple[Cell | None, int]:
        """The first cell whose text is wrong, and how many are."""
        found = [cell for cell in cells if wrong(cell.text)]
        return (found[0] if found else None), len(found)

    def _check_missing(self, header: Cell, cells: Sequence[Cell]) -> None:
        cell, count = self._first(cells, lambda text: not text)
        if cell:
            message = f"a value is missing in the column '{header.text}'"
            self._report(
                "data-missing",
                cell,
                message + and_more(count, "row"),
                "fill it in, or take the row out",
            )

    def _check_numbers(self, header: Cell, cells: Sequence[Cell]) -> None:
        self._check_missing(header, cells)
        given = [cell for cell in cells if cell.text]
        cell, count = self._first(given, lambda text: not is_number(text))
        if cell:
            message = f"'{cell.text}' is not a number, in the column '{header.text}'"
            hint = (
                f"a column of classes is the 'label' in book.toml; 'columns' there can leave "
                f"'{header.text}' out"
                if count == len(given)
                else "write 1234.5 or 1.2e3"
            )
            self._report("data-number", cell, message + and_more(count, "row"), hint)
        elif given and len({float(cell.text) for cell in given}) == 1:
            message = f"the column '{header.text}' is {given[0].text} in every row"
            hint = "'columns' in book.toml chooses the others"
            self._report("data-constant", header, message, hint)

    def _check_classes(self, header: Cell, cells: Sequence[Cell]) -> None:
        self._check_missing(header, cells)
        classes = {cell.text for cell in cells if cell.text}
        if len(classes) > MAXIMUM_CLASSES:
            message = (
                f"the label '{header.text}' has {len(classes)} classes, "
                f"at most {MAXIMUM_CLASSES} can be told apart"
            )
            self._report("data-classes", header, message)
