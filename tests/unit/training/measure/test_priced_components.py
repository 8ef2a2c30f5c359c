"""The best linear code at a price: against a search, against the formula, and at its limits."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from training.learn.losses import gaussian_kl
from training.measure.priced_components import PricedComponents

VARIANCES = np.array([4.0, 1.0, 0.3, 0.1])
BETA = 0.5


@pytest.fixture(scope="module")
def x() -> np.ndarray:
    """Rows whose mean is 3 and whose covariance is diagonal, with `VARIANCES`, to rounding."""
    raw = np.random.default_rng(5).standard_normal((4000, 4))
    white = raw - raw.mean(0)
    white = white @ np.linalg.inv(np.linalg.cholesky(white.T @ white / len(white))).T
    rows: np.ndarray = (white * np.sqrt(VARIANCES) + 3).astype(np.float32)
    return rows


def loss(x: torch.Tensor, code: PricedComponents, beta: float) -> tuple[float, float]:
    """Error and nats of an example, means over the rows and 20 draws."""
    mu, log_var = code.encode(x)
    eps = torch.randn((20, *mu.shape), generator=torch.Generator().manual_seed(1))
    x_hat = code.decode(mu + torch.exp(0.5 * log_var) * eps)
    return float((x_hat - x).square().sum(-1).mean()), float(gaussian_kl(mu, log_var).mean())


def test_error_and_nats_are_those_of_reverse_water_filling(x: np.ndarray) -> None:
    error, nats = loss(torch.from_numpy(x), PricedComponents(x, 4, BETA), BETA)
    level = BETA / 2
    assert error == pytest.approx(np.minimum(VARIANCES, level).sum(), rel=0.01)
    above = VARIANCES[level < VARIANCES]
    assert nats == pytest.approx(0.5 * np.log(above / level).sum(), rel=1e-4)


def test_no_linear_vae_finds_a_smaller_loss(x: np.ndarray) -> None:
    """Encoder matrix, deviations and decoder matrix of the expected loss, by L-BFGS."""
    covariance = torch.diag(torch.from_numpy(VARIANCES))
    generator = torch.Generator().manual_seed(2)
    encoder, decoder = (
        (0.5 * torch.randn(4, 4, generator=generator, dtype=torch.float64)).requires_grad_()
        for _ in range(2)
    )
    log_var = torch.zeros(4, dtype=torch.float64, requires_grad=True)
    search = torch.optim.LBFGS([encoder, decoder, log_var], max_iter=500, tolerance_grad=1e-9)

    def expected() -> torch.Tensor:
        left = torch.eye(4) - decoder @ encoder
        error = (left @ covariance * left).sum() + (decoder.square() * log_var.exp()).sum()
        spread = (encoder @ covariance * encoder).sum(1)
        return error + BETA * 0.5 * (spread + log_var.exp() - 1 - log_var).sum()

    def closure() -> float:
        search.zero_grad()
        value = expected()
        value.backward()  # type: ignore[no-untyped-call]
        return float(value.detach())

    search.step(closure)  # type: ignore[no-untyped-call]
    error, nats = loss(torch.from_numpy(x), PricedComponents(x, 4, BETA), BETA)
    assert error + BETA * nats == pytest.approx(expected().item(), rel=0.01)


def test_where_a_nat_is_too_dear_the_code_is_the_prior_and_the_drawing_the_mean(
    x: np.ndarray,
) -> None:
    code = PricedComponents(x, 4, 2 * 4.5)
    mu, log_var = code.encode(torch.from_numpy(x[:5]))
    assert torch.all(mu == 0)
    assert torch.all(log_var == 0)
    np.testing.assert_allclose(code.decode(torch.randn(3, 4)), 3.0, atol=1e-4)


def test_codes_follow_the_prior(x: np.ndarray) -> None:
    mu, log_var = PricedComponents(x, 4, BETA).encode(torch.from_numpy(x))
    total = mu.var(0, correction=0) + log_var[0].exp()
    np.testing.assert_allclose(total, 1.0, rtol=1e-4)
