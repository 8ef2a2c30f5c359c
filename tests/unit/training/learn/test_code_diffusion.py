"""The diffusion on codes: what is exact about it holds, and members keep to themselves."""

import numpy as np
import pytest
import torch

from training.learn.code_diffusion import (
    CLEANEST,
    NOISIEST,
    ChosenDenoiser,
    DenoiserStack,
    amounts,
    noise_levels,
    pull,
)

MEMBERS, SIZE, COUNT = 3, 4, 6


@pytest.fixture
def stack() -> DenoiserStack:
    torch.manual_seed(0)
    return DenoiserStack(MEMBERS, SIZE, 9)


def test_levels_rise_evenly_from_noise_to_codes() -> None:
    levels = noise_levels(24)
    assert (levels[0], levels[-1]) == (NOISIEST, CLEANEST)
    assert np.diff(levels) == pytest.approx(np.full(23, 7 / 23), abs=1e-6)
    alpha, sigma = amounts(torch.from_numpy(levels))
    torch.testing.assert_close(alpha**2 + sigma**2, torch.ones(24))
    torch.testing.assert_close(torch.log(alpha / sigma), torch.from_numpy(levels))


def test_untaught_it_makes_the_best_linear_guess(stack: DenoiserStack) -> None:
    """With a network that adds nothing; for codes N(0, I) the best linear guess is α · mixture."""
    for parameter in stack.parameters():
        torch.nn.init.zeros_(parameter)
    clean, eps = torch.randn(MEMBERS, 40_000, SIZE), torch.randn(MEMBERS, 40_000, SIZE)
    level = torch.full((MEMBERS, 40_000), 0.3)
    alpha, sigma = amounts(level[..., None])
    mixed = alpha * clean + sigma * eps
    guess = stack(mixed, level)
    slope = (mixed * clean).mean() / mixed.square().mean()
    torch.testing.assert_close(guess, slope * mixed, atol=0.05, rtol=0)
    expected = (alpha / sigma).square().mean() * (clean - guess).square().mean()
    torch.testing.assert_close(stack.loss(clean, level, eps) / MEMBERS, expected)


def test_a_members_gradient_is_its_own(stack: DenoiserStack) -> None:
    clean, eps = torch.randn(MEMBERS, COUNT, SIZE), torch.randn(MEMBERS, COUNT, SIZE)
    level = torch.linspace(-4, 3, COUNT).expand(MEMBERS, -1)
    one = stack.loss(clean, level, eps)
    clean[1] += 1
    other = stack.loss(clean, level, eps)
    first, second = (torch.autograd.grad(loss, list(stack.parameters())) for loss in (one, other))
    for a, b in zip(first, second, strict=True):
        assert torch.equal(a[[0, 2]], b[[0, 2]])
        assert not torch.equal(a[1], b[1])


def test_a_row_goes_through_the_member_that_it_names(stack: DenoiserStack) -> None:
    z, level = torch.randn(4, SIZE), torch.tensor([-4.0, -1.0, 0.5, 3.0])
    member = torch.tensor([2, 0, 2, 1], dtype=torch.int32)
    found = ChosenDenoiser(stack)(z, level, member)
    every = stack(z.expand(MEMBERS, -1, -1), level.expand(MEMBERS, -1))
    torch.testing.assert_close(found, torch.stack([every[m, i] for i, m in enumerate(member)]))


def test_a_perfect_denoiser_leads_back_to_the_code() -> None:
    clean, eps = torch.randn(5, SIZE), torch.randn(5, SIZE)
    levels = noise_levels(24).tolist()
    alpha, sigma = amounts(torch.tensor(levels[0]))
    z = alpha * clean + sigma * eps
    for level, following in zip(levels, [*levels[1:], None], strict=True):
        alpha, sigma = amounts(torch.tensor(level))
        torch.testing.assert_close(z, alpha * clean + sigma * eps, atol=1e-4, rtol=0)
        z = pull(z, clean, level, following)
    assert torch.equal(z, clean)
