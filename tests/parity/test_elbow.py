"""Note 1: PCA's errors, the findings and the bends, from what is published, by other code."""

from __future__ import annotations

import json

import numpy as np
import pytest
from sklearn.decomposition import PCA

from tests.conftest import ROOT
from tests.parity.test_exported_models import array
from training.data.digits import digits
from training.data.signals import signals

FOLDER = ROOT / "build/models/elbow"
CARD = json.loads((FOLDER / "card.json").read_text("utf-8"))
FIELDS = CARD["options"]["experiment"]
SIZES = [condition["value"] for condition in FIELDS["conditions"]]
SETTINGS = {"signals": signals(3, 1024), "digits": digits()}


def errors(setting: str, series: str, size: int) -> np.ndarray:
    names = [[one["name"] for one in FIELDS[key]] for key in ("settings", "series")]
    values = array(FOLDER, CARD, "values").astype(np.float64)
    place = names[0].index(setting), 0, names[1].index(series), SIZES.index(size)
    seeds: np.ndarray = values[place]
    return seeds[~np.isnan(seeds)]


@pytest.mark.parametrize("setting", SETTINGS)
@pytest.mark.parametrize("size", SIZES)
def test_pca_is_that_of_scikit_learn(setting: str, size: int) -> None:
    data = SETTINGS[setting]
    if size == data.train.x.shape[1]:
        assert not len(errors(setting, "pca", size)), "rounding is no error to compare with"
        return
    fitted = PCA(size, svd_solver="full").fit(data.train.x.astype(np.float64))
    x = data.validation.x.astype(np.float64)
    rebuilt = fitted.inverse_transform(fitted.transform(x))
    (published,) = errors(setting, "pca", size)
    assert published == pytest.approx(float(np.mean((x - rebuilt) ** 2)), rel=1e-4)


def test_the_findings_follow_from_the_errors() -> None:
    wanted = [
        (setting, series, better, worse)
        for setting, bend in (("signals", 8), ("digits", 16))
        for series, better, worse in (
            ("validation", bend, bend // 2), ("validation", 64, bend), ("training", 64, bend),
        )
    ]  # fmt: skip
    holds = []
    for (setting, series, better, worse), found in zip(wanted, FIELDS["findings"], strict=True):
        share = 1 - errors(setting, series, better) / errors(setting, series, worse)
        assert found["effect"] == pytest.approx(share.mean(), rel=1e-4)
        assert (found["lowest"], found["highest"]) == pytest.approx(
            (share.min(), share.max()), rel=1e-4
        )
        holds.append(found["holds"])
    assert FIELDS["verdict"] == ("held" if all(holds) else "held in part" if any(holds) else "?")


@pytest.mark.parametrize("series", ["validation", "training"])
def test_both_errors_are_level_on_waveforms_and_neither_is_on_digits(series: str) -> None:
    """By the figure's own measure, a share of the error for each doubling."""
    level = CARD["options"]["level"]
    for setting, bend in (("signals", 8), ("digits", 16)):
        doublings = np.log2(64 / bend)
        falls = 1 - errors(setting, series, 64) / errors(setting, series, bend)
        assert ((falls < doublings * level) == (setting == "signals")).all()


@pytest.mark.parametrize("setting", SETTINGS)
@pytest.mark.parametrize(
    ("bend", "axis"), [("bend", np.arange(len(SIZES))), ("even_bend", np.array(SIZES))]
)
def test_the_bend_is_where_the_curve_is_furthest_below_its_chord(
    setting: str, bend: str, axis: np.ndarray
) -> None:
    """On the figure's axis, of doublings, and on one like chapter 3's, of numbers."""
    seeds = np.log([errors(setting, "validation", size) for size in SIZES]).T
    chords = [np.interp(axis, axis[[0, -1]], curve[[0, -1]]) for curve in seeds]
    bends = [
        SIZES[int(np.argmax(chord - curve))] for chord, curve in zip(chords, seeds, strict=True)
    ]
    for name, value in (("lowest", min(bends)), ("highest", max(bends))):
        assert CARD["metrics"][f"{setting}.{bend}_{name}"]["value"] == value
