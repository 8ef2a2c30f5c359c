"""A CSV as numbers: separated cells, a header line, one row an example (RFC 4180)."""

import json
import re
from collections import Counter
from collections.abc import Callable, Container, Hashable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from math import inf
from operator import not_
from statistics import median
from typing import TypeVar

from training.own_data.copies import are_by_chance, copies_in
from training.own_data.declaration import SEPARATORS, TABLE, Declaration
from training.own_data.groups import MINIMUM_GROUPS, can_only_train, held_out
from training.own_data.problem import InBook, InFile, InText, Problem, and_more, counted

T = TypeVar("T", bound=Hashable)

NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")

MINUS = "\u2212"
GROUPED = r"[-+]?(?!0)\d{{1,3}}([,.'\u2019 \u00a0\u202f])\d{{3}}(?:\1\d{{3}})*(?:{decimal}\d+)?"
"""A number with a sign between its thousands; what begins with 0 is none: 0,847 has decimals."""
WITH_UNIT = r"[$€£¥]?\s*([-+]?[\d.,]+)(?:\s*[%‰°€]|\s+°?[^\W\d]\S*)?"
"""A number with its currency, a per cent sign, or a unit behind a blank."""
MINIMUM_ROWS = 50
"""Fewer leave too little for validation and test to say anything."""
LARGEST = 1e38
"""Models compute in single precision. Its largest number, 3.4e38, is what some programs write for a
missing value."""
FEWEST_OTHERS = 5
"""Rows that must differ from a column's commonest number. Of fewer, none may be among the three
fifths that train, and the column would have no scale there: of five, in one split of a hundred."""
SINGLE_PRECISION = 2.0**24
"""How many times larger than the others' distances from the median a number's may be: beside a
larger one they all are the same in single precision."""
ROUNDING = 1e-12
"""Share of itself by which a number may be off after a few sums in double precision, as 0.1 + 0.2
is from 0.3."""
COLUMN_COUNTS = range(3, 25)
"""Two numbers are no bottleneck for fewer columns, and a figure has no room for more."""
MOST = 0.9
"""Share of a column's numbers that are judged against the range of all."""
NARROW = 0.15
"""Share of that range in which they lie together where a few others lie far out."""
LEAST_LEVELS = 10
"""Different numbers of a column that is measured, not counted in a few steps."""
MAXIMUM_CLASSES = 10
"""As many as there are colours that a reader can tell apart."""


NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
NO_VALUES = frozenset(
    {"na", "n/a", "n.a.", "#n/a", "<na>", "nan", "null", "nil", "none", "missing", "unknown"}
    | {"?", "-", "--", "."}
)
"""How other programs write that a value is missing."""


@cache
def _cell(separator: str) -> re.Pattern[str]:
    """A cell, in quotes or not, and what ends it."""
    sign = re.escape(separator)
    blank = "[ ]*" if separator == "\t" else r"[ \t]*"
    return re.compile(
        rf'{blank}(?:"((?:[^"]|"")*)"{blank}|([^"{sign}\n][^{sign}\n]*|))({sign}|\n|\Z)'
    )


def is_no_value(text: str) -> bool:
    """Whether a cell is empty, or says that its value is missing."""
    return not text or text.casefold() in NO_VALUES


def bulk(numbers: Sequence[float]) -> tuple[float, float]:
    """The two numbers between which the middle nine tenths of them lie."""
    ordered = sorted(numbers)
    outside = int(len(ordered) * (1 - MOST) / 2)
    return ordered[outside], ordered[-1 - outside]


def has_heavy_tails(numbers: Sequence[float]) -> bool:
    """Whether a few numbers lie so far out that the others would be one spot beside them."""
    low, high = bulk(numbers)
    whole = max(numbers) - min(numbers)
    return len(set(numbers)) >= LEAST_LEVELS and high - low < NARROW * whole


def commonest(values: Sequence[T]) -> tuple[T, int]:
    """The value that occurs most often, and how often."""
    return Counter(values).most_common(1)[0]


def are_nearly_constant(values: Sequence[Hashable]) -> bool:
    """Whether so few differ from the commonest that none may be among those that train. Where
    there are too few of them in any case, only if they are all the same."""
    others = len(values) - commonest(values)[1]
    return others < (FEWEST_OTHERS if len(values) >= MINIMUM_ROWS else 1)


def reach(numbers: Sequence[float]) -> float:
    """How far from the median a number may lie so that models can still tell the others apart."""
    middle = median(numbers)
    distances = [abs(number - middle) for number in numbers]
    apart = [distance for distance in distances if distance > ROUNDING * abs(middle)]
    return SINGLE_PRECISION * median(apart) if apart else inf


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
    groups: tuple[str, ...] = ()
    """What each row stays together by; none at all if the declaration names no group."""


def read_table(text: str, declaration: Declaration) -> tuple[Table | None, tuple[Problem, ...]]:
    """The table of a CSV's text, or None with everything that is wrong with it."""
    return _Reader(text, declaration).read()


class _Reader:
    """Reads one file; what is wrong is collected in `problems`."""

    def __init__(self, text: str, declaration: Declaration) -> None:
        self.text, self.declaration = text, declaration
        self.problems: list[Problem] = []

    @property
    def failed(self) -> bool:
        return not all(problem.warning for problem in self.problems)

    def read(self) -> tuple[Table | None, tuple[Problem, ...]]:
        table = self._table()
        return (None if self.failed else table), tuple(self.problems)

    def _table(self) -> Table | None:
        if not self.text.strip():
            self._report_file("data-empty", "this file is empty", "a header line, then the rows")
            return None
        if not self._is_separated():
            return None
        lines = self._lines()
        if self.failed:
            return None
        header, rows = lines[0], self._whole_rows(lines)
        names = [cell.text for cell in header]
        self._check_header(header, {*self._chosen(names), *self._not_shown()})
        if self.failed:
            return None
        label = self._position("label", self.declaration.label, names)
        group = self._position("group", self.declaration.group, names)
        columns = self._columns(names)
        keys = {label: "label", group: "group"}
        used = [*columns, *(column for column in keys if column is not None)]
        empty = {
            column
            for column in used
            if self._is_empty(header[column], [row[column] for row in rows], keys.get(column, ""))
        }
        columns = [column for column in columns if column not in empty]
        label = None if label in empty else label
        group = None if group in empty else group
        rows = self._complete(rows, [column for column in used if column not in empty])
        for column in columns:
            self._check_numbers(header[column], [row[column] for row in rows])
        if label is not None:
            self._check_classes(header[label], [row[label] for row in rows])
        if group is not None:
            self._check_groups(header[group], [row[group] for row in rows])
        if len(rows) < MINIMUM_ROWS:
            message = f"{counted(len(rows), 'row')} of data, at least {MINIMUM_ROWS} are needed"
            self._report_file("data-rows", message, "validation and test take a fifth each")
        if self.failed:
            return None
        numbers = tuple(tuple(self._number(row[column].text) for column in columns) for row in rows)
        groups = () if group is None else tuple(row[group].text for row in rows)
        if not are_by_chance(numbers, groups):
            starts = [row[0].start for row in rows]
            self.problems += copies_in(
                numbers, self.declaration, "row", lambda row: self._line(starts[row]), groups
            )
        return Table(
            tuple(names[column] for column in columns),
            numbers,
            () if label is None else tuple(row[label].text for row in rows),
            groups,
        )

    def _report(
        self, rule: str, cell: Cell, message: str, hint: str = "", *, warning: bool = False
    ) -> None:
        at = InText(self.declaration.path, cell.start, cell.end)
        self.problems.append(Problem(rule, at, message, hint, warning=warning))

    def _leaves_out(self, cells: Iterable[Cell], text: str) -> str:
        """How book.toml leaves rows out in which this, or what else stands for no value in these
        cells, is written; what it leaves out already stays."""
        found = [cell.text for cell in cells if is_no_value(cell.text)]
        texts = list(dict.fromkeys([*self.declaration.missing, *found, text]))
        listed = json.dumps(texts, ensure_ascii=False)
        return f"missing = {listed} in book.toml"

    def _line(self, position: int) -> str:
        count = self.text.count("\n", 0, position) + 1
        return f"line {count}"

    def _report_file(self, rule: str, message: str, hint: str = "") -> None:
        self.problems.append(Problem(rule, InFile(self.declaration.path), message, hint))

    def _report_key(self, key: str, message: str, name: str, known: Iterable[str]) -> None:
        at = InBook((TABLE, self.declaration.name), key)
        self.problems.append(Problem("data-column", at, message, "", name, tuple(known)))

    def _is_separated(self) -> bool:
        """Whether the header has the separator, or none of the others instead."""
        start = len(self.text) - len(self.text.lstrip("\n"))
        end = self.text.find("\n", start)
        line = self.text[start : end if end >= 0 else len(self.text)]
        unquoted = re.sub(r'"[^"\n]*"', "", line)
        separator = self.declaration.separator
        others = [sign for sign in SEPARATORS if sign in unquoted]
        if separator in unquoted or not others:
            return True
        cell = Cell(line, start, start + len(line.rstrip()))
        message = f"this header is a single cell: cells are separated by {NAMES[separator]}s"
        hint = f"separator = {json.dumps(others[0])} in book.toml says otherwise"
        self._report("data-header", cell, message, hint)
        return False

    def _number(self, text: str) -> float:
        return float(text.replace(self.declaration.decimal, "."))

    def _is_number(self, text: str) -> bool:
        decimal = self.declaration.decimal
        if decimal != "." and "." in text:
            return False
        return bool(NUMBER.fullmatch(text.replace(decimal, ".")))

    def _complete(
        self, rows: Sequence[Sequence[Cell]], columns: Sequence[int]
    ) -> list[Sequence[Cell]]:
        """The rows in which no chosen cell is one of `missing`; how many others there are."""
        marks = frozenset(self.declaration.missing)
        complete = [row for row in rows if all(row[column].text not in marks for column in columns)]
        if len(complete) < len(rows):
            at = InBook((TABLE, self.declaration.name), "missing")
            message = f"{counted(len(rows) - len(complete), 'row')} of {len(rows)} left out"
            hint = "a value is missing in a chosen column"
            self.problems.append(Problem("data-missing", at, message, hint, warning=True))
        return complete

    def _lines(self) -> list[list[Cell]]:
        """Every line that is not blank, as cells."""
        lines: list[list[Cell]] = [[]]
        position = 0
        separator = self.declaration.separator
        pattern = _cell(separator)
        while position < len(self.text):
            match = pattern.match(self.text, position)
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
            if match[3] != separator:
                lines.append([])
        else:
            if lines[-1]:  # the text ends with a separator: behind it stands an empty cell
                lines[-1].append(Cell("", position, position))
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
                f"a text with a {NAMES[self.declaration.separator]} in it needs quotes"
                + (", a number a decimal point" if self.declaration.separator == "," else ""),
            )
        return [line for line in lines[1:] if len(line) == count]

    def _check_header(self, header: Sequence[Cell], chosen: Container[str]) -> None:
        """What is wrong with the names of columns that are chosen; the others' do not matter."""
        counts = Counter(cell.text for cell in header)
        for position, cell in enumerate(header):
            if cell.text not in chosen:
                continue
            if not cell.text:
                self._report("data-header", cell, f"column {position + 1} has no name")
            elif NUMBER.fullmatch(cell.text) and not self.declaration.columns:
                message = f"'{cell.text}' is a number where a column's name should be"
                self._report("data-header", cell, message, "the first line names the columns")
                return
            elif counts[cell.text] > 1 and header.index(cell) == position:
                before = [other.text for other in header[:position]]
                if cell.text in before:
                    self._report("data-header", cell, f"a second column '{cell.text}'")

    def _position(self, key: str, name: str, names: Sequence[str]) -> int | None:
        """Where the column stands that a key names, if it names one that is there."""
        if not name:
            return None
        if name not in names:
            self._report_key(key, f"the file has no column '{name}'", name, names)
            return None
        return names.index(name)

    def _not_shown(self) -> list[str]:
        """The names of the columns that are used, and that no model is shown."""
        return [name for name in (self.declaration.label, self.declaration.group) if name]

    def _chosen(self, names: Sequence[str]) -> list[str]:
        """The names of the columns to train on, there or not."""
        left_out = {*self.declaration.exclude, *self._not_shown()}
        declared = list(dict.fromkeys(self.declaration.columns))
        return declared or [name for name in names if name not in left_out]

    def _columns(self, names: Sequence[str]) -> list[int]:
        """The positions of the columns to train on; none if they cannot be told."""
        declared = self.declaration.columns
        for name in self.declaration.exclude:
            if name not in names:
                self._report_key("exclude", f"the file has no column '{name}'", name, names)
        missing = [name for name in declared if name not in names]
        for name in missing:
            self._report_key("columns", f"the file has no column '{name}'", name, names)
        for name, _ in self.declaration.units:
            if name not in names:
                self._report_key("units", f"the file has no column '{name}'", name, names)
        if missing:
            return []
        chosen = self._chosen(names)
        if len(chosen) not in COLUMN_COUNTS:
            few, many = COLUMN_COUNTS[0], COLUMN_COUNTS[-1]
            message = f"{counted(len(chosen), 'number column')}; a model takes {few} to {many}"
            self._report_file("data-column", message, "'columns' in book.toml chooses some")
            return []
        return [names.index(name) for name in chosen]

    def _is_empty(self, header: Cell, cells: Sequence[Cell], key: str) -> bool:
        """Whether no row has a value in a column, one to train on or that of a key: to leave such
        rows out would leave none."""
        marks = {"", *self.declaration.missing}
        others = frozenset() if key == "label" else NO_VALUES
        if not all(cell.text in marks or cell.text.casefold() in others for cell in cells):
            return False
        if cells:
            hint = f"take '{key}' out of book.toml" if key else self._without(header.text)
            message = f"the column '{header.text}' has no value in any row"
            self._report("data-missing", header, message, hint)
        return bool(cells)

    def _without(self, column: str) -> str:
        """How book.toml leaves a column out."""
        if self.declaration.columns:
            return "take it out of 'columns' in book.toml"
        names = json.dumps([*self.declaration.exclude, column], ensure_ascii=False)
        return f"leave it out: exclude = {names} in book.toml"

    def _first(
        self, cells: Iterable[Cell], wrong: Callable[[str], bool]
    ) -> tuple[Cell | None, int]:
        """The first cell whose text is wrong, and how many are."""
        found = [cell for cell in cells if wrong(cell.text)]
        return (found[0] if found else None), len(found)

    def _check_missing(
        self, header: Cell, cells: Sequence[Cell], is_missing: Callable[[str], bool] = not_
    ) -> None:
        cell, count = self._first(cells, is_missing)
        if cell:
            message = f"a value is missing in the column '{header.text}'"
            self._report(
                "data-missing",
                cell,
                message + and_more(count, "row"),
                f"fill it in, or leave such rows out: {self._leaves_out(cells, cell.text)}",
            )

    def _check_numbers(self, header: Cell, cells: Sequence[Cell]) -> None:
        self._check_missing(header, cells)
        given = [cell for cell in cells if cell.text]
        cell, count = self._first(given, lambda text: not self._is_number(text))
        if cell:
            message = f"'{cell.text}' is not a number, in the column '{header.text}'"
            hint = self._number_hint(header.text, cell.text, cells, whole=count == len(given))
            self._report("data-number", cell, message + and_more(count, "row"), hint)
            return
        cell, count = self._first(given, lambda text: abs(self._number(text)) > LARGEST)
        if cell:
            message = f"'{cell.text}' is too large to compute with, in the column '{header.text}'"
            hint = f"numbers go to {LARGEST:g}: write them in a larger unit"
            if count < len(given):
                told = self._leaves_out(cells, cell.text)
                hint += f"; if it stands for no value, {told} leaves such rows out"
            self._report("data-number", cell, message + and_more(count, "row"), hint)
            return
        numbers = [self._number(cell.text) for cell in given]
        if not numbers or self._is_nearly_constant(header, given, numbers):
            return
        middle, limit = median(numbers), reach(numbers)
        pairs = zip(given, numbers, strict=True)
        far = [cell for cell, number in pairs if abs(number - middle) > limit]
        # many that differ are no missing values: a sensor has a state in which all others are noise
        many = len(far) > (1 - MOST) * len(given) and len({cell.text for cell in far}) > 1
        if far and not many:
            text = far[0].text
            message = f"'{text}' lies too far from the others of the column '{header.text}'"
            hint = "beside it they are all the same to a model; if it stands for no value, "
            hint += f"{self._leaves_out(cells, text)} leaves such rows out"
            self._report("data-number", far[0], message + and_more(len(far), "row"), hint)
        elif numbers == [numbers[0] + row for row in range(len(numbers))]:
            first = ", ".join(cell.text for cell in given[:3])
            message = f"'{header.text}' runs {first} … like a row number"
            self._report("data-column", header, message, self._without(header.text), warning=True)
        elif has_heavy_tails(numbers):
            self._report_tails(header.text, numbers)

    def _is_nearly_constant(
        self, header: Cell, given: Sequence[Cell], numbers: Sequence[float]
    ) -> bool:
        """Whether a column says nothing, or only in so few rows that none may train; if so, it is
        reported."""
        if not are_nearly_constant(numbers):
            return False
        number, count = commonest(numbers)
        others = len(numbers) - count
        text = given[numbers.index(number)].text
        rows = f"all rows but {others}" if others else "every row"
        message = f"the column '{header.text}' is {text} in {rows}"
        hint = "'columns' in book.toml chooses the others"
        if others:
            hint = f"of so few, none may be among the rows that train; {self._without(header.text)}"
        self._report("data-constant", header, message, hint)
        return True

    def _report_tails(self, column: str, numbers: Sequence[float]) -> None:
        low, high = bulk(numbers)
        most = f"{low:g}" if low == high else f"between {low:g} and {high:g}"
        message = (
            f"a few rows of '{column}' lie far out: {MOST:.0%} are {most}, "
            f"all between {min(numbers):g} and {max(numbers):g}"
        )
        hint = "squared errors are decided by these few: "
        if min(numbers) > 0:
            hint += f"put the logarithm of '{column}' into the file in its place"
        else:
            hint += "look whether they are right, and leave them out if not"
        at = InBook((TABLE, self.declaration.name), "file")
        self.problems.append(Problem("data-tail", at, message, hint, warning=True))

    def _number_hint(self, column: str, text: str, cells: Sequence[Cell], *, whole: bool) -> str:
        decimal = self.declaration.decimal
        hyphenated = text.replace(MINUS, "-")
        if hyphenated != text and self._is_number(hyphenated):
            return f"its minus is the sign U+2212, not a hyphen: write {hyphenated}"
        comma = decimal == "." and re.fullmatch(r"[-+]?\d+,\d+", text)
        grouped = re.fullmatch(GROUPED.format(decimal=re.escape(decimal)), text)
        if grouped and grouped[1] != decimal:
            plain = f"write {text.replace(grouped[1], '')}"
            if comma:
                less = 'if it is less than a thousand, decimal = "," in book.toml reads it so'
                return f"{plain}; {less}"
            return f"{plain}, without signs between thousands"
        if comma:
            return 'decimal = "," in book.toml reads it so'
        if text.casefold() in NO_VALUES:
            return f"{self._leaves_out(cells, text)} leaves such rows out"
        bare = re.fullmatch(WITH_UNIT, text)
        if bare and self._is_number(bare[1]):
            return f"write {bare[1]} alone: 'units' in book.toml tells a column's unit"
        if whole and not NUMBER.fullmatch(text):
            return (
                "a column of classes is the 'label' in book.toml; 'exclude' there can leave "
                f"'{column}' out"
            )
        return f"write 1234{decimal}5 or 1{decimal}2e3"

    def _check_classes(self, header: Cell, cells: Sequence[Cell]) -> None:
        # without the others, of which one may be a class “none”
        self._check_missing(header, [cell for cell in cells if not cell.text])
        classes = {cell.text for cell in cells if cell.text}
        if len(classes) > MAXIMUM_CLASSES:
            message = (
                f"the label '{header.text}' has {len(classes)} classes, "
                f"at most {MAXIMUM_CLASSES} can be told apart"
            )
            self._report("data-classes", header, message)

    def _check_groups(self, header: Cell, cells: Sequence[Cell]) -> None:
        # “unknown” is no group: its rows may be of any other, which another split has
        self._check_missing(header, cells, is_no_value)
        if len(cells) < MINIMUM_ROWS or any(is_no_value(cell.text) for cell in cells):
            return
        at = InBook((TABLE, self.declaration.name), "group")
        sizes, rows = Counter(cell.text for cell in cells), len(cells)
        large = [group for group in sizes if can_only_train(sizes[group], rows)]
        in_large = sum(sizes[group] for group in large)
        if len(sizes) < MINIMUM_GROUPS:
            found = counted(len(sizes), "group")
            message = f"{found} by '{header.text}', at least {MINIMUM_GROUPS} are needed"
            hint = "validation and test take whole ones, about a fifth of the rows each"
            self.problems.append(Problem("data-group", at, message, hint))
        elif in_large > rows - 2 * held_out(rows):
            largest, size = commonest([cell.text for cell in cells])
            cell, _ = self._first(cells, largest.__eq__)
            assert cell
            message = f"{size} of {rows} rows have '{largest}' in the column '{header.text}'"
            if in_large > size:
                more = counted(len(large) - 1, "more large group")
                message += f", and {in_large - size} are of {more}"
            hint = "more than three tenths of the rows are too much to be held out, and no more "
            hint += "than three fifths can train: leave some of these rows out"
            self._report("data-group", cell, message, hint)
        elif len(sizes) == rows:
            message = f"no two rows have the same '{header.text}': none are kept together"
            hint = "without 'group' the splits are the same"
            self.problems.append(Problem("data-group", at, message, hint, warning=True))
