"""Twins of plain and variational autoencoders, and the judge of what they draw."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from training.learn.cloud_stack import TwinStack
from training.learn.judge import DigitClassifier, Judge, nearest_distance
from training.learn.losses import gaussian_kl
from training.learn.stack import ChosenMember

PIXELS, HIDDEN, SIZES = 12, (9, 5), (2, 4, 2)


@pytest.fixture
def stack() -> TwinStack:
    torch.manual_seed(0)
    return TwinStack(PIXELS, HIDDEN, SIZES)


def inputs(stack: TwinStack, rows: int = 50) -> torch.Tensor:
    return torch.rand(rows, PIXELS).expand(len(stack), -1, -1)


def test_twins_begin_alike_and_only_the_second_half_is_noisy(stack: TwinStack) -> None:
    assert stack.pairs == len(SIZES)
    x = inputs(stack)
    for parameter in stack.parameters():
        assert torch.equal(parameter[:3], parameter[3:])
    codes = stack.encode(x)  # where a twin lies in memory decides how its sums are rounded
    assert torch.allclose(codes[:3], codes[3:], atol=1e-6)
    one, other = (stack.losses(x, torch.randn(6, 50, 4))[0] for _ in range(2))
    assert torch.allclose(one[:3], other[:3], rtol=1e-6)
    assert not torch.isclose(one[3:], other[3:]).any()


def test_losses_are_the_calibrated_gaussians_and_the_closed_form(stack: TwinStack) -> None:
    with torch.no_grad():
        stack.log_variance_weight.normal_(0, 0.3)
        stack.log_variance_bias.normal_(0, 0.3)
    x, eps = inputs(stack), torch.randn(6, 50, 4)
    reconstruction, kl = stack.losses(x, eps)
    mu, log_var = stack.posterior(x)
    assert torch.equal(kl[:3], torch.zeros(3))
    for member, size in enumerate(stack.code_sizes):
        own_mu, own_log_var = mu[member, :, :size], log_var[member, :, :size]
        assert not mu[member, :, size:].any()
        z = torch.zeros(50, 4)
        noise = torch.exp(0.5 * own_log_var) * eps[member, :, :size] if member >= 3 else 0
        z[:, :size] = own_mu + noise
        x_hat = stack.decode(z.expand(6, -1, -1))[member].detach()
        # the log-likelihood at the best variance is what no other variance reaches
        errors = (x_hat - x[0]).double().square().sum(1)
        likelihood = [
            float((-errors / (2 * v) - 0.5 * PIXELS * np.log(v)).mean())
            for v in np.geomspace(1e-3, 1, 4001)
        ]
        best = -float(reconstruction[member].detach()) - 0.5 * PIXELS
        assert max(likelihood) == pytest.approx(best, abs=1e-4)
        if member >= 3:
            expected = gaussian_kl(own_mu, own_log_var).mean()
            assert kl[member].item() == pytest.approx(expected.item(), rel=1e-5)


def test_whitening_gives_plain_codes_unit_covariance_and_changes_no_drawing(
    stack: TwinStack,
) -> None:
    x = torch.rand(300, PIXELS)
    many = x.expand(len(stack), -1, -1)
    before, twins = stack(many), stack.encode(many)[3:]
    stack.whiten_plain_codes(x)
    codes = stack.encode(many)
    for member, size in enumerate(SIZES):
        own = codes[member, :, :size]
        assert torch.allclose(own.mean(0), torch.zeros(size), atol=1e-3)
        assert torch.allclose(torch.cov(own.T, correction=0), torch.eye(size), atol=5e-3)
    assert torch.allclose(stack(many), before, atol=1e-4)
    assert torch.equal(codes[3:], twins)


def test_the_decoder_of_a_chosen_member_is_each_members_own(stack: TwinStack) -> None:
    stack.clear_padding()
    z = torch.randn(6, 4)
    decoders = ChosenMember(stack, (len(stack.weights) - 1,), stack.code_layer + 1)
    (chosen,) = decoders(z, torch.arange(6, dtype=torch.int32))
    own = stack.decode(z[:, None] * stack.used)
    assert torch.allclose(chosen, own[:, 0], atol=1e-6)


def test_nearest_distance_is_euclidean() -> None:
    x = np.random.default_rng(0).random((7, 5), np.float32)
    known = np.random.default_rng(1).random((9, 5), np.float32)
    expected = [min(float(np.linalg.norm(a - b)) for b in known) for a in x]
    assert nearest_distance(x, known) == pytest.approx(expected, rel=1e-5)


def test_a_drawing_must_please_both_rules() -> None:
    torch.manual_seed(0)
    classifier = DigitClassifier(2, 3)
    x = np.array([[0, 0.1], [5, 5]], np.float32)
    known = np.zeros((1, 2), np.float32)
    assert list(Judge(classifier, known, 0.0, 1.0).accepts(x)) == [True, False]
    assert list(Judge(classifier, known, 1.01, 1.0).accepts(x)) == [False, False]
    assert Judge(classifier, known, 0.0, 1.0).accepted_share(x) == 0.5
