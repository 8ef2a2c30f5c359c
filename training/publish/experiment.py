"""A rule of thumb put to the test: conditions beside each other, over seeds, and a verdict.

What the rule says is written down as comparisons; whether it holds follows from the measurements
alone. `site_assets/kit/experiment/` draws what is published here, `{{ verdict("model") }}` says the
verdict in a text. Its fields in TypeScript are made from those below (`UPDATE_GOLDEN=1 pytest
tests/unit/test_generated_types.py`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, TypedDict

import numpy as np
from numpy.typing import NDArray

from training.publish.card import Metric
from training.publish.recipe import PublishedArray

Word: TypeAlias = Literal["held", "held in part", "not on these data"]
Values: TypeAlias = NDArray[np.float64]

OPTION = "experiment"
"""The card's option that holds the fields below."""
ARRAY = "values"
"""The published array: `[settings, measures, series, conditions, seeds]`, NaN where nothing was
measured."""


class ConditionFields(TypedDict):
    """What is varied. `value` is its place on an axis of numbers, null on one of names."""

    name: str
    label: str
    value: float | None


class AxisFields(TypedDict):
    """Along what the conditions lie."""

    label: str
    scale: Literal["linear", "log", "names"]


class SeriesFields(TypedDict):
    """Who was measured; a rival is the simple tool for the same job."""

    name: str
    label: str
    rival: bool


class MeasureFields(TypedDict):
    """What was measured, with its unit and the axis that it wants; `decimals` are shown."""

    name: str
    label: str
    unit: str
    better: Literal["lower", "higher"]
    scale: Literal["linear", "log"]
    decimals: int


class SettingFields(TypedDict):
    """Where it was measured: a data set, say."""

    name: str
    label: str


class FindingFields(TypedDict):
    """A comparison and what came of it; positive is as the rule has it. In the measure's unit, or
    as a share of what is compared with."""

    text: str
    relative: bool
    setting: str
    measure: str
    effect: float
    lowest: float
    highest: float
    holds: bool


class LiveConditionFields(TypedDict):
    """A condition that the reader can train in the page: what is measured, and the knobs that it
    sets. `entry` is its place along the first axis of the arrays `history_…`."""

    setting: str
    series: str
    condition: str
    knobs: Mapping[str, float]
    entry: int


class ExperimentFields(TypedDict):
    """All that a figure is told besides the measurements."""

    axis: AxisFields
    conditions: Sequence[ConditionFields]
    series: Sequence[SeriesFields]
    measures: Sequence[MeasureFields]
    settings: Sequence[SettingFields]
    rule: str
    findings: Sequence[FindingFields]
    verdict: Word
    live: Sequence[LiveConditionFields]


DIMENSIONLESS = "1"
"""The unit of a measure without one, where a card has to say it."""


@dataclass(frozen=True)
class Comparison:
    """A part of the rule: by `measure`, the first place is better than the second.

    A place is a series and a condition, by their names. `least` is by how much it must be better,
    in the measure's unit; with `most` in place of it, the two differ by no more than that. If
    `relative`, differences are shares of the second place's values. `worse_measure` is that of the
    second place, if it is another one in the same unit.
    """

    text: str
    measure: str
    better: tuple[str, str]
    worse: tuple[str, str]
    setting: str = ""
    least: float = 0.0
    most: float | None = None
    relative: bool = False
    worse_measure: str = ""


@dataclass(frozen=True)
class Experiment:
    """What was compared and measured; `values` as `ARRAY`, in the order of the fields.

    `live` are the conditions that train in the page (training/live/trials.py); a measure with the
    name of a term of their loss is measured there, too.
    """

    axis: AxisFields
    conditions: Sequence[ConditionFields]
    series: Sequence[SeriesFields]
    measures: Sequence[MeasureFields]
    values: Values
    rule: str
    comparisons: Sequence[Comparison]
    settings: Sequence[SettingFields] = ({"name": "all", "label": ""},)
    split: str = "test"
    live: Sequence[LiveConditionFields] = ()

    def __post_init__(self) -> None:
        lists = (self.settings, self.measures, self.series, self.conditions)
        shape = tuple(map(len, lists))
        if self.values.ndim != 5 or self.values.shape[:4] != shape:
            expected = f"[{', '.join(map(str, shape))}, seeds]"
            raise ValueError(f"expected values of shape {expected}, found {self.values.shape}")
        if np.isinf(self.values).any():
            raise ValueError("expected finite measurements, or NaN where nothing was measured")
        for one in self.live:
            self.at(one["setting"], self.measures[0]["name"], one["series"], one["condition"])

    def at(self, setting: str, measure: str, series: str, condition: str) -> Values:
        """The measurements there, one a seed. Raises KeyError for a name that nothing has."""
        row = self._by_seed(setting, measure, series, condition)
        return row[~np.isnan(row)]

    def _by_seed(self, setting: str, measure: str, series: str, condition: str) -> Values:
        """The measurements there, `[seeds]`; NaN for a seed without one."""
        lists: tuple[Sequence[Mapping[str, Any]], ...] = (
            self.settings, self.measures, self.series, self.conditions,
        )  # fmt: skip
        names = (setting or self.settings[0]["name"], measure, series, condition)
        places = tuple(_place(among, name) for among, name in zip(lists, names, strict=True))
        row: Values = self.values[places]
        return row

    def findings(self) -> list[FindingFields]:
        """What came of each comparison, seed by seed; one value alone is held against each seed."""
        return [self._finding(one) for one in self.comparisons]

    def _finding(self, one: Comparison) -> FindingFields:
        rows = (
            self._by_seed(one.setting, one.measure, *one.better),
            self._by_seed(one.setting, one.worse_measure or one.measure, *one.worse),
        )
        better, worse = (row[~np.isnan(row)] for row in rows)
        if 0 in (len(better), len(worse)):
            raise ValueError(f"nothing was measured on a side of “{one.text}”")
        same = np.array_equal(np.isnan(rows[0]), np.isnan(rows[1]))
        if not same and 1 not in (len(better), len(worse)):
            raise ValueError(f"expected the same seeds on both sides of “{one.text}”")
        measure = self.measures[_place(self.measures, one.measure)]
        other = self.measures[_place(self.measures, one.worse_measure or one.measure)]
        if measure["unit"] != other["unit"]:
            raise ValueError(f"expected one unit on both sides of “{one.text}”")
        effects = better - worse if measure["better"] == "higher" else worse - better
        if one.relative:
            effects = effects / worse
        lowest, highest = float(effects.min()), float(effects.max())
        holds = lowest > one.least
        if one.most is not None:
            holds = max(abs(lowest), abs(highest)) <= one.most
        return {
            "text": one.text,
            "relative": one.relative,
            "setting": one.setting or self.settings[0]["name"],
            "measure": one.measure,
            "effect": float(effects.mean()),
            "lowest": lowest,
            "highest": highest,
            "holds": holds,
        }

    def verdict(self) -> Word:
        """What follows from the findings."""
        return verdict([finding["holds"] for finding in self.findings()])

    def options(self) -> dict[str, ExperimentFields]:
        """For the card's options."""
        return {
            OPTION: {
                "axis": self.axis,
                "conditions": list(self.conditions),
                "series": list(self.series),
                "measures": list(self.measures),
                "settings": list(self.settings),
                "rule": self.rule,
                "findings": self.findings(),
                "verdict": self.verdict(),
                "live": list(self.live),
            }
        }

    def arrays(self) -> dict[str, PublishedArray]:
        """For the card's arrays."""
        description = (
            "measurements by setting, measure, series, condition and seed, "
            "NaN where nothing was measured"
        )
        return {ARRAY: PublishedArray(self.values.astype(np.float32), "as said", description)}

    def metrics(self) -> dict[str, Metric]:
        """Means and deviations as `setting.measure.series.condition`, the setting left out if it is
        the only one; and of the n-th comparison `rule-n.effect`, `…_lowest`, `…_highest`."""
        found: dict[str, Metric] = {}
        for setting in self.settings:
            prefix = f"{setting['name']}." if len(self.settings) > 1 else ""
            for measure in self.measures:
                for series in self.series:
                    for condition in self.conditions:
                        names = (measure["name"], series["name"], condition["name"])
                        values = self.at(setting["name"], *names)
                        if len(values):
                            what = f"{measure['label']}, {series['label']}, {condition['label']}"
                            found |= self._spread(prefix + ".".join(names), values, measure, what)
        for number, finding in enumerate(self.findings(), 1):
            unit = self.measures[_place(self.measures, finding["measure"])]["unit"]
            unit = "share" if finding["relative"] else unit or DIMENSIONLESS
            for name, value in (
                ("effect", finding["effect"]),
                ("effect_lowest", finding["lowest"]),
                ("effect_highest", finding["highest"]),
            ):
                found[f"rule-{number}.{name}"] = Metric(value, unit, self.split, finding["text"])
        return found

    def _spread(
        self, name: str, values: Values, measure: MeasureFields, what: str
    ) -> dict[str, Metric]:
        deviation = float(values.std(ddof=1)) if len(values) > 1 else 0.0
        unit = measure["unit"] or DIMENSIONLESS
        return {
            name: Metric(float(values.mean()), unit, self.split, f"{what}, mean of the seeds"),
            f"{name}_deviation": Metric(
                deviation, unit, self.split, f"{what}, standard deviation between seeds"
            ),
        }


def verdict(holds: Sequence[bool]) -> Word:
    """Held if all comparisons hold, held in part if some do. Raises ValueError if there is none."""
    if not holds:
        raise ValueError("a rule without comparisons cannot be put to the test")
    if all(holds):
        return "held"
    return "held in part" if any(holds) else "not on these data"


def _place(among: Sequence[Mapping[str, Any]], name: str) -> int:
    names = [one["name"] for one in among]
    if name not in names:
        raise KeyError(f"expected one of {', '.join(names)}, found “{name}”")
    return names.index(name)
