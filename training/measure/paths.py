"""Ways from one code to another: between whom, the straight line, and the arc about the origin."""

import numpy as np
from numpy.typing import NDArray

from training.data.dataset import Labels

Field = NDArray[np.float64]

SHORTEST = 1e-3
"""A code nearer to the origin than this counts as having no direction."""

LEAST_SINE = 1e-6
"""Directions whose angle has a smaller sine are the same or opposite."""


def unlike_pairs(labels: Labels, count: int, seed: int) -> NDArray[np.int64]:
    """`count` random pairs of examples whose `labels` differ, by their places, `[count, 2]`."""
    drawn = np.random.default_rng(seed).integers(len(labels), size=(2 * count, 2))
    classes = labels[drawn]
    pairs: NDArray[np.int64] = drawn[classes[:, 0] != classes[:, 1]][:count]
    return pairs


def line(a: Field, b: Field, t: float) -> Field:
    """(1 − t) a + t b; a and b `[…, k]`."""
    return (1 - t) * a + t * b


def arc(a: Field, b: Field, t: float) -> Field:
    """Along a great circle from the direction of a to that of b, its length going evenly.

    Directions follow slerp (Shoemake 1985, *Animating Rotation with Quaternion Curves*), lengths
    (1 − t) |a| + t |b|; a and b `[n, k]`. Where there is no shortest arc (a code at the origin,
    or two opposite directions) the way is the straight line. So it is between equal directions,
    where the arc is that line.
    """
    length_a, length_b = np.linalg.norm(a, axis=1), np.linalg.norm(b, axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        toward_a, toward_b = a / length_a[:, None], b / length_b[:, None]
        angle = np.arccos(np.clip((toward_a * toward_b).sum(1), -1, 1))
        sine = np.sin(angle)
        share_a, share_b = np.sin((1 - t) * angle) / sine, np.sin(t * angle) / sine
        length = (1 - t) * length_a + t * length_b
        along = length[:, None] * (share_a[:, None] * toward_a + share_b[:, None] * toward_b)
    curved = (length_a > SHORTEST) & (length_b > SHORTEST) & (sine > LEAST_SINE)
    result: Field = np.where(curved[:, None], along, line(a, b, t))
    return result
