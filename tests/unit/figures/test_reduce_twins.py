"""F19: the page's fits are scipy's and scikit-learn's, and its instrument is the recipe's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import least_squares
from sklearn.linear_model import Ridge

from tests.twin import answer
from training.data.fluxmaps import NOISE
from training.recipes.flux_knobs import readings

ASSETS = Path(__file__).resolve().parents[3] / "site_assets"
SCRIPT = """
import { readFileSync } from "node:fs";
const given = JSON.parse(readFileSync(0, "utf8"));
const maths = await import(`${process.argv[1]}/figures/reduce/maths.ts`);
const ground = { mean: given.mean, directions: given.directions.flat(), unit: given.unit };
// scores p = tanh of a sum of knobs
const bent = (z) => {
  const sum = (row) => row.reduce((total, w, k) => total + w * z[k], 0);
  const scores = given.weights.map((row) => Math.tanh(sum(row)));
  const slopes = given.weights.flatMap((row, p) => row.map((w) => w * (1 - scores[p] ** 2)));
  return { scores, slopes };
};
const readings = maths.readingsOf(given.map, 3, given.noise);
const measured = maths.measuredAt(given.points, readings);
const { strength, scales } = given;
const z = await maths.fitAsked(async (code) => bent(code), ground, measured, strength, 3);
const flat = maths.fitLinear(scales, ground, measured, strength, 4);
const whole = maths.measuredAt([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], readings);
process.stdout.write(JSON.stringify({
  readings: [...readings], places: measured.places, z: [...z], flat: [...flat],
  map: [...maths.mapOf(ground, maths.linearly(flat, scales).scores)],
  rest: maths.restError(given.mean, given.map, measured),
  none: maths.restError(given.mean, given.map, whole),
}));
"""
STRENGTH = 16.0
Field = NDArray[np.float64]


@pytest.fixture(scope="module")
def given() -> dict[str, Any]:
    rng = np.random.default_rng(8)
    mean = 100 * rng.normal(size=20)
    directions = np.linalg.qr(rng.normal(size=(20, 5)))[0].T
    weights = rng.normal(size=(5, 3))
    scores = np.tanh(weights @ rng.normal(size=3))
    return {
        "mean": mean,
        "directions": directions,
        "unit": 200.0,
        "weights": weights,
        "map": mean + 200 * scores @ directions,
        "noise": NOISE,
        "points": [2, 7, 4],
        "scales": np.array([1, 0.5, 0.2, 0.05, 0.01]),
        "strength": STRENGTH,
    }


@pytest.fixture(scope="module")
def found(given: dict[str, Any]) -> dict[str, Any]:
    result: dict[str, Any] = answer(SCRIPT, ASSETS.as_uri(), given=given)
    return result


def test_the_instrument_reads_what_the_recipe_s_does(
    given: dict[str, Any], found: dict[str, Any]
) -> None:
    maps = np.tile(given["map"].astype(np.float32), (4, 1))
    assert found["readings"] == pytest.approx(readings(maps, 0)[3], abs=1e-4)
    assert found["places"] == [2, 7, 4, 12, 17, 14]


def test_bent_knobs_are_scipys(given: dict[str, Any], found: dict[str, Any]) -> None:
    places, y = found["places"], np.array(found["readings"])

    def residuals(z: Field) -> Field:
        map_ = given["mean"] + given["unit"] * np.tanh(given["weights"] @ z) @ given["directions"]
        return np.concatenate([(map_ - y)[places], np.sqrt(STRENGTH) * z])

    exact = least_squares(residuals, np.zeros(3), xtol=1e-12, ftol=1e-12, gtol=1e-12)
    assert found["z"] == pytest.approx(exact.x, abs=2e-3)
    assert np.sum(residuals(np.array(found["z"])) ** 2) == pytest.approx(2 * exact.cost, rel=1e-6)


def test_straight_knobs_are_scikit_learns(given: dict[str, Any], found: dict[str, Any]) -> None:
    places, y = found["places"], np.array(found["readings"])
    columns = given["unit"] * (given["scales"][:4, None] * given["directions"][:4]).T
    ridge = Ridge(alpha=STRENGTH, fit_intercept=False)
    ridge.fit(columns[places], (y - given["mean"])[places])
    assert found["flat"] == pytest.approx(ridge.coef_, abs=2e-3)
    assert found["map"] == pytest.approx(given["mean"] + columns @ found["flat"], abs=1e-9)


def test_the_error_is_that_where_nothing_was_measured(
    given: dict[str, Any], found: dict[str, Any]
) -> None:
    elsewhere = np.setdiff1d(np.arange(20), found["places"])
    off = (given["mean"] - given["map"])[elsewhere]
    assert found["rest"] == pytest.approx(np.sqrt(np.mean(off**2)))
    assert found["none"] == 0
