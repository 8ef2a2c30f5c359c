"""Cars follow the Intelligent Driver Model, never touch, and are read as stated."""

from __future__ import annotations

import numpy as np
import pytest

from training.data.drives import (
    ACCELERATIONS,
    BRAKINGS,
    EXPONENT,
    GAPS,
    HEADWAYS,
    KMH,
    LEADER_ACCELERATION,
    LEADER_BRAKING,
    LONGEST_SHIFT,
    NAMES,
    NOISE,
    SAMPLES,
    SECONDS,
    SITUATIONS,
    STEP,
    STEPS_A_SECOND,
    STRETCHES,
    UNIT_SPEED,
    WANDER,
    WANDER_TIME,
    Drivers,
    Plan,
    Traffic,
    drives,
    equilibrium_gap,
    followed,
    idm_acceleration,
    logs,
    moved,
    traffic,
    wandering,
)

HARDEST = 4.0
"""m/s²; a car on a dry road can brake twice as hard."""


@pytest.fixture(scope="module")
def cars() -> Traffic:
    return traffic(500, "test", 3)


def drivers(**values: float) -> Drivers:
    """One driver with the values of Table I of Treiber et al. 2000, but for those given."""
    table = {"desired": 120 * KMH, "headway": 1.6, "acceleration": 0.73, "braking": 1.67, "gap": 2}
    return Drivers(**{name: np.array([value]) for name, value in {**table, **values}.items()})


def steady(speed: float, seconds: int = SECONDS) -> Plan:
    """A leader who drives on at one speed, m/s."""
    ends = np.full((1, STRETCHES), np.inf)
    return Plan(np.full((1, STRETCHES), speed), ends, np.zeros((1, seconds)))


def test_no_follower_hits_its_leader_or_rolls_back(cars: Traffic) -> None:
    assert cars.gap.min() > 0.5
    assert cars.speed.min() >= 0
    assert cars.leader.min() >= 0


def test_accelerations_are_within_bounds(cars: Traffic) -> None:
    change = np.diff(cars.speed, axis=1) / STEP
    assert (change <= cars.drivers.acceleration[:, None] + 1e-9).all()
    assert change.min() > -HARDEST
    leading = np.diff(cars.leader, axis=1) / STEP
    assert leading.max() <= LEADER_ACCELERATION + 1e-9
    assert leading.min() >= -LEADER_BRAKING - 1e-9


def test_no_leader_runs_out_of_stretches() -> None:
    shortest = min(kind.faster.seconds[0] + kind.slower.seconds[0] for kind in SITUATIONS.values())
    assert STRETCHES // 2 * shortest > SECONDS


@pytest.mark.parametrize("speed", [0.0, 5.0, 15.0, 30.0])
def test_at_the_equilibrium_gap_nobody_accelerates(speed: float) -> None:
    one, at = drivers(), np.array([speed])
    gap = equilibrium_gap(one, at)
    room = (1 - (speed / (120 / 3.6)) ** EXPONENT) ** -0.5
    assert gap == pytest.approx((2 + 1.6 * speed) * room)
    assert idm_acceleration(one, at, at, gap) == pytest.approx(0, abs=1e-12)


def test_a_follower_of_a_steady_leader_comes_to_the_equilibrium_gap() -> None:
    one, speed = drivers(acceleration=1.4), 20.0
    found, leader, gap = followed(one, steady(speed))
    assert leader[0, -1] == pytest.approx(speed)
    assert found[0, -1] == pytest.approx(speed, abs=0.01)
    assert gap[0, -1] == pytest.approx(equilibrium_gap(one, np.array([speed]))[0], rel=0.01)


def test_on_a_free_road_a_car_reaches_its_desired_speed() -> None:
    slow = drivers(desired=10.0, acceleration=1.4)
    found, _, gap = followed(slow, steady(20.0))
    assert found[0, -1] == pytest.approx(10, abs=0.1)
    assert gap[0, -1] > 100


def test_a_car_stops_within_a_step_and_stays() -> None:
    speed, way = moved(np.array([0.1, 0.0, 10.0]), np.array([-2.0, -2.0, 1.0]))
    assert speed == pytest.approx([0, 0, 10 + STEP])
    assert way == pytest.approx([0.1**2 / 4, 0, 10 * STEP + STEP**2 / 2])


def test_drivers_fill_their_ranges(cars: Traffic) -> None:
    ranges = {
        "headway": HEADWAYS,
        "acceleration": ACCELERATIONS,
        "braking": BRAKINGS,
        "gap": GAPS,
    }
    for name, (low, high) in ranges.items():
        values = getattr(cars.drivers, name)
        assert low <= values.min() < low + 0.02 * (high - low)
        assert high - 0.02 * (high - low) < values.max() <= high
    for k, kind in enumerate(SITUATIONS.values()):
        wish = cars.drivers.desired[cars.situations == k] / KMH
        assert kind.desired[0] <= wish.min() <= wish.max() <= kind.desired[1]


def test_leaders_drive_as_their_situation_has_it(cars: Traffic) -> None:
    for k, kind in enumerate(SITUATIONS.values()):
        speed = cars.leader[cars.situations == k] / KMH
        assert speed.max() < kind.faster.speeds[1] * (1 + 4.5 * WANDER)
        assert np.quantile(speed, 0.98) > kind.faster.speeds[0]
        if kind.slower.stops or kind.slower.speeds[0] == 0:
            assert speed.min() < 0.5
        else:
            assert speed.min() > kind.slower.speeds[0] * (1 - 4.5 * WANDER)


def test_a_log_begins_anywhere_in_a_stretch(cars: Traffic) -> None:
    """The mean speed of all urban leaders does not depend on the second of the log."""
    urban = cars.leader[cars.situations == NAMES.index("urban")][:, ::STEPS_A_SECOND]
    deviation = urban.std() / np.sqrt(len(urban))
    assert np.abs(urban.mean(axis=0) - urban.mean()).max() < 4 * deviation


def test_the_wander_has_its_deviation_and_forgets_in_its_time() -> None:
    found = wandering(2000, 5, 1)
    assert found.std() == pytest.approx(WANDER, rel=0.02)
    lag = round(WANDER_TIME)
    kept = np.mean(found[:, lag:] * found[:, :-lag]) / WANDER**2
    assert kept == pytest.approx(np.exp(-1), abs=0.02)


def test_readings_are_the_speed_with_noise_in_whole_kmh(cars: Traffic) -> None:
    read = logs(500, "test", 3).readings
    true = cars.speed[:, ::STEPS_A_SECOND] / KMH
    assert read.shape == true.shape == (500, SAMPLES + LONGEST_SHIFT)
    fast = true > 5
    off = read[fast] - true[fast]
    assert abs(off.mean()) < 0.02
    assert off.var() == pytest.approx(NOISE**2 + 1 / 12, rel=0.05)
    assert read.dtype == np.uint8


def test_a_shifted_window_is_the_same_log_some_seconds_later() -> None:
    log = logs(10, "test", 3)
    assert np.array_equal(log.windows(0)[:, 3:], log.windows(3)[:, :-3])
    assert log.windows()[0] * UNIT_SPEED == pytest.approx(log.readings[0, :SAMPLES], abs=1e-4)
    for shift in (-1, LONGEST_SHIFT + 1):
        with pytest.raises(ValueError, match="seconds"):
            log.windows(shift)


def test_splits_are_disjoint_balanced_and_repeat() -> None:
    data = drives(100, 50, 60, seed=4)
    again, other = drives(100, 50, 60, seed=4), drives(100, 50, 60, seed=5)
    rows = np.concatenate([split.x for split in data.splits().values()])
    moving = rows[rows.max(axis=1) * UNIT_SPEED > 20]
    assert len(np.unique(moving, axis=0)) == len(moving) > 100
    for name, split in data.splits().items():
        assert np.array_equal(split.x, again.splits()[name].x)
        assert not np.array_equal(split.x, other.splits()[name].x)
        counts = np.bincount(split.labels, minlength=len(NAMES))
        assert counts.max() - counts.min() <= 1
