"""Windows of currents with every four samples meaned, for recipes that draw them (F21, F24)."""

from training.data.currents import PHASES, SAMPLES
from training.data.dataset import Floats

MEANED = 4
"""Samples that become one, their mean: 32 of each phase are left."""

WIDTH = PHASES * SAMPLES // MEANED


def coarse(windows: Floats) -> Floats:
    """Windows `[n, 384]` with every four samples of a phase meaned, float32 `[n, 96]`."""
    meaned: Floats = windows.reshape(len(windows), WIDTH, MEANED).mean(axis=2)
    return meaned
