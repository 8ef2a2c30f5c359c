"""F21: windows of a rare fault made in the page, and what ten seeds say of adding them."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import expect

from builder.resolve.number import written
from tests.browser.conftest import HTTP_AND_FILE, Reader
from tests.browser.support.figure import Figure, number
from tests.browser.support.site import PublishedModel
from tests.browser.support.waiting import eventually
from training.data import rng
from training.measure.rare_class import STREAM_NOISE, jittered, parents, smote
from training.recipes.rare_currents import FLOOR, spectrum

NAME = "generate"
MADE = 60
Field = NDArray[np.float64]


def made(model: PublishedModel, way: str, fault: int, seed: int) -> Field:
    """By numpy and onnxruntime, from what is published."""
    options = model.card["options"]
    owned = (model.array("owned")[fault] / options["fine"]).astype(float)
    if way == "smote":
        return smote(owned, MADE, seed)
    if way == "jitter":
        return jittered(owned, MADE, options["noise"], options["scale"], seed)
    mu, sigma = model.array("codes") / options["code_steps"]
    chosen = parents(seed, len(mu), MADE)
    eps = rng.normal(seed, STREAM_NOISE, MADE * mu.shape[1]).reshape(MADE, -1)
    z = mu[chosen] + sigma[chosen] * eps

    def decoded(place: int) -> Field:
        told = np.repeat(np.eye(6)[[place]], MADE, axis=0)
        both = np.concatenate([z, told], axis=1).astype(np.float32)
        members = np.zeros(MADE, np.int32)
        return model.run("decoder", z_and_class=both, member=members)["x_hat"].astype(float)

    if way == "drawn":
        return decoded(1 + fault)
    whole = model.array("ordinary")[chosen] / options["fine"]
    return np.asarray(whole + decoded(1 + fault) - decoded(0))


def weakest(windows: Field) -> float:
    """Least amplitude of the mean spectrum, in per cent."""
    return float(100 * 10 ** spectrum(windows)[:, :32].mean(axis=0).min())


def expect_made(figure: Figure, way: str, fault: int, seed: int) -> None:
    model = figure.placed.model("rare")
    assert model.card["options"]["floor"] == FLOOR
    windows = made(model, way, fault, seed)
    figure.expect_number("weakest frequency, made", weakest(windows), 0.006)


@HTTP_AND_FILE
def test_windows_are_made_in_the_page(reader: Reader) -> None:
    figure = reader.live_figure(NAME)
    expect_made(figure, "drawn", 3, 0)
    shown = figure.root.get_by_label("shown")
    for way, label in (
        ("graft", "VAE, grafted"),
        ("jitter", "jittered copies"),
        ("smote", "SMOTE"),
    ):
        shown.select_option(label=label)
        expect_made(figure, way, 3, 0)
    shown.select_option(label="VAE, drawn")
    figure.root.get_by_label("fault", exact=True).select_option(label="sensor offset")
    figure.button("Draw afresh").click()
    figure.expect_readout("seed", "1")
    expect_made(figure, "drawn", 2, 1)


def test_keys_add_windows_and_the_verdict_follows(reader: Reader) -> None:
    figure = reader.live_figure(NAME)
    model = figure.placed.model("rare")
    options = model.card["options"]
    columns = [tuple(column) for column in options["columns"]]
    shares = model.array("caught")[1, 3] / options["asked"]
    nothing = shares[columns.index(("nothing", 0))]
    figure.root.get_by_role("slider", name="windows added").focus()
    for added in (240, 120, 60, 30):
        ours = shares[columns.index(("drawn", added))]
        points = float(100 * (ours - nothing).mean())
        side = "more" if points >= 0 else "fewer"
        told = (
            f"VAE, drawn, {added} added: {written(abs(points), '.1f')} points {side} "
            f"than with nothing, better in {np.sum(ours > nothing)} of {options['seeds']} seeds"
        )
        expect(figure.root.get_by_text(told).first).to_be_visible()
        figure.page.keyboard.press("ArrowLeft")
    expect(figure.root.get_by_text("Nothing added").first).to_be_visible()
    figure.settle()
    other = Figure(reader.visit(figure.address()), figure.placed).wait_live()
    expect(other.root.get_by_text("Nothing added").first).to_be_visible()
    other.reset()
    expect(other.root.get_by_text("VAE, drawn, 240 added").first).to_be_visible()


def test_the_table_holds_every_seed(reader: Reader) -> None:
    figure = reader.live_figure(NAME, {"sees": "window", "fault": "bearing-ripple", "added": "1"})
    model = figure.placed.model("rare")
    options = model.card["options"]
    columns = [tuple(column) for column in options["columns"]]
    shares = model.array("caught")[0, 4] / options["asked"]
    rows = [("graft", 30), ("drawn", 30), ("jitter", 30), ("smote", 30)]
    rows += [("weights", 0), ("nothing", 0), ("real", 270)]
    exact = shares[[columns.index(row) for row in rows]]

    def agrees() -> None:
        told = np.array([[number(cell) / 100 for cell in row[1:-1]] for row in figure.table()[1:]])
        assert told == pytest.approx(exact, abs=0.0006)

    eventually(figure.page, agrees)


def test_the_claim_of_the_default_state_is_in_sight(reader: Reader) -> None:
    figure = reader.live_figure(NAME)

    def agrees() -> None:
        means = {row[0]: number(row[-1]) for row in figure.table()[1:]}
        assert means["300 real ones"] == max(means.values())
        assert means["VAE, drawn"] == min(means.values())

    eventually(figure.page, agrees)
