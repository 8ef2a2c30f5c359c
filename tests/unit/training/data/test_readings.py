"""Readings of fan drives: two causes, four sensors, one of them with a long tail."""

from __future__ import annotations

import numpy as np
import pytest

from training.data.readings import (
    DAMPERS,
    DRAUGHT,
    FASTEST,
    FEATURES,
    FLUTTER,
    FRICTION,
    GROWTH,
    HALL,
    SLOWEST,
    STEPS,
    TORQUE,
    UNITS,
    VIBRATION,
    WARMTH,
    readings,
    sensed,
)

NONE = np.zeros((1, 3))


def one(speed: float, wear: float, scatter: np.ndarray = NONE) -> np.ndarray:
    """The reading of one drive."""
    found: np.ndarray = sensed(np.array([speed]), np.array([wear]), scatter)[0]
    return found


def test_a_new_drive_at_full_speed_reads_the_stated_values() -> None:
    full = one(FASTEST, 0)
    np.testing.assert_allclose(full, [FASTEST, TORQUE, HALL + WARMTH, VIBRATION])


def test_speed_moves_torque_by_its_square_and_the_others_in_proportion() -> None:
    _, torque, temperature, vibration = one(FASTEST / 2, 0)
    assert torque == pytest.approx(TORQUE / 4)
    assert temperature == pytest.approx(HALL + WARMTH / 2)
    assert vibration == pytest.approx(VIBRATION / 2)


def test_wear_warms_the_bearing_and_multiplies_the_vibration() -> None:
    new, worn = one(3000, 0), one(3000, 2)
    np.testing.assert_allclose(worn[:2], new[:2])
    assert worn[2] - new[2] == pytest.approx(2 * FRICTION)
    assert np.log(worn[3] / new[3]) == pytest.approx(2 * GROWTH)


def test_each_sensor_has_a_scatter_of_its_own() -> None:
    base = one(3000, 0)
    for place, change in enumerate(
        (base[1] * (1 + DAMPERS), base[2] + DRAUGHT, base[3] * np.exp(FLUTTER)), 1
    ):
        scatter = np.eye(3)[[place - 1]]
        expected = base.copy()
        expected[place] = change
        np.testing.assert_allclose(one(3000, 0, scatter), expected)


def test_readings_come_in_the_steps_of_their_sensors() -> None:
    x = readings().train.x.astype(np.float64)
    steps = x / STEPS
    np.testing.assert_allclose(steps, np.rint(steps), atol=2e-4)
    assert x[:, 0].min() >= SLOWEST
    assert x[:, 0].max() <= FASTEST
    assert x[:, 3].min() >= STEPS[3]
    assert len(FEATURES) == len(UNITS) == x.shape[1]


def test_scales_are_unlike_and_the_vibration_has_a_long_tail() -> None:
    x = readings(20_000, 1, 1).train.x.astype(np.float64)
    deviations = x.std(0)
    assert deviations[0] == pytest.approx((FASTEST - SLOWEST) / np.sqrt(12), rel=0.02)
    assert deviations[0] > 100 * deviations[2] > 100 * deviations[3]
    beyond = ((x - x.mean(0)) / deviations).max(0)
    assert beyond[3] > 7
    assert beyond[:3].max() < 5
    logarithm = np.log(x[:, 3] / x[:, 0])
    assert logarithm.std() == pytest.approx(np.hypot(GROWTH, FLUTTER), rel=0.02)


def test_splits_are_repeatable_and_share_no_reading() -> None:
    data, again, other = readings(), readings(), readings(seed=4)
    np.testing.assert_array_equal(data.train.x, again.train.x)
    assert not np.array_equal(data.train.x, other.train.x)
    assert not set(map(bytes, data.train.x)) & set(map(bytes, data.validation.x))
