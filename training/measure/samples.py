"""How far a set of samples is from the data, without a model."""

import numpy as np
from scipy.spatial.distance import cdist

from training.data.dataset import Floats


def energy_distance(samples: Floats, data: Floats) -> float:
    """2 E‖X − Y‖ − E‖X − X′‖ − E‖Y − Y′‖ between rows `[n, d]` and `[m, d]`, in their unit.

    0 only if both have the same distribution (Székely & Rizzo 2013, *Energy Statistics*, equation
    5); pairs of a row with itself are left out of the means, so it may fall a little below 0.
    """
    x, y = samples.astype(np.float64), data.astype(np.float64)
    across = cdist(x, y).mean()
    within = [cdist(one, one).sum() / (len(one) * (len(one) - 1)) for one in (x, y)]
    return float(2 * across - sum(within))
