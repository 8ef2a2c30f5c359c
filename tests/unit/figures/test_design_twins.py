"""F22: the page's search goes where the recipe's does and scipy's ends; its cost is the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy.optimize import minimize

from tests.twin import answer
from training.measure.code_search import (
    ITERATIONS,
    REGION,
    STEEPNESS,
    TOLERANCE,
    cost,
    search,
    wall,
    weights,
)
from training.measure.drawings import LARGEST

ASSETS = Path(__file__).resolve().parents[3] / "site_assets"
SCRIPT = """
import { readFileSync } from "node:fs";
const { starts, leash, measures, wish, deviations, largest, rules } =
  JSON.parse(readFileSync(0, "utf8"));
const maths = await import(`${process.argv[1]}/figures/design/maths.ts`);
const valley = async ([a, b]) => ({
  cost: (a - 1) ** 2 + 10 * (b - a * a) ** 2,
  slope: [2 * (a - 1) - 40 * a * (b - a * a), 20 * (b - a * a)],
});
const ways = [];
for (const start of starts)
  ways.push(await maths.search(valleyHeld, start, leash, rules));
async function valleyHeld(z) {
  const { cost, slope } = await valley(z);
  return { cost, slope: slope.map((each, k) => each + 2 * leash * z[k]) };
}
process.stdout.write(JSON.stringify({
  ways,
  costs: [...maths.costs(measures, wish, deviations)],
  weights: maths.weightsOf(deviations, largest),
}));
"""
WISH, DEVIATIONS, LEASH = [0.3, 0.4, 5.0], [0.06, 0.25, 2.7], 0.05


def valley(z: NDArray[Any]) -> tuple[float, NDArray[Any]]:
    """Rosenbrock's, a tenth as steep and held, and its slope."""
    a, b = z
    bend = b - a * a
    value = (a - 1) ** 2 + 10 * bend**2 + LEASH * (a * a + b * b)
    slope = np.array([2 * (a - 1) - 40 * a * bend, 20 * bend])
    return float(value), slope + 2 * LEASH * z


@pytest.fixture(scope="module")
def starts() -> NDArray[Any]:
    near = np.random.default_rng(2).standard_normal((5, 2)) * 1.5
    return np.vstack([near, [-5.5, 7.0]])  # the last one begins beyond the wall


@pytest.fixture(scope="module")
def measures() -> NDArray[Any]:
    return np.random.default_rng(3).random((7, 3)) * [0.4, 1, 8]


@pytest.fixture(scope="module")
def page(starts: NDArray[Any], measures: NDArray[Any]) -> dict[str, Any]:
    given = {
        "starts": starts,
        "leash": LEASH,
        "measures": measures.ravel(),
        "wish": WISH,
        "deviations": DEVIATIONS,
        "largest": LARGEST,
        "rules": {
            "tolerance": TOLERANCE,
            "iterations": ITERATIONS,
            "wall": {"region": REGION, "steepness": STEEPNESS},
        },
    }
    found: dict[str, Any] = answer(SCRIPT, str(ASSETS), given=given)
    return found


def test_the_page_searches_as_the_recipe(page: dict[str, Any], starts: NDArray[Any]) -> None:
    def ask(codes: NDArray[Any], _: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
        values, slopes = zip(*map(valley, codes), strict=True)
        return np.array(values), np.array(slopes)

    ends = search(ask, starts)
    np.testing.assert_allclose([way["places"][-1] for way in page["ways"]], ends.codes, atol=1e-6)
    assert [way["looks"] for way in page["ways"]] == ends.looks.tolist()


def test_scipy_ends_there(page: dict[str, Any], starts: NDArray[Any]) -> None:
    for way, start in zip(page["ways"], starts, strict=True):
        assert way["places"][0] == pytest.approx(start)
        best = minimize(valley, start, jac=True, method="L-BFGS-B")
        assert way["places"][-1] == pytest.approx(best.x, abs=0.02)
        values = [valley(z)[0] + wall(z[None])[0][0] for z in map(np.array, way["places"])]
        assert values == sorted(values, reverse=True), "it rose on its way"
        assert len(values) > 3


def test_the_cost_is_the_recipes(page: dict[str, Any], measures: NDArray[Any]) -> None:
    deviations = torch.tensor(DEVIATIONS, dtype=torch.float64)
    assert page["weights"] == pytest.approx(weights(deviations).numpy())
    expected = cost(torch.from_numpy(measures), torch.tensor(WISH), deviations)
    assert page["costs"] == pytest.approx(expected.numpy(), rel=1e-6)
