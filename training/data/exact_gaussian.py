"""Gaussian points whose covariance is exactly what was asked for, so that theory has no sampling
error to hide behind."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from training.data import rng
from training.data.dataset import Dataset, Floats, Split


def exact_gaussian(
    variances: Sequence[float], train: int, validation: int, test: int, seed: int = 4
) -> Dataset:
    """Points float32 `[n, d]` with `variances` `[d]` along directions that are turned at random.

    Each split is moved and stretched a little after it is drawn: its mean is zero and its
    covariance has these eigenvalues exactly, along the same directions in all splits. Raises
    ValueError if a variance is not positive or a split has no more points than dimensions.
    """
    d = len(variances)
    if min(variances) <= 0:
        raise ValueError(f"variances must be positive, found {min(variances)}")
    if min(train, validation, test) <= d:
        raise ValueError(f"a split needs more than {d} points")
    turn, _ = np.linalg.qr(rng.normal(seed, rng.STREAM_DATA, d * d).reshape(d, d))
    spread = np.sqrt(variances)
    made = [
        Split(
            (_white(count, d, seed, number) * spread @ turn.T).astype(np.float32),
            np.zeros(count, np.uint8),
        )
        for number, count in enumerate((train, validation, test), 1)
    ]
    return Dataset(
        name="exact-gaussian",
        label="synthetic",
        description=f"Gaussian points in {d} dimensions with the variances "
        f"{', '.join(f'{variance:g}' for variance in variances)} along fixed directions; each "
        "split is corrected to have exactly this covariance and mean zero",
        classes=("point",),
        train=made[0],
        validation=made[1],
        test=made[2],
    )


def _white(count: int, d: int, seed: int, number: int) -> Floats:
    """Draws `[count, d]` of mean zero and, divided by `count`, the identity as covariance."""
    drawn = rng.normal(seed, rng.STREAM_DATA + number, count * d).reshape(count, d)
    left, _, right = np.linalg.svd(drawn - drawn.mean(axis=0), full_matrices=False)
    white: Floats = np.sqrt(count) * left @ right
    return white
