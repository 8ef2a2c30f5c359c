"""Three classes of points in ten dimensions that really lie on one curved sheet.

A point starts at one of three spots in a hidden plane, with a Gaussian spread around it; each of
the ten measurements is a sine wave over that plane, with its own direction, frequency and phase,
and a little noise. Two numbers explain all ten, but no straight view of the ten shows them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from training.data import rng
from training.data.dataset import Dataset, Split

MEASUREMENTS = 10
"""Dimensions of a point."""

SPREAD = 0.3
"""Standard deviation of a class in the hidden plane, whose classes are √3 apart."""

FREQUENCY = 3.5
"""Radians that the fastest sine wave turns over one unit of the hidden plane, about."""

NOISE = 0.05
"""Standard deviation of the noise on each measurement, which lies between −1 and 1."""

CLASSES = ("A", "B", "C")

_DIRECTION, _FREQUENCY, _PHASE, _FIRST_SPLIT = range(4)


def clusters(train: int = 600, validation: int = 300, test: int = 300, seed: int = 5) -> Dataset:
    """The points as float32 `[n, 10]`; labels are for drawing and measuring only."""
    return Dataset(
        name="clusters",
        label="synthetic",
        description="points of three classes in ten dimensions, each measurement a sine wave over "
        "a hidden plane in which the classes are three round clouds",
        classes=CLASSES,
        train=_split(train, seed, 0),
        validation=_split(validation, seed, 1),
        test=_split(test, seed, 2),
    )


def _split(count: int, seed: int, number: int) -> Split:
    labels = np.arange(count) % len(CLASSES)
    first = rng.STREAM_DATA + _FIRST_SPLIT + 2 * number
    angle = 2 * np.pi * labels / len(CLASSES)
    spread = rng.normal(seed, first, 2 * count).reshape(count, 2)
    hidden = np.stack([np.cos(angle), np.sin(angle)], axis=1) + SPREAD * spread
    noise = rng.normal(seed, first + 1, count * MEASUREMENTS).reshape(count, MEASUREMENTS)
    x = np.sin(hidden @ _waves(seed) + _phases(seed)) + NOISE * noise
    return Split(x.astype(np.float32), labels.astype(np.uint8))


def _waves(seed: int) -> NDArray[np.float64]:
    """Direction times frequency of each sine wave, `[2, 10]`."""
    waves = rng.normal(seed, rng.STREAM_DATA + _DIRECTION, 2 * MEASUREMENTS).astype(np.float64)
    waves = waves.reshape(2, MEASUREMENTS)
    waves /= np.linalg.norm(waves, axis=0)
    slowness = rng.uniform(seed, rng.STREAM_DATA + _FREQUENCY, MEASUREMENTS)
    return waves * FREQUENCY * (0.5 + slowness)


def _phases(seed: int) -> NDArray[np.float64]:
    return 2 * np.pi * rng.uniform(seed, rng.STREAM_DATA + _PHASE, MEASUREMENTS)
