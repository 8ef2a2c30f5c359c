"""Note 10, second figure: the page takes the steps that the denoiser takes in onnxruntime."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.spatial.distance import cdist
from scipy.special import expit

from tests.browser.conftest import Reader
from tests.browser.support.figure import Figure
from training.data import rng

NAME = "diffusion-steps"
STREAM_NOISE = rng.STREAM_DRAW + 71
COUNT = 300
SEED = 7

Field = NDArray[np.float64]


def energy_distance(x: Field, y: Field) -> float:
    n, m = len(x), len(y)
    return float(
        2 * cdist(x, y).mean()
        - cdist(x, x).sum() / (n * (n - 1))
        - cdist(y, y).sum() / (m * (m - 1))
    )


def walked(figure: Figure, seed: int) -> list[float]:
    """The distance at the start and after each step: by the formula of DDIM, in float64 between
    the denoiser's guesses."""
    model = figure.placed.model("tools")
    options = model.card["options"]
    test = model.array("points_test").astype(np.float64)
    mean, deviation = np.array(options["mean"]), options["deviation"]
    z = rng.normal(seed, STREAM_NOISE, 2 * COUNT).reshape(COUNT, 2).astype(np.float64)
    found = [energy_distance(z * deviation + mean, test)]
    levels = options["levels"]
    for place, level in enumerate(levels):
        level_of_all, member = np.full(COUNT, level), np.zeros(COUNT, np.int32)
        guessed = model.run("denoiser", z=z, level=level_of_all, member=member)
        clean = guessed["clean"].astype(np.float64)
        if place + 1 < len(levels):
            alpha, sigma = (np.sqrt(expit(sign * 2 * level)) for sign in (1, -1))
            ahead = 2 * levels[place + 1]
            noise = (z - alpha * clean) / sigma
            z = np.sqrt(expit(ahead)) * clean + np.sqrt(expit(-ahead)) * noise
        else:
            z = clean
        found.append(energy_distance(z * deviation + mean, test))
    return found


def test_each_step_is_as_far_from_the_data_as_the_graph_takes_it(reader: Reader) -> None:
    figure = reader.live_figure(NAME)
    expected = walked(figure, SEED)
    steps = figure.slider("steps")
    for step, key in ((0, "Home"), (1, "ArrowRight"), (24, "End")):
        steps.focus()
        figure.page.keyboard.press(key)
        figure.expect_number("distance now", expected[step], within=2e-3)
    told = [float(row[1].replace("−", "-")) for row in figure.table()[1:]]
    assert told == pytest.approx(expected, abs=2e-3)
    assert expected[0] > 3 * expected[-1], "noise is far, the last points are near"


def test_other_noise_is_another_throw_and_the_address_keeps_it(reader: Reader) -> None:
    figure = reader.live_figure(NAME, {"step": 20})
    before = figure.settle().readouts
    figure.button("Other noise").click()
    assert figure.settle().readouts["distance now"] != before["distance now"]
    address = figure.address()
    assert "throw_seed=8" in address
    other = Figure(reader.visit(address), figure.placed).wait_live()
    assert other.settle().readouts == figure.settle().readouts
    figure.reset()
    figure.expect_summary("After 24 of 24 steps")


def test_what_the_build_measured_on_the_way_ends_at_the_table_of_tools(reader: Reader) -> None:
    model = reader.live_figure(NAME).placed.model("tools")
    ends = model.array("distances")[:, -1]
    mean = model.card["metrics"]["points.energy.tool.diffusion"]["value"]
    assert ends.mean() == pytest.approx(mean, abs=1e-4)


def test_the_plain_autoencoder_is_shown_beside_the_others(reader: Reader) -> None:
    """It is the nearest on average, which the text says."""
    figure = reader.live_figure(NAME)
    found = figure.placed.model("tools").card["metrics"]
    energy = {tool: found[f"points.energy.tool.{tool}"]["value"] for tool in ("ae", "diffusion")}
    assert energy["ae"] < energy["diffusion"]
    figure.expect_number("plain autoencoder’s", energy["ae"], within=6e-5)
    name = figure.stage.locator(".direct-label", has_text="plain autoencoder").bounding_box()
    others = figure.stage.locator(".direct-label", has_not_text="plain autoencoder").all()
    assert name
    for box in [other.bounding_box() for other in others]:
        assert box
        apart = name["y"] + name["height"] <= box["y"] or box["y"] + box["height"] <= name["y"]
        assert apart or name["x"] + name["width"] <= box["x"]
