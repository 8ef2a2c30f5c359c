"""What `figure.toml` declares: title, honesty, models, and the types of state and options.

The same types (`state_types.py`) read an author's option lines and the defaults of the file itself.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import Any, Literal, NotRequired, TypedDict, cast, get_args, get_origin, get_type_hints

from builder.issues.issue import Issue, Source, suggest
from builder.load.state_types import STATE_TYPES, Choice, StateSpec, StateType, ValueProblem
from builder.load.toml_file import Table, read_toml

KINDS = ("experiment",)
"""Kinds of figures that need no code of their own: the kit draws them."""
HONESTY = ("trains live", "trained model", "exact", "schematic")
FIGURE_KEYS = frozenset({"id"})
"""Option keys that every figure block has."""
NOT_SHIPPED = frozenset({"first", "kind", "trains"})
"""What the file says to the builder and to tests alone."""
DATA_KEY = "data"
"""With an `own_data` model: the option that names which of the author's data are shown."""

NAME = re.compile(r"[a-z][a-z0-9-]*")


class ShippedModel(TypedDict):
    """The model that has a role in a figure, and the graphs and arrays that the figure needs."""

    model: str
    uses: Sequence[str]


class ShippedSpec(TypedDict):
    """What figure.toml says of a figure, as the figure's own code is given it."""

    title: str
    honesty: str
    description: str
    models: NotRequired[Mapping[str, ShippedModel]]
    state: NotRequired[Mapping[str, StateSpec]]
    options: NotRequired[Mapping[str, StateSpec]]


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
    kind: str
    """One of `KINDS`, or nothing for a figure with code of its own."""
    honesty: str
    description: str
    height: float | None
    first: tuple[str, str] | None
    """Accessible names, or how they begin: of the main control, and of what that changes first.
    Readers see both at once, in windows of any size."""
    models: dict[str, ModelUse]
    state: dict[str, StateType]
    options: dict[str, StateType]
    declared: ShippedSpec
    """The file as TOML has it: what the browser and the build service are given."""

    def fields(self) -> dict[str, StateType]:
        """Everything that an author may set, by its key."""
        return {**self.state, **self.options}

    def renamed(self, key: str) -> tuple[str, Choice] | None:
        """What older addresses call `key`, if they tell it by its place: its name now, and it."""
        for name, field in self.state.items():
            if isinstance(field, Choice) and field.formerly == key:
                return name, field
        return None

    @property
    def shows_own_data(self) -> bool:
        """Whether an author has to name data for it."""
        return any(use.own_data for use in self.models.values())


def parse_figure_spec(
    source: Source, training_state: Mapping[str, Any]
) -> tuple[FigureSpec | None, tuple[Issue, ...]]:
    """The declaration of the figure whose folder holds `source`; None if it cannot be used.

    A figure that says `trains = true` has `training_state`
    (site_assets/kit/run/training_state.toml) besides the state of its own.
    """
    issues: list[Issue] = []
    values = read_toml(source, "figure-spec", issues)
    if values is None:
        return None, tuple(issues)
    name = PurePosixPath(source.path).parent.name
    table = Table(source, (), values, "figure-spec", issues)
    if table.flag("trains"):
        values["state"] = {**training_state, **values.get("state", {})}
    if not NAME.fullmatch(name):
        hint = "lower-case letters, digits and hyphens"
        table.report_at("title", f"'{name}' cannot be the name of a figure", hint)
    honesty = table.text("honesty")
    if honesty and honesty not in HONESTY:
        message, hint = f"unknown honesty '{honesty}'", suggest(honesty, HONESTY)
        table.report_at("honesty", message, hint, value=True)
    shipped = {key: value for key, value in values.items() if key not in NOT_SHIPPED}
    kind = table.text("kind", "")
    if kind and kind not in KINDS:
        message, hint = f"unknown kind '{kind}'", suggest(kind, KINDS)
        table.report_at("kind", message, hint, value=True)
    spec = FigureSpec(
        name=name,
        source=source,
        title=table.text("title"),
        kind=kind,
        honesty=honesty,
        description=table.text("description"),
        height=table.number("height", math.nan),
        first=_first(table),
        models={role: _model_use(entry) for role, entry in table.table("models").items()},
        state=_fields(table, "state"),
        options=_fields(table, "options"),
        declared=cast("ShippedSpec", shipped),  # where it is not, the table has told of it
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


def _fields(table: Table, group: str) -> dict[str, StateType]:
    fields = {}
    for key, entry in table.table(group).items():
        if key in FIGURE_KEYS:
            entry.report_at("type", f"'{key}' is a key of every figure block")
        field = _field(entry)
        if field is not None:
            fields[key] = field
    return fields


def _field(table: Table) -> StateType | None:
    name = table.text("type")
    kind = STATE_TYPES.get(name)
    if kind is None:
        if name:
            message, hint = f"unknown type '{name}'", suggest(name, STATE_TYPES)
            table.report_at("type", message, hint, value=True)
        return None
    description = table.text("description")
    limits = _limits(table, kind)
    table.asked.add("default")
    if "default" not in table.values:
        table.report_at("default", "'default' is missing")
    if limits is None or "default" not in table.values:
        return None
    default = table.values["default"]
    field = kind(description, default, **limits)
    table.finish()
    try:
        field.check("default", default)
    except ValueProblem as problem:
        table.report_at("default", problem.message, problem.hint, value=True)
    return field


def _limits(table: Table, kind: type[StateType]) -> dict[str, Any] | None:
    """What a declaration of that type holds of its own; None if something of it is missing."""
    found: dict[str, Any] = {}
    whole, hints = True, get_type_hints(kind)
    for field in fields(kind)[len(fields(StateType)) :]:
        optional = field.default is not MISSING
        hint = hints[field.name]
        if hint == tuple[str, ...]:
            found[field.name] = tuple(table.texts(field.name))
            continue
        words = [
            word for one in get_args(hint) if get_origin(one) is Literal for word in get_args(one)
        ]
        if words or str in get_args(hint):
            text = table.text(field.name, "")
            if text and words and text not in words:
                message, suggestion = f"unknown {field.name} '{text}'", suggest(text, words)
                table.report_at(field.name, message, suggestion, value=True)
            elif text:
                found[field.name] = text
            continue
        number = table.number(field.name, math.nan if optional else None)
        whole = whole and number is not None
        if number is not None and not math.isnan(number):
            found[field.name] = number
    return found if whole else None
