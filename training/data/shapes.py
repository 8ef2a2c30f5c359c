"""Anti-aliased 32×32 drawings of circle, star, flower and cog, each with its own size, tilt
and stroke.

A shape is a closed curve r = R(θ) around the middle of the frame; the cog has a hole for its
axle and the flower an eye.
Its signed distance is tabulated once; ink follows from the distance of a pixel's centre, so edges
are soft over one pixel and sizes need not be whole.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates
from scipy.spatial import KDTree

from training.data.dataset import Dataset, Floats, Split, balanced_labels

SIDE = 32
"""Pixels along one side of a drawing."""

RADIUS = (9.0, 13.0)
"""Range of the outer radius, in pixels."""

TILT = (-0.12, 0.12)
"""Range of the rotation, in radians, from the upright position."""

STROKE = (1.5, 2.6)
"""Range of the outline's width, in pixels."""

FILL_INK = 0.45
"""Ink inside the outline; the outline itself has 1."""

Field: TypeAlias = NDArray[np.float64]
Curve: TypeAlias = Callable[[Field], Field]


def circle(theta: Field) -> Field:
    """Radius 1 everywhere."""
    return np.ones_like(theta)


def star(theta: Field) -> Field:
    """Five points on the unit circle, straight edges down to an inner radius of 0.45."""
    sector = np.pi / 5
    inner = 0.45
    phi = np.abs((theta + sector) % (2 * sector) - sector)
    radius: Field = inner * np.sin(sector) / (inner * np.sin(sector - phi) + np.sin(phi))
    return radius


def flower(theta: Field) -> Field:
    """Six round petals on the unit circle."""
    return 0.62 + 0.38 * np.sqrt(np.abs(np.cos(3 * theta)))


def cog(theta: Field) -> Field:
    """Eight steep teeth on the unit circle."""
    radius: Field = 0.85 + 0.15 * np.tanh(4 * np.cos(8 * theta)) / np.tanh(4.0)
    return radius


@dataclass(frozen=True)
class Outline:
    """R(θ) with θ in radians from the topmost point and R ≤ 1; a shape's middle may be a round
    hole (a cog's axle) or an inked disc (a flower's eye) of the given radius."""

    curve: Curve
    hole: float = 0.0
    eye: float = 0.0


OUTLINES: dict[str, Outline] = {
    "circle": Outline(circle),
    "star": Outline(star),
    "flower": Outline(flower, eye=0.3),
    "cog": Outline(cog, hole=0.32),
}
"""The shapes by class name."""

TABLE_EXTENT = 2.6
"""The distance table covers ±2.6 radii: the frame's corners as the smallest shape sees them."""

TABLE_SIDE = 313


@cache
def distance_table(name: str) -> Field:
    """Signed distance to a shape of unit radius, positive inside, `[313, 313]` over ±2.6."""
    outline = OUTLINES[name]
    theta = np.linspace(0, 2 * np.pi, 3000, endpoint=False)
    r = outline.curve(theta)
    points = np.stack([r * np.sin(theta), -r * np.cos(theta)], axis=1)
    axis = np.linspace(-TABLE_EXTENT, TABLE_EXTENT, TABLE_SIDE)
    x, y = np.meshgrid(axis, axis)
    distance, _ = KDTree(points).query(np.stack([x, y], axis=-1))
    radius = np.hypot(x, y)
    inside: Field = np.where(radius < outline.curve(np.arctan2(x, -y)), distance, -distance)
    if outline.hole:
        inside = np.minimum(inside, radius - outline.hole)
    return inside


@dataclass(frozen=True)
class Strokes:
    """How each of n drawings is made: radius and stroke in pixels, tilt in radians, all `[n]`."""

    radius: Field
    tilt: Field
    stroke: Field


def random_strokes(count: int, rng: np.random.Generator) -> Strokes:
    """Independent uniform draws from `RADIUS`, `TILT` and `STROKE`."""
    return Strokes(*(rng.uniform(*bounds, size=count) for bounds in (RADIUS, TILT, STROKE)))


def draw(name: str, strokes: Strokes) -> Floats:
    """Drawings of one shape, float32 `[n, 1, 32, 32]`, ink 0 (paper) to 1 (full)."""
    centre = (SIDE - 1) / 2
    y, x = np.mgrid[0:SIDE, 0:SIDE] - centre
    cos, sin, radius, width = (
        values[:, None, None]
        for values in (np.cos(strokes.tilt), np.sin(strokes.tilt), strokes.radius, strokes.stroke)
    )
    unit = np.stack([cos * y - sin * x, sin * y + cos * x]) / radius
    cells = (unit / TABLE_EXTENT + 1) * (TABLE_SIDE - 1) / 2
    inside = radius * map_coordinates(distance_table(name), cells, order=1, mode="nearest")
    silhouette = np.clip(inside + 0.5, 0, 1)
    interior = np.clip(inside - width + 0.5, 0, 1)
    eye = np.clip(radius * OUTLINES[name].eye - np.hypot(x, y) + 0.5, 0, 1)
    lighter = np.minimum(interior, 1 - eye) if OUTLINES[name].eye else interior
    ink: Floats = (silhouette - (1 - FILL_INK) * lighter).astype(np.float32)
    return ink[:, None]


def draw_split(count: int, rng: np.random.Generator) -> Split:
    """`count` random drawings, all classes equally often, in random order."""
    labels = balanced_labels(count, len(OUTLINES), rng)
    x = np.empty((count, 1, SIDE, SIDE), np.float32)
    for label, name in enumerate(OUTLINES):
        members = labels == label
        x[members] = draw(name, random_strokes(int(members.sum()), rng))
    return Split(x, labels)


def shapes(train: int = 2400, validation: int = 400, test: int = 400, seed: int = 32) -> Dataset:
    """The drawings, `x` as float32 `[n, 1, 32, 32]`; each split has its own random stream."""
    streams = np.random.default_rng(seed).spawn(3)
    return Dataset(
        name="shapes",
        label="drawn by the program",
        description="anti-aliased 32×32 drawings of a circle, a five-pointed star, a flower with "
        "six petals and a cog with eight teeth; size, tilt and stroke vary at random",
        classes=tuple(OUTLINES),
        train=draw_split(train, streams[0]),
        validation=draw_split(validation, streams[1]),
        test=draw_split(test, streams[2]),
    )
