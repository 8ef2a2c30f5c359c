"""How much each number of a code tells about each known factor: mutual information, and its gap."""

from itertools import product

import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.float64]
Bins = NDArray[np.int64]


def equal_counts(values: Field, bins: int) -> Bins:
    """The bin 0 … bins − 1 of each value, all bins equally full (ties share one), int64 `[n]`."""
    edges = np.quantile(values, np.arange(1, bins) / bins)
    return np.searchsorted(edges, values, side="right")


def equal_widths(values: Field, low: float, high: float, bins: int) -> Bins:
    """The bin 0 … bins − 1 of each value of `low`..`high`, all of the same width, int64 `[n]`."""
    places = np.floor((values - low) / (high - low) * bins).astype(np.int64)
    return np.clip(places, 0, bins - 1)


def entropy(bins: Bins) -> float:
    """−Σ p log p in nats of the frequencies of the bins."""
    counts = np.bincount(bins)
    p = counts[counts > 0] / len(bins)
    return float(-np.sum(p * np.log(p)))


def mutual_information(a: Bins, b: Bins) -> float:
    """I(a; b) = H(a) + H(b) − H(a, b) in nats, from frequencies (the plug-in estimate).

    For independent a and b it is too large by about (A − 1)(B − 1) / 2n, where A and B are the
    numbers of bins (Miller 1955).
    """
    return entropy(a) + entropy(b) - entropy(a * (int(b.max()) + 1) + b)


def shared_information(factors: list[Bins], codes: list[Bins]) -> Field:
    """I(factor; code) / H(factor), float64 `[factors, codes]`: the share that a code tells."""
    table = np.empty((len(factors), len(codes)))
    for (i, factor), (j, code) in product(enumerate(factors), enumerate(codes)):
        table[i, j] = mutual_information(factor, code) / entropy(factor)
    return table


def information_gaps(shares: Field) -> Field:
    """Of each factor: the share told by the code that tells most, less that of the second.

    The mean over factors is the mutual information gap, MIG (Chen et al. 2018, section 4.1).
    """
    ordered = np.sort(shares, axis=-1)
    gaps: Field = ordered[..., -1] - ordered[..., -2]
    return gaps
