"""F10: β over models trained at build, and a VAE that trains in the page while β is turned."""

from __future__ import annotations

import re

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.browser.conftest import HTTP_AND_FILE, Reader
from tests.browser.support.figure import Figure, Plane, number
from tests.browser.support.site import Array
from tests.browser.support.training import FULL_SPEED, HANDS, TRAIN, Bench, Hand
from tests.browser.support.waiting import eventually

NAME = "tug-of-war"
BETA = "β, the weight of the KL term"
PLANE = "Posteriors of"
ENOUGH = 30.0  # nats on the validation split; the untrained loss is above 44


def metrics_of(figure: Figure, index: int) -> tuple[float, float, float]:
    """β, reconstruction loss and KL of one of the trained models, on the validation split."""
    model = figure.placed.model("sweep")
    beta = float(model.array("betas")[index])
    name = f"beta-{float(f'{beta:.4g}'):g}.validation"
    metrics = model.card["metrics"]
    return beta, metrics[f"{name}.reconstruction"]["value"], metrics[f"{name}.kl"]["value"]


def first_of(figure: Figure) -> int:
    """The place of the β that the figure opens with."""
    spec = figure.placed.data["spec"]["state"]["beta"]
    return int(spec["choices"].index(figure.placed.data["state"]["beta"]))


def expect_trained(figure: Figure, index: int) -> None:
    _, reconstruction, kl = metrics_of(figure, index)
    figure.expect_number("reconstruction", reconstruction, 0.00501)
    figure.expect_number("KL", kl, 0.00501)


def clouds(figure: Figure) -> Array:
    """Centre and radii of every ellipse drawn, in the units of the axes, [n, 4]."""
    svg = figure.stage.locator(f"svg[aria-label^='{PLANE}']")
    found = svg.locator("ellipse.cloud").evaluate_all(
        """(all) => all.map((ellipse) => {
          const { left, top, width, height } = ellipse.getBoundingClientRect();
          const stroke = parseFloat(getComputedStyle(ellipse).strokeWidth) || 0;
          return [left + width / 2, top + height / 2, width / 2, height / 2, stroke];
        })"""
    )
    plane = Plane(svg)
    (x0, y0), (x1, y1) = plane.spot((0, 0)), plane.spot((1, 1))
    return np.array(
        [
            [(x - x0) / (x1 - x0), (y - y0) / (y1 - y0), rx / (x1 - x0), ry / (y0 - y1)]
            for x, y, rx, ry, _ in found
        ]
    )


def posteriors(figure: Figure, index: int) -> Array:
    """Mean and standard deviation of the first hundred test digits that lie in the plane."""
    model = figure.placed.model("sweep")
    x = model.array("x_test")[:100].astype(np.float32) * model.card["options"]["scale"]
    found = model.run("encoder", params=model.array("params")[index], x=x)
    inside = (np.abs(found["mu"]) <= 4).all(axis=1)
    return np.hstack([found["mu"], np.exp(found["log_var"] / 2)])[inside]


@HTTP_AND_FILE
def test_the_claim_stands_before_anything_is_trained(reader: Reader) -> None:
    static = reader.figure(NAME, scripts=False)
    index = first_of(static)
    _, reconstruction, kl = metrics_of(static, index)
    said = static.stage.locator(".readout dd").all_text_contents()
    assert [number(text) for text in said[1:3]] == pytest.approx([reconstruction, kl], abs=0.00501)
    assert said[3] == "validation digits"
    assert len(static.placed.model("sweep").array("betas")) >= 8
    betas = [metrics_of(static, i) for i in range(len(static.placed.model("sweep").array("betas")))]
    assert [kl for _, _, kl in betas] == sorted((kl for _, _, kl in betas), reverse=True)


@pytest.mark.parametrize("hand", HANDS)
def test_beta_moves_clouds_digits_and_losses_together(reader: Reader, hand: Hand) -> None:
    figure = reader.live_figure(NAME, FULL_SPEED, touch=hand == "finger")
    run = Bench(figure, hand)
    last = len(figure.placed.model("sweep").array("betas")) - 1
    before = figure.snapshot().raster("Ten digits")
    expect_trained(figure, first_of(figure))
    run.turn_up(BETA)
    expect_trained(figure, last)
    figure.settle()
    assert np.abs(figure.snapshot().raster("Ten digits") - before).max() > 0.2
    assert figure.address().endswith("beta=4")
    figure.reset()
    expect_trained(figure, first_of(figure))


@pytest.mark.parametrize("index", [0, 5, 9])
def test_ellipses_are_drawn_to_scale(reader: Reader, index: int) -> None:
    beta = reader.site.figure(NAME).data["spec"]["state"]["beta"]["choices"][index]
    figure = reader.live_figure(NAME, {"beta": beta})
    expect_trained(figure, index)
    truth = posteriors(figure, index)

    def to_scale() -> None:
        drawn = clouds(figure)
        assert len(drawn) == len(truth)
        assert np.abs(drawn - truth).max() < 0.03  # a pixel is a fortieth of a deviation

    eventually(figure.page, to_scale)


@pytest.mark.parametrize(("place", "index"), [(0, 0), (7, 7), (99, 9), (-1, 0)])
def test_an_address_that_tells_beta_by_its_place_is_understood(
    reader: Reader, place: int, index: int
) -> None:
    expect_trained(reader.live_figure(NAME, {"beta_index": place}), index)


@pytest.mark.parametrize("hand", HANDS)
def test_train_here_with_a_beta_that_is_turned_on_the_way(reader: Reader, hand: Hand) -> None:
    figure = reader.live_figure(NAME, {"speed": "5"}, touch=hand == "finger")
    run = Bench(figure, hand)
    run.choose("train here")
    run.wait_phase("done")
    run.press(TRAIN)

    def learnt() -> None:
        assert run.validation_loss() < ENOUGH

    eventually(figure.page, learnt, 60)
    run.turn_up("β")
    expect(figure.slider("β")).to_have_attribute("aria-valuetext", "4")
    changes = re.findall(r"(\d+)%3Abeta%3D([\d.]+)", figure.address())
    assert changes, figure.page.url
    (first, _), (at, beta) = (
        (int(step), float(value)) for step, value in (changes[0], changes[-1])
    )  # a mouse passes the values between
    assert beta == 4
    run.wait_step(at + 10)
    run.pause()
    figure.expect_readout("β", "4")
    loss, reconstruction, kl = (np.array(term) for term in run.run()["train"])
    for steps, beta in ((slice(0, first), 1), (slice(at, None), 4)):
        np.testing.assert_allclose(loss[steps], reconstruction[steps] + beta * kl[steps], rtol=1e-5)
    final = run.run()["validation"]
    figure.expect_number("KL", final[2][-1][1], 0.00501)
    figure.expect_number("reconstruction", final[1][-1][1], 0.00501)
    frontier = figure.stage.locator("svg[aria-label^='Reconstruction '] path.line")
    expect(frontier).not_to_have_count(0)
