"""Gaussian rows of which the variance along every direction is known, and a task on them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from training.data import rng
from training.data.dataset import Dataset, Floats, Split

SIZE = 16
DECAY = 0.7
"""Of the variance from one direction to the next; the first has variance 1."""

TOLD_BY = 4
"""The class hangs on so many of the first directions, on each alike."""

CLASSES = ("below", "above")


def variances() -> NDArray[np.float64]:
    """Along each direction, largest first, float64 `[16]`."""
    return np.array([DECAY**place for place in range(SIZE)])


def directions(seed: int) -> NDArray[np.float64]:
    """Orthonormal rows `[16, 16]`, along which the variances are those above."""
    numbers = rng.normal(seed, rng.STREAM_DATA, SIZE * SIZE).astype(np.float64)
    basis: NDArray[np.float64] = np.linalg.qr(numbers.reshape(SIZE, SIZE))[0].T
    return basis


def gaussian(
    train: int = 4096, validation: int = 4096, test: int = 4096, seed: int = 17
) -> Dataset:
    """Rows as float32 `[n, 16]` of mean 0.

    The class says whether the first four directions, each in its own deviations, add up to more
    than 0.
    """
    sizes = (train, validation, test)
    made = [_split(size, seed, number) for number, size in enumerate(sizes)]
    return Dataset(
        name="gaussian",
        label="synthetic",
        description=f"Gaussian rows of {SIZE} numbers, whose variance falls by a factor of {DECAY} "
        "from one direction to the next",
        classes=CLASSES,
        train=made[0],
        validation=made[1],
        test=made[2],
    )


def _split(count: int, seed: int, number: int) -> Split:
    unit = rng.normal(seed, rng.STREAM_DATA + 1 + number, count * SIZE).reshape(count, SIZE)
    x: Floats = (unit * np.sqrt(variances()) @ directions(seed)).astype(np.float32)
    return Split(x, (unit[:, :TOLD_BY].sum(axis=1) > 0).astype(np.uint8))
