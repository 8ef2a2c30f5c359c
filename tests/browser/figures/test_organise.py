"""F5: three classes part in the code of a network that trains in the page, labels unseen."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import onnxruntime
import pytest
from playwright.sync_api import expect
from sklearn.neighbors import KNeighborsClassifier

from builder.resolve.number import written
from tests.browser.conftest import HTTP_AND_FILE, Reader
from tests.browser.support.figure import Figure, number
from tests.browser.support.site import Array, PublishedModel
from tests.browser.support.training import FULL_SPEED, HANDS, STEP, TRAIN, UNTRAIN, Bench, Hand
from tests.browser.support.waiting import eventually

NAME = "organise"
ENOUGH = 90  # % of neighbours
CHOICES = {"clusters": "points in ten dimensions", "digits": "images of three digits"}


def neighbours(figure: Figure) -> float:
    """The meter's percentage, as a screen reader hears it."""
    meter = figure.stage.locator("svg.meter").get_attribute("aria-label") or ""
    found = re.search(r"now (\d+)%", meter)
    assert found, meter
    return float(found[1])


def samples(model: PublishedModel, split: str) -> Array:
    scale = model.card["options"]["live"]["data"]["scale"]
    return model.array(f"x_{split}").astype(np.float32) * np.float32(scale)


def true_accuracy(model: PublishedModel, params: list[float]) -> float:
    """Percentage by onnxruntime and scikit-learn."""
    weights = np.array(params, np.float32)
    codes = {
        split: model.run("encoder", params=weights, x=samples(model, split))["z"]
        for split in ("train", "validation")
    }
    vote = KNeighborsClassifier(10).fit(codes["train"], model.array("labels_train"))
    return 100 * float(vote.score(codes["validation"], model.array("labels_validation")))


@HTTP_AND_FILE
def test_the_claim_stands_before_anything_is_trained(reader: Reader) -> None:
    static = reader.figure(NAME, scripts=False)
    metrics: dict[str, Any] = static.placed.model("clusters").card["metrics"]
    accuracy, untrained, pca = (
        written(metrics[name]["value"], ".0p")
        for name in (
            "validation.neighbour_accuracy",
            "validation.neighbour_accuracy.untrained",
            "pca.validation.neighbour_accuracy",
        )
    )
    said = re.search(r"(\d+)% of .*untrained (\d+)%, PCA (\d+)%", static.summary())
    assert said, static.summary()
    assert said.groups() == (accuracy, untrained, pca)
    assert neighbours(static) == float(accuracy) >= ENOUGH
    for glyph in "ABC":
        drawn = static.stage.locator("text.glyphs").filter(has_text=re.compile(f"^{glyph}+$"))
        assert len(drawn.text_content() or "") > 50


@pytest.mark.parametrize(
    ("role", "hand"),
    [("clusters", "mouse"), ("clusters", "finger"), ("clusters", "keys"), ("digits", "keys")],
)
def test_trains_from_untrained_until_neighbours_agree(
    reader: Reader, role: str, hand: Hand
) -> None:
    figure = reader.live_figure(NAME, FULL_SPEED, touch=hand == "finger")
    run = Bench(figure, hand)
    if role != "clusters":
        run.choose(CHOICES[role])
        expect(run.progress).to_contain_text(re.compile(r"built: 1,500 steps"))
    model = figure.placed.model(role)
    run.press(UNTRAIN)
    run.wait_phase("untrained")

    def starts_low() -> None:
        assert neighbours(figure) < ENOUGH

    eventually(figure.page, starts_low)
    first = run.run()
    assert neighbours(figure) == pytest.approx(true_accuracy(model, first["params"]), abs=0.51)
    run.press(TRAIN)
    pca = model.card["metrics"]["pca.validation.loss"]["value"]

    def parted() -> None:
        assert neighbours(figure) >= ENOUGH
        assert run.validation_loss() < pca

    eventually(figure.page, parted, 60)
    run.wait_phase("done")
    figure.settle()
    last = run.run()
    assert neighbours(figure) >= ENOUGH
    assert neighbours(figure) == pytest.approx(true_accuracy(model, last["params"]), abs=0.51)
    figure.expect_summary("Done: step")
    figure.expect_summary(f"{neighbours(figure):.0f}% of the validation samples")
    figure.root.get_by_text("Numbers behind this figure").click()
    curve = last["validation"][0]

    def told() -> None:  # the table follows after a rest
        rows = figure.table()[1:]
        assert [int(step) for step, _ in rows] == [step for step, _ in curve]
        losses = [number(loss) for _, loss in rows]
        assert losses == pytest.approx([v for _, v in curve], abs=1e-5)

    eventually(figure.page, told)
    figure.root.get_by_text("Numbers behind this figure").click()


def test_labels_never_enter_the_graph(reader: Reader) -> None:
    figure = reader.site.figure(NAME)
    for role in CHOICES:
        model = figure.model(role)
        session = onnxruntime.InferenceSession(model.bytes("step"))
        inputs = {port.name: port.shape for port in session.get_inputs()}
        assert set(inputs) == {
            "params",
            "adam_m",
            "adam_v",
            "step",
            "index",
            "x_all",
            "adam_eps",
            "lr",
        }
        assert model.array("x_train").shape[1] == model.card["options"]["live"]["input_size"]


@pytest.mark.parametrize("hand", HANDS)
def test_the_other_data_have_a_run_of_their_own(reader: Reader, hand: Hand) -> None:
    figure = reader.live_figure(NAME, FULL_SPEED, touch=hand == "finger")
    run = Bench(figure, hand)
    run.press(STEP)
    run.wait_step(1)
    run.choose(CHOICES["digits"])
    run.wait_phase("done")
    assert run.record() is None
    expect(figure.stage.locator("text.glyphs")).to_have_count(3)
    assert "data=digits" in figure.address()
    run.choose(CHOICES["clusters"])
    run.wait_step(1)
    run.press(STEP)
    run.wait_step(2)
