"""Conditional VAEs side by side do what each would do alone."""

import pytest
import torch
from torch.nn import functional

from training.learn.conditional_stack import ConditionalDecoder, ConditionalStack
from training.learn.losses import cross_entropy, gaussian_kl

MEMBERS, PIXELS, CLASSES, CODE, COUNT = 4, 12, 3, 2, 6


@pytest.fixture
def stack() -> ConditionalStack:
    torch.manual_seed(0)
    return ConditionalStack(MEMBERS, PIXELS, CLASSES, (9, 8), CODE, (7, 6))


@pytest.fixture
def c() -> torch.Tensor:
    return functional.one_hot(torch.arange(COUNT) % CLASSES, CLASSES).float()


def test_each_members_loss_is_its_own(stack: ConditionalStack, c: torch.Tensor) -> None:
    x, eps = torch.rand(COUNT, PIXELS), torch.randn(MEMBERS, COUNT, CODE)
    nats, kl = stack.elbo_terms(x, c, eps)
    for index in range(MEMBERS):
        mu, log_var = stack.encoder.member(index)(torch.cat([x, c], 1)).chunk(2, dim=1)
        z = mu + torch.exp(0.5 * log_var) * eps[index]
        logits = stack.decoder.member(index)(torch.cat([z, c], 1))
        torch.testing.assert_close(nats[index], cross_entropy(logits, x))
        torch.testing.assert_close(kl[index], gaussian_kl(mu, log_var))


def test_who_is_not_told_the_class_cannot_know_it(stack: ConditionalStack, c: torch.Tensor) -> None:
    stack.told[1] = 0
    x, z = torch.rand(COUNT, PIXELS), torch.randn(MEMBERS, COUNT, CODE)
    other = c.roll(1, 1)
    same_code = [(stack.encode(x, c)[0][m] == stack.encode(x, other)[0][m]).all() for m in range(2)]
    same_drawing = [(stack.decode(z, c)[m] == stack.decode(z, other)[m]).all() for m in range(2)]
    assert same_code == [False, True]
    assert same_drawing == [False, True]
    with pytest.raises(ValueError, match="told"):
        ConditionalDecoder(stack, ink=True)


def test_a_row_is_drawn_by_the_member_that_it_names(
    stack: ConditionalStack, c: torch.Tensor
) -> None:
    subset = stack.subset([2, 0])
    z, member = torch.randn(COUNT, CODE), torch.tensor([0, 1, 1, 0, 1, 0], dtype=torch.int32)
    drawn = ConditionalDecoder(subset, ink=True)(z, c, member)
    both = stack.decode(z.expand(MEMBERS, -1, -1), c)
    for row, index in enumerate(member.tolist()):
        torch.testing.assert_close(drawn[row], both[(2, 0)[index], row])


def test_starts_are_shared(stack: ConditionalStack) -> None:
    stack.share_starts(2)
    for parameter in stack.parameters():
        assert torch.equal(parameter[:2], parameter[2:])
        assert not torch.equal(parameter[0], parameter[1])
