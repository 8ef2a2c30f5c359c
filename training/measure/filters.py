"""Filters that clean signals and pictures without a network, and how well anything cleans.

A batch of examples has its samples along the axes after the first. Ends are mirrored.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import median_filter, uniform_filter1d
from scipy.signal import savgol_filter

from training.data.dataset import Floats

Field = NDArray[np.float64]


def moving_average(x: Field, width: int, axes: Sequence[int]) -> Field:
    """The mean of `width` samples around each, along each of the axes in turn."""
    for axis in axes:
        x = uniform_filter1d(x, width, axis=axis, mode="mirror")
    return x


def savitzky_golay(x: Field, width: int, order: int, axes: Sequence[int]) -> Field:
    """The middle of the polynomial that fits `width` samples best (Savitzky & Golay 1964)."""
    for axis in axes:
        x = savgol_filter(x, width, order, axis=axis, mode="mirror")
    return x


def despiked(x: Field, width: int, limit: float, axes: Sequence[int]) -> Field:
    """What lies further than `limit` from the median of the samples around it, `width` along each
    of the axes, becomes that median: a Hampel filter (Pearson et al. 2016, *Generalized Hampel
    Filters*, section 2) of a fixed limit."""
    sizes = np.ones(x.ndim, int)
    sizes[list(axes)] = width
    middle = median_filter(x, size=tuple(sizes), mode="mirror")
    result: Field = np.where(np.abs(x - middle) > limit, middle, x)
    return result


class Spectrum:
    """Directions of a set of clean rows `[n, d]` and their variances: its principal axes.

    Of a stationary signal they are sines and the variances its power spectrum; no assumption of
    that kind is made here.
    """

    def __init__(self, rows: Floats, kept: int) -> None:
        self.mean: Field = rows.mean(axis=0, dtype=np.float64)
        centred = rows - self.mean
        variances, directions = np.linalg.eigh(centred.T @ centred / len(rows))
        self.variances: Field = variances[::-1][:kept]
        self.directions: Field = directions[:, ::-1][:, :kept].T

    def gained(self, rows: Field, gains: Field) -> Field:
        """Rows whose part along each direction is multiplied by its gain."""
        along = (rows - self.mean) @ self.directions.T
        result: Field = self.mean + (gains * along) @ self.directions
        return result

    def wiener(self, rows: Field, noise: float) -> Field:
        """The best linear estimate under white noise of that deviation: gains λ / (λ + s²)."""
        return self.gained(rows, self.variances / (self.variances + noise**2))

    def project(self, rows: Field, numbers: int) -> Field:
        """Principal component analysis: the first directions whole, the others not at all."""
        return self.gained(rows, (np.arange(len(self.variances)) < numbers).astype(float))


def gain_db(clean: Field, noisy: Field, cleaned: Field) -> float:
    """By how many decibels the ratio of signal to noise has grown."""
    before, after = (np.mean(np.square(other - clean)) for other in (noisy, cleaned))
    return float(10 * np.log10(before / after))
