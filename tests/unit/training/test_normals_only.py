"""Note 6's training sets: how many faults, that nobody is met twice, and what cleaning drops."""

from __future__ import annotations

import numpy as np
import pytest

from training.data.currents import FAULTS, SAMPLES, recording
from training.measure.detectors import pca_residual
from training.recipes.normals_only import (
    FIRST_SEED,
    MOST_FAULTS,
    NUMBERS,
    PER_CENT,
    RECURRING,
    SEVERITY,
    STRANGE,
    THINNED,
    TRAIN,
    Trial,
    cleaned,
    currents_trial,
    digits_trial,
    judged,
    thinned,
)


def as_set(x: np.ndarray) -> set[bytes]:
    return {row.tobytes() for row in x}


@pytest.fixture(scope="module", params=["recurring", "mixed", "digits"])
def trial(request: pytest.FixtureRequest) -> Trial:
    if request.param == "digits":
        return digits_trial(3)
    return currents_trial(FIRST_SEED, (RECURRING,) if request.param == "recurring" else FAULTS)


@pytest.mark.parametrize("share", PER_CENT)
def test_a_training_set_has_one_size_and_the_stated_share_of_faults(
    trial: Trial, share: int
) -> None:
    rows = trial.training_set(share)
    assert len(rows) == TRAIN
    faults = as_set(trial.spoiling)
    assert sum(row.tobytes() in faults for row in rows) == share * TRAIN / 100


def test_nobody_is_met_twice(trial: Trial) -> None:
    parts = [trial.normal, trial.spoiling, trial.held_out, trial.test, trial.strange]
    assert len(set().union(*map(as_set, parts))) == sum(map(len, parts))
    assert len(trial.strange) == STRANGE


def test_five_kinds_of_faults_follow_each_other_in_turn() -> None:
    mixed = currents_trial(FIRST_SEED, FAULTS)
    machines = recording(MOST_FAULTS + STRANGE, "faulty", FIRST_SEED)
    for kind, fault in enumerate(FAULTS):
        wanted = thinned(machines.faulty(fault, SEVERITY))[kind : MOST_FAULTS : len(FAULTS)]
        np.testing.assert_array_equal(mixed.spoiling[kind :: len(FAULTS)], wanted)


def test_thinning_keeps_every_fourth_sample_of_each_phase() -> None:
    windows = np.arange(2 * 3 * SAMPLES, dtype=np.float32).reshape(2, -1)
    kept = thinned(windows)
    assert kept.shape == (2, 3 * SAMPLES // THINNED)
    assert kept[0, :2].tolist() == [0, THINNED]
    assert kept[0, SAMPLES // THINNED] == SAMPLES


def test_cleaning_drops_the_tenth_that_is_furthest_from_the_plane() -> None:
    rng = np.random.default_rng(1)
    x = np.zeros((100, 20), np.float32)
    x[:, :8] = rng.standard_normal((100, 8))  # in a plane that eight components span
    x[:, 8] = 1e-3 * rng.standard_normal(100)
    x[40:50, 8] += 0.1
    kept = cleaned(x, pca_residual(x, NUMBERS))
    np.testing.assert_array_equal(kept, np.delete(x, range(40, 50), axis=0))


def test_judged_counts_what_lies_above_each_threshold() -> None:
    train, held_out = np.arange(100.0), np.arange(200.0)
    test, strange = np.array([0.0, 98.5, 150.0, 199.0]), np.array([98.5, 300.0])
    # one of a hundred of train is above 98, two of two hundred of held-out above 197
    area = np.mean([[0.5 if s == t else float(s > t) for t in test] for s in strange])
    assert judged(train, held_out, test, strange) == [area, 75.0, 25.0, 100.0]
