"""Groups that k-means finds, from starts that the page can repeat, and what became of them.

The starts are drawn by k-means++ (Arthur & Vassilvitskii 2007, section 2.2) with the book's hash;
from there scikit-learn's KMeans goes by Lloyd's steps. Twin of figures/semantic/maths.ts.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans

from training.data import rng
from training.data.dataset import Floats

STREAM_STARTS = rng.STREAM_DRAW + 23
STARTS = 5
"""Of which the one that ends with the least sum of squares is kept."""

MOST_STEPS = 300

Field = NDArray[np.float64]


@dataclass(frozen=True)
class Groups:
    """The group of each row, int `[n]`, and the means of the groups, `[k, d]`."""

    labels: NDArray[np.int32]
    centres: Field

    def of(self, x: Floats) -> NDArray[np.int32]:
        """The group whose mean is nearest to each row of x `[n, d]`."""
        nearest: NDArray[np.int32] = distances(x, self.centres).argmin(axis=1).astype(np.int32)
        return nearest


def distances(x: Floats, centres: Field) -> Field:
    """Squared, between rows and centres, `[n, k]`."""
    between: Field = np.square(x[:, None].astype(np.float64) - centres).sum(axis=2)
    return between


def starting_rows(x: Floats, k: int, start: int) -> list[int]:
    """Rows of x `[n, d]` to begin with, drawn one after the other: the chance of a row is in
    proportion to its squared distance from those drawn before.

    Raises ValueError if x has fewer than k different rows.
    """
    draws = rng.uniform(start, STREAM_STARTS, k)
    rows = [int(draws[0] * len(x))]
    left = distances(x, x[rows].astype(np.float64))[:, 0]
    for draw in draws[1:]:
        if left.max() == 0:
            raise ValueError(f"{k} groups need as many different rows, found {len(rows)}")
        sums = np.cumsum(left)
        rows.append(int(np.searchsorted(sums, draw * sums[-1], side="right")))
        left = np.minimum(left, distances(x, x[rows[-1:]].astype(np.float64))[:, 0])
    return rows


def grouped(x: Floats, k: int) -> Groups:
    """The best of `STARTS` runs of k-means on x `[n, d]`."""
    runs = [
        KMeans(
            k,
            init=x[starting_rows(x, k, start)].astype(np.float64),
            n_init=1,
            max_iter=MOST_STEPS,
            tol=0,
        ).fit(x.astype(np.float64))
        for start in range(STARTS)
    ]
    best = min(runs, key=lambda run: float(run.inertia_))
    return Groups(best.labels_.astype(np.int32), best.cluster_centers_)
