"""Codes fitted to a few numbers are scipy's and scikit-learn's."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy.optimize import least_squares
from sklearn.linear_model import Ridge
from torch import Tensor

from training.learn.sloped_decoder import SlopedDecoder
from training.learn.stack import AutoencoderStack
from training.measure.fitted_codes import Measured, fitted, fitted_linear

Field = NDArray[np.float64]
MAPS, WIDTH, DIRECTIONS, KNOBS = 5, 30, 6, 3
STRENGTH = 0.3


def ground() -> tuple[Field, Field, Field, Field]:
    """Mean, directions, what was read at every point, and which points are known."""
    rng = np.random.default_rng(4)
    known = np.zeros((MAPS, WIDTH))
    for row in known:
        row[rng.permutation(WIDTH)[:8]] = 1
    mean, directions = rng.normal(size=WIDTH), 3 * rng.normal(size=(DIRECTIONS, WIDTH))
    z = torch.from_numpy(rng.normal(size=(MAPS, KNOBS)))
    with torch.no_grad():
        scores = network()(z, torch.zeros(MAPS, dtype=torch.int32))[0].numpy()
    return mean, directions, mean + scores @ directions + rng.normal(size=(MAPS, WIDTH)) / 5, known


def told() -> Measured:
    mean, directions, y, known = (torch.from_numpy(each) for each in ground())
    return Measured.of(y, known, mean, directions)


def network() -> SlopedDecoder:
    torch.manual_seed(1)
    return SlopedDecoder(AutoencoderStack(DIRECTIONS, (8,), [KNOBS], ink=False).double())


def test_the_error_is_the_sum_over_what_was_measured() -> None:
    mean, directions, y, known = ground()
    scores = np.random.default_rng(5).normal(size=(MAPS, DIRECTIONS))
    exact = (known * (mean + scores @ directions - y) ** 2).sum(axis=1)
    assert told().error(torch.from_numpy(scores)).numpy() == pytest.approx(exact)


@torch.no_grad()
def test_fitted_codes_are_as_good_as_those_of_scipy() -> None:
    decoder = network()
    mean, directions, y, known = ground()

    def decode(z: Tensor) -> tuple[Tensor, Tensor]:
        values, slopes = decoder(z, torch.zeros(len(z), dtype=torch.int32))
        return values, slopes

    strength = torch.full((MAPS,), STRENGTH, dtype=torch.float64)
    found = fitted(decode, told(), strength, KNOBS)
    reached = told().error(decode(found)[0]) + STRENGTH * found.square().sum(1)
    for row in range(MAPS):
        places = known[row] > 0

        def residuals(z: Field, row: int = row, places: NDArray[np.bool_] = places) -> Field:
            map_ = mean + decode(torch.from_numpy(z)[None])[0][0].numpy() @ directions
            return np.concatenate([(map_ - y[row])[places], np.sqrt(STRENGTH) * z])

        exact = least_squares(residuals, np.zeros(KNOBS), xtol=1e-12, ftol=1e-12, gtol=1e-12)
        assert float(reached[row]) == pytest.approx(2 * exact.cost, rel=1e-6)
        assert found[row].numpy() == pytest.approx(exact.x, abs=1e-3)


def test_linear_codes_are_scikit_learns_ridge() -> None:
    mean, directions, y, known = ground()
    scales = np.array([2.0, 1.0, 0.5, 0.1])
    strength = torch.full((MAPS,), STRENGTH, dtype=torch.float64)
    found = fitted_linear(torch.from_numpy(scales), told(), strength).numpy()
    for row in range(MAPS):
        places = known[row] > 0
        columns = (scales[:, None] * directions[:4]).T[places]
        ridge = Ridge(alpha=STRENGTH, fit_intercept=False).fit(columns, (y[row] - mean)[places])
        assert found[row] == pytest.approx(ridge.coef_, abs=1e-9)


def test_a_strong_hold_leaves_the_knobs_at_zero() -> None:
    decoder = network()

    def decode(z: Tensor) -> tuple[Tensor, Tensor]:
        values, slopes = decoder(z, torch.zeros(len(z), dtype=torch.int32))
        return values, slopes

    strength = torch.full((MAPS,), 1e9, dtype=torch.float64)
    with torch.no_grad():
        assert fitted(decode, told(), strength, KNOBS).abs().max() < 1e-4
