"""Detectors see what lies outside of their training rows, and nonsense is refused."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from training.measure.detectors import (
    area_under_curve,
    isolation_forest,
    mahalanobis,
    pca_residual,
    threshold,
    true_alarm_share,
)

RNG = np.random.default_rng(0)
MIXING = RNG.normal(size=(2, 6))


def rows(count: int) -> np.ndarray:
    """Near a plane in six dimensions, and far along it."""
    noise = 0.03 * RNG.normal(size=(count, 6))
    return (3 * RNG.normal(size=(count, 2)) @ MIXING + noise).astype(np.float32)


TRAIN = rows(500)
OFF_THE_PLANE = TRAIN[:50] + 4 * np.linalg.svd(TRAIN)[2][-1].astype(np.float32)


def test_a_small_step_off_the_plane_is_seen_however_far_the_plane_reaches() -> None:
    for score in (pca_residual(TRAIN, 2), mahalanobis(TRAIN)):
        ordinary = score(rows(200))
        assert score(OFF_THE_PLANE).min() > 5 * ordinary.max()


def test_a_forest_finds_what_is_far_away() -> None:
    score = isolation_forest(TRAIN, 0)
    assert score(TRAIN * 8).mean() > score(TRAIN).mean() + 0.1
    assert np.array_equal(score(TRAIN), isolation_forest(TRAIN, 0)(TRAIN))


def test_the_area_under_the_curve_is_scikit_learns_ties_included() -> None:
    ordinary, strange = RNG.integers(0, 9, 70), RNG.integers(3, 12, (4, 50))
    truth = np.repeat([0, 1], [70, 50])
    expected = [roc_auc_score(truth, np.concatenate([ordinary, kind])) for kind in strange]
    assert area_under_curve(ordinary, strange) == pytest.approx(expected, abs=1e-12)


def test_the_threshold_leaves_whole_rows_above_it() -> None:
    scores = np.arange(500.0)
    assert [np.sum(scores > threshold(scores, share)) for share in (0, 0.01, 0.0119)] == [0, 5, 5]
    with pytest.raises(ValueError, match="share"):
        threshold(scores, 1)


def test_one_in_a_thousand_makes_few_alarms_true() -> None:
    assert true_alarm_share(0.99, 0.01, 0.001) == pytest.approx(99 / 1098)
    assert true_alarm_share(0.5, 0.5, 0.3) == pytest.approx(0.3)
    with pytest.raises(ValueError, match="nothing raises"):
        true_alarm_share(0, 0, 0.5)
