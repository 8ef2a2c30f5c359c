"""Speed over time of a car in traffic, in five situations: idling to motorway.

A car follows another one by the Intelligent Driver Model (Treiber, Hennecke & Helbing 2000,
equations 3 and 4). With v its speed, s the gap to the leader, and v − v_l how fast it closes in,

    dv/dt = a [1 − (v/v_0)^δ − (s*/s)²],   s* = s_0 + max(0, v T + v (v − v_l) / (2 √(a b))).

Its drivers differ: desired speed v_0, time headway T, acceleration a, comfortable braking b and
gap at rest s_0 are drawn evenly, from the ranges below, around the values of that paper's Table I.

What the situation sets is how the leader drives. It goes from stretch to stretch, one faster and
one slower in turn; `SITUATIONS` has the ranges from which the speed and the length of each are
drawn evenly. It approaches the stretch's speed with a lag, within bounds of acceleration, and does
not hold it exactly: a share of it wanders as an Ornstein-Uhlenbeck process. A log begins in either
kind of stretch, `WARM_UP` seconds before its first reading, so that it starts anywhere.

Both move in steps of `STEP` seconds at constant acceleration, and stop within a step where that
would take them below zero (the ballistic update of Treiber & Kanagaraj 2015). Once a second the
speed is read, with white noise, as a whole number of km/h, and never below zero.

Left out are overtaking, gears, slopes, reaction time, and cars that change their situation.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from training.data import rng
from training.data.dataset import Dataset, Floats, Labels, Split

Field: TypeAlias = NDArray[np.float64]
Readings: TypeAlias = NDArray[np.uint8]
Range: TypeAlias = tuple[float, float]

SAMPLES = 64
"""Readings in a window, one a second."""

LONGEST_SHIFT = 8
"""Seconds by which a window can be moved along its log."""

STEP = 0.25
"""Of the simulation, s."""

STEPS_A_SECOND = round(1 / STEP)
WARM_UP = 120
"""Seconds before the first reading."""

SECONDS = WARM_UP + SAMPLES + LONGEST_SHIFT
KMH = 1 / 3.6
"""One km/h in m/s."""

HEADWAYS: Range = (1.0, 2.2)
"""Time headway T, s; 1.6 in Table I."""

ACCELERATIONS: Range = (0.6, 1.4)
"""Acceleration a, m/s²; 0.73 in Table I."""

BRAKINGS: Range = (1.3, 2.1)
"""Comfortable braking b, m/s²; 1.67 in Table I."""

GAPS: Range = (1.5, 2.5)
"""Gap at rest s_0, m; 2 in Table I."""

EXPONENT = 4
"""δ."""

LEADER_LAG = 3.0
"""s."""

LEADER_ACCELERATION = 1.2
LEADER_BRAKING = 2.0
"""Bounds of the leader's acceleration, m/s²."""

WANDER = 0.03
"""Standard deviation of the wander, as a share of the stretch's speed."""

WANDER_TIME = 15.0
"""After which the wander has forgotten itself to 1/e, s."""

NOISE = 0.3
"""Standard deviation of a reading before it is rounded, km/h."""

UNIT_SPEED = 50.0
"""Networks see speeds as shares of this, km/h."""


@dataclass(frozen=True)
class Stretch:
    """A kind of stretch of the leader's drive: ranges of its speed, km/h, and length, s."""

    speeds: Range
    seconds: Range
    stops: float = 0.0
    """Share of these stretches in which the leader stands."""


@dataclass(frozen=True)
class Situation:
    """How fast the follower would like to go, km/h, and what the leader does in turn."""

    desired: Range
    faster: Stretch
    slower: Stretch


SITUATIONS: dict[str, Situation] = {
    "idling": Situation((30, 60), Stretch((3, 10), (3, 8)), Stretch((0, 0), (20, 90))),
    "stop-and-go": Situation((50, 130), Stretch((10, 40), (6, 20)), Stretch((0, 8), (5, 20), 0.5)),
    "urban": Situation((50, 60), Stretch((30, 55), (10, 40)), Stretch((10, 25), (8, 40), 0.6)),
    "rural": Situation((80, 110), Stretch((70, 100), (20, 70)), Stretch((30, 60), (8, 40), 0.1)),
    "motorway": Situation((110, 150), Stretch((100, 135), (30, 120)), Stretch((60, 100), (10, 40))),
}
NAMES = tuple(SITUATIONS)
STRETCHES = 42
"""That a leader has in store, more than any needs."""

PARTS = ("train", "validation", "test")


def _ends(bounds: Range) -> dict[str, float]:
    return {"low": bounds[0], "high": bounds[1]}


def _stretch(of: Stretch) -> dict[str, object]:
    return {"speeds": _ends(of.speeds), "seconds": _ends(of.seconds), "stops": of.stops}


STATED: dict[str, object] = {
    "samples": SAMPLES,
    "longest_shift": LONGEST_SHIFT,
    "step": STEP,
    "warm_up": WARM_UP,
    "headways": _ends(HEADWAYS),
    "accelerations": _ends(ACCELERATIONS),
    "brakings": _ends(BRAKINGS),
    "gaps": _ends(GAPS),
    "exponent": EXPONENT,
    "leader_lag": LEADER_LAG,
    "leader_acceleration": LEADER_ACCELERATION,
    "leader_braking": LEADER_BRAKING,
    "wander": WANDER,
    "wander_time": WANDER_TIME,
    "noise": NOISE,
    **{
        name: {
            "desired": _ends(kind.desired),
            "faster": _stretch(kind.faster),
            "slower": _stretch(kind.slower),
        }
        for name, kind in SITUATIONS.items()
    },
}
"""All of these by name, in the units above, so that a text about the data need not repeat them."""

_STREAM = rng.STREAM_DATA + 0x2000
_STREAMS_OF_A_PART = 16


@dataclass(frozen=True)
class Drivers:
    """Parameters of n followers, each `[n]` in SI units."""

    desired: Field
    headway: Field
    acceleration: Field
    braking: Field
    gap: Field


@dataclass(frozen=True)
class Plan:
    """What n leaders have in mind: speeds and ends of their stretches `[n, STRETCHES]`, m/s and s,
    and the wander of each second `[n, SECONDS]`, a share of the speed."""

    speeds: Field
    ends: Field
    wander: Field


@dataclass(frozen=True)
class Traffic:
    """n followers and their leaders, step by step from the first reading on, `[n, steps]`."""

    situations: Labels
    """Place of each car's situation in `NAMES`, `[n]`."""
    drivers: Drivers
    speed: Field
    """Of the follower, m/s."""
    leader: Field
    """Speed of the leader, m/s."""
    gap: Field
    """Between the two, m."""


@dataclass(frozen=True)
class Logs:
    """What was read of n cars once a second, whole km/h `[n, SAMPLES + LONGEST_SHIFT]`, and the
    situation of each, `[n]`."""

    readings: Readings
    situations: Labels

    def windows(self, shift: int = 0) -> Floats:
        """Windows that begin `shift` seconds into the logs, as networks see them: `[n, SAMPLES]`.

        Raises ValueError for a shift outside of 0 … LONGEST_SHIFT.
        """
        if not 0 <= shift <= LONGEST_SHIFT:
            raise ValueError(f"a shift is in 0 … {LONGEST_SHIFT} seconds, found {shift}")
        return (self.readings[:, shift : shift + SAMPLES] / UNIT_SPEED).astype(np.float32)


def idm_acceleration(drivers: Drivers, speed: Field, leader: Field, gap: Field) -> Field:
    """dv/dt of the Intelligent Driver Model, m/s² `[n]`."""
    closing = speed * (speed - leader) / (2 * np.sqrt(drivers.acceleration * drivers.braking))
    wanted = drivers.gap + np.maximum(0, speed * drivers.headway + closing)
    free = 1 - (speed / drivers.desired) ** EXPONENT
    acceleration: Field = drivers.acceleration * (free - (wanted / gap) ** 2)
    return acceleration


def equilibrium_gap(drivers: Drivers, speed: Field) -> Field:
    """The gap at which a follower keeps its speed behind a leader of the same speed, m `[n]`.

    (s_0 + v T) / √(1 − (v/v_0)^δ): Treiber et al. 2000, equation 5.
    """
    room = np.sqrt(1 - (speed / drivers.desired) ** EXPONENT)
    gap: Field = (drivers.gap + speed * drivers.headway) / room
    return gap


def moved(speed: Field, acceleration: Field) -> tuple[Field, Field]:
    """Speed after a step at constant acceleration, and the way, m; a car that stops stays."""
    after = speed + acceleration * STEP
    way = (speed + after) / 2 * STEP
    with np.errstate(divide="ignore", invalid="ignore"):
        braking_way = speed**2 / (-2 * acceleration)
    return np.maximum(after, 0), np.where(after < 0, braking_way, way)


def followed(drivers: Drivers, plan: Plan) -> tuple[Field, Field, Field]:
    """Speed of follower and leader, and the gap, at every step after `WARM_UP`."""
    cars = np.arange(len(plan.ends))
    place = np.zeros(len(cars), np.int64)
    leader = plan.speeds[:, 0]
    speed = np.minimum(leader, 0.9 * drivers.desired)
    gap = equilibrium_gap(drivers, speed)
    kept = []
    for step in range(SECONDS * STEPS_A_SECOND):
        if step >= WARM_UP * STEPS_A_SECOND:
            kept.append((speed, leader, gap))
        place += step * STEP >= plan.ends[cars, place]
        aim = plan.speeds[cars, place] * (1 + plan.wander[:, step // STEPS_A_SECOND])
        push = np.clip((aim - leader) / LEADER_LAG, -LEADER_BRAKING, LEADER_ACCELERATION)
        pull = idm_acceleration(drivers, speed, leader, gap)
        leader, ahead = moved(leader, push)
        speed, behind = moved(speed, pull)
        gap = gap + ahead - behind
    speeds, leaders, gaps = (np.stack(series, axis=1) for series in zip(*kept, strict=True))
    return speeds, leaders, gaps


@cache
def logs(count: int, part: str, seed: int) -> Logs:
    """Readings of the cars of `traffic`, of the same arguments."""
    cars = traffic(count, part, seed)
    sampled = cars.speed[:, ::STEPS_A_SECOND] / KMH
    eps = rng.normal(seed, _first_stream(part) + 11, sampled.size).reshape(sampled.shape)
    read = np.maximum(np.rint(sampled + NOISE * eps), 0)
    return Logs(read.astype(np.uint8), cars.situations)


def traffic(count: int, part: str, seed: int) -> Traffic:
    """`count` cars of one of `PARTS`, as many in each situation, give or take one; the same
    arguments give the same bits."""
    first = _first_stream(part)
    situations = rng.permutation(seed, first, count) % len(NAMES)

    def between(stream: int, low: Field | float, high: Field | float, *shape: int) -> Field:
        size = int(np.prod((count, *shape)))
        share = rng.uniform(seed, first + stream, size).reshape(count, *shape)
        return low + (high - low) * share

    def of_each(ranges: list[Range]) -> tuple[Field, Field]:
        low, high = np.array(ranges, np.float64)[situations].T
        return low, high

    kinds = list(SITUATIONS.values())
    low, high = of_each([kind.desired for kind in kinds])
    drivers = Drivers(
        KMH * between(1, low, high),
        between(2, *HEADWAYS),
        between(3, *ACCELERATIONS),
        between(4, *BRAKINGS),
        between(5, *GAPS),
    )
    begins_slower = rng.uniform(seed, first + 6, count) < 0.5
    slower = (np.arange(STRETCHES) % 2 == 1) != begins_slower[:, None]

    def stretches(stream: int, field: str) -> Field:
        bounds = [
            of_each([getattr(stretch, field) for stretch in each])
            for each in ([kind.faster for kind in kinds], [kind.slower for kind in kinds])
        ]
        low, high = (np.where(slower, b[:, None], a[:, None]) for a, b in zip(*bounds, strict=True))
        return between(stream, low, high, STRETCHES)

    stops = np.array([kind.slower.stops for kind in kinds])[situations]
    stands = slower & (between(9, 0, 1, STRETCHES) < stops[:, None])
    plan = Plan(
        KMH * np.where(stands, 0, stretches(7, "speeds")),
        np.cumsum(stretches(8, "seconds"), axis=1),
        wandering(count, seed, first + 10),
    )
    return Traffic(situations.astype(np.uint8), drivers, *followed(drivers, plan))


def _first_stream(part: str) -> int:
    return _STREAM + _STREAMS_OF_A_PART * PARTS.index(part)


def wandering(count: int, seed: int, stream: int) -> Field:
    """An Ornstein-Uhlenbeck process a car, of deviation `WANDER`, once a second
    `[count, SECONDS]`."""
    eps = rng.normal(seed, stream, count * SECONDS).astype(np.float64).reshape(count, SECONDS)
    kept = np.exp(-1 / WANDER_TIME)
    values = np.empty_like(eps)
    values[:, 0] = eps[:, 0]
    for second in range(1, SECONDS):
        values[:, second] = kept * values[:, second - 1] + np.sqrt(1 - kept**2) * eps[:, second]
    return WANDER * values


def drives(train: int = 2000, validation: int = 500, test: int = 200, seed: int = 61) -> Dataset:
    """Windows of speed, float32 `[n, 64]`, as shares of `UNIT_SPEED`, and the situations."""
    made = [
        logs(size, part, seed) for part, size in zip(PARTS, (train, validation, test), strict=True)
    ]
    splits = [Split(each.windows(), each.situations) for each in made]
    return Dataset(
        name="drives",
        label="simulated from a stated physical model",
        description=f"windows of {SAMPLES} seconds of the speed of a car that follows another one "
        "by the Intelligent Driver Model, in five situations, read once a second in whole km/h; "
        f"as shares of {UNIT_SPEED:g} km/h",
        classes=NAMES,
        train=splits[0],
        validation=splits[1],
        test=splits[2],
    )
