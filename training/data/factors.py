"""Anti-aliased 16×16 drawings of one sprite whose every property is known: for disentangling.

Four factors make a drawing, and nothing else does: shape, size, rotation, and position along the
frame. They are drawn independently of one another.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.data.dataset import Dataset, Floats, Labels, Split

Field = NDArray[np.float64]

SIDE = 16
"""Pixels along one side of a drawing."""

SHAPES = ("ellipse", "bar", "wedge")
"""All longer than wide, so that each of them shows how it is turned."""

FACTORS = ("shape", "size", "rotation", "position")
"""The columns of a table of factors."""

RANGES = {
    "size": (3.5, 6.5),
    "rotation": (-np.pi / 4, np.pi / 4),
    "position": (-3.0, 3.0),
}
"""Half the sprite's length in pixels, its turn clockwise from upright in radians, and how far its
middle is to the right of the frame's, in pixels. A quarter turn in all is a line and not a circle,
so one number can hold it."""

ON_A_CARD = {
    "names": list(FACTORS),
    "shapes": list(SHAPES),
    "ranges": {name: list(bounds) for name, bounds in RANGES.items()},
}
"""What a page needs to know of the factors."""

SLIMNESS = 0.5
"""Width over length."""


@dataclass(frozen=True)
class Factors:
    """What made each of n drawings: `shape` counts in `SHAPES`, the others lie in `RANGES`."""

    shape: Labels
    size: Field
    rotation: Field
    position: Field

    def table(self) -> Field:
        """All of them, float64 `[n, 4]`, in the order of `FACTORS`."""
        return np.stack([self.shape, self.size, self.rotation, self.position], axis=1)


def random_factors(count: int, rng: np.random.Generator) -> Factors:
    """Independent uniform draws of every factor."""
    shape = rng.integers(len(SHAPES), size=count).astype(np.uint8)
    return Factors(shape, *(rng.uniform(*bounds, size=count) for bounds in RANGES.values()))


def draw(factors: Factors) -> Floats:
    """The drawings, float32 `[n, 256]`, row-major, ink 0 (paper) to 1 (full)."""
    south, x = np.mgrid[0:SIDE, 0:SIDE] - (SIDE - 1) / 2
    east = x - factors.position[:, None, None]
    cos, sin = np.cos(factors.rotation)[:, None, None], np.sin(factors.rotation)[:, None, None]
    across, along = cos * east + sin * south, cos * south - sin * east
    length = np.broadcast_to(factors.size[:, None, None], across.shape)
    distance = np.empty_like(across)
    for number, outside in enumerate((outside_ellipse, outside_bar, outside_wedge)):
        rows = factors.shape == number
        distance[rows] = outside(across[rows], along[rows], length[rows])
    ink: Floats = np.clip(0.5 - distance, 0, 1).astype(np.float32)
    return ink.reshape(len(ink), -1)


def outside_ellipse(across: Field, along: Field, length: Field) -> Field:
    """Distance from an ellipse in pixels, negative inside, to first order about its edge."""
    width = SLIMNESS * length
    reach = np.hypot(across / width, along / length)
    slope = np.hypot(across / width**2, along / length**2)
    distance: Field = reach * (reach - 1) / np.maximum(slope, 1e-9)
    return distance


def outside_bar(across: Field, along: Field, length: Field) -> Field:
    """Distance from a rectangle's nearest side, negative inside."""
    return np.maximum(np.abs(across) - 0.8 * SLIMNESS * length, np.abs(along) - 0.9 * length)


def outside_wedge(across: Field, along: Field, length: Field) -> Field:
    """Distance from the nearest side of a triangle with its tip up, negative inside."""
    half = 1.35 * SLIMNESS * length
    slant = np.hypot(2 * length, half)
    sides = (2 * length * np.abs(across) - half * (along + length)) / slant
    return np.maximum(sides, along - length)


def draw_split(count: int, rng: np.random.Generator) -> tuple[Split, Field]:
    """`count` random drawings, labelled by their shape, and the table of their factors."""
    factors = random_factors(count, rng)
    return Split(draw(factors), factors.shape), factors.table()


@dataclass(frozen=True)
class FactorData:
    """The drawings, and by split the factors that made them, float64 `[n, 4]`."""

    dataset: Dataset
    factors: dict[str, Field]


def factors(
    train: int = 4000, validation: int = 500, test: int = 4000, seed: int = 16
) -> FactorData:
    """Drawings as float32 `[n, 256]`; each split has its own random stream."""
    counts = {"train": train, "validation": validation, "test": test}
    streams = np.random.default_rng(seed).spawn(len(counts))
    drawn = {
        name: draw_split(count, stream)
        for (name, count), stream in zip(counts.items(), streams, strict=True)
    }
    splits = {name: split for name, (split, _) in drawn.items()}
    return FactorData(
        Dataset(
            name="factors",
            label="drawn by the program",
            description="anti-aliased 16×16 drawings of a sprite that is an ellipse, a bar or a "
            "wedge; shape, size, rotation (within a quarter turn) and position vary independently",
            classes=SHAPES,
            **splits,
        ),
        {name: table for name, (_, table) in drawn.items()},
    )
