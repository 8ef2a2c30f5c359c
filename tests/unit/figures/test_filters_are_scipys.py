"""What the page's filters make of signals (`kit/maths/filters.ts`) is what scipy makes of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.ndimage import median_filter, uniform_filter1d
from scipy.signal import savgol_coeffs, savgol_filter

from tests.twin import answer
from training.measure.filters import (
    Spectrum,
    despiked,
    gain_db,
    moving_average,
    savitzky_golay,
)
from training.recipes.families.denoise import KINDS, SPIKES, noise

ROOT = Path(__file__).resolve().parents[3]
RNG = np.random.default_rng(3)
ROWS = RNG.normal(size=(4, 24))
TRAIN = (RNG.normal(size=(200, 5)) @ RNG.normal(size=(5, 24))).astype(np.float32)
SPECTRUM = Spectrum(TRAIN, 8)
SEED, COUNT, DEVIATION = 7, 5000, 0.2
WINDOWS, LIMIT = ((1, 5), (3, 3), (1, 1)), 0.8

SCRIPT = """
const filters = await import(process.argv[1]);
const { noiseOf } = await import(process.argv[2]);
const call = JSON.parse(process.argv[3]);
const { rows, length, kernels, mean, directions, variances, deviation } = call;
const gains = filters.wienerGains(variances, deviation);
process.stdout.write(JSON.stringify({
  smoothed: kernels.map((kernel) => [...filters.smoothed(rows, length, kernel)]),
  despiked: call.windows.map((window) => [...filters.despiked(rows, length, window, call.limit)]),
  turned: [...filters.transposed(rows.slice(0, 16), 4)],
  wiener: [...filters.gained(rows, { mean, directions }, gains)],
  projected: [...filters.gained(rows, { mean, directions }, [1, 1, 1])],
  decibels: filters.gainInDecibels(rows, rows.map((v) => v + 1), rows.map((v) => v + 0.1)),
  noise: call.kinds.map((kind) =>
    [...noiseOf(kind, call.seed, call.count, deviation, call.spikes)]),
}));
"""


@pytest.fixture(scope="module")
def answers() -> dict[str, Any]:
    """The page's answers."""
    call = {
        "rows": ROWS.ravel().tolist(),
        "length": ROWS.shape[1],
        "kernels": [np.full(5, 0.2).tolist(), savgol_coeffs(7, 2).tolist(), [1.0]],
        "windows": WINDOWS,
        "limit": LIMIT,
        "mean": SPECTRUM.mean.tolist(),
        "directions": SPECTRUM.directions.ravel().tolist(),
        "variances": SPECTRUM.variances.tolist(),
        "deviation": DEVIATION,
        "kinds": KINDS,
        "seed": SEED,
        "count": COUNT,
        "spikes": SPIKES,
    }
    modules = ["kit/maths/filters.ts", "figures/denoise/noise.ts"]
    paths = [(ROOT / "site_assets" / module).as_uri() for module in modules]
    found: dict[str, Any] = answer(SCRIPT, *paths, json.dumps(call))
    return found


def test_local_filters_are_scipys(answers: dict[str, Any]) -> None:
    mean, polynomial, same = (np.reshape(each, ROWS.shape) for each in answers["smoothed"])
    assert mean == pytest.approx(uniform_filter1d(ROWS, 5, mode="mirror"), abs=1e-12)
    assert polynomial == pytest.approx(savgol_filter(ROWS, 7, 2, mode="mirror"), abs=1e-12)
    assert same == pytest.approx(ROWS, abs=1e-12)
    assert mean == pytest.approx(moving_average(ROWS, 5, (-1,)), abs=1e-12)
    assert polynomial == pytest.approx(savitzky_golay(ROWS, 7, 2, (-1,)), abs=1e-12)
    assert np.reshape(answers["turned"], (4, 4)) == pytest.approx(ROWS.ravel()[:16].reshape(4, 4).T)


def test_what_sticks_out_becomes_the_median_around_it(answers: dict[str, Any]) -> None:
    for window, found in zip(WINDOWS, answers["despiked"], strict=True):
        middle = median_filter(ROWS, size=window, mode="mirror")
        out = np.abs(ROWS - middle) > LIMIT
        assert out.any() == (window != (1, 1))
        assert np.reshape(found, ROWS.shape) == pytest.approx(np.where(out, middle, ROWS))
    along, both = (np.reshape(each, ROWS.shape) for each in answers["despiked"][:2])
    assert along == pytest.approx(despiked(ROWS, 5, LIMIT, (-1,)))
    assert both == pytest.approx(despiked(ROWS, 3, LIMIT, (-1, -2)))


def test_wiener_is_the_best_linear_estimate(answers: dict[str, Any]) -> None:
    """By its normal equations, C (C + s² I)⁻¹, which know no directions."""
    covariance = np.cov(TRAIN.astype(float).T, bias=True)
    weights = covariance @ np.linalg.inv(covariance + DEVIATION**2 * np.eye(24))
    expected = SPECTRUM.mean + (ROWS - SPECTRUM.mean) @ weights.T
    assert np.reshape(answers["wiener"], ROWS.shape) == pytest.approx(expected, abs=1e-6)
    assert np.reshape(answers["wiener"], ROWS.shape) == pytest.approx(
        SPECTRUM.wiener(ROWS, DEVIATION), abs=1e-9
    )
    assert np.reshape(answers["projected"], ROWS.shape) == pytest.approx(
        SPECTRUM.project(ROWS, 3), abs=1e-9
    )


def test_a_tenth_of_the_error_is_20_decibels(answers: dict[str, Any]) -> None:
    assert answers["decibels"] == pytest.approx(20)
    assert gain_db(ROWS, ROWS + 1, ROWS + 0.1) == pytest.approx(20)


def test_noise_is_the_recipes_and_has_its_deviation(answers: dict[str, Any]) -> None:
    for kind, drawn in zip(KINDS, answers["noise"], strict=True):
        expected = noise((COUNT,), kind, SEED, DEVIATION)
        assert drawn == pytest.approx(expected, abs=1e-6)
        assert expected.std() == pytest.approx(DEVIATION, rel=0.06)
        assert abs(expected.mean()) < 4 * DEVIATION / np.sqrt(COUNT)
    assert np.mean(np.array(answers["noise"][1]) != 0) == pytest.approx(SPIKES, abs=0.01)
