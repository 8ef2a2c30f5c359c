"""F6: the map of test digits; a point shows digit and reconstruction, an empty place is decoded."""

from __future__ import annotations

import numpy as np
import pytest
from playwright.sync_api import expect

from builder.resolve.number import written
from tests.browser.conftest import HTTP_AND_FILE, Reader
from tests.browser.support.figure import Code, Figure, Snapshot
from tests.browser.support.site import Array, PublishedModel
from tests.browser.support.waiting import eventually

NAME = "digit-map"
MAP = "Test digits by code"
ORIGINAL, DECODED = "The digit itself", "What the decoder makes"
ROLES = {"ae": "autoencoder", "vae": "VAE", "pca": "PCA"}
TOLERANCE = 1 / 255 + 1e-3  # the canvas holds 8 bits
ROUNDING = 0.00501  # read-outs have two decimals
EMPTY = "no original"


def codes(model: PublishedModel) -> Array:
    return model.array("codes_test")


def position(model: PublishedModel, index: int) -> Code:
    a, b = codes(model)[index]
    return float(a), float(b)


def lonely(model: PublishedModel, besides: int, among: int = 40) -> int:
    """A digit that can be hit without hitting another: the one farthest from its neighbours."""
    points = codes(model)
    spread = points / np.ptp(points, axis=0)
    distances = np.linalg.norm(spread[:among, None] - spread[None], axis=2)
    np.fill_diagonal(distances, np.inf)
    distances[besides] = 0
    return int(distances.min(axis=1).argmax())


def empty_place(model: PublishedModel) -> Code:
    """The place within the codes' range that is farthest from every code."""
    points = codes(model)
    low, high = points.min(axis=0), points.max(axis=0)
    grid = np.stack(np.meshgrid(*np.linspace(low, high, 25).T), axis=-1).reshape(-1, 2)
    distances = np.linalg.norm((grid[:, None] - points[None]) / (high - low), axis=2).min(axis=1)
    a, b = grid[distances.argmax()]
    return float(a), float(b)


def decode(model: PublishedModel, code: Array) -> Array:
    return model.run("decoder", z=code.reshape(1, 2))["x_hat"].reshape(8, 8)


def expect_digit(figure: Figure, index: int, role: str = "ae") -> Snapshot:
    """Waits until the digit is shown; its numbers and pictures are checked against the model."""
    model = figure.placed.model(role)
    digit = model.array("labels_test")[index]
    title = f"Test digit {index + 1}, {'an' if digit == 8 else 'a'} {digit}"
    expect(figure.stage.get_by_text(title, exact=True)).to_be_visible()
    shown = figure.snapshot()
    code = codes(model)[index]
    assert [shown.number("z₁"), shown.number("z₂")] == pytest.approx(code, abs=ROUNDING)
    ink = model.array("images_test")[index] / np.float32(16)
    decoded = decode(model, code)
    assert np.abs(shown.raster(ORIGINAL) - ink).max() <= TOLERANCE
    assert np.abs(shown.raster(DECODED) - decoded.clip(0, 1)).max() <= TOLERANCE
    error = np.mean((ink - decoded) ** 2)
    assert shown.number("mean squared error") == pytest.approx(error, abs=0.000501)
    return shown


def expect_place(figure: Figure, code: Code, within: float, role: str = "ae") -> Snapshot:
    """Waits until the empty place is decoded. The read-out rounds z, so pixels differ a little."""
    figure.expect_readout("mean squared error", EMPTY)
    figure.expect_number("z₁", code[0], within)
    figure.expect_number("z₂", code[1], within)
    shown = figure.snapshot()
    z = np.array([shown.number("z₁"), shown.number("z₂")])
    model = figure.placed.model(role)
    corners = [z + ROUNDING * np.array(s) for s in ((1, 1), (1, -1), (-1, 1), (-1, -1))]
    slack = max(np.abs(decode(model, c) - decode(model, z)).max() for c in corners)
    difference = shown.raster(DECODED) - decode(model, z).clip(0, 1)
    assert np.abs(difference).max() <= TOLERANCE + 1.5 * slack
    assert len(shown.rasters) == 1
    return shown


@HTTP_AND_FILE
def test_mouse_picks_by_passing_over_and_decodes_by_clicking(reader: Reader) -> None:
    figure = reader.live_figure(NAME)
    model, plane = figure.placed.model("ae"), figure.plane(MAP)
    first = expect_digit(figure, figure.placed.data["state"]["point"])
    digit = lonely(model, besides=figure.placed.data["state"]["point"])
    figure.page.mouse.move(*plane.spot(position(model, digit)))
    shown = expect_digit(figure, digit)
    assert np.abs(shown.raster(DECODED) - first.raster(DECODED)).max() > 0.2
    figure.expect_summary(f"Test digit {digit + 1}, a")
    place = empty_place(model)
    figure.page.mouse.click(*plane.spot(place))
    expect_place(figure, place, 0.05)
    figure.expect_summary("An empty place")


def test_finger_picks_and_decodes_and_scrolls(reader: Reader) -> None:
    figure = reader.live_figure(NAME, touch=True)
    model, plane, finger = figure.placed.model("ae"), figure.plane(MAP), figure.finger()
    plane.svg.scroll_into_view_if_needed()
    digit = lonely(model, besides=figure.placed.data["state"]["point"])
    finger.tap(plane.spot(position(model, digit)))
    expect_digit(figure, digit)
    place = empty_place(model)
    finger.tap(plane.spot(place))
    expect_place(figure, place, 0.06)
    scrolled = figure.page.evaluate("scrollY")
    finger.swipe_up(plane.spot(place), 150)

    def moved() -> None:
        assert figure.page.evaluate("scrollY") > scrolled + 60, "the page did not scroll"

    eventually(figure.page, moved)


def test_keys_go_from_digit_to_digit_and_to_empty_places(reader: Reader) -> None:
    figure = reader.live_figure(NAME)
    model = figure.placed.model("ae")
    cursor = figure.slider(MAP)
    cursor.focus()
    start = figure.placed.data["state"]["point"]
    seen = [start]
    for key, axis, sign in [("ArrowRight", 0, 1), ("ArrowUp", 1, 1), ("ArrowLeft", 0, -1)]:
        figure.page.keyboard.press(key)
        expect(cursor).not_to_have_attribute("aria-valuenow", str(seen[-1] + 1))
        seen.append(int(cursor.get_attribute("aria-valuenow") or 0) - 1)
        expect_digit(figure, seen[-1])
        before, after = codes(model)[seen[-2]], codes(model)[seen[-1]]
        assert sign * (after[axis] - before[axis]) > 0, f"{key} went the wrong way"
    figure.page.keyboard.press("Shift+ArrowDown")
    x, y = figure.plane(MAP).spot(position(model, seen[-1]))
    side = plane_side(figure)
    expect_place(figure, figure.plane(MAP).code((x, y + 8 * side / 400)), 0.03)
    figure.page.keyboard.press("Shift+ArrowRight")  # two quick steps are two steps
    figure.page.keyboard.press("Shift+ArrowRight")
    expect_place(figure, figure.plane(MAP).code((x + 16 * side / 400, y + 8 * side / 400)), 0.03)


def plane_side(figure: Figure) -> float:
    box = figure.plane(MAP).svg.bounding_box()
    assert box
    return box["width"]


def test_toggle_compares_the_codes_of_three_models(reader: Reader) -> None:
    figure = reader.live_figure(NAME)
    for role, title in ROLES.items():
        metrics = figure.placed.model(role).card["metrics"]
        accuracy = metrics["test.knn_accuracy"]["value"]
        choice = figure.choice(f"{title} · {written(accuracy, '.0%')}")
        choice.click()
        expect(choice).to_be_checked()
        expect_digit(figure, 0, role)
        called = title if title == "PCA" else f"the {title}"
        figure.expect_summary(f"In the code of {called} the ten nearest neighbours")
        figure.expect_summary(f"{written(accuracy, '.1%')} of the test digits")
        assert [title, written(accuracy, ".1%")] in figure.table()
    figure.page.keyboard.press("ArrowRight")  # round again, by keyboard
    expect(figure.choice("autoencoder")).to_be_checked()
    expect(figure.choice("autoencoder")).to_be_focused()
    expect_digit(figure, 0, "ae")


def test_accuracies_are_those_of_the_published_codes(reader: Reader) -> None:
    """The share printed on the toggle is about right for the points that are drawn."""
    placed = reader.site.figure(NAME)
    for role in ROLES:
        model = placed.model(role)
        points, labels = codes(model), model.array("labels_test")
        distances = np.linalg.norm(points[:, None] - points[None], axis=2)
        np.fill_diagonal(distances, np.inf)
        nearest = labels[distances.argsort(axis=1)[:, :10]]
        named = np.array([np.bincount(row, minlength=10).argmax() for row in nearest])
        told = model.card["metrics"]["test.knn_accuracy"]["value"]
        # the card counts training neighbours, here are only test ones
        assert np.mean(named == labels) == pytest.approx(told, abs=0.08)


@HTTP_AND_FILE
def test_address_restores_point_model_and_place(reader: Reader) -> None:
    figure = reader.live_figure(NAME)
    figure.choice("VAE").click()
    place = empty_place(figure.placed.model("vae"))
    expect(figure.choice("VAE")).to_be_checked()
    figure.page.mouse.click(*figure.plane(MAP).spot(place))
    shown = expect_place(figure, place, 0.05, "vae")
    other = Figure(reader.visit(figure.address()), figure.placed).wait_live()
    assert other.snapshot().readouts == shown.readouts
    assert np.array_equal(other.snapshot().raster(DECODED), shown.raster(DECODED))
    other.reset()
    expect_digit(other, figure.placed.data["state"]["point"])
    expect_digit(reader.live_figure(NAME, {"kind": "pca", "point": 41}), 41, "pca")
