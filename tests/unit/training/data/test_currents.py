"""The currents obey Kirchhoff, have the stated spectrum, and are whole at severity 0."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import ks_2samp
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import cross_val_predict

from training.data.currents import (
    BUS_VOLTAGE,
    CARRIER,
    DEAD_TIME,
    FAULTS,
    FREQUENCIES,
    GAIN,
    IMBALANCE,
    INDUCTANCE,
    LOADS,
    NOISE,
    OFFSET,
    PHASES,
    RATED_CURRENT,
    RESISTANCE,
    SAMPLES,
    SAMPLING_RATE,
    Field,
    Operation,
    Recording,
    bearing_frequency,
    currents,
    flat,
    flowing,
    modulation,
    recording,
)

ELECTRIC = ("open switch", "phase imbalance", "bearing ripple")


def machines(count: int = 300, seed: int = 5) -> Recording:
    return recording(count, "faulty", seed)


def running(frequency: float, load: float = 0.6) -> Operation:
    """One machine, at a frequency of which the window holds whole periods."""
    one = np.array([frequency]), np.array([load]), np.array([0.7]), np.array([0.0])
    return Operation(*one)


def amplitude(current: Field, frequency: float) -> float:
    """Of one phase `[128]` at a frequency of which the window holds whole periods."""
    turns = frequency * np.arange(SAMPLES) / SAMPLING_RATE
    return float(2 / SAMPLES * np.abs(current @ np.exp(-2j * np.pi * turns)))


def test_what_flows_sums_to_zero_over_the_phases() -> None:
    assert np.abs(machines().flowing.sum(axis=1)).max() < 1e-12


@pytest.mark.parametrize("fault", ELECTRIC)
def test_faults_of_machine_and_inverter_leave_the_sum_at_zero(fault: str) -> None:
    made = machines()
    ideal = replace(made, sensors=replace(made.sensors, gain=0 * made.sensors.gain))
    assert np.abs(ideal.effect(fault).sum(axis=1)).max() < 1e-12
    assert np.abs(ideal.effect(fault)).max() > 0.05


@pytest.mark.parametrize("fault", ["sensor offset", "sensor gain"])
def test_a_faulty_sensor_breaks_the_sum(fault: str) -> None:
    effect = machines().effect(fault)
    assert np.abs(effect.sum(axis=1)).max() > 0.05
    assert np.abs(effect[:, 1:]).max() == 0


@pytest.mark.parametrize("frequency", [50.0, 100.0, 150.0])
def test_the_spectrum_is_the_stated_one(frequency: float) -> None:
    load = 0.6
    phase = flowing(running(frequency, load))[0, 1]
    assert amplitude(phase, frequency) == pytest.approx(load, abs=1e-3)
    for harmonic in (5, 7):
        volts = 4 / (np.pi * harmonic) * BUS_VOLTAGE * DEAD_TIME * CARRIER
        ohms = abs(RESISTANCE + 2j * np.pi * harmonic * frequency * INDUCTANCE)
        found = amplitude(phase, harmonic * frequency)
        assert found == pytest.approx(volts / ohms / RATED_CURRENT, rel=1e-3)
    for silent in (0.0, 2 * frequency, 3 * frequency, 9 * frequency, CARRIER):
        assert amplitude(phase, silent) < 1e-6


@pytest.mark.parametrize("frequency", [50.0, 150.0])
def test_sidebands_are_those_of_switching(frequency: float) -> None:
    """Against pulses made by comparing a fine triangle with the reference, leg by leg."""
    load = 0.8
    depth, lead = modulation(np.array([frequency]), np.array([load]))
    fine = 2000
    t = np.arange(SAMPLES * fine) / (SAMPLING_RATE * fine)
    carrier = 2 * np.pi * CARRIER * t + 0.7
    triangle = 2 / np.pi * np.arcsin(np.cos(carrier))
    angle = 2 * np.pi * frequency * t + lead
    legs = [np.where(depth * np.cos(angle - k * 2 * np.pi / 3) > triangle, 1, -1) for k in (0, 1)]
    third = np.where(depth * np.cos(angle - 4 * np.pi / 3) > triangle, 1, -1)
    volts = BUS_VOLTAGE / 2 * (legs[0] - (legs[0] + legs[1] + third) / 3)  # against the star point
    phase = flowing(running(frequency, load))[0, 0]
    for n in (-4, -2, 2, 4):
        at = CARRIER + n * frequency
        pulses = 2 / len(t) * abs(volts @ np.exp(-2j * np.pi * at * t))
        ohms = abs(RESISTANCE + 2j * np.pi * at * INDUCTANCE)
        assert amplitude(phase, at) == pytest.approx(pulses / ohms / RATED_CURRENT, abs=1e-4)


def test_speed_and_load_fill_their_ranges_and_the_modulator_never_saturates() -> None:
    operation = machines(2000).operation
    for values, (low, high) in ((operation.frequency, FREQUENCIES), (operation.load, LOADS)):
        assert low <= values.min() < low + 0.02 * (high - low)
        assert high - 0.02 * (high - low) < values.max() <= high
    assert modulation(operation.frequency, operation.load)[0].max() < 1


def test_noise_has_the_stated_deviation() -> None:
    made = machines(500)
    gain, offset = (of[:, :, None] for of in (made.sensors.gain, made.sensors.offset))
    rest = made.windows().reshape(500, PHASES, SAMPLES) - made.flowing * (1 + gain) - offset
    assert rest.std() == pytest.approx(NOISE, rel=0.02)


@pytest.mark.parametrize("fault", FAULTS)
def test_severity_scales_the_effect_and_nothing_else(fault: str) -> None:
    made = machines(40)
    whole, half, full = (made.faulty(fault, severity) for severity in (0, 0.5, 1))
    assert np.array_equal(whole, made.windows())
    assert half == pytest.approx((whole + full) / 2, abs=1e-6)
    assert np.abs(full - whole).max() > 0.05


@pytest.mark.parametrize("severity", [-0.1, 1.1])
def test_a_severity_outside_of_its_range_is_refused(severity: float) -> None:
    with pytest.raises(ValueError, match="severity must be in 0 … 1"):
        machines(2).faulty("open switch", severity)


@pytest.mark.parametrize("fault", FAULTS)
def test_at_severity_0_two_sample_tests_find_no_difference_and_at_1_they_do(fault: str) -> None:
    """Other machines than the ordinary ones, so that equal windows prove nothing."""
    ordinary = recording(400, "test", 5).windows()
    made = machines(400)
    forest = RandomForestClassifier(n_estimators=60, min_samples_leaf=5, random_state=0)

    def told_apart(strange: np.ndarray) -> float:
        x = np.concatenate([features(ordinary), features(strange)])
        truth = np.repeat([0, 1], [len(ordinary), len(strange)])
        return float(np.mean(cross_val_predict(forest, x, truth, cv=4) == truth))

    at_0, at_1 = made.faulty(fault, 0), made.faulty(fault, 1)
    pairs = zip(features(ordinary).T, features(at_0).T, strict=True)
    chances = [ks_2samp(one, other).pvalue for one, other in pairs]
    assert min(chances) > 0.01 / len(chances)
    assert told_apart(at_0) < 0.56  # 0.5 with a standard error of 0.018
    assert told_apart(at_1) > 0.6


def features(windows: np.ndarray) -> np.ndarray:
    """What tells of a window's phases: levels, spreads, harmonics of the turn, and their sum."""
    x = windows.reshape(-1, PHASES, SAMPLES).astype(np.float64)
    spectrum = np.abs(np.fft.rfft(x, axis=2))[:, :, :12].reshape(len(x), -1) / SAMPLES
    total = x.sum(axis=1)
    summed = np.stack([total.mean(1), total.std(1)], axis=1)
    return np.concatenate([x.mean(2), x.std(2), spectrum, summed], axis=1)


def test_an_open_switch_takes_the_positive_half_waves() -> None:
    made = machines(50)
    ideal = replace(
        made,
        sensors=replace(
            made.sensors,
            gain=0 * made.sensors.gain,
            offset=0 * made.sensors.offset,
            noise=0 * made.sensors.noise,
        ),
    )
    phases = ideal.faulty("open switch", 1).reshape(-1, PHASES, SAMPLES)
    assert phases[:, 0].max() < 1e-6
    assert np.abs(phases.sum(axis=1)).max() < 1e-5


def test_faults_have_their_stated_size() -> None:
    frequency, load = 100.0, 0.6
    operation = running(frequency, load)
    whole = flowing(operation)
    made = machines(1)
    silent = replace(
        made.sensors, **{name: 0 * getattr(made.sensors, name) for name in ("gain", "offset")}
    )
    one = Recording(operation, whole, silent)
    negative = one.effect("phase imbalance")[0]
    turn = np.exp(2j * np.pi / 3 * np.arange(PHASES))
    spectrum = negative @ np.exp(-2j * np.pi * frequency * np.arange(SAMPLES) / SAMPLING_RATE)
    # a negative sequence turns against the field: its components along the other two vanish
    assert abs(spectrum @ np.conj(turn)) * 2 / SAMPLES / 3 == pytest.approx(IMBALANCE * load)
    assert abs(spectrum @ turn) < 1e-9
    assert abs(spectrum.sum()) < 1e-9
    assert one.effect("sensor offset")[0, 0] == pytest.approx(OFFSET)
    assert one.effect("sensor gain")[0, 0] == pytest.approx(GAIN * whole[0, 0])


def test_a_6205_bearing_passes_3_585_balls_a_turn() -> None:
    """The makers of the bearing data of Case Western Reserve University give 3.5848."""
    turns = np.array([100.0]) / 2  # of the shaft, Hz, at 100 Hz and two pole pairs
    assert bearing_frequency(np.array([100.0]))[0] / turns[0] == pytest.approx(3.585, abs=1e-3)


def test_the_same_seed_gives_the_same_bits_and_parts_share_no_machine() -> None:
    data, again, other = (currents(30, 20, 20, seed=seed) for seed in (1, 1, 2))
    for name, split in data.splits().items():
        assert np.array_equal(split.x, again.splits()[name].x)
        assert not np.array_equal(split.x, other.splits()[name].x)
        assert split.x.dtype == np.float32
    loads = [recording(20, part, 1).operation.load for part in ("train", "test", "faulty")]
    assert len(np.unique(np.concatenate(loads))) == 60
    assert np.array_equal(flat(machines(3).flowing).shape, (3, 384))
