"""Readings of four sensors on fan drives: speed, torque, temperature and vibration.

Two hidden causes move all four: the speed that is asked for, and the wear of the bearing. With n
the speed in 1/min, w the wear (standard normal) and ε a scatter of each sensor's own,

- n is drawn evenly from `SLOWEST` to `FASTEST`;
- the torque follows the fan law, which goes with the square of the speed: `TORQUE` Nm at
  `FASTEST`, times 1 + `DAMPERS` ε for the dampers and the density of the air;
- the bearing is warmer than the hall, which has `HALL` °C, by `WARMTH` °C at `FASTEST`, in
  proportion to the speed, and by `FRICTION` °C for each deviation of wear, and `DRAUGHT` ε;
- the vibration (the effective value of its velocity) goes with the speed and is log-normal in the
  wear: `VIBRATION` mm/s at `FASTEST`, times exp(`GROWTH` w + `FLUTTER` ε).

Each sensor reads in steps of its own. What is left out: the motor's losses, resonances, and that
wear grows with time. No number is of a certain machine.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from training.data import rng
from training.data.dataset import Dataset, Split

Field: TypeAlias = NDArray[np.float64]

FEATURES = ("speed", "torque", "temperature", "vibration")
UNITS = ("rpm", "Nm", "°C", "mm/s")
STEPS = (1.0, 0.1, 0.1, 0.01)
"""The resolution of each sensor, in its unit; the vibration's is also the least that it reads."""

SLOWEST = 1250.0
FASTEST = 4750.0
"""rpm; drawn evenly, which is a deviation of about 1,000."""

TORQUE = 150.0
DAMPERS = 0.2
HALL = 25.0
WARMTH = 20.0
FRICTION = 7.0
DRAUGHT = 2.0
VIBRATION = 3.0
GROWTH = 0.8
FLUTTER = 0.15


def readings(train: int = 512, validation: int = 384, test: int = 384, seed: int = 3) -> Dataset:
    """Readings float32 `[n, 4]` in the order of `FEATURES`, in `UNITS`; they carry no classes."""
    sizes = (train, validation, test)
    made = [_split(size, seed, 3 * number) for number, size in enumerate(sizes)]
    return Dataset(
        name="readings",
        label="simulated from a stated physical model",
        description="speed, torque, bearing temperature and vibration of fan drives, moved by the "
        "speed that is asked for and by the wear of the bearing",
        classes=("reading",),
        train=made[0],
        validation=made[1],
        test=made[2],
    )


def sensed(speed: Field, wear: Field, scatter: Field) -> Field:
    """What the sensors would say without steps, `[n, 4]`, of speeds in rpm and wear `[n]`.

    `scatter` `[n, 3]` holds the ε of torque, temperature and vibration.
    """
    share = speed / FASTEST
    torque = TORQUE * share**2 * (1 + DAMPERS * scatter[:, 0])
    temperature = HALL + WARMTH * share + FRICTION * wear + DRAUGHT * scatter[:, 1]
    vibration = VIBRATION * share * np.exp(GROWTH * wear + FLUTTER * scatter[:, 2])
    return np.stack([speed, torque, temperature, vibration], axis=1)


def _split(count: int, seed: int, first: int) -> Split:
    stream = rng.STREAM_DATA + 64 + first
    speed = SLOWEST + (FASTEST - SLOWEST) * rng.uniform(seed, stream, count)
    wear = rng.normal(seed, stream + 1, count).astype(np.float64)
    scatter = rng.normal(seed, stream + 2, 3 * count).astype(np.float64).reshape(count, 3)
    steps = np.array(STEPS)
    x = steps * np.maximum(np.rint(sensed(speed, wear, scatter) / steps), [0, 0, -np.inf, 1])
    return Split(x.astype(np.float32), np.zeros(count, np.uint8))
