"""Numbers that are wrong: a share of all numbers of a data set, chosen once for every share."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from training.data import rng
from training.data.dataset import Floats

SHARES = (0.0, 0.05, 0.1, 0.2)
"""The shares that an experiment may ask for."""
NEVER = 1.0
"""In place of a share, for a number that is right at all of them."""
ROUNDING = 1e-3
"""Less than two of `SHARES` are apart."""


def spoiled_from(shape: tuple[int, ...], seed: int, stream: int) -> Floats:
    """The least of `SHARES` at which each number is an outlier, or `NEVER`; float32.

    What is an outlier at one share is one at all larger ones. `stream` counts from `STREAM_DATA`.
    """
    luck = rng.uniform(seed, rng.STREAM_DATA + stream, int(np.prod(shape)))
    shares = np.array([*SHARES[1:], NEVER])
    place = np.searchsorted(shares, luck, side="right").clip(max=len(shares) - 1)
    found: Floats = shares[place].astype(np.float32).reshape(shape)
    return found


def spoiled(share: float, first: Floats) -> NDArray[np.bool_]:
    """Which numbers are outliers at this share; `first` as from `spoiled_from`, or rounded."""
    hit: NDArray[np.bool_] = first < share + ROUNDING
    return hit


def signs(shape: tuple[int, ...], seed: int, stream: int) -> Floats:
    """Up or down, 1 or −1, evenly, float32. `stream` counts from `STREAM_DATA`."""
    up = rng.uniform(seed, rng.STREAM_DATA + stream, int(np.prod(shape))) < 0.5
    found: Floats = np.where(up, 1, -1).astype(np.float32).reshape(shape)
    return found
