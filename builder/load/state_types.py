"""The types that figure.toml may give to a piece of state or to an option, a class each.

A class says what a declaration holds beside the name of its type (the fields), which values it
allows, and how an author writes one. `site_assets/kit/base/state_spec.ts` is made from the classes
(`UPDATE_GOLDEN=1 pytest tests/unit/test_generated_types.py`); what the address and the page do with
a type's values is its entry in `state_types.ts` beside that, and TypeScript misses one that is not
there.
"""

from __future__ import annotations

import json
import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from string import ascii_lowercase, ascii_uppercase, digits
from typing import Annotated, Any, ClassVar, Literal, TypeAlias, TypeGuard, get_type_hints

from builder.issues.issue import suggest
from builder.issues.rules import Rule
from builder.load.toml_file import toml_name
from builder.node.declarations import type_of

Hue: TypeAlias = Literal["x", "z", "xhat", "mu", "sigma", "eps"]
"""A concept that has a colour: input, code, reconstruction, mean, spread, noise."""
Stroke: TypeAlias = Sequence[tuple[float, float]]
"""Points x, y of a line, each from 0 to 1."""
Value: TypeAlias = float | int | bool | str | Sequence[Stroke]
StateSpec: TypeAlias = Annotated[Mapping[str, Any], "StateSpec"]
"""A declaration as figure.toml has it; TypeScript has an interface of that name for each type."""

DIGITS = f"{ascii_uppercase}{ascii_lowercase}{digits}-_"
"""A coordinate takes two of them in an address: there are 64² levels from 0 to 1."""


class ValueProblem(Exception):
    """A value that does not fit its type; `rule` is option-type or option-range."""

    def __init__(self, rule: Rule, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.rule, self.message, self.hint = rule, message, hint


@dataclass(frozen=True, slots=True)
class StateType(ABC):
    """One piece of state or one option, as it is declared."""

    description: str
    default: Any

    def parse(self, key: str, text: str) -> Value:
        """The value of an author's text; raises ValueProblem."""
        value = self.read(key, text)
        self.check(key, value)
        return value

    def read(self, key: str, text: str) -> Value:
        """What the text says, whether that is allowed or not."""
        return text

    def addressed(self, key: str, text: str) -> str:
        """What an address says for an author's text; raises ValueProblem."""
        self.parse(key, text)
        return text

    @abstractmethod
    def check(self, key: str, value: object) -> None:
        """Raise ValueProblem unless `value` is of this type and in its range."""

    def typescript(self) -> str:
        """The type of its values in TypeScript."""
        return _type_of_values(type(self))


@cache  # looking up type hints takes a thousand times as long, and every save asks for all
def _type_of_values(kind: type[StateType]) -> str:
    return type_of(get_type_hints(kind)["default"], {})


@dataclass(frozen=True, slots=True)
class Number(StateType):
    """A number from `min` to `max`, on steps from `min` where there is a `step`."""

    NOUN: ClassVar[str] = "a number"
    KINDS: ClassVar[tuple[type, ...]] = (int, float)

    default: float
    min: float
    max: float
    step: float | None = None
    unit: str | None = None
    hue: Hue | None = None

    def shown(self, value: Value) -> str:
        """As figures print it, with its unit: the twin of `shownNumber` in kit/base."""
        assert isinstance(value, (int, float))
        text = f"{value:,.{self._decimals}f}"
        if not float(text.replace(",", "")):
            text = text.removeprefix("-")
        return text.replace("-", "−") + (self.unit or "")

    @property
    def _decimals(self) -> int:
        return len(f"{self.step:.10f}".rstrip("0").partition(".")[2]) if self.step else 2

    @property
    def widest(self) -> str:
        """The longest text of its values."""
        return max(self.shown(self.min), self.shown(self.max), key=len)

    def read(self, key: str, text: str) -> Value:
        try:
            return int(text)
        except ValueError:
            pass
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise ValueProblem("option-type", f"'{key}' is {self._expected}, found '{text}'")
        return value

    def check(self, key: str, value: object) -> None:
        if isinstance(value, bool) or not isinstance(value, self.KINDS):
            message = f"'{key}' is {self._expected}, found {toml_name(value)}"
            raise ValueProblem("option-type", message)
        assert isinstance(value, (int, float))
        if not self.min <= value <= self.max:
            message = f"'{key}' is {self._expected}, found {value}"
            raise ValueProblem("option-range", message)

    @property
    def _expected(self) -> str:
        return f"{self.NOUN} from {self.min:g} to {self.max:g}"


@dataclass(frozen=True, slots=True)
class Integer(Number):
    """A whole number from `min` to `max`; its steps are of 1 where there is no `step`."""

    NOUN: ClassVar[str] = "an integer"
    KINDS: ClassVar[tuple[type, ...]] = (int,)

    default: int

    @property
    def _decimals(self) -> int:
        return 0


@dataclass(frozen=True, slots=True)
class Boolean(StateType):
    """True or false."""

    default: bool

    def read(self, key: str, text: str) -> Value:
        if text not in {"true", "false"}:
            raise ValueProblem("option-type", f"'{key}' is true or false, found '{text}'")
        return text == "true"

    def check(self, key: str, value: object) -> None:
        if not isinstance(value, bool):
            message = f"'{key}' is true or false, found {toml_name(value)}"
            raise ValueProblem("option-type", message)


@dataclass(frozen=True, slots=True)
class Choice(StateType):
    """One of the `choices`. Older addresses have its place among them, from 0, under `formerly`."""

    default: str
    choices: tuple[str, ...]
    formerly: str | None = None
    unit: str | None = None
    hue: Hue | None = None

    @property
    def is_number(self) -> bool:
        """Whether each choice is one."""
        return all(_number(choice) is not None for choice in self.choices)

    def shown(self, value: Value) -> str:
        """As figures print it, with its unit: the twin of `shownNumber` in kit/base."""
        return str(value).replace("-", "−") + (self.unit or "")

    @property
    def widest(self) -> str:
        """The longest text of its values."""
        return max(map(self.shown, self.choices), key=len)

    def read(self, key: str, text: str) -> Value:
        """A number may be written in any way: `4.0` is `4`."""
        value = _number(text)
        same = (choice for choice in self.choices if value is not None and _number(choice) == value)
        return next(same, text)

    def addressed(self, key: str, text: str) -> str:
        return str(self.parse(key, text))

    def at_place(self, text: str) -> str:
        """The choice that older addresses mean; raises ValueProblem."""
        last = len(self.choices) - 1
        if not (text.isascii() and text.isdigit() and int(text) <= last):
            message = f"'{self.formerly}' is an integer from 0 to {last}, found '{text}'"
            raise ValueProblem("option-range", message)
        return self.choices[int(text)]

    def check(self, key: str, value: object) -> None:
        if value not in self.choices:
            message = f"'{key}' has no choice '{value}'"
            hint = _nearest(str(value), self.choices) or suggest(str(value), self.choices)
            raise ValueProblem("option-range", message, hint)

    def typescript(self) -> str:
        return " | ".join(json.dumps(choice, ensure_ascii=False) for choice in self.choices)


@dataclass(frozen=True, slots=True)
class Words(StateType):
    """A text of `max_length` characters or fewer."""

    default: str
    max_length: int

    def check(self, key: str, value: object) -> None:
        if not isinstance(value, str):
            raise ValueProblem("option-type", f"'{key}' is a text, found {toml_name(value)}")
        if len(value) > self.max_length:
            message = f"'{key}' has at most {self.max_length} characters, found {len(value)}"
            raise ValueProblem("option-range", message)


@dataclass(frozen=True, slots=True)
class Strokes(StateType):
    """A drawing: lines through points from 0 to 1, `max_points` or fewer in all."""

    default: Sequence[Stroke]
    max_points: int

    def read(self, key: str, text: str) -> Value:
        try:
            value: Value = json.loads(text)
        except json.JSONDecodeError:
            return text
        return value

    def addressed(self, key: str, text: str) -> str:
        """As STATE_TYPES in kit/base/state_types.ts writes lines."""
        strokes: Any = self.parse(key, text)
        return ".".join("".join(map(_level, stroke)) for stroke in strokes)

    def check(self, key: str, value: object) -> None:
        if not _are_strokes(value):
            message = f"'{key}' is a list of lines through points [x, y] from 0 to 1"
            raise ValueProblem("option-type", message, "for example [[[0.2, 0.5], [0.8, 0.5]]]")
        assert isinstance(value, list)
        points = sum(len(stroke) for stroke in value)
        if points > self.max_points:
            message = f"'{key}' has at most {self.max_points} points, found {points}"
            raise ValueProblem("option-range", message)


def _level(point: tuple[float, float]) -> str:
    """The digits of a point."""
    base = len(DIGITS)
    levels = [math.floor(x * (base**2 - 1) + 0.5) for x in point]
    return "".join(DIGITS[level // base] + DIGITS[level % base] for level in levels)


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _nearest(text: str, choices: Sequence[str]) -> str:
    """A hint, where all are numbers: the choices on both sides of one."""
    value = _number(text)
    known = {number: choice for choice in choices if (number := _number(choice)) is not None}
    if value is None or len(known) < len(choices):
        return ""
    below = max((number for number in known if number < value), default=None)
    above = min((number for number in known if number > value), default=None)
    near = [f"'{known[number]}'" for number in (below, above) if number is not None]
    return f"the nearest {'are' if len(near) > 1 else 'is'} {' and '.join(near)}"


def is_number(field: StateType) -> TypeGuard[Number | Choice]:
    """Whether each of its values is a number."""
    return isinstance(field, Number) or (isinstance(field, Choice) and field.is_number)


def _are_strokes(value: object) -> bool:
    def is_point(point: object) -> bool:
        return (
            isinstance(point, list)
            and len(point) == 2
            and all(isinstance(x, (int, float)) and not isinstance(x, bool) for x in point)
            and all(0 <= x <= 1 for x in point)
        )

    return isinstance(value, list) and all(
        isinstance(stroke, list) and all(map(is_point, stroke)) for stroke in value
    )


STATE_TYPES: Mapping[str, type[StateType]] = {
    "number": Number,
    "integer": Integer,
    "boolean": Boolean,
    "choice": Choice,
    "text": Words,
    "strokes": Strokes,
}
"""By the name that figure.toml gives."""
