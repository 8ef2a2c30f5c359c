"""What `figure.toml` declares: title, honesty, models, and the types of state and options.

The same types read an author's option lines and the defaults of the file itself.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import Any, TypeAlias

from builder.issues.issue import Issue, Source, suggest
from builder.issues.rules import Rule
from builder.load.toml_file import Table, read_toml, toml_name

HONESTY = ("trains live", "trained model", "exact", "schematic")
TYPES = ("number", "integer", "boolean", "choice", "strokes", "text")
FIGURE_KEYS = frozenset({"id"})
"""Option keys that every figure block has."""
NOT_SHIPPED = frozenset({"first", "live"})
"""What the file says to the builder and to tests alone."""
DATA_KEY = "data"
"""With an `own_data` model: the option that names which of the author's data are shown."""

NAME = re.compile(r"[a-z][a-z0-9-]*")

Value: TypeAlias = float | int | bool | str | list[Any]


class ValueProblem(Exception):
    """A value that does not fit its type; `rule` is option-type or option-range."""

    def __init__(self, rule: Rule, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.rule, self.message, self.hint = rule, message, hint


@dataclass(frozen=True, slots=True)
class Field:
    """The type of one piece of state or of one option."""

    type: str
    description: str
    default: Value
    min: float | None = None
    max: float | None = None
    step: float | None = None
    choices: tuple[str, ...] = ()
    max_points: int | None = None
    max_length: int | None = None

    def parse(self, key: str, text: str) -> Value:
        """The value of an author's text; raises ValueProblem."""
        value: Value
        if self.type in {"number", "integer"}:
            value = self._parse_number(key, text)
        elif self.type == "boolean":
            if text not in {"true", "false"}:
                message = f"'{key}' is true or false, found '{text}'"
                raise ValueProblem("option-type", message)
            value = text == "true"
        elif self.type == "strokes":
            try:
                value = json.loads(text)
            except json.JSONDecodeError:
                value = text
        else:
            value = text
        self.check(key, value)
        return value

    def _parse_number(self, key: str, text: str) -> float | int:
        try:
            return int(text)
        except ValueError:
            pass
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise ValueProblem("option-type", f"'{key}' is {self._expected()}, found '{text}'")
        return value

    def _expected(self) -> str:
        noun = "a number" if self.type == "number" else "an integer"
        if self.min is not None and self.max is not None:
            return f"{noun} from {self.min:g} to {self.max:g}"
        return noun

    def check(self, key: str, value: object) -> None:
        """Raise ValueProblem unless `value` is of this type and in its range."""
        match self.type:
            case "number" | "integer":
                self._check_number(key, value)
            case "boolean":
                if not isinstance(value, bool):
                    message = f"'{key}' is true or false, found {toml_name(value)}"
                    raise ValueProblem("option-type", message)
            case "choice":
                if value not in self.choices:
                    message = f"'{key}' has no choice '{value}'"
                    raise ValueProblem("option-range", message, suggest(str(value), self.choices))
            case "text":
                self._check_text(key, value)
            case "strokes":
                self._check_strokes(key, value)

    def _check_number(self, key: str, value: object) -> None:
        whole = self.type == "integer"
        kinds = (int,) if whole else (int, float)
        if isinstance(value, bool) or not isinstance(value, kinds):
            message = f"'{key}' is {self._expected()}, found {toml_name(value)}"
            raise ValueProblem("option-type", message)
        assert isinstance(value, (int, float))
        low = -math.inf if self.min is None else self.min
        high = math.inf if self.max is None else self.max
        if not low <= value <= high:
            message = f"'{key}' is {self._expected()}, found {value}"
            raise ValueProblem("option-range", message)

    def _check_text(self, key: str, value: object) -> None:
        if not isinstance(value, str):
            raise ValueProblem("option-type", f"'{key}' is a text, found {toml_name(value)}")
        if self.max_length is not None and len(value) > self.max_length:
            message = f"'{key}' has at most {self.max_length} characters, found {len(value)}"
            raise ValueProblem("option-range", message)

    def _check_strokes(self, key: str, value: object) -> None:
        if not _are_strokes(value):
            hint = "for example [[[0.2, 0.5], [0.8, 0.5]]]"
            raise ValueProblem(
                "option-type", f"'{key}' is a list of lines through points [x, y] from 0 to 1", hint
            )
        assert isinstance(value, list)
        points = sum(len(stroke) for stroke in value)
        if self.max_points is not None and points > self.max_points:
            message = f"'{key}' has at most {self.max_points} points, found {points}"
            raise ValueProblem("option-range", message)


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


@dataclass(frozen=True, slots=True)
class ModelUse:
    """A role that a model plays in a figure, and which graphs and arrays the figure needs.

    With `own_data` it is the model that trained on the data that an author names.
    """

    model: str
    uses: tuple[str, ...]
    own_data: bool = False
    metrics: tuple[str, ...] = ("*",)
    """Names, with `*` for any text, of the metrics that the page is told."""

    def tells(self, metric: str) -> bool:
        """Whether the page is told that metric of the model."""
        return any(fnmatchcase(metric, pattern) for pattern in self.metrics)


@dataclass(frozen=True, slots=True)
class FigureSpec:
    """A figure that authors may place."""

    name: str
    source: Source
    title: str
    honesty: str
    description: str
    height: float | None
    first: tuple[str, str] | None
    """Accessible names, or how they begin: of the main control, and of what that changes first.
    Readers see both at once, in windows of any size."""
    models: dict[str, ModelUse]
    state: dict[str, Field]
    options: dict[str, Field]
    declared: dict[str, Any]
    """The file as TOML has it: what the browser and the build service are given."""

    def fields(self) -> dict[str, Field]:
        """Everything that an author may set, by its key."""
        return {**self.state, **self.options}

    @property
    def shows_own_data(self) -> bool:
        """Whether an author has to name data for it."""
        return any(use.own_data for use in self.models.values())


def parse_figure_spec(
    source: Source, training_state: Mapping[str, Any]
) -> tuple[FigureSpec | None, tuple[Issue, ...]]:
    """The declaration of the figure whose folder holds `source`; None if it cannot be used.

    A figure that says `live = true` has `training_state` (site_assets/kit/run/training_state.toml)
    besides the state of its own.
    """
    issues: list[Issue] = []
    values = read_toml(source, "figure-spec", issues)
    if values is None:
        return None, tuple(issues)
    name = PurePosixPath(source.path).parent.name
    table = Table(source, (), values, "figure-spec", issues)
    if table.flag("live"):
        values["state"] = {**training_state, **values.get("state", {})}
    if not NAME.fullmatch(name):
        hint = "lower-case letters, digits and hyphens"
        table.report_at("title", f"'{name}' cannot be the name of a figure", hint)
    honesty = table.text("honesty")
    if honesty and honesty not in HONESTY:
        message, hint = f"unknown honesty '{honesty}'", suggest(honesty, HONESTY)
        table.report_at("honesty", message, hint, value=True)
    spec = FigureSpec(
        name=name,
        source=source,
        title=table.text("title"),
        honesty=honesty,
        description=table.text("description"),
        height=table.number("height", math.nan),
        first=_first(table),
        models={role: _model_use(entry) for role, entry in table.table("models").items()},
        state=_fields(table, "state"),
        options=_fields(table, "options"),
        declared={key: value for key, value in values.items() if key not in NOT_SHIPPED},
    )
    for key in sorted(spec.state.keys() & spec.options.keys()):
        table.report_at(key, f"'{key}' is both state and option")
    if spec.shows_own_data and DATA_KEY in spec.fields():
        table.report_at(DATA_KEY, f"'{DATA_KEY}' is where an author names the data")
    table.finish()
    return spec, tuple(issues)


def _first(table: Table) -> tuple[str, str] | None:
    part = table.part("first")
    if part is None:
        return None
    first = part.text("turn"), part.text("see")
    part.finish()
    return first


def _model_use(table: Table) -> ModelUse:
    own_data = table.flag("own_data")
    model = "" if own_data else table.text("model")
    metrics = tuple(table.texts("metrics", ["*"]))
    use = ModelUse(model, tuple(table.texts("uses")), own_data, metrics)
    table.finish()
    return use


def _fields(table: Table, group: str) -> dict[str, Field]:
    fields = {}
    for key, entry in table.table(group).items():
        if key in FIGURE_KEYS:
            entry.report_at("type", f"'{key}' is a key of every figure block")
        field = _field(entry)
        if field is not None:
            fields[key] = field
    return fields


def _field(table: Table) -> Field | None:
    kind = table.text("type")
    if kind not in TYPES:
        if kind:
            table.report_at("type", f"unknown type '{kind}'", suggest(kind, TYPES), value=True)
        return None
    description = table.text("description")
    limits: dict[str, Any] = {}
    if kind in {"number", "integer"}:
        limits = {key: table.number(key) for key in ("min", "max")}
        step = table.number("step", math.nan)
        limits["step"] = None if step is None or math.isnan(step) else step
    elif kind == "choice":
        limits["choices"] = tuple(table.texts("choices"))
    elif kind == "strokes":
        limits["max_points"] = table.number("max_points")
    elif kind == "text":
        limits["max_length"] = table.number("max_length")
    table.asked.add("default")
    if "default" not in table.values:
        table.report_at("default", "'default' is missing")
        return None
    default = table.values["default"]
    field = Field(kind, description, default, **limits)
    table.finish()
    try:
        field.check("default", default)
    except ValueProblem as problem:
        table.report_at("default", problem.message, problem.hint, value=True)
    return field
