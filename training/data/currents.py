"""Windows of the three phase currents of an inverter-fed synchronous machine, whole and faulty.

A window holds 128 samples of three sensors, 20 ms. It begins where the current of phase a peaks, as
a drive knows the angle of its field and can start a recording by it. Speed, load and the phase of
the switching are random; the rest follows from the machine below. Currents are per unit of the
rated amplitude, `RATED_CURRENT`.

With θ the angle of the fundamental, θ_k = θ − 2πk/3 that of phase k, and i_d = 0, what flows in
phase k of a whole machine is the sum of

- the fundamental, load · cos θ_k;
- the 5th and 7th harmonic that dead time leaves. Each leg loses V_bus · t_d · f_c volts against the
  sign of its current (Jeong & Park 1991). The Fourier series of that square wave has amplitude
  4/(πh) at harmonic h; multiples of 3 cannot flow without a neutral wire, and the current control
  takes care of the first;
- the ripple of the pulses: sidebands f_c + n f_1 with n = ±2, ±4 of double-edge naturally sampled
  modulation, of (4/π)(V_bus/2) J_n(πM/2) volts (Holmes & Lipo 2003, chapter 3). The carrier itself
  is the same in all phases and drives no current. The sensors' filters pass what lies below half
  of the sampling rate and stop the rest, which are the sidebands of 2 f_c and above.

A voltage of frequency f drives its current through R + j2πfL. The depth M of modulation follows
from the voltage that speed and load ask for, |jωψ + (R + jωL) i|. All of these sum to zero over the
phases (Kirchhoff). A sensor adds a gain and an offset within its tolerance, and white noise.

Faults have a severity s from 0 to 1, and what they change is proportional to it, so that s = 0 is
a whole machine to the last bit:

- *open switch*: phase a lacks the share s of its positive half-waves. What it lacks, half of it
  each, is missing in the return through b and c. How the control would answer is left out;
- *phase imbalance*: a negative sequence of s · `IMBALANCE` of the fundamental;
- *sensor offset* and *sensor gain*: sensor a reads s · `OFFSET` too much, or s · `GAIN` of itself;
- *bearing ripple*: the load swings at the frequency at which balls pass a spot of the outer race,
  (N/2)(1 − d/D) of the shaft's (Schoen et al. 1995, equation 1 at contact angle 0), and modulates
  the currents' amplitude by s · `RIPPLE`. Torque ripple modulates their phase, too (Blödt et al.
  2008); that is left out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import jv

from training.data import rng
from training.data.dataset import Dataset, Floats, Split

PHASES = 3
SAMPLES = 128
"""Samples of each phase in a window."""

SAMPLING_RATE = 6400.0
"""Hz; a window is 20 ms long: one turn of the field at 50 Hz, three at 150 Hz."""

FREQUENCIES = (50.0, 150.0)
"""Range of the fundamental, Hz."""

LOADS = (0.2, 1.0)
"""Range of the fundamental's amplitude, per unit."""

RATED_CURRENT = 10.0
"""Amplitude of the rated current, A."""

RESISTANCE = 0.5
"""Of a phase, Ω."""

INDUCTANCE = 5e-3
"""Of a phase, the same in all directions of the rotor, H."""

FLUX = 0.25
"""Linked by the magnets, amplitude, Vs."""

POLE_PAIRS = 2
BUS_VOLTAGE = 600.0
"""V."""

CARRIER = 2000.0
"""Switching frequency f_c, Hz."""

DEAD_TIME = 4e-6
"""s."""

SIDEBANDS = (-4, -2, 2, 4)
"""Those around the carrier that flow: odd ones are not there, ±6 would be the same in all phases.

Others are below a thousandth of the rated current."""

NOISE = 0.01
"""Standard deviation of the noise of each sample, per unit."""

GAIN_TOLERANCE = 0.005
OFFSET_TOLERANCE = 0.005
"""Standard deviations of a sound sensor's gain error and offset (per unit)."""

IMBALANCE = 0.2
"""Negative sequence at severity 1, as a share of the fundamental."""

OFFSET = 0.1
"""Of sensor a at severity 1, per unit."""

GAIN = 0.1
"""Excess of sensor a at severity 1, as a share of its reading."""

RIPPLE = 0.1
"""Swing of the currents' amplitude at severity 1, as a share of it."""

BALLS = 9
BALL_OVER_PITCH = 7.94 / 39.04
"""Diameters of ball and pitch circle of a bearing of size 6205, mm."""

STATED: dict[str, float] = {
    "samples": SAMPLES,
    "sampling_rate": SAMPLING_RATE,
    "lowest_frequency": FREQUENCIES[0],
    "highest_frequency": FREQUENCIES[1],
    "lowest_load": LOADS[0],
    "highest_load": LOADS[1],
    "rated_current": RATED_CURRENT,
    "resistance": RESISTANCE,
    "inductance_mh": 1e3 * INDUCTANCE,
    "flux": FLUX,
    "pole_pairs": POLE_PAIRS,
    "bus_voltage": BUS_VOLTAGE,
    "carrier": CARRIER,
    "dead_time_us": 1e6 * DEAD_TIME,
    "noise": NOISE,
    "gain_tolerance": GAIN_TOLERANCE,
    "offset_tolerance": OFFSET_TOLERANCE,
    "imbalance": IMBALANCE,
    "offset": OFFSET,
    "gain": GAIN,
    "ripple": RIPPLE,
    "balls": BALLS,
    "ball_over_pitch": BALL_OVER_PITCH,
}
"""All of these by name, so that a text about the data need not repeat them; two in mH and µs."""

PARTS = ("train", "validation", "test", "faulty")
"""Disjoint sets of machines under way; faults happen to those of the last."""

_STREAM = rng.STREAM_DATA + 0x1000
_STREAMS_OF_A_PART = 8

Field = NDArray[np.float64]


@dataclass(frozen=True)
class Operation:
    """How each of n machines runs; all `[n]`, angles in radians at the window's first sample."""

    frequency: Field
    """Fundamental f_1, Hz."""
    load: Field
    """Amplitude of the fundamental, per unit."""
    carrier_angle: Field
    ripple_angle: Field
    """Of the swing that a worn bearing would make."""


@dataclass(frozen=True)
class Sensors:
    """What the sensors of each machine add: gain and offset `[n, 3]`, noise `[n, 3, 128]`."""

    gain: Field
    offset: Field
    noise: Field


@dataclass(frozen=True)
class Recording:
    """Machines under way: how they run, what flows in them when whole, `[n, 3, 128]` per unit, and
    who reads it."""

    operation: Operation
    flowing: Field
    sensors: Sensors

    def windows(self) -> Floats:
        """Readings of the whole machines, float32 `[n, 384]`, phase after phase."""
        return flat(self._whole())

    def faulty(self, fault: str, severity: float) -> Floats:
        """Readings with a fault of `FAULTS` at `severity`, float32 `[n, 384]`.

        Raises ValueError for a severity outside of 0 … 1, KeyError for an unknown fault.
        """
        if not 0 <= severity <= 1:
            raise ValueError(f"severity must be in 0 … 1, found {severity}")
        return flat(self._whole() + severity * self.effect(fault))

    def effect(self, fault: str) -> Field:
        """What a fault adds to the readings at severity 1, `[n, 3, 128]`. KeyError if unknown."""
        return EFFECTS[fault](self)

    def _whole(self) -> Field:
        gain, offset = (of[:, :, None] for of in (self.sensors.gain, self.sensors.offset))
        whole: Field = self.flowing * (1 + gain) + offset + self.sensors.noise
        return whole


def bearing_frequency(fundamental: Field) -> Field:
    """Hz at which balls pass a spot of the outer race."""
    return BALLS / 2 * (1 - BALL_OVER_PITCH) * fundamental / POLE_PAIRS


def modulation(frequency: Field, load: Field) -> tuple[Field, Field]:
    """Depth M, and by how many radians the leg's voltage leads its current, both `[n]`."""
    omega = 2 * np.pi * frequency
    current = RATED_CURRENT * load
    voltage = omega * FLUX + (RESISTANCE + 1j * omega * INDUCTANCE) * current
    return np.abs(voltage) / (BUS_VOLTAGE / 2), np.angle(voltage)


def flowing(operation: Operation) -> Field:
    """Currents in the windings of whole machines, per unit `[n, 3, 128]`.

    Each is the real part of a sum of turning phasors: those of a component in the three phases,
    `[n, 3, 1]`, times its turn by the time of each sample, `[n, 1, 128]`. A harmonic's turn is a
    power of the fundamental's, which is much cheaper than a cosine of each sample and phase.
    """
    frequency, load = operation.frequency[:, None], operation.load[:, None]
    behind = np.exp(-2j * np.pi / PHASES * np.arange(PHASES))
    turn = np.exp(2j * np.pi * frequency * times())
    phasors = [load * behind]
    turns = [turn]
    lost = BUS_VOLTAGE * DEAD_TIME * CARRIER
    for harmonic, sign in ((5, -1), (7, 1)):
        volts = sign * 4 * lost / (np.pi * harmonic)
        phasors.append(volts * behind**harmonic / ohms(harmonic * frequency))
        turns.append(turn**harmonic)
    depth, lead = (value[:, None] for value in modulation(frequency[:, 0], load[:, 0]))
    carrier = np.exp(1j * operation.carrier_angle)[:, None]
    switching = np.exp(2j * np.pi * CARRIER * times())
    for n in SIDEBANDS:
        volts = 4 / np.pi * BUS_VOLTAGE / 2 * jv(n, np.pi / 2 * depth) * np.sin((1 + n) * np.pi / 2)
        driving = volts * carrier * np.exp(1j * n * lead) * behind**n
        phasors.append(driving / ohms(CARRIER + n * frequency))
        turns.append(switching * (turn if n > 0 else turn.conj()) ** abs(n))
    currents: Field = np.matmul(np.stack(phasors, axis=2), np.stack(turns, axis=1)).real
    return np.ascontiguousarray(currents)


def ohms(frequency: Field) -> NDArray[np.complexfloating]:
    """R + j2πfL, in rated amplitudes: volts over it are per unit."""
    impedance: NDArray[np.complexfloating] = RESISTANCE + 2j * np.pi * frequency * INDUCTANCE
    return impedance * RATED_CURRENT


def times() -> Field:
    """Of the samples, s `[128]`."""
    return np.arange(SAMPLES) / SAMPLING_RATE


def phase_angles(operation: Operation) -> Field:
    """θ_k of every sample, `[n, 3, 128]`."""
    theta = 2 * np.pi * operation.frequency[:, None] * times()
    angles: Field = theta[:, None] - 2 * np.pi / PHASES * np.arange(PHASES)[:, None]
    return angles


def _gain(of: Recording) -> Field:
    gain: Field = 1 + of.sensors.gain[:, :, None]
    return gain


def _open_switch(of: Recording) -> Field:
    half_waves: Field = np.maximum(of.flowing[:, :1], 0)
    missing: Field = half_waves * np.array([-1, 0.5, 0.5])[:, None] * _gain(of)
    return missing


def _phase_imbalance(of: Recording) -> Field:
    backwards = phase_angles(of.operation)[:, [0, 2, 1]]
    return IMBALANCE * of.operation.load[:, None, None] * np.cos(backwards) * _gain(of)


def _sensor_offset(of: Recording) -> Field:
    return OFFSET * _IN_FIRST * np.ones_like(of.flowing)


def _sensor_gain(of: Recording) -> Field:
    return GAIN * _IN_FIRST * of.flowing


def _bearing_ripple(of: Recording) -> Field:
    frequency = bearing_frequency(of.operation.frequency)[:, None]
    swing = np.cos(of.operation.ripple_angle[:, None] + 2 * np.pi * frequency * times())
    return RIPPLE * swing[:, None] * of.flowing * _gain(of)


_IN_FIRST = np.array([1.0, 0, 0])[:, None]

EFFECTS: dict[str, Callable[[Recording], Field]] = {
    "open switch": _open_switch,
    "phase imbalance": _phase_imbalance,
    "sensor offset": _sensor_offset,
    "sensor gain": _sensor_gain,
    "bearing ripple": _bearing_ripple,
}
"""What each fault adds to the readings at severity 1, `[n, 3, 128]`."""

FAULTS = tuple(EFFECTS)


def recording(count: int, part: str, seed: int) -> Recording:
    """`count` machines of one of `PARTS`; the same arguments give the same bits."""
    first = _STREAM + _STREAMS_OF_A_PART * PARTS.index(part)

    def between(stream: int, low: float, high: float) -> Field:
        return low + (high - low) * rng.uniform(seed, first + stream, count)

    def normal(stream: int, *shape: int) -> Field:
        size = int(np.prod(shape))
        return rng.normal(seed, first + stream, size).reshape(shape).astype(np.float64)

    turn = 2 * np.pi
    operation = Operation(
        between(0, *FREQUENCIES),
        between(1, *LOADS),
        between(2, 0, turn),
        between(3, 0, turn),
    )
    sensors = Sensors(
        GAIN_TOLERANCE * normal(4, count, PHASES),
        OFFSET_TOLERANCE * normal(5, count, PHASES),
        NOISE * normal(6, count, PHASES, SAMPLES),
    )
    return Recording(operation, flowing(operation), sensors)


def currents(
    train: int = 4096, validation: int = 1000, test: int = 1000, seed: int = 21
) -> Dataset:
    """Windows of whole machines, float32 `[n, 384]`, per unit: phase a, then b, then c."""
    sizes = zip(PARTS, (train, validation, test), strict=False)
    made = [recording(size, part, seed).windows() for part, size in sizes]
    splits = [Split(x, np.zeros(len(x), np.uint8)) for x in made]
    return Dataset(
        name="currents",
        label="simulated from a stated physical model",
        description="windows of 20 ms of the three phase currents of an inverter-fed machine, "
        f"{SAMPLES} samples a phase, over fundamentals from {FREQUENCIES[0]:g} to "
        f"{FREQUENCIES[1]:g} Hz and loads from {LOADS[0]:g} to {LOADS[1]:g} of the rated "
        "current, with dead-time harmonics, pulse ripple and sensor noise; per unit of the rated "
        f"amplitude, {RATED_CURRENT:g} A",
        classes=("whole",),
        train=splits[0],
        validation=splits[1],
        test=splits[2],
    )


def flat(currents: Field) -> Floats:
    """`[n, 3, 128]` as windows, float32 `[n, 384]`: phase a, then b, then c."""
    return currents.reshape(len(currents), -1).astype(np.float32)
