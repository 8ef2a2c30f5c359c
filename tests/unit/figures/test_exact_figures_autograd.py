"""The mathematics of chapter 6's exact figures, run in Node, against torch as the oracle."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from numpy.polynomial.hermite_e import hermegauss
from torch import Tensor

from tests.twin import answer

ROOT = Path(__file__).resolve().parents[3]
ASSETS = ROOT / "site_assets"

MUS = [-2.5, -1.2, 0.0, 0.4, 1.5, 2.5]
SIGMAS = [0.2, 0.45, 1.0, 1.3]
SEED, DRAWS = 7, 64
XS = [-0.5, 0.2, 1.5, 3.0]

SCRIPT = """
const [assets, options] = [process.argv[1], JSON.parse(process.argv[2])];
const gaussian = await import(`${assets}/kit/maths/gaussian.ts`);
const spring = await import(`${assets}/figures/kl-spring/maths.ts`);
const noise = await import(`${assets}/figures/reparameterise/maths.ts`);
const model = await import(`${assets}/figures/elbo-gap/maths.ts`);
const { mus, sigmas, seed, draws, xs } = options;
const eps = noise.draws(seed, draws);
const springEps = spring.draws(seed, draws);
const places = mus.flatMap((mu) => sigmas.map((sigma) => ({
  mu, sigma,
  kl: gaussian.klToPrior(mu, sigma),
  gradient: gaussian.klGradient(mu, sigma),
  estimate: spring.monteCarlo(mu, sigma, springEps, [draws])[0],
  samples: Object.fromEntries(["bowl", "ripple"].map((f) => [f, Object.fromEntries(
    ["reparameterised", "score"].map((estimator) => [estimator, Object.fromEntries(
      ["mu", "sigma"].map((parameter) => [parameter, Array.from(eps, (e) =>
        noise.sampleGradient(noise.OBJECTIVES[f], estimator, parameter, mu, sigma, e))]))]))])),
  elbos: Object.fromEntries(Object.entries(model.DECODERS).map(([name, decoder]) =>
    [name, xs.map((x) => model.elbo(decoder, x, mu, sigma))])),
})));
process.stdout.write(JSON.stringify({ eps: [...eps], springEps: [...springEps], places }));
"""


@pytest.fixture(scope="module")
def exported() -> dict[str, Any]:
    """What the figures compute at every (μ, σ) of the grid."""
    options = {"mus": MUS, "sigmas": SIGMAS, "seed": SEED, "draws": DRAWS, "xs": XS}
    result: dict[str, Any] = answer(SCRIPT, ASSETS.as_uri(), json.dumps(options))
    assert len(result["places"]) == len(MUS) * len(SIGMAS)
    return result


def log_normal(z: Tensor, mu: Tensor | float, sigma: Tensor | float) -> Tensor:
    """log N(z; mu, sigma²)."""
    spread = torch.as_tensor(sigma, dtype=torch.float64)
    return -0.5 * ((z - mu) / spread) ** 2 - spread.log() - 0.5 * math.log(2 * math.pi)


def leaf(value: float) -> Tensor:
    return torch.tensor(value, dtype=torch.float64, requires_grad=True)


def test_divergence_and_its_arrows_equal_autograd(exported: dict[str, Any]) -> None:
    """torch's own divergence of two normals, differentiated by torch."""
    for place in exported["places"]:
        mu, sigma = leaf(place["mu"]), leaf(place["sigma"])
        q = torch.distributions.Normal(mu, sigma)
        prior = torch.distributions.Normal(torch.zeros_like(mu), torch.ones_like(sigma))
        kl: Tensor = torch.distributions.kl_divergence(q, prior)
        gradient = torch.autograd.grad(kl, (mu, sigma))
        assert place["kl"] == pytest.approx(kl.item(), abs=1e-12)
        assert place["gradient"] == pytest.approx([g.item() for g in gradient], abs=1e-12)


def test_monte_carlo_estimate_is_the_mean_log_ratio(exported: dict[str, Any]) -> None:
    eps = torch.tensor(exported["springEps"], dtype=torch.float64)
    for place in exported["places"]:
        z = place["mu"] + place["sigma"] * eps
        terms = log_normal(z, place["mu"], place["sigma"]) - log_normal(z, 0.0, 1.0)
        error = terms.std() / len(terms) ** 0.5
        assert place["estimate"]["mean"] == pytest.approx(terms.mean().item(), abs=1e-10)
        assert place["estimate"]["standardError"] == pytest.approx(error.item(), abs=1e-10)


@pytest.mark.parametrize("name", ["bowl", "ripple"])
def test_each_sample_gradient_is_autograds(exported: dict[str, Any], name: str) -> None:
    """Through the sample for one, through the log density of a held sample for the other."""
    for place in exported["places"]:
        for i, e in enumerate(exported["eps"]):
            mu, sigma = leaf(place["mu"]), leaf(place["sigma"])
            z = mu + sigma * e
            value = z**2 if name == "bowl" else torch.sin(3 * z)
            pathwise = torch.autograd.grad(value, (mu, sigma), retain_graph=True)
            surrogate = value.detach() * log_normal(z.detach(), mu, sigma)
            score = torch.autograd.grad(surrogate, (mu, sigma))
            samples = place["samples"][name]
            for k, parameter in enumerate(("mu", "sigma")):
                expected = pytest.approx(pathwise[k].item(), abs=1e-9)
                assert samples["reparameterised"][parameter][i] == expected
                expected = pytest.approx(score[k].item(), abs=1e-9, rel=1e-9)
                assert samples["score"][parameter][i] == expected


def test_elbo_in_closed_form_equals_gauss_hermite_quadrature(exported: dict[str, Any]) -> None:
    nodes, weights = (torch.from_numpy(a) for a in hermegauss(80))
    weights = weights / weights.sum()
    decoders: dict[str, Callable[[Tensor], Tensor]] = {
        "straight": lambda z: z,
        "bent": torch.exp,
        "folded": lambda z: z**2,
    }
    for place in exported["places"]:
        z = place["mu"] + place["sigma"] * nodes
        log_ratio = log_normal(z, 0.0, 1.0) - log_normal(z, place["mu"], place["sigma"])
        for name, decoder in decoders.items():
            for x, found in zip(XS, place["elbos"][name], strict=True):
                integrand = log_normal(torch.full_like(z, x), decoder(z), 0.5) + log_ratio
                expected = (weights * integrand).sum().item()
                assert found == pytest.approx(expected, abs=1e-8, rel=1e-10)
