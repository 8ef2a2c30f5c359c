"""Gaussian rows have the spectrum that is said, and a class that hangs on the first directions."""

import numpy as np

from training.data.gaussian import DECAY, SIZE, TOLD_BY, directions, gaussian, variances


def test_the_variances_along_the_directions_are_those_that_are_said() -> None:
    x = gaussian(train=60_000).train.x.astype(np.float64)
    along = x @ directions(17).T
    covariance = along.T @ along / len(x)
    np.testing.assert_allclose(np.diag(covariance), variances(), rtol=0.03)
    correlation = covariance / np.sqrt(np.outer(variances(), variances()))
    assert np.abs(correlation - np.diag(np.diag(correlation))).max() < 0.02
    assert variances()[0] == 1
    np.testing.assert_allclose(variances()[1:] / variances()[:-1], DECAY)


def test_the_class_hangs_on_the_first_directions_alike() -> None:
    data = gaussian()
    units = data.test.x @ directions(17).T / np.sqrt(variances())
    clear = np.abs(units[:, :TOLD_BY].sum(1)) > 1e-3
    told = units[:, :TOLD_BY].sum(1) > 0
    np.testing.assert_array_equal(told[clear], data.test.labels[clear].astype(bool))
    assert 0.47 < data.test.labels.mean() < 0.53


def test_splits_are_different_rows() -> None:
    data = gaussian(50, 50, 50)
    assert data.train.x.shape == (50, SIZE)
    assert not np.allclose(data.train.x, data.validation.x)
    assert not np.allclose(data.validation.x, data.test.x)
