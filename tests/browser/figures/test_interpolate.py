"""F15: four ways between two digits, every drawing judged, and the shares over many pairs."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import HTTP_AND_FILE, Reader
from tests.browser.support.figure import Figure, number
from tests.browser.support.site import Array
from tests.browser.support.waiting import eventually

NAME = "interpolate"
WAYS = (
    "Cross-fade of the pixels",
    "Straight line, plain code",
    "Straight line, variational code",
    "Arc, variational code",
)
FULL_INK = 16
TOLERANCE = 1 / 255 + 1e-3  # the canvas holds 8 bits


def straight(a: Array, b: Array, t: float) -> Array:
    return (1 - t) * a + t * b


def arc(a: Array, b: Array, t: float) -> Array:
    """By turning a towards b in their plane, which is not how the page writes it."""
    lengths = [np.linalg.norm(end) for end in (a, b)]
    toward = a / lengths[0]
    aside = b / lengths[1] - (b / lengths[1] @ toward) * toward
    angle = t * np.arccos(np.clip(toward @ b / lengths[1], -1, 1))
    turned = np.cos(angle) * toward + np.sin(angle) * aside / np.linalg.norm(aside)
    return np.asarray(straight(*lengths, t) * turned)


def drawings(figure: Figure, start: int, end: int, t: float) -> list[Array]:
    """Each way's drawing, by the reader's own models."""
    twins = figure.placed.model("twins")

    def ends(name: str) -> tuple[Array, Array]:
        values = twins.array(name).reshape(len(twins.array("labels")), -1).astype(np.float64)
        return values[start - 1], values[end - 1]

    def decoded(kind: str, way: Callable[[Array, Array, float], Array]) -> Array:
        z = way(*ends(f"codes_{kind}"), t)
        return twins.run(f"decoder_{kind}", z=z[None])["x_hat"][0]

    faded = straight(*ends("images"), t) / FULL_INK
    return [faded, decoded("ae", straight), decoded("vae", straight), decoded("vae", arc)]


def row(figure: Figure, way: str) -> Locator:
    return figure.root.get_by_role("group", name=way, exact=True)


def assert_judged(figure: Figure, way: str, ink: Array) -> None:
    """What is said of the drawing is the judge's word on it."""
    judge = figure.placed.model("judge")
    known = judge.array("images_train").reshape(-1, 64) / FULL_INK
    distance = np.linalg.norm(known - ink, axis=1).min()
    probability = judge.run("classifier", x=ink[None])["probability"][0]
    told = row(figure, way).locator(".way-verdict").inner_text()
    verdict, sure, near = told.splitlines()
    assert int(sure.split(",")[0]) == probability.argmax()
    assert number(sure.split(",")[1]) == pytest.approx(100 * probability.max(), abs=0.51)
    assert number(near) == pytest.approx(distance, abs=0.0051)
    metrics = judge.card["metrics"]
    accepted = (
        probability.max() >= metrics["least_probability"]["value"]
        and distance <= metrics["largest_distance"]["value"]
    )
    assert verdict.startswith("accepted" if accepted else "refused")


def expect_walk(figure: Figure, start: int, end: int, step: int, place: str) -> None:
    """Waits until every way shows its drawing at that step, rightly judged."""
    expected = drawings(figure, start, end, step / 8)

    def arrived() -> None:
        shown = figure.snapshot()
        for way, ink in zip(WAYS, expected, strict=True):
            found = shown.raster(f"{way}, {place}")
            assert np.abs(found - ink.reshape(8, 8)).max() <= TOLERANCE, way

    eventually(figure.page, arrived)
    for way, ink in zip(WAYS, expected, strict=True):
        assert_judged(figure, way, ink)


@HTTP_AND_FILE
def test_default_is_the_typical_pair_half_way(reader: Reader) -> None:
    figure = reader.live_figure(NAME)
    expect_walk(figure, 18, 37, 4, "half-way")


def test_claim_stands_in_the_figure_and_is_what_was_measured(reader: Reader) -> None:
    figure = reader.live_figure(NAME)
    shares = figure.placed.model("twins").array("accepted_shares")
    means = shares.mean(axis=0)
    assert (np.diff(means) > 0).all(), "each way is accepted more often than the one above it"
    printed = [
        number(name.split("·")[1])
        for name in figure.stage.locator(".dot-rows .direct-label").all_text_contents()
    ]
    assert printed == pytest.approx(100 * means, abs=0.51)
    for cells, values in zip(figure.table()[1:], shares.T, strict=True):
        assert [number(cell) for cell in cells[-len(values) :]] == pytest.approx(
            100 * values, abs=0.051
        )


def test_struck_drawings_are_those_that_the_judge_refuses(reader: Reader) -> None:
    figure = reader.live_figure(NAME)
    judge = figure.placed.model("judge")
    known = judge.array("images_train").reshape(-1, 64) / FULL_INK
    limits = {
        name: judge.card["metrics"][name]["value"]
        for name in ("least_probability", "largest_distance")
    }
    strips = [drawings(figure, 18, 37, step / 8) for step in range(9)]
    for number_of_way, way in enumerate(WAYS):
        ink = np.stack([strip[number_of_way] for strip in strips])
        probability = judge.run("classifier", x=ink)["probability"].max(axis=1)
        distance = np.linalg.norm(known[None] - ink[:, None], axis=2).min(axis=1)
        refused = (probability < limits["least_probability"]) | (
            distance > limits["largest_distance"]
        )
        path = row(figure, way).locator(".struck").get_attribute("d") or ""
        assert re.findall(r"M(\d+) 0", path) == [str(i) for i in np.flatnonzero(refused)]


@HTTP_AND_FILE
def test_mouse_chooses_a_digit(reader: Reader) -> None:
    figure = reader.live_figure(NAME)
    slider = figure.slider("to")
    box = slider.bounding_box()
    assert box
    figure.page.mouse.click(box["x"] + 0.6 * box["width"], box["y"] + box["height"] / 2)
    expect(slider).not_to_have_value("37")
    expect_walk(figure, 18, int(slider.input_value()), 4, "half-way")
    figure.expect_summary(f"to test digit {slider.input_value()}")


def test_finger_chooses_the_step(reader: Reader) -> None:
    figure = reader.live_figure(NAME, touch=True)
    slider = figure.slider("judged step")
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    assert box
    figure.finger().tap((box["x"] + box["width"] - 4, box["y"] + box["height"] / 2))
    expect(slider).to_have_value("8")
    expect_walk(figure, 18, 37, 8, "at the end")


def test_keys_step_along_and_through_the_digits(reader: Reader) -> None:
    figure = reader.live_figure(NAME)
    figure.slider("judged step").focus()
    figure.page.keyboard.press("ArrowLeft")
    expect_walk(figure, 18, 37, 3, "3 eighths along")
    figure.slider("from").focus()
    figure.page.keyboard.press("End")
    expect_walk(figure, 122, 37, 3, "3 eighths along")


def test_a_digit_with_itself_goes_nowhere(reader: Reader) -> None:
    figure = reader.live_figure(NAME, {"from": 7, "to": 7})
    shown = figure.settle()
    for way in WAYS:
        strip = np.stack(np.split(shown.raster(f"{way}, 9 drawings"), 9, axis=1))
        assert np.abs(strip - strip[0]).max() <= TOLERANCE


@HTTP_AND_FILE
def test_address_restores_the_pair_and_reset_ends_it(reader: Reader) -> None:
    figure = reader.live_figure(NAME, {"from": 30, "to": 95, "step": 6})
    expect_walk(figure, 30, 95, 6, "6 eighths along")
    figure.slider("judged step").focus()
    figure.page.keyboard.press("ArrowRight")
    other = Figure(reader.visit(figure.address()), figure.placed).wait_live()
    expect_walk(other, 30, 95, 7, "7 eighths along")
    other.reset()
    expect_walk(other, 18, 37, 4, "half-way")


def test_numbers_beyond_the_range_come_back_into_it(reader: Reader) -> None:
    figure = reader.live_figure(NAME, {"from": 9999, "to": -4, "step": "x"})
    expect_walk(figure, 122, 1, 4, "half-way")
