"""How a decoder answers: directions in use, and how suddenly a drawing turns into another."""

import numpy as np
import pytest

from training.measure.response import directions_in_use, half_change_shares


def slopes(scales: list[float], turn_seed: int | None = None) -> np.ndarray:
    """Jacobians `[200, 30, k]` whose columns have these lengths on average."""
    rng = np.random.default_rng(3)
    jacobians = rng.standard_normal((200, 30, len(scales))) * scales
    if turn_seed is None:
        return jacobians
    turn, _ = np.linalg.qr(np.random.default_rng(turn_seed).standard_normal((len(scales),) * 2))
    return jacobians @ turn


@pytest.mark.parametrize("turn_seed", [None, 1, 2])
def test_idle_directions_do_not_count_however_the_code_is_turned(turn_seed: int | None) -> None:
    assert directions_in_use(slopes([1, 0.5, 0.2, 0.05, 0], turn_seed)) == 3
    assert directions_in_use(slopes([1, 1, 1, 1], turn_seed)) == 4


def test_a_decoder_that_ignores_its_code_uses_no_direction() -> None:
    assert directions_in_use(np.zeros((10, 5, 3))) == 0


def test_an_even_change_takes_half_of_the_way_and_a_jump_a_single_step() -> None:
    t = np.linspace(0, 1, 65)
    even, jump = t, (t > 0.3).astype(float)
    hump = np.where(t < 0.5, t / 10, 0.05 + np.clip((t - 0.5) * 8, 0, 1))
    paths = np.stack([np.stack([path, 1 - path], axis=1) for path in (even, jump, hump)])
    found = half_change_shares(paths)
    assert found[0] == pytest.approx(0.5)
    assert found[1] == pytest.approx(1 / 64)
    # 1.05 + 0.05 in all; half of it lies within the steep eighth
    assert 0.05 < found[2] < 0.125
