"""F25: the parts of the mean KL by Monte Carlo, and log p(x) by importance sampling."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import logsumexp
from scipy.stats import norm

from tests.parity.test_measured_claims import Published
from training.data.digits import digits
from training.measure.surgery import surgery

Field = NDArray[np.float64]
DRAWS = 40


def clouds(model: Published, place: int) -> tuple[Field, Field]:
    """μ and σ of the test digits."""
    params = model.array("params")[place]
    mu, log_var = model.graph("encoder")(params=params, x=digits().test.x)
    return mu.astype(float), np.exp(log_var.astype(float) / 2)


@pytest.mark.parametrize("beta", [0.1, 1.0, 2.0])
def test_parts_agree_with_monte_carlo_within_its_error(models_dir: Path, beta: float) -> None:
    model = Published(models_dir, "digits-beta-sweep")
    mu, sigma = clouds(model, model.card["options"]["betas"].index(beta))
    z = mu + sigma * np.random.default_rng(0).standard_normal((DRAWS, *mu.shape))
    own = norm.logpdf(z, mu, sigma).sum(axis=-1)
    mixture = np.stack(
        [
            logsumexp(norm.logpdf(draw[:, None], mu, sigma).sum(axis=-1), axis=1) - np.log(len(mu))
            for draw in z
        ]
    )
    prior = norm.logpdf(z).sum(axis=-1)
    for name, values in (("information", own - mixture), ("marginal_kl", mixture - prior)):
        # draws of one digit share its cloud: the error is that of the means by draw
        means = values.mean(axis=1)
        error = means.std(ddof=1) / np.sqrt(DRAWS)
        assert model.metric(f"beta-{beta:g}.test.{name}") == pytest.approx(
            means.mean(), abs=4 * error
        )


def test_parts_add_up_to_the_closed_form(models_dir: Path) -> None:
    model = Published(models_dir, "digits-beta-sweep")
    for place, beta in enumerate(model.card["options"]["betas"]):
        mu, sigma = clouds(model, place)
        closed = np.mean(np.sum(0.5 * (mu**2 + sigma**2 - 1) - np.log(sigma), axis=1))
        parts = [
            model.metric(f"beta-{beta:g}.test.{name}") for name in ("information", "marginal_kl")
        ]
        assert sum(parts) == pytest.approx(closed, abs=1e-4)
        assert parts[0] <= np.log(len(mu))
    assert model.metric("test.largest_residual") < 1e-6


def test_known_clouds_have_known_parts() -> None:
    """One cloud tells nothing; two far apart tell which of them it is, one bit."""
    alone = surgery(np.array([[0.3, -0.2]] * 5), np.full((5, 2), 0.5))
    assert alone.information == pytest.approx(0, abs=1e-9)
    assert alone.marginal == pytest.approx(alone.mean_kl, abs=1e-9)
    apart = surgery(np.array([[-9.0, 0], [9, 0]]), np.full((2, 2), 0.5))
    assert apart.information == pytest.approx(np.log(2), abs=1e-9)


def test_evidence_agrees_with_importance_sampling(models_dir: Path) -> None:
    model = Published(models_dir, "digits-beta-sweep")
    place = model.card["options"]["betas"].index(1.0)
    mu, sigma = clouds(model, place)
    params, decode = model.array("params")[place], model.graph("decoder")
    rng = np.random.default_rng(1)
    estimates = []
    for x, m, s in zip(digits().test.x.astype(float), mu, 1.5 * sigma, strict=True):
        z = m + s * rng.standard_normal((400, 2))
        p = np.clip(decode(params=params, z=z.astype(np.float32))[0].astype(float), 1e-7, 1 - 1e-7)
        seen = (x * np.log(p) + (1 - x) * np.log1p(-p)).sum(axis=1)
        weight = seen + norm.logpdf(z).sum(axis=1) - norm.logpdf(z, m, s).sum(axis=1)
        estimates.append(logsumexp(weight) - np.log(len(z)))
    assert np.mean(estimates) == pytest.approx(model.metric("beta-1.test.log_evidence"), abs=0.02)
    assert (
        model.metric("beta-1.test.bound")
        < model.metric("beta-1.test.importance_bound")
        < model.metric("beta-1.test.log_evidence")
    )
    gaps = [model.metric(f"beta-1.test.{name}_gap") for name in ("amortisation", "approximation")]
    assert min(gaps) > 0
    assert sum(gaps) == pytest.approx(model.metric("beta-1.test.gap"), abs=1e-6)


def test_the_importance_weighted_bound_is_no_chance_of_a_few_draws(models_dir: Path) -> None:
    """From draws of its own, to a tenth of what the bound leaves out."""
    model = Published(models_dir, "digits-beta-sweep")
    place = model.card["options"]["betas"].index(1.0)
    mu, sigma = clouds(model, place)
    params, decode = model.array("params")[place], model.graph("decoder")
    rng = np.random.default_rng(2)
    bounds = []
    for x, m, s in zip(digits().test.x.astype(float), mu, sigma, strict=True):
        z = m + s * rng.standard_normal((1000, 2))
        p = np.clip(decode(params=params, z=z.astype(np.float32))[0].astype(float), 1e-7, 1 - 1e-7)
        seen = (x * np.log(p) + (1 - x) * np.log1p(-p)).sum(axis=1)
        weight = seen + norm.logpdf(z).sum(axis=1) - norm.logpdf(z, m, s).sum(axis=1)
        bounds.append((logsumexp(weight.reshape(-1, 10), axis=1) - np.log(10)).mean())
    left_out = model.metric("beta-1.test.log_evidence") - np.mean(bounds)
    assert model.metric("beta-1.test.importance_gap") == pytest.approx(left_out, abs=0.005)


def test_the_collapsed_model_is_compared_with_the_best_of_all_others(models_dir: Path) -> None:
    """One that spends next to nothing on its code is among them. From draws of the test's own."""
    model = Published(models_dir, "digits-beta-sweep")
    betas, decode = model.card["options"]["betas"], model.graph("decoder")
    x = digits().test.x.astype(float)
    rng = np.random.default_rng(3)
    losses = []
    for place, params in enumerate(model.array("params")):
        mu, sigma = clouds(model, place)
        redrawn = []
        for _ in range(40):
            z = (mu + sigma * rng.standard_normal(mu.shape)).astype(np.float32)
            p = np.clip(decode(params=params, z=z)[0].astype(float), 1e-7, 1 - 1e-7)
            redrawn.append(-(x * np.log(p) + (1 - x) * np.log1p(-p)).sum(axis=1).mean())
        kl = (0.5 * (mu**2 + sigma**2 - 1) - np.log(sigma)).sum(axis=1).mean()
        losses.append(np.mean(redrawn) + betas[-1] * kl)
    assert np.argmin(losses) == len(betas) - 1
    assert model.metric("collapse.test.loss") == pytest.approx(losses[-1], abs=0.03)
    assert model.metric("collapse.test.best_other_loss") == pytest.approx(
        min(losses[:-1]), abs=0.03
    )
