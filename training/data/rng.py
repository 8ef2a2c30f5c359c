"""Counter-based random numbers whose twin is `site_assets/engine/rng.ts`.

Every number is a pure function of `(seed, stream, counter)`: nothing has state, so a page can
ask for the noise of optimiser step 1,234 without drawing the 1,233 before it. Bits, uniforms,
permutations and initial weights are equal bit for bit in both languages; normals are computed
in float64 and rounded to float32 (`tests/unit/test_rng_twins.py` counts the differences).

Streams keep the uses of one seed apart. A stream is a base plus an index:

| base         | constant         | index                         | used for                      |
| ------------ | ---------------- | ----------------------------- | ----------------------------- |
| `0x00000000` | `STREAM_WEIGHTS` | position of the parameter     | initial weights               |
| `0x10000000` | `STREAM_ORDER`   | epoch                         | order of the training samples |
| `0x20000000` | `STREAM_NOISE`   | optimiser step, 0-based       | ε of the reparameterisation   |
| `0x30000000` | `STREAM_DATA`    | chosen by the generator       | synthetic data                |
| `0x40000000` | `STREAM_DRAW`    | chosen by the figure or check | samples shown or measured     |

The mixer is Chris Wellons' two-multiplication `lowbias32` (https://nullprogram.com/blog/2018/07/31/),
applied twice under two keys, so that no stream is a shifted copy of another.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import prod, sqrt

import numpy as np
from numpy.typing import NDArray

STREAM_WEIGHTS = 0x00000000
STREAM_ORDER = 0x10000000
STREAM_NOISE = 0x20000000
STREAM_DATA = 0x30000000
STREAM_DRAW = 0x40000000

_GOLDEN = np.uint32(0x9E3779B9)
_SEED_KEY = 0x85EBCA6B
_STREAM_KEY = np.uint32(0xC2B2AE35)


def hash32(values: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Mix each uint32 into another uint32; a bijection of the 2³² values."""
    x = np.array(values, dtype=np.uint32)
    x ^= x >> np.uint32(16)
    x *= np.uint32(0x7FEB352D)
    x ^= x >> np.uint32(15)
    x *= np.uint32(0x846CA68B)
    x ^= x >> np.uint32(16)
    return x


def bits(seed: int, stream: int, count: int, start: int = 0) -> NDArray[np.uint32]:
    """`count` random uint32 values, the counters `start … start + count − 1` of a stream.

    Raises ValueError if seed, stream or a counter is not in 0 … 2³² − 1.
    """
    random: NDArray[np.uint32] = bits_of_streams(seed, range(stream, stream + 1), count, start)[0]
    return random


def bits_of_streams(seed: int, streams: range, count: int, start: int = 0) -> NDArray[np.uint32]:
    """The same counters of several streams, `[streams, count]`.

    Raises ValueError if seed, a stream or a counter is not in 0 … 2³² − 1.
    """
    ends = [("stream", streams[place]) for place in (0, -1) if len(streams)]
    for name, value in (("seed", seed), *ends, ("start", start)):
        if not 0 <= value < 2**32:
            raise ValueError(f"{name} must be in 0 … 2³² − 1, found {value}")
    if not 0 <= count <= 2**32 - start:
        raise ValueError(f"count must be in 0 … {2**32 - start}, found {count}")
    stream_hash = hash32(np.array(streams, np.uint32)[:, None] ^ _STREAM_KEY)
    first_key = hash32(np.uint32(seed) ^ stream_hash)
    second_key = hash32(np.uint32((seed + _SEED_KEY) % 2**32) ^ hash32(stream_hash))
    counter = np.arange(start, start + count, dtype=np.uint64).astype(np.uint32)
    return hash32(hash32(counter * _GOLDEN + first_key) ^ second_key)


def uniform(seed: int, stream: int, count: int, start: int = 0) -> NDArray[np.float64]:
    """`count` float64 values strictly between 0 and 1: (24 random bits + ½) / 2²⁴."""
    return _as_uniform(bits(seed, stream, count, start))


def normal(seed: int, stream: int, count: int, start: int = 0) -> NDArray[np.float32]:
    """`count` standard normal float32 values, |value| ≤ 5.9.

    Value i takes uniforms 2i and 2i + 1 through Box & Muller's √(−2 ln u) cos(2π v)
    (*A Note on the Generation of Random Normal Deviates*, 1958, eq. 1) in float64.
    """
    return _as_normal(bits(seed, stream, 2 * count, 2 * start))


def permutation(seed: int, stream: int, count: int) -> NDArray[np.int32]:
    """The numbers 0 … count − 1 in random order: sorted by a hashed key, ties by index."""
    return np.argsort(bits(seed, stream, count), kind="stable").astype(np.int32)


def initial_weights(
    seed: int, shapes: Sequence[Sequence[int]], fan_ins: Sequence[int]
) -> NDArray[np.float32]:
    """Flat float32 weights of all parameters, in order, before any training.

    Parameter i has `shapes[i]` and is uniform on ±1/√fan_ins[i], which is PyTorch's default
    for the weight and the bias of `nn.Linear` (and `nn.Conv*d`); it reads the stream
    `STREAM_WEIGHTS + i`. Raises ValueError if the two lists differ in length.
    """
    if len(shapes) != len(fan_ins):
        raise ValueError(f"{len(shapes)} shapes but {len(fan_ins)} fan-ins")
    pieces = [
        (2 * uniform(seed, STREAM_WEIGHTS + index, prod(shape)) - 1) * (1 / sqrt(fan_in))
        for index, (shape, fan_in) in enumerate(zip(shapes, fan_ins, strict=True))
    ]
    return np.concatenate(pieces or [np.zeros(0)]).astype(np.float32)


def batches(
    seed: int, first_step: int, steps: int, samples: int, batch_size: int
) -> NDArray[np.int32]:
    """Indices [steps, batch_size] of the training samples that each optimiser step sees.

    An epoch is `samples // batch_size` steps over a fresh permutation (stream
    `STREAM_ORDER + epoch`); the remainder of a permutation is left out.
    Raises ValueError if a batch is larger than the training set.
    """
    if not 0 < batch_size <= samples:
        raise ValueError(f"batch size must be in 1 … {samples}, found {batch_size}")
    per_epoch = samples // batch_size
    order = np.empty((steps, batch_size), np.int32)
    epoch, shuffled = -1, np.empty(0, np.int32)
    for row in range(steps):
        step = first_step + row
        if step // per_epoch != epoch:
            epoch = step // per_epoch
            shuffled = _epoch_order(seed, epoch, samples)
        first = step % per_epoch * batch_size
        order[row] = shuffled[first : first + batch_size]
    return order


@lru_cache(maxsize=64)  # seeds that train side by side, and ask a few steps at a time
def _epoch_order(seed: int, epoch: int, samples: int) -> NDArray[np.int32]:
    return permutation(seed, STREAM_ORDER + epoch, samples)


def step_noise(seed: int, first_step: int, steps: int, per_step: int) -> NDArray[np.float32]:
    """Standard normal ε [steps, per_step]; row i reads stream `STREAM_NOISE + first_step + i`."""
    first = STREAM_NOISE + first_step
    return _as_normal(bits_of_streams(seed, range(first, first + steps), 2 * per_step))


def _as_uniform(random: NDArray[np.uint32]) -> NDArray[np.float64]:
    return ((random >> np.uint32(8)).astype(np.float64) + 0.5) / 2**24


def _as_normal(random: NDArray[np.uint32]) -> NDArray[np.float32]:
    u = _as_uniform(random)
    values = np.sqrt(-2 * np.log(u[..., 0::2])) * np.cos(2 * np.pi * u[..., 1::2])
    normals: NDArray[np.float32] = values.astype(np.float32)
    return normals
