"""F4: a linear autoencoder trains in the page until its plane is PCA's; its axes stay turned."""

from __future__ import annotations

import re

import numpy as np
import pytest

from tests.browser.conftest import HTTP_AND_FILE, Reader
from tests.browser.support.figure import Figure
from tests.browser.support.site import Array, PublishedModel
from tests.browser.support.training import FULL_SPEED, HANDS, TRAIN, UNTRAIN, Bench, Hand
from tests.browser.support.waiting import eventually

NAME = "linear-is-pca"
SMALL = 5  # degrees
ANGLES = "principal angles"
ERROR, PCA = "validation error", "PCA’s"

# At every frame, which names in the plot of losses cover each other; letters of one line touch.
WATCH_NAMES = """
(figure) => {
  const [apart, box] = [3, (name) => name.getBoundingClientRect()];
  figure.frames_ = 0;
  figure.met_ = [];
  const look = () => {
    const names = [...figure.querySelectorAll(".loss-plots .direct-label")];
    figure.frames_ += names.length === 3;
    names.forEach((one, i) => names.slice(0, i).forEach((other) => {
      const [a, b] = [box(one), box(other)];
      const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      const met = `${one.textContent} on ${other.textContent}`;
      if (across > 0 && down > apart) figure.met_.push(met);
    }));
    requestAnimationFrame(look);
  };
  look();
}
"""


def decoder(model: PublishedModel, params: list[float]) -> Array:
    """The decoder's weights [64, 2] out of the flat parameters."""
    start = 0
    for parameter in model.card["options"]["live"]["parameters"]:
        size = int(np.prod(parameter["shape"]))
        if parameter["shape"] == [64, 2]:
            return np.array(params[start : start + size], np.float64).reshape(64, 2)
        start += size
    raise AssertionError("no weights of shape [64, 2]")


def principal_angles(model: PublishedModel, params: list[float]) -> Array:
    """Degrees between the decoder's plane and PCA's, the larger first (Björck & Golub 1973)."""
    ours, _ = np.linalg.qr(decoder(model, params))
    theirs, _ = np.linalg.qr(model.array("basis").astype(np.float64).T)
    sines = np.linalg.svd(ours - theirs @ (theirs.T @ ours), compute_uv=False)
    degrees: Array = np.degrees(np.arcsin(np.clip(sines, 0, 1)))
    return degrees


def shown_angles(figure: Figure) -> tuple[float, float]:
    larger, smaller = re.findall(r"[\d.]+", figure.snapshot().readouts[ANGLES])
    return float(larger), float(smaller)


@HTTP_AND_FILE
def test_the_claim_stands_before_anything_is_trained(reader: Reader) -> None:
    static = reader.figure(NAME, scripts=False)
    readouts = dict(
        zip(
            static.stage.locator(".readout dt").all_text_contents(),
            static.stage.locator(".readout dd").all_text_contents(),
            strict=True,
        )
    )
    metrics = static.placed.model("linear").card["metrics"]
    angles = [float(angle) for angle in re.findall(r"[\d.]+", readouts[ANGLES])]
    assert angles == pytest.approx(
        [metrics["largest_angle"]["value"], metrics["smallest_angle"]["value"]], abs=0.00501
    )
    assert angles[0] < SMALL
    assert float(readouts[ERROR]) == pytest.approx(float(readouts[PCA]), rel=1e-3)


@pytest.mark.parametrize("hand", HANDS)
def test_the_planes_meet_and_the_axes_stay_turned(reader: Reader, hand: Hand) -> None:
    figure = reader.live_figure(NAME, FULL_SPEED, touch=hand == "finger")
    model = figure.placed.model("linear")
    run = Bench(figure, hand)
    run.press(UNTRAIN)
    run.wait_phase("untrained")

    def starts_apart() -> None:
        assert shown_angles(figure)[0] > 45

    eventually(figure.page, starts_apart)
    at_start = run.run()["params"]
    assert shown_angles(figure) == pytest.approx(principal_angles(model, at_start), abs=0.01)
    run.press(TRAIN)

    def met() -> None:
        assert shown_angles(figure)[0] < SMALL

    eventually(figure.page, met, 60)
    run.wait_phase("done")
    end = run.run()
    truth = principal_angles(model, end["params"])

    def agrees() -> None:
        assert shown_angles(figure) == pytest.approx(truth, abs=0.02)

    eventually(figure.page, agrees)
    seen = figure.snapshot()
    assert seen.number(ERROR) == pytest.approx(seen.number(PCA), rel=1e-3)
    directions = decoder(model, end["params"]).T @ model.array("basis").T
    turned = np.degrees(np.arctan2(directions[:, 1], directions[:, 0])) % 90
    assert np.minimum(turned, 90 - turned).max() > SMALL, "the axes fell together with PCA's"
    assert (seen.raster("As PCA redraws it") - seen.raster("As the autoencoder")).max() < 0.05


@pytest.mark.parametrize("touch", [False, True], ids=["desk", "phone"])
def test_the_names_in_the_plot_of_losses_are_apart_all_along_a_run(
    reader: Reader, touch: bool
) -> None:
    """Both curves end on the level of PCA, whose name steps aside."""
    figure = reader.live_figure(NAME, {"speed": "25"}, touch=touch)
    run = Bench(figure, "finger" if touch else "mouse")
    run.press(UNTRAIN)
    figure.root.evaluate(WATCH_NAMES)
    run.press(TRAIN)
    run.wait_phase("done")
    frames, met = figure.root.evaluate("(figure) => [figure.frames_, figure.met_]")
    assert frames > 20, "most of the run was seen"
    assert not met


def test_turning_a_knob_keeps_the_angle_curve(reader: Reader) -> None:
    """The trace of what this run has shown so far goes on."""
    figure = reader.live_figure(NAME)
    run = Bench(figure, "keys")
    run.train_to(40)
    run.knob().focus()
    figure.page.keyboard.press("ArrowRight")
    run.train_to(80)
    figure.root.get_by_text("Numbers behind this figure").click()

    def kept() -> None:
        steps = [int(row[0]) for row in figure.table()[1:]]
        assert steps == sorted(steps)
        assert steps[0] < 40 <= steps[-1]

    eventually(figure.page, kept)
    figure.root.get_by_text("Numbers behind this figure").click()


@pytest.mark.parametrize("hand", HANDS)
def test_another_digit_is_redrawn(reader: Reader, hand: Hand) -> None:
    figure = reader.live_figure(NAME, FULL_SPEED, touch=hand == "finger")
    run = Bench(figure, hand)
    before = figure.snapshot().raster("The original")
    run.turn_up("validation digit")
    figure.settle()
    original = figure.snapshot().raster("The original")
    model = figure.placed.model("linear")
    index = int(figure.slider("validation digit").input_value())
    assert index > 90
    expected = model.array("x_validation")[index] * model.card["options"]["live"]["data"]["scale"]
    assert np.abs(original - expected.reshape(8, 8)).max() <= 1 / 255 + 1e-3
    assert np.abs(original - before).max() > 0.2
    assert f"sample={index}" in figure.address()
