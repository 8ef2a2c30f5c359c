"""Detectors that an engineer would try before a network, and what a detector's scores are worth.

A score is a function of rows `[n, d]` that gives each a number `[n]`, the larger the stranger.
"""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from sklearn import config_context
from sklearn.covariance import LedoitWolf
from sklearn.ensemble import IsolationForest

from training.data.dataset import Floats

Field: TypeAlias = NDArray[np.float64]
Score: TypeAlias = Callable[[Floats], Field]

TREES = 100
UNCHECKED = {"assume_finite": True, "skip_parameter_validation": True}
"""For scikit-learn, which would check rows and parameters anew for each tree of a forest."""


def pca_residual(train: Floats, numbers: int) -> Score:
    """Mean squared distance from the plane of the first `numbers` principal components."""
    mean = train.mean(axis=0, dtype=np.float64)
    centred = train - mean
    _, directions = np.linalg.eigh(centred.T @ centred)
    components = directions[:, ::-1][:, :numbers].T

    def score(x: Floats) -> Field:
        centred = x - mean
        residual: Field = np.square(centred - centred @ components.T @ components).mean(axis=1)
        return residual

    return score


def mahalanobis(train: Floats) -> Score:
    """Squared Mahalanobis distance, the covariance shrunk after Ledoit & Wolf 2004."""
    # in float32 its pseudo-inverse would drop the directions of least variance
    fitted = LedoitWolf().fit(train.astype(np.float64))
    precision = fitted.get_precision()

    def score(x: Floats) -> Field:
        centred = x - fitted.location_
        distance: Field = np.einsum("ij,ij->i", centred @ precision, centred)
        return distance

    return score


def isolation_forest(train: Floats, seed: int) -> Score:
    """How few random cuts set a row apart, 0..1 (Liu, Ting & Zhou 2008, equation 2)."""
    with config_context(**UNCHECKED):
        forest = IsolationForest(n_estimators=TREES, random_state=seed).fit(train)

    def score(x: Floats) -> Field:
        with config_context(**UNCHECKED):
            rarity: Field = -forest.score_samples(x)
        return rarity

    return score


def threshold(ordinary: Field, share: float) -> float:
    """The score that `share` of the ordinary rows exceed, rounded down to whole rows.

    Raises ValueError unless 0 ≤ share < 1.
    """
    if not 0 <= share < 1:
        raise ValueError(f"a share of rows is in 0 … 1, found {share}")
    above = int(share * len(ordinary) + 1e-9)
    return float(np.sort(ordinary)[::-1][above])


def area_under_curve(ordinary: NDArray[np.number], strange: NDArray[np.number]) -> Field:
    """The area under the ROC curve of scores: the share of pairs of a strange and an ordinary row
    in which the strange one has the larger score, ties counted half (Hanley & McNeil 1982).

    `ordinary` is `[n]`, `strange` `[…, m]`; the result has the axes of `strange` before the last.
    """
    ranked = np.sort(ordinary)
    below = [np.searchsorted(ranked, strange, side=side) for side in ("left", "right")]
    share: Field = np.mean(below, axis=(0, -1)) / len(ranked)
    return share


def true_alarm_share(caught: float, false_alarms: float, base_rate: float) -> float:
    """Share of alarms that are true, by Bayes' rule.

    `caught` is the share of strange things that raise an alarm, `false_alarms` that of ordinary
    ones, `base_rate` how many of all are strange. Raises ValueError if nothing raises any.
    """
    true, false = base_rate * caught, (1 - base_rate) * false_alarms
    if true + false == 0:
        raise ValueError("nothing raises an alarm")
    return true / (true + false)
