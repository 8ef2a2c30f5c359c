"""Sparse codes: who speaks, and that members keep to themselves."""

import pytest
import torch

from training.learn.sparse_stack import SparseStack, loudest

PIXELS, COUNT = 10, 7


@pytest.fixture
def stack() -> SparseStack:
    torch.manual_seed(0)
    return SparseStack(torch.rand(PIXELS), (6, 4), 2)


def test_only_the_loudest_speak() -> None:
    loud = torch.tensor([[0.0, 3.0, 1.0, 2.0], [5.0, 0.0, 0.0, 0.0]])
    expected = torch.tensor([[0.0, 3.0, 0.0, 2.0], [5.0, 0.0, 0.0, 0.0]])
    assert torch.equal(loudest(loud, 2), expected)
    assert torch.equal(loudest(loud, 4), loud)


def test_each_member_is_what_it_would_be_alone(stack: SparseStack) -> None:
    x = torch.rand(2, COUNT, PIXELS)
    drawn = stack(x)
    for member, units in enumerate((6, 4)):
        columns = stack.directions[member, :units]
        columns = columns / columns.norm(dim=1, keepdim=True)
        rest, thresholds = stack.rest[member], stack.thresholds[member, :, :units]
        heard = torch.relu((x[member] - rest) @ columns.T + thresholds)
        keep = heard.argsort(dim=1, descending=True)[:, :2]
        code = torch.zeros_like(heard).scatter(1, keep, heard.gather(1, keep))
        torch.testing.assert_close(drawn[member], rest + code @ columns)


def test_a_members_gradient_is_its_own(stack: SparseStack) -> None:
    x = torch.rand(2, COUNT, PIXELS)
    errors = (stack(x) - x).square().mean((1, 2))
    for gradient in torch.autograd.grad(errors[1], list(stack.parameters())):
        assert gradient[1].abs().sum() > 0
        assert gradient[0].abs().sum() == 0


def test_who_is_silent_learns_nothing(stack: SparseStack) -> None:
    x = torch.rand(2, 1, PIXELS)
    columns = stack.columns()
    silent = loudest(stack.loudness(x, columns), 2)[0, 0] == 0
    (gradient,) = torch.autograd.grad((stack(x) - x).square().sum(), stack.directions)
    assert gradient[0, silent].abs().sum() == 0
    assert 4 <= silent.sum() < 6


def test_columns_have_length_one(stack: SparseStack) -> None:
    torch.testing.assert_close(stack.columns().norm(dim=2), torch.ones(2, 6))
