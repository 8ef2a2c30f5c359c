"""F9: a point, and a cloud whose samples are drawn, decoded and counted."""

from __future__ import annotations

import re

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.browser.conftest import HTTP_AND_FILE, Reader
from tests.browser.support.figure import Figure, number
from tests.browser.support.site import Array
from tests.browser.support.waiting import eventually

NAME = "point-or-cloud"
INPUT = "input, a test digit"
TOLERANCE = 1 / 255 + 1e-3  # the canvas holds 8 bits

ELLIPSES = """
(figure) => [...figure.querySelectorAll("ellipse")].map((ellipse) => {
  const box = ellipse.getBoundingClientRect();
  const svg = ellipse.ownerSVGElement;
  const ticks = [...svg.querySelectorAll(".tick")].map((tick) => {
    const line = tick.querySelector("line"), at = line.getBoundingClientRect();
    return { axis: line.hasAttribute("y2") ? "x" : "y", x: at.left + at.width / 2,
             y: at.top + at.height / 2, value: tick.querySelector("text").textContent };
  });
  return { x: box.left + box.width / 2, y: box.top + box.height / 2, wide: box.width,
           high: box.height, ticks };
})
"""


def image(figure: Figure, index: int) -> Array:
    ink: Array = figure.placed.model("ae").array("images_test")[index] / np.float32(16)
    return ink


def posterior(figure: Figure, index: int) -> tuple[Array, Array]:
    outputs = figure.placed.model("vae").run("encoder", x=image(figure, index).reshape(1, 64))
    return outputs["mu"][0], np.exp(outputs["log_var"][0] / 2)


def expect_input(figure: Figure, index: int) -> None:
    """Waits until test digit `index` (from 0) is shown; its pictures are checked."""

    def shown() -> None:
        rasters = figure.snapshot()
        assert np.abs(rasters.raster("The input") - image(figure, index)).max() <= TOLERANCE

    eventually(figure.page, shown)
    ae, vae = figure.placed.model("ae"), figure.placed.model("vae")
    z = ae.run("encoder", x=image(figure, index).reshape(1, 64))["z"]
    mu, sigma = posterior(figure, index)
    rasters = figure.snapshot()
    for name, model, code in (
        ("Decoded from the plain", ae, z),
        ("Decoded from the mean", vae, mu[None]),
    ):
        expected = model.run("decoder", z=code)["x_hat"].reshape(8, 8)
        assert np.abs(rasters.raster(name) - expected).max() <= TOLERANCE
    told = [number(text) for text in rasters.readouts["μ"].split(", ")]
    assert told == pytest.approx(mu, abs=0.0051)
    told = [number(text) for text in rasters.readouts["σ"].split(", ")]
    assert told == pytest.approx(sigma, abs=0.00051)


def inside(figure: Figure) -> tuple[int, int]:
    found = re.match(r"(\d+) of (\d+)", figure.snapshot().readouts["inside the ellipse"])
    assert found
    return int(found[1]), int(found[2])


def test_ellipses_are_to_the_scale_of_their_axes(reader: Reader) -> None:
    figure = reader.live_figure(NAME, {"input": 59})
    expect_input(figure, 58)
    mu, sigma = posterior(figure, 58)
    ellipses = figure.root.evaluate(ELLIPSES)
    assert len(ellipses) == 2
    for ellipse in ellipses:
        for axis, extent in ((0, "wide"), (1, "high")):
            name = "xy"[axis]
            own = [tick for tick in ellipse["ticks"] if tick["axis"] == name]
            slope, offset = np.polyfit([number(t["value"]) for t in own], [t[name] for t in own], 1)
            assert ellipse[extent] == pytest.approx(2 * sigma[axis] * abs(slope), abs=2.5)
            assert ellipse[name] == pytest.approx(offset + slope * mu[axis], abs=1)


@HTTP_AND_FILE
def test_mouse_draws_samples_and_a_thousand_fill_the_ellipse(reader: Reader) -> None:
    figure = reader.live_figure(NAME, {"count": 0})
    figure.expect_readout("inside the ellipse", "no sample yet")
    figure.button("Draw sample").click()
    eventually(figure.page, lambda: _equal(inside(figure)[1], 1))
    first = figure.snapshot().raster("Decoded from the newest")
    figure.button("Draw sample").click()
    eventually(figure.page, lambda: _equal(inside(figure)[1], 2))
    assert np.abs(figure.snapshot().raster("Decoded from the newest") - first).max() > 0.01
    for count in range(102, 1003, 100):
        figure.button("Draw 100").click()
        eventually(figure.page, lambda count=count: _equal(inside(figure)[1], min(count, 1000)))
    expect(figure.button("Draw 100")).to_be_disabled()
    expect(figure.button("Draw sample")).to_be_disabled()
    share = 1 - np.exp(-0.5)
    error = np.sqrt(share * (1 - share) / 1000)
    assert inside(figure)[0] / 1000 == pytest.approx(share, abs=4 * error)
    figure.expect_summary("Of 1000 samples")
    mu, sigma = posterior(figure, figure.placed.data["state"]["input"] - 1)
    rows = figure.table()[1:]
    for axis, row in enumerate(rows):
        assert number(row[2]) == pytest.approx(mu[axis], abs=4 * sigma[axis] / np.sqrt(1000))
        assert number(row[4]) == pytest.approx(sigma[axis], rel=4 / np.sqrt(2000))
    figure.button("Clear").click()
    figure.expect_readout("inside the ellipse", "no sample yet")


def _equal(found: int, expected: int) -> None:
    assert found == expected


def test_finger_draws_and_changes_the_noise(reader: Reader) -> None:
    figure = reader.live_figure(NAME, touch=True)
    before = inside(figure)
    figure.button("Draw sample").tap()
    eventually(figure.page, lambda: _equal(inside(figure)[1], before[1] + 1))
    newest = figure.snapshot().raster("Decoded from the newest")
    figure.button("Fresh noise").tap()
    figure.expect_readout("seed", "8")
    figure.settle()
    assert inside(figure)[1] == before[1] + 1
    assert np.abs(figure.snapshot().raster("Decoded from the newest") - newest).max() > 0.001


def test_keys_choose_the_input_and_draw(reader: Reader) -> None:
    figure = reader.live_figure(NAME)
    figure.slider(INPUT).focus()
    figure.page.keyboard.press("ArrowRight")
    expect_input(figure, figure.placed.data["state"]["input"])
    figure.page.keyboard.press("End")
    expect_input(figure, 359)
    figure.button("Draw sample").focus()
    count = inside(figure)[1]
    figure.page.keyboard.press("Enter")
    eventually(figure.page, lambda: _equal(inside(figure)[1], count + 1))


@HTTP_AND_FILE
def test_address_restores_input_samples_and_seed(reader: Reader) -> None:
    figure = reader.live_figure(NAME, {"input": 9, "seed": 4})
    figure.button("Draw 100").click()
    eventually(figure.page, lambda: _equal(inside(figure)[1], 150))
    shown = figure.settle()
    other = Figure(reader.visit(figure.address()), figure.placed).wait_live()
    assert other.snapshot().readouts == shown.readouts
    for label, ink in shown.rasters.items():
        assert np.array_equal(other.snapshot().rasters[label], ink), label
    other.reset()
    expect_input(other, other.placed.data["state"]["input"] - 1)
