"""A search goes down the slope of cost and leash, from each start, and keeps the best."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from training.data.shapes import SIDE
from training.measure.code_search import (
    ITERATIONS,
    REGION,
    STEEPNESS,
    Asked,
    SearchSlope,
    cost,
    search,
    wall,
    weights,
)

Field = NDArray[np.float64]
INK_ALONE = torch.tensor([[1000.0, 0.0, 0.0]])


class Discs(nn.Module):
    """A soft disc whose radius grows with z₁; z₂ does nothing."""

    def forward(self, z: Tensor) -> Tensor:
        """z `[n, 2]` → `[n, 1, 32, 32]`."""
        place = torch.arange(SIDE) - (SIDE - 1) / 2
        far = torch.hypot(place[:, None], place)
        return torch.sigmoid(8 + 2 * z[:, :1, None] - far)[:, None]


def test_cost_is_a_mean_of_squares_in_deviations() -> None:
    measures, target = torch.tensor([[0.2, 0.5, 5.0]]), torch.tensor([[0.3, 0.5, 3.0]])
    found = cost(measures, target, torch.tensor([0.1, 1.0, 2.0]))
    torch.testing.assert_close(found, torch.tensor([2 / 3]))


def test_slopes_are_autograds() -> None:
    look = SearchSlope(Discs())
    z = torch.randn(4, 2, requires_grad=True)
    target, leash = torch.rand(4, 3), torch.rand(4, 1)
    measures = look.measures(look.draw(z))
    total = cost(measures, target, torch.ones(3)).sum() + (leash * z.square()).sum()
    (expected,) = torch.autograd.grad(total, z)
    drawing, found, slope = look(z.detach(), target, weights(torch.ones(3)).expand(4, -1), leash)
    torch.testing.assert_close(slope, expected)
    torch.testing.assert_close(found, measures.detach())
    torch.testing.assert_close(drawing, look.draw(z).detach())


def asked(leash: float, wished: Tensor) -> Asked:
    """C of the discs and λ ‖z‖², with their slopes."""
    look = SearchSlope(Discs())

    def ask(codes: Field, numbers: NDArray[np.int_]) -> tuple[Field, Field]:
        z = torch.from_numpy(codes).float()
        rows = len(z)
        target, heavy = wished.expand(rows, -1), INK_ALONE.expand(rows, -1)
        _, measures, slope = look(z, target, heavy, torch.full((rows, 1), leash))
        values = (heavy * (measures - target).square()).sum(1) + leash * z.square().sum(1)
        return values.double().numpy(), slope.double().numpy()

    return ask


def test_a_search_finds_the_ink_and_a_leash_pulls_home() -> None:
    look = SearchSlope(Discs())
    wished = look.measures(look.draw(torch.tensor([[1.5, 0.0]])))
    starts = np.array([[0.3, -1.0], [3.0, 0.5]])
    free = search(asked(0.0, wished), starts)
    np.testing.assert_allclose(free.codes[:, 0], 1.5, atol=0.1)
    np.testing.assert_array_equal(free.codes[:, 1], starts[:, 1], "z₂ has no slope")
    held = search(asked(100.0, wished), starts)
    assert np.linalg.norm(held.codes) < np.linalg.norm(free.codes) / 2


def test_a_search_that_is_done_asks_no_more() -> None:
    seen: list[list[int]] = []

    def ask(codes: Field, numbers: NDArray[np.int_]) -> tuple[Field, Field]:
        seen.append(numbers.tolist())
        return (codes**2).sum(1), 2 * codes

    found = search(ask, np.array([[0.0, 0.0], [5.0, -3.0]]))
    np.testing.assert_allclose(found.codes, 0, atol=0.01)
    assert found.looks[0] == 1
    assert found.looks[1] == len(seen)
    assert all(numbers == [1] for numbers in seen[1:])


def test_a_slope_that_leads_nowhere_ends_at_the_wall() -> None:
    def ask(codes: Field, _: NDArray[np.int_]) -> tuple[Field, Field]:
        return -codes[:, 0], np.tile([-1.0, 0.0], (len(codes), 1))

    found = search(ask, np.array([[0.0, 1.0]]))
    at = REGION + 1 / (2 * STEEPNESS)
    np.testing.assert_allclose(found.codes, [[at, 1.0]], atol=1e-4)


def test_the_walls_slope_is_its_own() -> None:
    z = 2 * REGION * (np.random.default_rng(1).random((20, 2)) - 0.5) * 1.5
    heights, slopes = wall(z)
    inside = np.abs(z).max(1) <= REGION
    assert 0 < inside.sum() < len(inside)
    np.testing.assert_array_equal(heights == 0, inside)
    for axis in range(2):
        step = 1e-5 * np.eye(2)[axis]
        rises = (wall(z + step)[0] - wall(z - step)[0]) / 2e-5
        np.testing.assert_allclose(slopes[:, axis], rises, atol=1e-4)


def test_a_search_without_end_is_ended() -> None:
    def ask(codes: Field, _: NDArray[np.int_]) -> tuple[Field, Field]:
        return -0.01 * codes.sum(1), np.full_like(codes, -0.01)

    found = search(ask, np.zeros((1, 2)))
    assert found.looks[0] == ITERATIONS + 1
    np.testing.assert_allclose(found.codes, 0.01 * ITERATIONS)
