"""How a digit is written, whatever digit it is: its slant, its width and its ink."""

import numpy as np
from numpy.typing import NDArray

from training.data.dataset import Floats, Labels

Field = NDArray[np.float64]

TRAITS = ("slant", "width", "ink")


def hand(x: Floats, side: int) -> Field:
    """The traits of drawings `[n, side²]`, ink 0..1, as float64 `[n, 3]`.

    With moments of the ink about its centre, x to the right and y upwards: slant Σxy / Σy², by how
    many pixels a stroke leans to the right on its way one pixel up; width, the root of
    Σx² − (Σxy)² / Σy² over the ink, what is left of the deviation across when the slant is taken
    out, in pixels; and the mean ink of a pixel. A drawing without ink has slant and width 0.
    """
    ink = np.asarray(x, np.float64).reshape(-1, side, side)
    total = np.maximum(ink.sum((1, 2)), np.finfo(np.float64).tiny)[:, None]
    across = np.arange(side) - (ink.sum(1) @ np.arange(side))[:, None] / total
    up = (ink.sum(2) @ np.arange(side))[:, None] / total - np.arange(side)
    xx = (ink.sum(1) * across**2).sum(1) / total[:, 0]
    yy = (ink.sum(2) * up**2).sum(1) / total[:, 0]
    xy = np.einsum("nij,nj,ni->n", ink, across, up) / total[:, 0]
    slant = np.divide(xy, yy, out=np.zeros_like(xy), where=yy > 0)
    return np.stack([slant, np.sqrt(np.maximum(xx - slant * xy, 0)), ink.mean((1, 2))], axis=1)


def kept(written: Field, redrawn: Field, labels: Labels) -> Field:
    """How much of each trait's variance is kept when a digit is drawn as another, float64 `[3]`.

    `written` `[n, 3]` are the traits of the digits, `redrawn` `[classes, n, 3]` those of the same
    digits drawn as each class. A trait is taken less its mean over the digits of its class that
    are drawn as the same other class: a seven leans otherwise than an eight in every hand, and
    that does not count. With a what is left of it before and b after, kept is
    1 − Σ(a − b)² / Σa²: one if all hands are as they were, zero if all are alike, and below zero
    if they differ for other reasons. A digit drawn as its own class is left out.
    """
    missed, all_of_it = np.zeros(written.shape[1]), np.zeros(written.shape[1])
    for k in range(len(redrawn)):
        rows = labels == k
        a = written[rows] - written[rows].mean(0)
        for target in range(len(redrawn)):
            if target != k:
                b = redrawn[target][rows] - redrawn[target][rows].mean(0)
                missed += ((a - b) ** 2).sum(0)
                all_of_it += (a**2).sum(0)
    share: Field = 1 - missed / all_of_it
    return share
