"""A verdict follows from measurements alone: made-up ones, with every outcome."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from training.publish.experiment import ARRAY, OPTION, Comparison, Experiment, verdict

RULE = "small is best"


def experiment(*comparisons: Comparison, **changes: object) -> Experiment:
    """Errors of two series under three conditions, three seeds each."""
    ours = [[1.0, 1.1, 0.9], [2.0, 2.2, 1.9], [2.05, 2.0, 1.95]]
    rival = [[1.5, np.nan, np.nan], [1.5, np.nan, np.nan], [3.0, np.nan, np.nan]]
    fields: dict[str, object] = {
        "axis": {"label": "size", "scale": "log"},
        "conditions": [{"name": f"s{v}", "label": f"size {v}", "value": v} for v in (1, 2, 4)],
        "series": [
            {"name": "ours", "label": "network", "rival": False},
            {"name": "pca", "label": "PCA", "rival": True},
        ],
        "measures": [
            {
                "name": "error",
                "label": "error",
                "unit": "nats",
                "better": "lower",
                "scale": "linear",
                "decimals": 2,
            }
        ],
        "values": np.array([[[ours, rival]]]),
        "rule": RULE,
        "comparisons": comparisons,
    }
    return Experiment(**{**fields, **changes})  # type: ignore[arg-type]


SMALL = Comparison("small beats large", "error", ("ours", "s1"), ("ours", "s4"))
AHEAD = Comparison("ahead of PCA", "error", ("ours", "s1"), ("pca", "s1"))
BEHIND = Comparison("ahead of PCA in the middle", "error", ("ours", "s2"), ("pca", "s2"))
ALIKE = Comparison("middle is as good as large", "error", ("ours", "s2"), ("ours", "s4"), most=0.3)
NARROWLY = Comparison("by more than a half", "error", ("ours", "s1"), ("pca", "s1"), least=0.5)


@pytest.mark.parametrize(
    ("comparisons", "word"),
    [
        ((SMALL, AHEAD), "held"),
        ((SMALL, BEHIND), "held in part"),
        ((BEHIND, NARROWLY), "not on these data"),
        ((ALIKE,), "held"),
        ((replace(ALIKE, most=0.02, relative=True),), "not on these data"),
        ((replace(ALIKE, most=0.2, relative=True),), "held"),
        ((Comparison("nearer", "error", ("ours", "s2"), ("ours", "s4"), most=0.1),),
         "not on these data"),
    ],
)  # fmt: skip
def test_each_verdict_can_come_out(comparisons: tuple[Comparison, ...], word: str) -> None:
    tried = experiment(*comparisons)
    assert tried.verdict() == word
    assert tried.options()[OPTION]["verdict"] == word


def test_an_effect_is_positive_as_the_rule_has_it_and_taken_seed_by_seed() -> None:
    (finding,) = experiment(SMALL).findings()
    assert finding["effect"] == pytest.approx(1.0)
    assert (finding["lowest"], finding["highest"]) == pytest.approx((0.9, 1.05))
    (more,) = experiment(
        SMALL,
        measures=[
            {
                "name": "error",
                "label": "area",
                "unit": "",
                "better": "higher",
                "scale": "linear",
                "decimals": 2,
            }
        ],
    ).findings()
    assert more["effect"] == pytest.approx(-1.0)
    assert not more["holds"]


@pytest.mark.parametrize(
    ("large", "message"),
    [
        ([2.05, np.nan, 1.95], "the same seeds on both sides of “small beats large”"),
        ([np.nan, 2.0, 1.95], "the same seeds on both sides of “small beats large”"),
        ([np.nan] * 3, "nothing was measured on a side of “small beats large”"),
    ],
)
def test_seeds_are_compared_with_themselves_alone(large: list[float], message: str) -> None:
    values = experiment(SMALL).values.copy()
    values[0, 0, 0, 0] = [1.0, 1.1, np.nan]
    values[0, 0, 0, 2] = large
    with pytest.raises(ValueError, match=message):
        experiment(SMALL, values=values).findings()


def test_metrics_and_arrays_are_the_measurements() -> None:
    tried = experiment(AHEAD)
    metrics = tried.metrics()
    assert metrics["error.ours.s2"].value == pytest.approx(2.0333, abs=1e-4)
    assert metrics["error.ours.s2_deviation"].value == pytest.approx(np.std([2, 2.2, 1.9], ddof=1))
    assert metrics["error.pca.s4_deviation"].value == 0
    assert metrics["rule-1.effect_lowest"].value == pytest.approx(0.4)
    assert metrics["rule-1.effect"].unit == "nats"
    published = tried.arrays()[ARRAY].values
    assert published.dtype == np.float32
    assert published.shape == (1, 1, 2, 3, 3)


def test_two_settings_are_told_apart() -> None:
    values = experiment(SMALL).values
    both = experiment(
        SMALL,
        Comparison("there, too", "error", ("ours", "s1"), ("ours", "s4"), setting="b"),
        settings=[{"name": "a", "label": "A"}, {"name": "b", "label": "B"}],
        values=np.concatenate([values, -values]),
    )
    assert [finding["holds"] for finding in both.findings()] == [True, False]
    assert both.metrics()["b.error.ours.s1"].value == pytest.approx(-1.0)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"values": np.zeros((1, 1, 2, 2, 3))}, r"shape \[1, 1, 2, 3, seeds\]"),
        ({"values": np.full((1, 1, 2, 3, 3), np.inf)}, "finite"),
    ],
)
def test_measurements_that_cannot_be(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        experiment(SMALL, **changes)


def test_names_that_nothing_has() -> None:
    wrong = Comparison("?", "error", ("ours", "s3"), ("ours", "s4"))
    with pytest.raises(KeyError, match="s1, s2, s4, found “s3”"):
        experiment(wrong).findings()
    with pytest.raises(ValueError, match="without comparisons"):
        verdict([])


def test_two_measures_of_one_unit_are_compared() -> None:
    tried = two_measures(unit="nats")
    (finding,) = tried.findings()
    assert finding["measure"] == "error"
    assert finding["effect"] == pytest.approx(2.0)
    assert finding["holds"]


def test_measures_of_unlike_units_are_not_compared() -> None:
    with pytest.raises(ValueError, match="one unit"):
        two_measures(unit="%").findings()


def two_measures(unit: str) -> Experiment:
    """A second measure, two more than the first everywhere."""
    one = experiment()
    second = {**one.measures[0], "name": "other", "unit": unit}
    across = Comparison(
        "by the first it is less", "error", ("ours", "s1"), ("ours", "s1"), worse_measure="other"
    )
    return experiment(
        across,
        measures=[one.measures[0], second],
        values=np.concatenate([one.values, one.values + 2], axis=1),
    )
