"""Gaussian points have the covariance that was asked for, to rounding."""

import numpy as np
import pytest

from training.data.exact_gaussian import exact_gaussian

VARIANCES = (4.0, 1.0, 0.25)


def test_every_split_has_exactly_this_covariance_along_the_same_directions() -> None:
    data = exact_gaussian(VARIANCES, 200, 50, 20)
    covariances = []
    for split in data.splits().values():
        np.testing.assert_allclose(split.x.mean(axis=0), 0, atol=1e-5)
        covariances.append(np.cov(split.x.T.astype(np.float64), bias=True))
        found = np.linalg.eigvalsh(covariances[-1])[::-1]
        np.testing.assert_allclose(found, VARIANCES, rtol=1e-4)
    np.testing.assert_allclose(covariances[1], covariances[0], atol=1e-4)
    assert not np.allclose(data.train.x[:20], data.test.x)


def test_the_seed_decides() -> None:
    first, again, other = (
        exact_gaussian(VARIANCES, 20, 20, 20, seed).train.x for seed in (4, 4, 5)
    )
    np.testing.assert_array_equal(first, again)
    assert not np.allclose(first, other)


@pytest.mark.parametrize(
    ("variances", "count", "message"),
    [((1.0, 0.0), 20, "positive, found 0.0"), (VARIANCES, 3, "more than 3 points")],
)
def test_what_cannot_be_drawn(variances: tuple[float, ...], count: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        exact_gaussian(variances, count, 20, 20)
