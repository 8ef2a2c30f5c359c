"""F17: a threshold on scores, the counts that follow from it, and what alarms are worth."""

from __future__ import annotations

import re

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import expect
from sklearn.metrics import confusion_matrix, roc_auc_score

from tests.browser.conftest import HTTP_AND_FILE, Reader
from tests.browser.support.figure import Figure, number
from tests.browser.support.site import PublishedModel
from tests.browser.support.waiting import eventually

NAME = "anomaly"
ALLOWED, RATE, SEVERITY = "false alarms allowed", "base rate", "severity"
FAULTS = ("open-switch", "phase-imbalance", "sensor-offset", "sensor-gain", "bearing-ripple")

Levels = NDArray[np.int32]


def scores(model: PublishedModel, detector: str, kind: int, shown: int = 0) -> list[Levels]:
    """Published scores of held-out, ordinary test and strange examples, in that order."""
    place = model.card["options"]["detectors"].index(detector)
    ordinary = [model.array(f"scores_{name}")[shown, place] for name in ("validation", "test")]
    return [*ordinary, model.array("scores_strange")[shown, kind, place]]


def expect_counts(figure: Figure, lists: list[Levels], allowed: float) -> None:
    """Waits for the counts of one threshold, as scikit-learn has them."""
    held_out, ordinary, strange = lists
    limit = np.sort(held_out)[-1 - int(allowed * len(held_out) + 1e-9)]
    truth = np.repeat([0, 1], [len(ordinary), len(strange)])
    together = np.concatenate([ordinary, strange])
    _, false, missed, caught = confusion_matrix(truth, together > limit).ravel()
    figure.expect_readout("caught", f"{caught} of {len(strange)}")
    figure.expect_readout("missed", str(missed))
    figure.expect_readout("false alarms", f"{false} of {len(ordinary):,}")
    figure.expect_number("area under the curve", roc_auc_score(truth, together), 0.00051)


@HTTP_AND_FILE
def test_keys_move_the_threshold_and_the_counts_follow(reader: Reader) -> None:
    figure = reader.live_figure(NAME)
    lists = scores(figure.placed.model("currents"), "autoencoder", 3)
    expect_counts(figure, lists, 0.01)
    figure.slider(ALLOWED).focus()
    figure.page.keyboard.press("ArrowRight")
    expect_counts(figure, lists, 0.015)
    figure.page.keyboard.press("Home")
    expect_counts(figure, lists, 0.0)
    figure.page.keyboard.press("End")
    expect_counts(figure, lists, 0.3)


def test_a_finger_moves_the_threshold(reader: Reader) -> None:
    figure = reader.live_figure(NAME, touch=True)
    slider = figure.slider(ALLOWED)
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    assert box
    before = slider.input_value()
    figure.finger().tap((box["x"] + 0.7 * box["width"], box["y"] + box["height"] / 2))
    eventually(figure.page, lambda: _differs(slider.input_value(), before))
    allowed = float(slider.input_value())
    expect_counts(figure, scores(figure.placed.model("currents"), "autoencoder", 3), allowed)


def _differs(one: str, other: str) -> None:
    assert one != other


@pytest.mark.parametrize("detector", ["weighed", "pca", "mahalanobis", "forest", "sum"])
def test_each_score_is_counted_for_fault_and_severity(reader: Reader, detector: str) -> None:
    state = {"fault": "bearing-ripple", "severity": 6, "detector": detector, "allowed": 0.05}
    figure = reader.live_figure(NAME, state)
    model = figure.placed.model("currents")
    expect_counts(figure, scores(model, detector, 1 + 4 * 10 + 5), 0.05)
    figure.slider(SEVERITY).focus()
    figure.page.keyboard.press("End")
    expect_counts(figure, scores(model, detector, 1 + 4 * 10 + 9), 0.05)
    figure.page.keyboard.press("Home")  # a whole machine, which nothing tells apart
    expect_counts(figure, scores(model, detector, 0), 0.05)
    assert abs(figure.settle().number("area under the curve") - 0.5) < 0.1


def test_the_drawn_window_goes_through_the_network_in_the_page(reader: Reader) -> None:
    """Its error, measured from the drawn curves, is the score that the histogram marks."""
    figure = reader.live_figure(NAME, {"data": "digits", "unseen": 4, "example": 2})
    model = figure.placed.model("digits")
    x = model.array("digits")[4, 1].astype(np.float32)[None] / np.float32(16)
    x_hat = model.run("autoencoder", x=x, member=np.array([4], np.int32))["x_hat"]
    shown = figure.settle()
    for name, ink in (("The digit", x), ("Its recon", x_hat), ("The size", np.abs(x - x_hat))):
        assert shown.raster(name).ravel() == pytest.approx(ink.ravel(), abs=1 / 255 + 1e-3)
    published = scores(model, "autoencoder", 0, 4)[2][1] / model.card["options"]["levels"]
    assert np.log10(np.mean((x - x_hat) ** 2)) == pytest.approx(published, abs=0.006)


def test_the_real_data_are_counted_too(reader: Reader) -> None:
    figure = reader.live_figure(NAME, {"allowed": 0.1})
    figure.choice("tumours").click()
    expect_counts(figure, scores(figure.placed.model("tumours"), "autoencoder", 0), 0.1)
    figure.choice("digits").click()
    figure.root.get_by_label("never seen").select_option("7")
    expect_counts(figure, scores(figure.placed.model("digits"), "autoencoder", 0, 7), 0.1)


def test_one_fault_in_a_thousand_is_worth_what_the_text_says(reader: Reader) -> None:
    """The figure's first state is that of the prediction before it."""
    figure = reader.live_figure(NAME)
    told = figure.root.locator(".readout > div").filter(has_text="true alarms")
    expect(told.locator("dt")).to_have_text("true alarms, 1 in 1,000")
    answer = figure.page.locator(".predict").filter(has_text="One window in a thousand is faulty")
    quoted = answer.locator("data.metric")
    texts = [entry.text_content() or "" for entry in quoted.all()]
    assert told.locator("dd").inner_text() in texts
    caught, false = (number(told) / 100 for told in texts[1:3])
    share = 0.001 * caught / (0.001 * caught + 0.999 * false)
    assert number(told.locator("dd").inner_text()) / 100 == pytest.approx(share, rel=0.1)
    figure.slider(RATE).focus()
    figure.page.keyboard.press("Home")
    expect(told.locator("dt")).to_have_text("true alarms, 1 in 10")
    at_ten = 0.1 * caught / (0.1 * caught + 0.9 * false)
    eventually(
        figure.page,
        lambda: _near(number(told.locator("dd").inner_text()) / 100, at_ten, 0.02),
    )


def _near(one: float, other: float, within: float) -> None:
    assert one == pytest.approx(other, abs=within)


def test_who_is_ahead_is_said_as_the_areas_have_it(reader: Reader) -> None:
    figure = reader.live_figure(NAME, {"fault": "phase-imbalance", "severity": 5})
    model = figure.placed.model("currents")
    auc = model.array("auc")[:, 1 + 10 + 4].mean(axis=0)

    def told() -> None:  # the table follows after a rest
        means = [number(row[1]) for row in figure.table()[1:]]
        assert means == pytest.approx(auc.tolist(), abs=0.00051)

    eventually(figure.page, told)
    figure.expect_summary(re.compile("ahead: weighed error|level: weighed error"))
    figure.choice("digits").click()
    figure.root.get_by_label("never seen").select_option("0")
    figure.expect_summary("ahead: plain error")


def test_an_address_restores_the_state_and_every_severity_unfolds(reader: Reader) -> None:
    figure = reader.live_figure(NAME, {"fault": "sensor-gain", "severity": 7, "detector": "sum"})
    figure.button("Show every severity").click()
    expect(figure.root.get_by_role("img", name="Area under the curve against sev")).to_be_visible()
    figure.slider(ALLOWED).focus()
    figure.page.keyboard.press("End")
    before = figure.settle()
    other = Figure(reader.visit(figure.address()), figure.placed).wait_live()
    assert other.settle().readouts == before.readouts
    other.reset()
    expect_counts(other, scores(other.placed.model("currents"), "autoencoder", 3), 0.01)
