"""The energy distance, against scipy's and by what it must tell apart."""

import numpy as np
import pytest
from scipy import stats

from training.measure.samples import energy_distance

CHANCE = np.random.default_rng(3)


def test_in_one_dimension_it_is_the_square_of_scipys() -> None:
    x = CHANCE.standard_normal((2000, 1)).astype(np.float32)
    y = CHANCE.uniform(-1, 3, (1500, 1)).astype(np.float32)
    assert energy_distance(x, y) == pytest.approx(
        stats.energy_distance(x[:, 0], y[:, 0]) ** 2, abs=0.003
    )


def test_it_is_near_zero_for_one_distribution_and_tells_missing_variety() -> None:
    data, fresh = CHANCE.standard_normal((2, 800, 3)).astype(np.float32)
    assert abs(energy_distance(fresh, data)) < 0.01
    assert energy_distance(0.5 * fresh, data) > 0.1
    assert energy_distance(fresh + 0.5, data) > 0.1
