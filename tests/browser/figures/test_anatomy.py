"""F2: the hour-glass of each trained size, a digit inside, and the symbols that name its parts."""

from __future__ import annotations

import re

import numpy as np
import onnxruntime
import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import HTTP_AND_FILE, Reader
from tests.browser.support.figure import Figure, Snapshot
from tests.browser.support.site import Array

NAME = "anatomy"
SLIDER = "numbers in the code"
LAYERS = ["input", "encoder’s hidden layer", "code", "decoder’s hidden layer", "reconstruction"]
TOLERANCE = 1 / 255 + 1e-3  # the canvas holds 8 bits
COPY = "Copy through"


def layer(figure: Figure, name: str) -> Locator:
    return figure.choice(re.compile(f"^{name} "))


def expect_layer(figure: Figure, name: str, count: int) -> None:
    """The layer is picked and looked into: its name and how many numbers it holds."""
    expect(layer(figure, name)).to_have_attribute("aria-checked", "true")
    noun = "number" if count == 1 else "numbers"
    title = re.compile(f"^In the {name} .*: {count} {noun}$")
    expect(figure.stage.get_by_text(title)).to_be_visible()


def flow(figure: Figure, digit: int) -> dict[str, Array]:
    """Every layer of every size for a digit, by onnxruntime."""
    model = figure.placed.model("ae")
    labels, images = model.array("labels_test"), model.array("images_test")
    x = images[labels.tolist().index(digit)].reshape(1, 64).astype(np.float32) / 16
    sizes = len(model.array("sizes"))
    session = onnxruntime.InferenceSession(
        model.bytes("layers"), providers=["CPUExecutionProvider"]
    )
    names = [output.name for output in session.get_outputs()]
    feeds = {"x": np.repeat(x, sizes, 0), "member": np.arange(sizes, dtype=np.int32)}
    return dict(zip(names, session.run(names, feeds), strict=True))


def expect_measured(figure: Figure, size: int) -> Snapshot:
    """The numbers printed are those of the trained model of that size."""
    metrics = figure.placed.model("ae").card["metrics"]
    value = {key: metric["value"] for key, metric in metrics.items()}
    figure.expect_readout("compression", f"64 : {size}")
    shown = figure.snapshot()
    code = f"code-{size}"
    assert shown.readouts["parameters"] == f"{value[f'{code}.parameters']:,.0f}"
    assert shown.number("test error") == pytest.approx(
        value[f"{code}.test.reconstruction_mse"], abs=0.000051
    )
    assert shown.number("PCA’s with as many") == pytest.approx(
        value[f"{code}.test.pca_reconstruction_mse"], abs=0.000051
    )
    return shown


def column_height(figure: Figure, name: str) -> float:
    height = layer(figure, name).locator(".part-outline").get_attribute("height")
    assert height
    return float(height)


@HTTP_AND_FILE
def test_the_default_state_shows_the_trained_models(reader: Reader) -> None:
    figure = reader.live_figure(NAME)
    shown = expect_measured(figure, 8)
    copies = flow(figure, 3)["x_hat"]
    for size, copy in zip(figure.placed.model("ae").array("sizes"), copies, strict=True):
        assert np.abs(shown.raster(f"{COPY} {size}") - copy.reshape(8, 8)).max() <= TOLERANCE
    assert column_height(figure, "code") / column_height(figure, "input") == pytest.approx(8 / 64)
    rows = figure.table()
    assert [row[0] for row in rows[1:]] == ["1", "2", "3", "4", "6", "8", "12", "16", "24", "32"]


def test_keys_set_the_size_and_the_sketch_is_of_that_model(reader: Reader) -> None:
    figure = reader.live_figure(NAME)
    figure.slider(SLIDER).focus()
    figure.page.keyboard.press("ArrowRight")
    expect_measured(figure, 12)
    assert column_height(figure, "code") / column_height(figure, "input") == pytest.approx(12 / 64)
    expect_layer(figure, "code", 12)
    figure.page.keyboard.press("Home")
    expect_measured(figure, 1)
    expect_layer(figure, "code", 1)
    figure.expect_summary("passes through 1 number in")
    figure.page.keyboard.press("End")
    expect_measured(figure, 32)
    expect(figure.root.get_by_role("img", name=re.compile("^32 activations"))).to_be_visible()


@HTTP_AND_FILE
def test_mouse_passes_over_layers(reader: Reader) -> None:
    figure = reader.live_figure(NAME)
    for name, count in zip(LAYERS, [64, 40, 8, 40, 64], strict=True):
        layer(figure, name).locator(".part-outline").hover()
        expect_layer(figure, name, count)
    shown = figure.snapshot()
    expected = flow(figure, 3)["x_hat"][5].reshape(8, 8)
    assert np.abs(shown.raster("The reconstruction") - expected).max() <= TOLERANCE


def test_arrow_keys_go_from_layer_to_layer(reader: Reader) -> None:
    figure = reader.live_figure(NAME)
    layer(figure, "code").focus()
    figure.page.keyboard.press("ArrowRight")
    expect_layer(figure, "decoder’s hidden layer", 40)
    expect(layer(figure, "decoder’s hidden layer")).to_be_focused()
    figure.page.keyboard.press("ArrowRight")
    figure.page.keyboard.press("ArrowRight")
    expect_layer(figure, "input", 64)
    assert figure.stage.locator("svg [tabindex='0']").count() == 1, "one tab stop for all layers"


def test_a_finger_taps_a_layer_and_a_digit(reader: Reader) -> None:
    figure = reader.live_figure(NAME, touch=True)
    layer(figure, "encoder’s hidden layer").locator(".part-outline").tap()
    expect_layer(figure, "encoder’s hidden layer", 40)
    figure.root.get_by_role("radio", name="7", exact=True).tap()
    figure.expect_summary("A 7 of 64 pixels")
    copies = flow(figure, 7)["x_hat"]
    shown = figure.snapshot()
    assert np.abs(shown.raster(f"{COPY} 32") - copies[-1].reshape(8, 8)).max() <= TOLERANCE


def test_code_bars_are_the_code(reader: Reader) -> None:
    figure = reader.live_figure(NAME, {"digit": 5, "size": "6"})
    bars = figure.root.get_by_role("img", name=re.compile("^The code: "))
    label = (bars.get_attribute("aria-label") or "").replace("−", "-")
    told = [float(text) for text in label.removeprefix("The code: ").split(", ")]
    assert told == pytest.approx(flow(figure, 5)["z"][4, :6], abs=0.0501)


@HTTP_AND_FILE
def test_address_restores_and_reset_ends(reader: Reader) -> None:
    figure = reader.live_figure(NAME)
    figure.slider(SLIDER).focus()
    figure.page.keyboard.press("ArrowLeft")
    layer(figure, "input").locator(".part-outline").click()
    expect_measured(figure, 6)
    other = Figure(reader.visit(figure.address()), figure.placed).wait_live()
    expect_measured(other, 6)
    expect_layer(other, "input", 64)
    other.reset()
    expect_measured(other, 8)
    expect_layer(other, "code", 8)


def linked(locator: Locator) -> None:
    expect(locator).to_have_attribute("data-linked", "")


def not_linked(locator: Locator) -> None:
    expect(locator).not_to_have_attribute("data-linked", "")


@pytest.mark.parametrize(
    ("symbol", "part"),
    [
        (".link-f", "encoder’s hidden layer"),
        (".c-z", "code"),
        (".link-g", "decoder’s hidden layer"),
    ],
)
def test_a_symbol_of_the_equation_lights_its_part_and_back(
    reader: Reader, symbol: str, part: str
) -> None:
    figure = reader.live_figure(NAME)
    written = figure.page.locator(f"math[display=block] {symbol}").first
    drawn, other = layer(figure, part), layer(figure, "input")
    not_linked(drawn)
    written.hover()
    linked(drawn)
    linked(written)
    not_linked(other)
    drawn.locator(".part-outline").hover()
    linked(written)
    other.locator(".part-outline").hover()
    not_linked(written)
    figure.page.mouse.move(2, 2)
    written.focus()  # a symbol of a displayed equation takes it
    figure.page.keyboard.press("Shift+Tab")
    figure.page.keyboard.press("Tab")
    expect(written).to_be_focused()
    linked(drawn)
    written.evaluate("(symbol) => symbol.blur()")
    not_linked(drawn)
    other.focus()
    figure.page.keyboard.press("ArrowRight")
    linked(figure.page.locator("math[display=block] .link-f").first)


def test_a_tap_on_a_symbol_lights_its_part(reader: Reader) -> None:
    figure = reader.live_figure(NAME, touch=True)
    figure.page.locator("math[display=block] .link-g").first.tap()
    linked(layer(figure, "decoder’s hidden layer"))
    figure.root.locator(".figure-title").tap()
    not_linked(layer(figure, "decoder’s hidden layer"))
