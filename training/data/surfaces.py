"""Curled-up surfaces and curves that a straight view cannot flatten: S-curve, Swiss roll, moons.

Each point comes with its *position*, the coordinates on the flat sheet before it was curled, so
that an unrolling can be judged. The shapes are those of scikit-learn's generators of these names.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from training.data import rng
from training.data.dataset import Dataset, Floats, Split

NOISE = 0.02
"""Standard deviation of the noise on each coordinate, in standard deviations of the whole cloud."""

Field: TypeAlias = NDArray[np.float64]
Curl: TypeAlias = Callable[[Field, Field], tuple[Field, Field]]
"""(u, v), each `[n]` in 0..1 → points `[n, d]` and positions on the flat sheet `[n, k]`."""


@dataclass(frozen=True)
class Surface:
    """A dataset with the flat position, float32 `[n, k]`, of each point of each split."""

    dataset: Dataset
    positions: dict[str, Floats]


def s_curve(u: Field, v: Field) -> tuple[Field, Field]:
    """A sheet bent into an S: two half turns of a cylinder, one each way."""
    t = 3 * np.pi * (u - 0.5)
    points = [np.sin(t), 2 * v - 1, np.sign(t) * (np.cos(t) - 1)]
    return np.stack(points, axis=1), np.stack([t, 2 * v], axis=1)


def swiss_roll(u: Field, v: Field) -> tuple[Field, Field]:
    """A sheet rolled up along a spiral, one whole turn."""
    t = np.pi * (1.5 + 2 * u)
    radius = t / (3.5 * np.pi)
    points = [radius * np.cos(t), 1.5 * v, radius * np.sin(t)]
    arc_length = t**2 / (7 * np.pi)
    return np.stack(points, axis=1), np.stack([arc_length, 1.5 * v], axis=1)


def moons(u: Field, v: Field) -> tuple[Field, Field]:
    """Two interlocked half circles; the second one's position lies far beyond the first's."""
    t = np.pi * u
    first = np.stack([np.cos(t), np.sin(t)], axis=1)
    second = np.stack([1 - np.cos(t), 0.5 - np.sin(t)], axis=1)
    is_first = v[:, None] < 0.5
    return np.where(is_first, first, second), np.where(is_first, t[:, None], t[:, None] + 10)


SURFACES: dict[str, tuple[Curl, str]] = {
    "s-curve": (s_curve, "points on a sheet in space, bent into an S"),
    "swiss-roll": (swiss_roll, "points on a sheet in space, rolled up by one turn"),
    "moons": (moons, "points on two interlocked half circles in the plane"),
}
"""Curl and description by name."""


def surface(
    name: str, train: int = 800, validation: int = 400, test: int = 400, seed: int = 3
) -> Surface:
    """Points float32 `[n, d]`, centred and scaled to an overall standard deviation of 1.

    Raises KeyError for an unknown name.
    """
    curl, description = SURFACES[name]
    sizes = {"train": train, "validation": validation, "test": test}
    draws = {
        split: _points(curl, size, seed, 3 * number)
        for number, (split, size) in enumerate(sizes.items())
    }
    centre = draws["train"][0].mean(axis=0)
    spread = (draws["train"][0] - centre).std()
    splits = {
        split: Split(
            ((points - centre) / spread + NOISE * noise).astype(np.float32),
            np.zeros(sizes[split], np.uint8),
        )
        for split, (points, _, noise) in draws.items()
    }
    dataset = Dataset(
        name=name,
        label="synthetic",
        description=f"{description}, with noise of {NOISE:.0%} of the cloud's size",
        classes=("point",),
        **splits,
    )
    return Surface(dataset, {split: draw[1].astype(np.float32) for split, draw in draws.items()})


def _points(curl: Curl, count: int, seed: int, first: int) -> tuple[Field, Field, Field]:
    """Points, positions and standard normal noise of one split, before scaling."""
    u, v = (rng.uniform(seed, rng.STREAM_DATA + first + axis, count) for axis in (0, 1))
    points, positions = curl(u, v)
    noise = rng.normal(seed, rng.STREAM_DATA + first + 2, points.size).astype(np.float64)
    return points, positions, noise.reshape(points.shape)
