"""One-dimensional waveforms: a few harmonics whose phases are random, and a little noise.

x(t) = Σ cos(2π h t + φ_h) / √h for h = 1 … complexity, sampled at 128 places of one period, plus
Gaussian noise. The phases φ_h are all that tells two waveforms apart, one number a harmonic; but
they turn a harmonic in the plane of its sine and cosine, which is two numbers for a straight view.
"""

from __future__ import annotations

import numpy as np

from training.data import rng
from training.data.dataset import Dataset, Floats, Split

SAMPLES = 128
"""Samples of one period of the first harmonic."""

COMPLEXITIES = (1, 2, 3, 4, 5, 6)
"""The numbers of harmonics that the book uses."""

NOISE = 0.05
"""Standard deviation of the noise on each sample; the first harmonic has amplitude 1."""


def amplitudes(complexity: int) -> Floats:
    """Of the harmonics 1 … complexity: 1/√h, float32 `[complexity]`."""
    return (np.arange(1, complexity + 1) ** -0.5).astype(np.float32)


def signals(
    complexity: int,
    train: int = 4096,
    validation: int = 512,
    test: int = 512,
    noise: float = NOISE,
    seed: int = 3,
) -> Dataset:
    """Waveforms of `complexity` harmonics as float32 `[n, 128]`; they carry no classes.

    Raises ValueError unless 1 ≤ complexity < 64 and noise ≥ 0.
    """
    if not 1 <= complexity < SAMPLES // 2:
        raise ValueError(f"complexity must be in 1 … {SAMPLES // 2 - 1}, found {complexity}")
    if noise < 0:
        raise ValueError(f"noise is a deviation and cannot be negative, found {noise}")
    sizes = (train, validation, test)
    made = [_split(size, complexity, noise, seed, number) for number, size in enumerate(sizes)]
    return Dataset(
        name="signals",
        label="synthetic",
        description=f"waveforms of {complexity} harmonic{'s' * (complexity > 1)} with random "
        f"phases, {SAMPLES} samples of one period, noise of deviation {noise:g}",
        classes=("waveform",),
        train=made[0],
        validation=made[1],
        test=made[2],
    )


def _split(count: int, complexity: int, noise: float, seed: int, number: int) -> Split:
    first = rng.STREAM_DATA + 6 * complexity + 2 * number
    phases = 2 * np.pi * rng.uniform(seed, first, count * complexity).reshape(count, complexity)
    grain = rng.normal(seed, first + 1, count * SAMPLES).reshape(count, SAMPLES)
    time = np.arange(SAMPLES) / SAMPLES
    harmonics = np.arange(1, complexity + 1)
    angles = 2 * np.pi * harmonics[:, None] * time + phases[:, :, None]
    x = np.einsum("h,nht->nt", amplitudes(complexity), np.cos(angles)) + noise * grain
    return Split(x.astype(np.float32), np.zeros(count, np.uint8))
