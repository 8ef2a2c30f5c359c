"""A rare class: more of it from little, without a network, and classifiers to add it to.

All chance comes from the book's own hash, so that the page can draw the same
(site_assets/figures/generate/maths.ts).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.data import rng
from training.data.dataset import Floats
from training.measure.detectors import Field, threshold

STREAM_PARENTS = rng.STREAM_DRAW + 40
STREAM_NEIGHBOURS = rng.STREAM_DRAW + 41
STREAM_WAY = rng.STREAM_DRAW + 42
STREAM_NOISE = rng.STREAM_DRAW + 43
"""As in site_assets/figures/generate/maths.ts."""

NEIGHBOURS = 5
"""Of which SMOTE takes one, as its authors did."""


def parents(seed: int, of: int, count: int) -> NDArray[np.int32]:
    """Which of `of` examples each of `count` new ones is made from, int32 `[count]`."""
    return np.floor(of * rng.uniform(seed, STREAM_PARENTS, count)).astype(np.int32)


def jittered(x: Floats, count: int, noise: float, scale: float, seed: int) -> Field:
    """Copies of rows of x `[n, d]`, `[count, d]`: each as a whole made larger or smaller by up to
    the share `scale`, and white noise of deviation `noise` added."""
    grain = rng.normal(seed, STREAM_NOISE, count * x.shape[1]).reshape(count, -1)
    size = 1 + scale * (2 * rng.uniform(seed, STREAM_WAY, count) - 1)
    copies: Field = size[:, None] * x[parents(seed, len(x), count)] + noise * grain
    return copies


def smote(x: Floats, count: int, seed: int) -> Field:
    """Points `[count, d]` on the lines from rows of x `[n, d]` to one of their nearest neighbours
    (Chawla et al. 2002, section 4.2). Raises ValueError for fewer rows than neighbours."""
    if len(x) <= NEIGHBOURS:
        raise ValueError(f"{NEIGHBOURS} neighbours of each row need more than {len(x)} rows")
    wide = x.astype(np.float64)
    apart = np.square(wide[:, None] - wide).sum(axis=2)
    near = np.argsort(apart, axis=1, kind="stable")[:, 1 : NEIGHBOURS + 1]
    first = parents(seed, len(x), count)
    chosen = np.floor(NEIGHBOURS * rng.uniform(seed, STREAM_NEIGHBOURS, count)).astype(np.int32)
    way = rng.uniform(seed, STREAM_WAY, count)[:, None]
    between: Field = wide[first] + way * (wide[near[first, chosen]] - wide[first])
    return between


@dataclass(frozen=True)
class Moments:
    """Of rows `[n, d]`: how many, their mean `[d]` and covariance `[d, d]`."""

    count: int
    mean: Field
    covariance: Field

    @classmethod
    def of(cls, rows: Field) -> "Moments":
        """Raises ValueError if there are none."""
        if len(rows) == 0:
            raise ValueError("expected one row or more")
        mean = rows.mean(axis=0)
        centred = rows - mean
        return cls(len(rows), mean, centred.T @ centred / len(rows))


def discriminant(ordinary: Moments, rare: Moments, ridge: float, *, balanced: bool = True) -> Field:
    """Direction v `[d]` along which the rare class is told: the least of
    Σ w (v₀ + x·v − y)² + ridge · ‖v‖², with y = ±1 and weights w that sum to one.

    Balanced, each class weighs one half; else every row weighs the same. Without a ridge this is
    Fisher's linear discriminant.
    """
    share = 0.5 if balanced else rare.count / (rare.count + ordinary.count)
    apart = rare.mean - ordinary.mean
    both = share * (1 - share)
    within = (1 - share) * ordinary.covariance + share * rare.covariance
    products = within + both * np.outer(apart, apart) + ridge * np.eye(len(apart))
    direction: Field = np.linalg.solve(products, 2 * both * apart).astype(np.float64)
    return direction


def nearest(rows: Field | Floats, others: Field | Floats, counts: Sequence[int]) -> Field:
    """Squared distance of each row `[n, d]` to the nearest of the first `count` others, float64
    `[counts, n]`."""
    products = rows @ others.T
    squared = np.square(rows).sum(1)[:, None] + np.square(others).sum(1) - 2 * products
    return np.stack([squared[:, :count].min(axis=1) for count in counts]).astype(np.float64)


def recall(held_out: Field, rare: Field, false_alarms: float) -> float:
    """Share of the rare rows' scores above what `false_alarms` of the held-out ones exceed."""
    return float(np.mean(rare > threshold(held_out, false_alarms)))
