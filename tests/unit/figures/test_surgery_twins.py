"""F25: what the page works out of clouds and drawings is what the recipe measured."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.special import expit

from tests.twin import answer
from training.measure.surgery import (
    PLANE,
    best_bounds,
    elbos,
    importance_bounds,
    log_evidence,
    log_likelihood,
    plane_codes,
    surgery,
)

ASSETS = Path(__file__).resolve().parents[3] / "site_assets"
SCRIPT = """
import { readFileSync } from "node:fs";
const { clouds, drawing, x, cloud, eps } = JSON.parse(readFileSync(0, "utf8"));
const maths = await import(`${process.argv[1]}/figures/surgery/maths.ts`);
const decode = (codes) => {
  const { weight, bias } = drawing;
  return Float64Array.from({ length: (codes.length / 2) * bias.length }, (_, i) => {
    const [row, pixel] = [Math.floor(i / bias.length), i % bias.length];
    const [a, b] = weight[pixel];
    const bent = Math.tanh(codes[2 * row]) * a + codes[2 * row + 1] * b;
    return 1 / (1 + Math.exp(-bent - bias[pixel]));
  });
};
const seen = (codes) => maths.logLikelihood(x, maths.drawn(decode(codes), x.length));
const flat = (rows) => Float64Array.from(rows.flat());
const all = clouds.map(({ mu, sigma }) => ({ mu: flat(mu), sigma: flat(sigma) }));
const plane = seen(maths.planeCodes());
const grid = maths.nodes();
const best = maths.bestCloud(plane, cloud);
const weights = maths.logWeights(seen(maths.codesOf(cloud, eps.flat())), eps.flat(), cloud);
process.stdout.write(JSON.stringify({
  carved: all.map(maths.surgery),
  picture: [...maths.aggregatePicture(all[0], 4, 8)],
  evidence: maths.logEvidence(plane),
  own: maths.nodeBound(seen(maths.codesOf(cloud, grid.eps)), grid.weights, cloud),
  best: best.bound,
  of_best: maths.planeBound(plane, best.cloud),
  weighted: [1, 4, 32].map((k) => maths.importanceBound(weights, k)),
}));
"""
PIXELS, DRAWS = 12, 128

Found = dict[str, Any]


@pytest.fixture(scope="module")
def given() -> dict[str, Any]:
    rng = np.random.default_rng(3)
    clouds = [
        {"mu": rng.standard_normal((n, 2)) * wide, "sigma": rng.uniform(low, 1, (n, 2))}
        for n, wide, low in ((40, 1.2, 0.05), (3, 3.0, 0.4), (1, 0.5, 0.9))
    ]
    drawing = {"weight": 2 * rng.standard_normal((PIXELS, 2)), "bias": rng.standard_normal(PIXELS)}
    return {
        "clouds": clouds,
        "drawing": drawing,
        "x": rng.uniform(size=PIXELS),
        "cloud": np.array([0.4, -0.3, np.log(0.5), np.log(0.3)]),
        "eps": rng.standard_normal((DRAWS, 2)),
    }


@pytest.fixture(scope="module")
def found(given: dict[str, Any]) -> Found:
    result: Found = answer(SCRIPT, ASSETS.as_uri(), given=given)
    return result


def test_parts_are_the_recipes_and_add_up(given: dict[str, Any], found: Found) -> None:
    for clouds, carved in zip(given["clouds"], found["carved"], strict=True):
        expected = surgery(clouds["mu"], clouds["sigma"])
        assert carved["meanKl"] == pytest.approx(expected.mean_kl, abs=1e-12)
        assert carved["information"] == pytest.approx(expected.information, abs=1e-9)
        assert carved["marginal"] == pytest.approx(expected.marginal, abs=1e-9)
        parts = carved["information"] + carved["marginal"]
        assert parts == pytest.approx(carved["meanKl"], abs=1e-6)
    assert found["carved"][-1]["information"] == pytest.approx(0, abs=1e-9), "one cloud tells none"


def test_picture_is_the_mixture_seen_from_above(given: dict[str, Any], found: Found) -> None:
    mu, sigma = given["clouds"][0]["mu"], given["clouds"][0]["sigma"]
    at = -4 + (np.arange(8) + 0.5)
    z = np.stack(np.meshgrid(at, at[::-1]), axis=-1).reshape(-1, 1, 2)
    density = (np.exp(-0.5 * ((z - mu) / sigma) ** 2) / sigma).prod(axis=2).mean(axis=1)
    assert found["picture"] == pytest.approx(density / density.max(), abs=1e-6)


def test_bounds_are_the_recipes(given: dict[str, Any], found: Found) -> None:
    x = given["x"][None]
    mu, sigma = given["cloud"][None, :2], np.exp(given["cloud"][None, 2:])

    def decode(z: Any) -> Any:
        bent = np.stack([np.tanh(z[:, 0]), z[:, 1]], axis=1)
        return expit(bent @ given["drawing"]["weight"].T + given["drawing"]["bias"])

    plane = log_likelihood(x, decode(plane_codes()))
    evidence = log_evidence(plane)[0]
    assert found["evidence"] == pytest.approx(evidence, abs=1e-5)
    assert found["own"] == pytest.approx(elbos(x, mu, sigma, decode)[0], abs=3e-5)
    best = best_bounds(plane.reshape(1, len(PLANE), len(PLANE)), mu, sigma)[0]
    assert found["best"] == pytest.approx(best, abs=1e-4)
    assert found["own"] < found["best"] <= evidence
    assert found["of_best"] == pytest.approx(found["best"], abs=1e-12)
    for k, estimate in zip((1, 4, 32), found["weighted"], strict=True):
        groups = given["eps"].reshape(-1, 1, k, 2)
        bounds = [importance_bounds(x, mu, sigma, eps, decode)[0] for eps in groups]
        assert estimate["mean"] == pytest.approx(np.mean(bounds), abs=1e-5)
        error = np.std(bounds, ddof=1) / np.sqrt(len(bounds))
        assert estimate["error"] == pytest.approx(error, abs=1e-5)
        assert estimate["mean"] < evidence + 4 * error
