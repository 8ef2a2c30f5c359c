"""The losses of the recipe `losses`: values, slopes, and what counts as an outlier."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from training.data.digits import SIDE
from training.data.outliers import SHARES
from training.recipes.losses import (
    DELTA,
    LOSSES,
    MEASURES,
    PIXELS,
    ROUNDED,
    SAMPLES,
    TERMS,
    WEIGHTS,
    absolute,
    comparisons,
    contrast,
    digits_model,
    hit,
    huber,
    knobs_of,
    live_data,
    magnitude,
    of_pixels,
    pixels,
    waveforms,
    waveforms_model,
    with_outliers,
)


def only(loss: str) -> dict[str, torch.Tensor]:
    return {name: torch.tensor(float(name == loss)) for name in WEIGHTS}


def test_huber_is_torch_s_over_delta() -> None:
    missed = torch.linspace(-2, 2, 401)
    expected = functional.huber_loss(
        missed, torch.zeros_like(missed), reduction="none", delta=DELTA
    )
    torch.testing.assert_close(huber(missed), expected / DELTA)
    torch.testing.assert_close(magnitude(missed), missed.abs())


@pytest.mark.parametrize("ink", [0.0, 0.3, 1.0])
def test_pixels_are_judged_as_torch_does(ink: float) -> None:
    logits = torch.linspace(-8, 8, 161)
    x, x_hat = torch.full_like(logits, ink), torch.sigmoid(logits)
    expected = {
        "squared": (x_hat - x).square(),
        "cross-entropy": functional.binary_cross_entropy_with_logits(logits, x, reduction="none"),
        "huber": functional.huber_loss(x_hat, x, reduction="none", delta=DELTA) / DELTA,
        "absolute": ((x_hat - x).square() + ROUNDED**2).sqrt() - ROUNDED,
    }
    for loss in LOSSES:
        torch.testing.assert_close(
            of_pixels(logits, x, only(loss)), expected[loss], atol=1e-5, rtol=1e-5
        )


def test_slopes_before_the_sigmoid_are_those_of_the_chapter() -> None:
    logits = torch.linspace(-6, 6, 121, requires_grad=True)
    for ink in (0.0, 0.4, 1.0):
        x_hat = torch.sigmoid(logits.detach())
        expected = {
            "cross-entropy": x_hat - ink,
            "squared": 2 * (x_hat - ink) * x_hat * (1 - x_hat),
        }
        for loss, slope in expected.items():
            total = of_pixels(logits, torch.full_like(x_hat, ink), only(loss)).sum()
            (found,) = torch.autograd.grad(total, logits)
            torch.testing.assert_close(found, slope, atol=1e-6, rtol=1e-5)


def test_the_absolute_loss_is_rounded_at_its_corner_alone() -> None:
    missed = torch.linspace(-3, 3, 601)
    apart = missed.abs() - absolute(missed)
    assert apart.min() >= -1e-6
    assert apart.max() <= ROUNDED
    assert absolute(torch.zeros(1)) == 0


def test_outliers_begin_at_their_share() -> None:
    first = torch.tensor([*SHARES[1:], 1.0])
    for share in SHARES:
        found = hit(torch.tensor(share), first)
        torch.testing.assert_close(found, (first <= share + 1e-6).float(), atol=1e-4, rtol=0)


def test_contrast_counts_neighbours_in_rows_and_columns() -> None:
    x = torch.from_numpy(np.random.default_rng(0).random((3, PIXELS), np.float32))
    pictures = x.reshape(3, SIDE, SIDE)
    across, down = pictures.diff(dim=2).abs().mean(), pictures.diff(dim=1).abs().mean()
    torch.testing.assert_close(contrast(x, SIDE), (across + down) / 2)
    waves = x[:, :SAMPLES]
    torch.testing.assert_close(contrast(waves, SAMPLES), waves.diff(dim=1).abs().mean())


def test_the_page_gets_the_waveforms_back() -> None:
    data, shipped = waveforms(), live_data()
    np.testing.assert_allclose(shipped.x_train(), data.train.x, atol=1e-5)
    np.testing.assert_allclose(shipped.x_validation(), data.validation.x, atol=1e-5)
    assert (np.abs(data.validation.x[:, SAMPLES:]) == 1).all()


@pytest.mark.parametrize("setting", ["signals", "digits"])
def test_networks_see_the_outliers_that_the_rivals_see(setting: str) -> None:
    """The loss on a row is that of the spoiled row under a network that draws nothing."""
    signals = setting == "signals"
    model = waveforms_model() if signals else digits_model()
    x = (live_data().x_train() if signals else pixels()["train"])[:50]
    network = model.network
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.zero_()
        for share in SHARES:
            knobs = knobs_of("squared", share, [knob.name for knob in model.knobs[1:]])
            scalars = {name: torch.tensor(value) for name, value in knobs.items()}
            terms = model.loss(network, torch.from_numpy(x), torch.empty(0), scalars)
            wrong = with_outliers(setting, x, share) - (0 if signals else 0.5)
            assert float(terms["loss"]) == pytest.approx(float((wrong**2).mean()), rel=1e-4)


def test_measures_are_terms_and_comparisons_are_of_measures() -> None:
    names = [measure["name"] for measure in MEASURES]
    assert set(names) <= {term.name for term in TERMS}
    assert {one.measure for one in comparisons()} <= set(names)
