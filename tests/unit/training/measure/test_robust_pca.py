"""PCA under the Huber loss: PCA without outliers, and hardly moved by them."""

import numpy as np
import pytest
from sklearn.decomposition import PCA

from training.measure.robust_pca import HuberComponents


@pytest.fixture(scope="module")
def plane() -> np.ndarray:
    """Points about a plane through ten dimensions, off its centre."""
    rng = np.random.default_rng(3)
    codes, basis = rng.standard_normal((400, 2)), rng.standard_normal((2, 10))
    x = codes @ basis + 1 + 0.05 * rng.standard_normal((400, 10))
    return np.asarray(x, np.float32)


def test_with_a_wide_quadratic_part_it_is_pca(plane: np.ndarray) -> None:
    fitted = PCA(2).fit(plane.astype(np.float64))
    expected = fitted.inverse_transform(fitted.transform(plane))
    np.testing.assert_allclose(HuberComponents(plane, 2, 100.0)(plane), expected, atol=1e-4)


def test_outliers_move_pca_but_hardly_the_huber_plane(plane: np.ndarray) -> None:
    rng = np.random.default_rng(4)
    hit = rng.random(plane.shape) < 0.1
    spoiled = np.where(hit, plane + 8, plane).astype(np.float32)
    fitted = PCA(2).fit(spoiled.astype(np.float64))
    by_squares = np.mean((fitted.inverse_transform(fitted.transform(plane)) - plane) ** 2)
    by_huber = np.mean((HuberComponents(spoiled, 2, 0.15)(plane) - plane) ** 2)
    assert by_huber < 0.05 * by_squares
    assert by_huber < 2 * 0.05**2


def test_it_lowers_the_huber_loss_below_that_of_pca(plane: np.ndarray) -> None:
    delta, rng = 0.15, np.random.default_rng(5)
    spoiled = np.where(rng.random(plane.shape) < 0.1, plane - 5, plane).astype(np.float32)

    def loss(codes: np.ndarray, basis: np.ndarray, mean: np.ndarray) -> float:
        size = np.abs(codes @ basis + mean - spoiled)
        return float(np.where(size < delta, size**2 / 2, delta * (size - delta / 2)).sum())

    fitted = PCA(2).fit(spoiled.astype(np.float64))
    robust = HuberComponents(spoiled, 2, delta)
    codes = fitted.transform(spoiled)
    by_squares = loss(codes, fitted.components_, fitted.mean_)
    assert loss((spoiled - robust.mean) @ robust.components.T, robust.components, robust.mean) < (
        by_squares
    )
