"""F18: noise of any strength, cleaned in the page by a network or a filter, as scipy does."""

from __future__ import annotations

import re

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import expect
from scipy.ndimage import correlate1d, median_filter

from tests.browser.conftest import HTTP_AND_FILE, Reader
from tests.browser.support.figure import Figure, number
from tests.browser.support.site import PublishedModel
from tests.browser.support.waiting import eventually
from training.recipes.families.denoise import noise

NAME = "denoise"
METHODS = ("network", "wiener", "pca", "savgol", "average", "despiked")
Field = NDArray[np.float64]

# By how many pixels lines reach above the plot, and below it.
BEYOND = """
(plot) => {
  const box = (element) => element.getBoundingClientRect();
  const across = box(plot.querySelector(".tick line[y2]"));
  const lines = [...plot.querySelectorAll("path.line")].map(box);
  return [
    across.top - Math.min(...lines.map(({ top }) => top)),
    Math.max(...lines.map(({ bottom }) => bottom)) - across.bottom,
  ];
}
"""


def patches(tile: Field) -> Field:
    return tile.reshape(8, 8, 8, 8).swapaxes(1, 2).reshape(64, 64)


def cleaned(model: PublishedModel, method: str, noisy: Field, deviation: float) -> Field:
    """By onnxruntime, numpy and scipy."""
    picture = noisy.shape == (64, 64)
    if method in ("savgol", "average"):
        weights = model.array(f"{method}_weights").astype(float)
        for axis in (-1, -2) if picture else (-1,):
            noisy = correlate1d(noisy, weights, axis=axis, mode="mirror")
        return noisy
    knobs = model.card["options"]["knobs"]
    if method == "despiked":
        width = knobs["despiked"]["width"]
        middle = median_filter(noisy, (width if picture else 1, width), mode="mirror")
        out = np.abs(noisy - middle) > knobs["despiked"]["limit"] * deviation
        noisy, deviation = np.where(out, middle, noisy), knobs["despiked"]["rest"] * deviation
    rows = patches(noisy) if picture else noisy.reshape(1, -1)
    if method == "network":
        members = np.zeros(len(rows), np.int32)
        found = model.run("network", x=rows.astype(np.float32), member=members)["x_hat"]
    else:
        mean, axes, variances = (model.array(n) for n in ("mean", "directions", "variances"))
        kept = np.arange(len(axes)) < knobs["pca"]
        gains = kept if method == "pca" else variances / (variances + deviation**2)
        found = mean + ((rows - mean) @ axes.T * gains) @ axes
    whole = found.reshape(8, 8, 8, 8).swapaxes(1, 2) if picture else found
    return whole.reshape(noisy.shape).astype(float)


def expect_gain(
    figure: Figure, data: str, method: str, level: int, kind: str = "white", seed: int = 7
) -> None:
    """Waits for the gain on the first example, and for the mean of the recipe's."""
    model = figure.placed.model(data)
    options = model.card["options"]
    deviation = options["levels"][level]
    clean = model.array("clean")[2].astype(float) / options["fine"]
    noisy = clean + noise(clean.shape, kind, seed, deviation)
    rest = cleaned(model, method, noisy, deviation) - clean
    gain = 10 * np.log10(np.mean((noisy - clean) ** 2) / np.mean(rest**2))
    figure.expect_number("gain on this example", float(gain), 0.06)
    table = model.array("gains")[:, options["kinds"].index(kind), level, METHODS.index(method)]
    figure.expect_number("on all test examples", float(table.mean()), 0.06)


@HTTP_AND_FILE
def test_keys_turn_the_noise_and_the_network_cleans_it(reader: Reader) -> None:
    figure = reader.live_figure(NAME)
    expect_gain(figure, "currents", "network", 2)
    figure.slider("noise").focus()
    figure.page.keyboard.press("ArrowRight")
    expect_gain(figure, "currents", "network", 3)
    figure.page.keyboard.press("Home")
    expect_gain(figure, "currents", "network", 0)


@pytest.mark.parametrize("method", METHODS)
def test_every_method_cleans_pictures_and_currents(reader: Reader, method: str) -> None:
    figure = reader.live_figure(NAME, {"method": method, "level": 2})
    expect_gain(figure, "currents", method, 2)
    figure.choice("photographs").click()
    expect_gain(figure, "photographs", method, 2)
    figure.choice("spikes").click()
    expect_gain(figure, "photographs", method, 2, "spikes")


def test_pictures_are_shown_as_they_are(reader: Reader) -> None:
    figure = reader.live_figure(NAME, {"data": "photographs", "method": "wiener", "level": 1})
    model = figure.placed.model("photographs")
    clean = model.array("clean")[2].astype(float) / 255
    noisy = clean + noise(clean.shape, "white", 7, model.card["options"]["levels"][1])
    shown = figure.settle()
    for name, picture in (
        ("Noisy", noisy),
        ("Cleaned", cleaned(model, "wiener", noisy, model.card["options"]["levels"][1])),
        ("Clean", clean),
    ):
        ink = shown.rasters[next(k for k in shown.rasters if re.match(f"{name}( |$)", k))]
        assert ink == pytest.approx(np.clip(1 - picture, 0, 1), abs=1 / 255 + 1e-3)


def test_the_highest_spikes_stay_in_the_plot(reader: Reader) -> None:
    figure = reader.live_figure(NAME, {"kind": "spikes", "level": 3})
    figure.settle()
    plot = figure.stage.get_by_role("img", name="Noisy and cleaned current")
    above, below = plot.evaluate(BEYOND)
    assert max(above, below) <= 1


def test_drawing_afresh_changes_the_noise_and_the_address_restores_it(reader: Reader) -> None:
    figure = reader.live_figure(NAME)
    figure.button("Draw afresh").click()
    expect_gain(figure, "currents", "network", 2, seed=8)
    before = figure.settle()
    other = Figure(reader.visit(figure.address()), figure.placed).wait_live()
    assert other.settle().readouts == before.readouts
    other.reset()
    other.expect_readout("seed of the noise", "7")


def test_who_is_ahead_follows_the_strength_of_the_noise(reader: Reader) -> None:
    figure = reader.live_figure(NAME)
    figure.expect_summary("ahead: autoencoder")
    figure.slider("noise").focus()
    figure.page.keyboard.press("Home")
    figure.expect_summary("ahead: Wiener")
    expect(figure.stage.get_by_text("ahead: Wiener")).to_be_visible()

    def told() -> None:
        rows = figure.table()[1:]
        means = figure.placed.model("currents").array("gains")[:, 0].mean(axis=0)
        assert [number(row[1]) for row in rows] == pytest.approx(means[0].tolist(), abs=0.051)

    eventually(figure.page, told)
    figure.choice("spikes").click()
    figure.slider("noise").focus()
    figure.page.keyboard.press("End")
    figure.expect_summary("ahead: median, Wiener")
