"""VAEs side by side do what each would do alone."""

import pytest
import torch
from torch import nn

from training.learn.losses import elbo_terms
from training.learn.networks import DenseVAE
from training.learn.variational_stack import MemberDecoder, VAEStack

MEMBERS, PIXELS, CODE, COUNT = 3, 12, 4, 5


@pytest.fixture
def stack() -> VAEStack:
    torch.manual_seed(0)
    return VAEStack(MEMBERS, PIXELS, (9, 8), CODE, (7, 6))


def alone(stack: VAEStack, index: int) -> DenseVAE:
    """The member as the book's ordinary VAE."""
    model = DenseVAE(PIXELS, (9, 8), CODE)
    encoder = stack.encoder.member(index)
    head = encoder[-1]
    assert isinstance(head, nn.Linear)
    model.body = nn.Sequential(*list(encoder)[:-1])
    halves = slice(0, CODE), slice(CODE, None)
    for layer, rows in zip((model.to_mean, model.to_log_variance), halves, strict=True):
        assert isinstance(layer, nn.Linear)
        layer.weight.data, layer.bias.data = head.weight[rows], head.bias[rows]
    model.decoder = stack.decoder.member(index)
    return model


def test_each_members_loss_is_its_own(stack: VAEStack) -> None:
    x, eps = torch.rand(MEMBERS, COUNT, PIXELS), torch.randn(MEMBERS, COUNT, CODE)
    reconstruction, kl = stack.elbo_terms(x, eps)
    for index in range(MEMBERS):
        expected = elbo_terms(alone(stack, index), x[index], eps[index])
        torch.testing.assert_close(reconstruction[index], expected[0])
        torch.testing.assert_close(kl[index].sum(1), expected[1])


def test_a_members_gradient_is_its_own(stack: VAEStack) -> None:
    x, eps = torch.rand(MEMBERS, COUNT, PIXELS), torch.randn(MEMBERS, COUNT, CODE)
    reconstruction, kl = stack.elbo_terms(x, eps)
    (reconstruction.mean(1) + kl.sum(2).mean(1))[1].backward()
    for parameter in stack.parameters():
        assert parameter.grad is not None
        assert parameter.grad[1].abs().sum() > 0
        assert parameter.grad[[0, 2]].abs().sum() == 0


def test_a_row_goes_through_the_member_that_it_names(stack: VAEStack) -> None:
    z, member = torch.randn(4, CODE), torch.tensor([2, 0, 2, 1], dtype=torch.int32)
    drawn = MemberDecoder(stack)(z, member)
    for row, index in enumerate(member.tolist()):
        torch.testing.assert_close(drawn[row], alone(stack, index).decode(z[row : row + 1])[0])


def test_renumbering_a_code_changes_no_drawing(stack: VAEStack) -> None:
    x = torch.rand(MEMBERS, COUNT, PIXELS)
    before_mu, before_log_var = stack.encode(x)
    before = stack.decode(before_mu)
    order = torch.stack([torch.randperm(CODE) for _ in range(MEMBERS)])
    stack.reorder(order)
    mu, log_var = stack.encode(x)
    for index in range(MEMBERS):
        torch.testing.assert_close(mu[index], before_mu[index][:, order[index]])
        torch.testing.assert_close(log_var[index], before_log_var[index][:, order[index]])
    torch.testing.assert_close(stack.decode(mu), before)


def test_members_can_be_put_in_another_order(stack: VAEStack) -> None:
    z = torch.randn(1, COUNT, CODE).expand(MEMBERS, -1, -1)
    before = stack.decode(z)
    stack.select([2, 0, 1])
    torch.testing.assert_close(stack.decode(z), before[[2, 0, 1]])
