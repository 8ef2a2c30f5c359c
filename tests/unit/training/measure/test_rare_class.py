"""New windows of a rare class, and classifiers, against scikit-learn and by their definitions."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import RidgeClassifier
from sklearn.neighbors import NearestNeighbors

from training.measure.rare_class import (
    NEIGHBOURS,
    Moments,
    discriminant,
    jittered,
    nearest,
    parents,
    recall,
    smote,
)

RNG = np.random.default_rng(4)
X = RNG.normal(size=(12, 5)).astype(np.float32)


def test_jittered_copies_have_the_stated_noise_and_size() -> None:
    still = jittered(X, 400, 0.0, 0.3, seed=1)
    factor = still[:, 0] / X[parents(1, len(X), 400), 0]
    assert still == pytest.approx(factor[:, None] * X[parents(1, len(X), 400)], abs=1e-6)
    assert 0.7 <= factor.min() < 0.75
    assert 1.25 < factor.max() <= 1.3
    noisy = jittered(X, 400, 0.2, 0.3, seed=1)
    assert np.std(noisy - still) == pytest.approx(0.2, rel=0.05)


def test_smote_lies_between_a_row_and_one_of_its_five_neighbours() -> None:
    new = smote(X, 200, seed=2)
    _, near = NearestNeighbors(n_neighbors=NEIGHBOURS + 1).fit(X).kneighbors(X)
    others = set()
    for row, parent in zip(new, parents(2, len(X), 200), strict=True):
        ways = X[near[parent, 1:]] - X[parent]
        share = (row - X[parent]) @ ways.T / np.square(ways).sum(1)
        off = np.linalg.norm(X[parent] + share[:, None] * ways - row, axis=1)
        assert off.min() < 1e-5
        assert 0 <= share[off.argmin()] <= 1
        others.add(int(off.argmin()))
    assert others == set(range(NEIGHBOURS))


def test_fewer_are_the_first_of_more() -> None:
    assert np.array_equal(smote(X, 200, 3)[:50], smote(X, 50, 3))
    assert np.array_equal(jittered(X, 200, 0.1, 0.1, 3)[:50], jittered(X, 50, 0.1, 0.1, 3))


def test_too_few_rows_for_smote_are_refused() -> None:
    with pytest.raises(ValueError, match="more than 5 rows"):
        smote(X[:5], 10, 0)


@pytest.mark.parametrize("balanced", [True, False])
def test_the_discriminant_is_scikit_learns_ridge(balanced: bool) -> None:
    ordinary, rare = RNG.normal(size=(80, 5)), RNG.normal(size=(9, 5)) + 0.6
    v = discriminant(Moments.of(ordinary), Moments.of(rare), 0.03, balanced=balanced)
    weight = "balanced" if balanced else None
    ridge = RidgeClassifier(alpha=0.03 * 89, class_weight=weight, tol=1e-12)
    ridge.fit(np.concatenate([ordinary, rare]), np.repeat([0, 1], [80, 9]))
    assert v == pytest.approx(np.ravel(ridge.coef_), abs=1e-8)


def test_nearest_is_the_nearest_of_the_first() -> None:
    others = RNG.normal(size=(20, 5))
    found = nearest(X, others, (3, 20))
    for count, squared in zip((3, 20), found, strict=True):
        apart, _ = NearestNeighbors(n_neighbors=1).fit(others[:count]).kneighbors(X)
        assert squared == pytest.approx(apart[:, 0] ** 2, abs=1e-5)


def test_recall_at_a_share_of_false_alarms() -> None:
    held_out = np.arange(100.0)
    assert recall(held_out, np.array([97.5, 98.5, 200.0]), 0.01) == pytest.approx(2 / 3)


def test_no_rows_have_no_moments() -> None:
    with pytest.raises(ValueError, match="one row or more"):
        Moments.of(np.zeros((0, 3)))
