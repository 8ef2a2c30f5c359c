"""The best linear denoiser, against scikit-learn, least squares and many draws of noise."""

import numpy as np
import pytest
from sklearn.decomposition import PCA

from training.data.digits import digits
from training.data.gaussian import gaussian, variances
from training.measure.linear_denoiser import LinearDenoiser, wiener_error

CHANCE = np.random.default_rng(0)


def drawn_noise(clean: np.ndarray, strength: float) -> np.ndarray:
    return clean + strength * CHANCE.standard_normal(clean.shape)


def drawn_blanks(clean: np.ndarray, strength: float) -> np.ndarray:
    return clean * (CHANCE.random(clean.shape) >= strength)


@pytest.mark.parametrize("make", [LinearDenoiser.under_noise, LinearDenoiser.under_blanks])
def test_without_corruption_it_is_pca(make) -> None:  # type: ignore[no-untyped-def]
    train, test = digits().train.x, digits().test.x
    pca = PCA(16, svd_solver="full").fit(train.astype(np.float64))
    expected = pca.inverse_transform(pca.transform(test.astype(np.float64)))
    np.testing.assert_allclose(make(train, 16, 0.0).denoise(test), expected, atol=1e-6)


@pytest.mark.parametrize(
    ("make", "spoil"),
    [(LinearDenoiser.under_noise, drawn_noise), (LinearDenoiser.under_blanks, drawn_blanks)],
)
def test_no_rank_limit_gives_least_squares_over_many_draws(make, spoil) -> None:  # type: ignore[no-untyped-def]
    clean = digits().train.x[:, 18:30].astype(np.float64)
    many = np.tile(clean, (300, 1))
    spoilt = spoil(many, 0.4)
    design = np.hstack([spoilt, np.ones((len(spoilt), 1))])
    fitted, *_ = np.linalg.lstsq(design, many, rcond=None)
    ours = make(clean, clean.shape[1], 0.4).denoise(spoilt[:1000])
    np.testing.assert_allclose(ours, design[:1000] @ fitted, atol=0.03)


def test_a_code_costs_less_than_any_other_of_its_size() -> None:
    clean = digits().train.x
    spoilt = drawn_noise(np.tile(clean, (20, 1)), 0.4)
    target = np.tile(clean, (20, 1))

    def error(denoiser: LinearDenoiser) -> float:
        return float(np.mean((denoiser.denoise(spoilt) - target) ** 2))

    best = LinearDenoiser.under_noise(clean, 8, 0.4)
    least = error(best)
    for _ in range(5):
        other = LinearDenoiser.under_noise(clean, 8, 0.4)
        other.decoder = best.decoder + 0.03 * CHANCE.standard_normal(best.decoder.shape)
        assert error(other) > least
        other.decoder = best.decoder
        other.encoder = best.encoder + 0.03 * CHANCE.standard_normal(best.encoder.shape)
        assert error(other) > least


@pytest.mark.parametrize(("trained", "met"), [(0.0, 0.0), (0.4, 0.4), (0.2, 0.8), (0.8, 0.1)])
def test_on_gaussian_rows_it_leaves_the_error_of_wieners_gains(trained: float, met: float) -> None:
    data = gaussian(train=40_000, test=40_000)
    denoiser = LinearDenoiser.under_noise(data.train.x, 8, trained)
    left = denoiser.denoise(drawn_noise(data.test.x, met)) - data.test.x
    expected = wiener_error(variances(), 8, trained, met)
    assert float(np.mean(left**2)) == pytest.approx(expected, rel=0.02)


def test_wieners_limit_is_the_textbooks() -> None:
    spread, noise = np.array([2.0, 1.0, 0.5]), 0.3
    limit = (spread[:2] * noise**2 / (spread[:2] + noise**2)).sum() + spread[2]
    assert wiener_error(spread, 2, noise, noise) == pytest.approx(limit / 3)
