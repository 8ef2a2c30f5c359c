"""Our AdamW takes torch's steps, to the last bit."""

import pytest
import torch
from torch import Tensor

from training.learn.adam import AdamW


def parameters() -> list[Tensor]:
    generator = torch.Generator().manual_seed(3)
    return [torch.randn(shape, generator=generator) for shape in ((4, 3), (5,), ())]


@pytest.mark.parametrize("weight_decay", [0.0, 0.1])
def test_steps_are_those_of_torch(weight_decay: float) -> None:
    ours, theirs = parameters(), parameters()
    optimiser = AdamW(ours, 1e-2, weight_decay, eps=1e-7)
    reference = torch.optim.AdamW(theirs, lr=1e-2, weight_decay=weight_decay, eps=1e-7, fused=True)
    generator = torch.Generator().manual_seed(5)
    for step in range(1, 30):
        optimiser.learning_rate = reference.param_groups[0]["lr"] = 1e-2 / step
        for one, other in zip(ours, theirs, strict=True):
            one.grad = torch.randn(one.shape, generator=generator)
            other.grad = one.grad.clone()
        optimiser.step()
        reference.step()
    for one, other, start in zip(ours, theirs, parameters(), strict=True):
        assert torch.equal(one, other)
        assert not torch.equal(one, start)


def test_every_parameter_needs_a_gradient() -> None:
    ours = parameters()
    optimiser = AdamW(ours, 1e-2)
    for one in ours:
        one.grad = torch.ones_like(one)
    optimiser.zero_grad()
    with pytest.raises(ValueError, match="a gradient of every parameter"):
        optimiser.step()
