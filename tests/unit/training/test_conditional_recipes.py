"""What the recipes of conditional VAEs share, and how made faults are measured."""

import numpy as np
import pytest
import torch

from training.data.currents import FAULTS
from training.data.dataset import Dataset, Floats, Split
from training.recipes.currents_conditional import (
    CLASSES,
    by_nearest,
    error,
    in_all_kinds,
    one_kind_each,
    relative,
)
from training.recipes.families.coarse_currents import WIDTH
from training.recipes.families.conditional import (
    CODE_STEP,
    SEEDS,
    LinearRival,
    levels,
    linear_rivals,
    new_members,
    shared_noise,
    values_of,
    warmth,
)


def dataset(x: Floats, labels: list[int]) -> Dataset:
    split = Split(x, np.array(labels, np.uint8))
    names = tuple(str(k) for k in range(1 + max(labels)))
    return Dataset("points", "synthetic", "", names, split, split, split)


def test_members_start_alike_at_each_beta_and_twins_are_not_told() -> None:
    stack, beta = new_members((0.1, 2.0), 6, 3, (5, 4), seed=1)
    assert stack.members == 4 * SEEDS
    assert beta[:, 0].tolist() == pytest.approx(2 * ([0.1] * SEEDS + [2.0] * SEEDS))
    for parameter in stack.parameters():
        for place in range(1, 4):
            torch.testing.assert_close(
                parameter[:SEEDS], parameter[place * SEEDS : (place + 1) * SEEDS]
            )
    assert stack.told[:, 0, 0].tolist() == [1.0] * 2 * SEEDS + [0.0] * 2 * SEEDS
    eps = shared_noise(3, stack.members, torch.Generator().manual_seed(2))
    torch.testing.assert_close(eps[:SEEDS], eps[2 * SEEDS : 3 * SEEDS])
    assert [warmth(epoch) for epoch in (0, 9, 19, 50)] == [0.05, 0.5, 1, 1]


def test_published_codes_are_whole_steps_within_reach() -> None:
    z = np.array([0, 0.9 * CODE_STEP, -2, 99], np.float32)
    assert values_of(levels(z)) == pytest.approx([0, CODE_STEP, -2, 127 * CODE_STEP])


def test_a_linear_rival_finds_the_codes_that_it_draws() -> None:
    generator = np.random.default_rng(3)
    line = generator.normal(size=(40, 2)).astype(np.float32) @ generator.normal(size=(2, 5))
    x = np.concatenate([line, line + 3]).astype(np.float32)
    rivals = linear_rivals(dataset(x, [0] * 40 + [1] * 40), limits=(-99, 99))
    labels = np.repeat([0, 1], 40).astype(np.uint8)
    for rival in rivals.values():
        z = rival.encode(x, labels)
        assert z.std(0) == pytest.approx([1, 1], abs=0.01)  # deviations of their class
        for kind in (0, 1):
            drawn = rival.decode(z[labels == kind], kind)
            assert drawn == pytest.approx(x[labels == kind], abs=0.02)
    narrow = LinearRival(rivals["own"].means, rivals["own"].directions, (-1, 1))
    assert np.abs(narrow.decode(z, 1)).max() <= 1


def test_a_machine_differs_between_conditions_by_its_fault_alone() -> None:
    machines = in_all_kinds(4, "test")
    assert machines.shape == (CLASSES, 4, WIDTH)
    offset = machines[1 + FAULTS.index("sensor offset")] - machines[0]
    assert offset[:, : WIDTH // 3] == pytest.approx(0.1, abs=1e-5)
    assert offset[:, WIDTH // 3 :] == pytest.approx(0, abs=1e-6)
    split = one_kind_each(8, "test")
    assert split.labels.tolist() == [0, 1, 2, 3, 4, 5, 0, 1]
    assert split.x[3] == pytest.approx(in_all_kinds(8, "test")[3, 3])


def test_errors_are_of_rated_and_relative_to_what_a_fault_changes() -> None:
    machines = in_all_kinds(5, "test")
    assert error(machines[1:], machines) == pytest.approx(np.zeros(5))
    whole = np.broadcast_to(machines[0], machines[1:].shape)
    offset = FAULTS.index("sensor offset")
    assert error(whole, machines)[offset] == pytest.approx(0.1 / np.sqrt(3), rel=1e-4)
    assert relative(whole, machines) == pytest.approx(len(FAULTS))


def test_nearest_recordings_are_meaned() -> None:
    x = np.repeat(np.arange(12, dtype=np.float32)[:, None], WIDTH, axis=1)
    known = dataset(x, [k % CLASSES for k in range(12)])
    made = by_nearest(np.full((1, WIDTH), 7.2, np.float32), known, 1)
    assert made[:, 0, 0].tolist() == [7, 8, 9, 10, 5]
    both = by_nearest(np.full((1, WIDTH), 7.2, np.float32), known, 2)
    assert both[:, 0, 0].tolist() == [4, 5, 6, 7, 8]
