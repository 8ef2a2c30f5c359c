"""The losses of the recipe `losses`: values, slopes, and what counts as an outlier."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from training.data.digits import SIDE
from training.data.outliers import SHARES
from training.recipes.losses import (
    DELTA,
    LEARNED,
    LOSSES,
    MEASURES,
    MODEL,
    NEVER_LINEAR,
    ROUNDED,
    SIZE,
    clean_and_seen,
    comparisons,
    contrast,
    hit,
    huber,
    knobs_of,
    live_data,
    loss_of,
    magnitude,
)


def knobs(setting: str, loss: str, share: float = 0.0) -> dict[str, torch.Tensor]:
    return {name: torch.tensor(value) for name, value in knobs_of(setting, loss, share).items()}


@pytest.mark.parametrize("delta", [ROUNDED, DELTA, 1.0])
def test_huber_is_twice_torch_s(delta: float) -> None:
    missed = torch.linspace(-2, 2, 401)
    zeros = torch.zeros_like(missed)
    expected = functional.huber_loss(missed, zeros, reduction="none", delta=delta)
    torch.testing.assert_close(huber(missed, torch.tensor(delta)), 2 * expected)
    torch.testing.assert_close(magnitude(missed), missed.abs())


def test_a_huber_loss_is_squared_error_if_it_never_turns_linear() -> None:
    missed = torch.linspace(-8, 8, 161)
    torch.testing.assert_close(huber(missed, torch.tensor(NEVER_LINEAR)), missed.square())


def test_and_absolute_error_but_for_its_corner_if_it_turns_at_once() -> None:
    missed = torch.linspace(-3, 3, 601)
    apart = missed.abs() - huber(missed, torch.tensor(ROUNDED)) / (2 * ROUNDED)
    assert apart.min() >= -1e-6
    assert apart.max() <= ROUNDED


@pytest.mark.parametrize("ink", [0.0, 0.3, 1.0])
def test_pixels_are_judged_as_torch_does(ink: float) -> None:
    logits = torch.linspace(-8, 8, 161)
    x, x_hat = torch.full_like(logits, ink), torch.sigmoid(logits)
    expected = {
        "squared": (x_hat - x).square(),
        "cross-entropy": functional.binary_cross_entropy_with_logits(logits, x, reduction="none"),
        "huber": 2 * functional.huber_loss(x_hat, x, reduction="none", delta=DELTA),
        "absolute": 2 * functional.huber_loss(x_hat, x, reduction="none", delta=ROUNDED),
    }
    for loss in LOSSES:
        found = loss_of(x_hat, logits, x, knobs("digits", loss))
        torch.testing.assert_close(found, expected[loss], atol=1e-5, rtol=1e-5)


def test_slopes_before_the_sigmoid_are_those_of_the_chapter() -> None:
    logits = torch.linspace(-6, 6, 121, requires_grad=True)
    for ink in (0.0, 0.4, 1.0):
        x_hat = torch.sigmoid(logits.detach())
        expected = {
            "cross-entropy": x_hat - ink,
            "squared": 2 * (x_hat - ink) * x_hat * (1 - x_hat),
        }
        for loss, slope in expected.items():
            x = torch.full_like(x_hat, ink)
            total = loss_of(torch.sigmoid(logits), logits, x, knobs("digits", loss)).sum()
            (found,) = torch.autograd.grad(total, logits)
            torch.testing.assert_close(found, slope, atol=1e-6, rtol=1e-5)


def test_outliers_begin_at_their_share() -> None:
    first = torch.tensor([*SHARES[1:], 1.0])
    for share in SHARES:
        found = hit(torch.tensor(share), first)
        torch.testing.assert_close(found, (first <= share + 1e-6).float(), atol=1e-4, rtol=0)


def test_contrast_counts_neighbours_in_rows_and_columns() -> None:
    x = torch.from_numpy(np.random.default_rng(0).random((3, SIZE), np.float32))
    pictures = x.reshape(3, SIDE, SIDE)
    across, down = pictures.diff(dim=2).abs().mean(), pictures.diff(dim=1).abs().mean()
    torch.testing.assert_close(contrast(x), (across + down) / 2)


def test_as_many_numbers_are_wrong_as_is_said_and_none_of_those_it_is_measured_on() -> None:
    data = live_data()
    for setting in LEARNED:
        for share in SHARES:
            clean, seen = clean_and_seen(setting, data.x_train(), share)
            assert (abs(seen - clean) > 1e-3).mean() == pytest.approx(share, abs=0.01)
            clean, seen = clean_and_seen(setting, data.x_validation(), share)
            np.testing.assert_array_equal(clean, seen)


@pytest.mark.parametrize("setting", LEARNED)
def test_networks_see_the_outliers_that_the_rivals_see(setting: str) -> None:
    """The loss on a row is that of the spoiled row under a network that draws nothing."""
    x = live_data().x_train()[:50]
    with torch.no_grad():
        for parameter in MODEL.network.parameters():
            parameter.zero_()
        for share in SHARES:
            terms = MODEL.loss(
                MODEL.network, torch.from_numpy(x), torch.empty(0), knobs(setting, "squared", share)
            )
            _, seen = clean_and_seen(setting, x, share)
            missed = seen - (0 if setting == "signals" else 0.5)
            assert float(terms["loss"]) == pytest.approx(float((missed**2).mean()), rel=1e-4)


def test_measures_are_terms_and_comparisons_are_of_measures() -> None:
    names = [measure["name"] for measure in MEASURES]
    assert set(names) <= {term.name for term in MODEL.terms}
    assert {one.measure for one in comparisons()} <= set(names)
