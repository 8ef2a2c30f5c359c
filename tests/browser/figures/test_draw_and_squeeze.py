"""F1: a digit drawn by the reader, the code that the network keeps of it, what it redraws."""

from __future__ import annotations

import re

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.browser.conftest import HTTP_AND_FILE, Reader
from tests.browser.support.figure import Figure, Snapshot
from tests.browser.support.finger import Spot

NAME = "draw-and-squeeze"
PAPER = re.compile("Your drawing|Empty paper to draw on")
INPUT, OUTPUT = "The digit as 8 by 8 pixels", "The reconstruction"
TOLERANCE = 1 / 255 + 1e-3  # the canvas holds 8 bits
INK_STEP = 1 / 16  # a block of 4×4 cells, each inked or not

SEVEN = [(0.3, 0.2), (0.5, 0.2), (0.7, 0.2), (0.6, 0.5), (0.45, 0.85)]
BAR = [(0.4, 0.55), (0.55, 0.55), (0.7, 0.55)]


def spots(figure: Figure, points: list[tuple[float, float]]) -> list[Spot]:
    """Points of the unit square as places on the paper."""
    paper = figure.root.get_by_role("img", name=PAPER)
    paper.scroll_into_view_if_needed()
    box = paper.bounding_box()
    assert box
    return [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]


def graph_of(figure: Figure, part: str) -> str:
    """The name of the encoder or decoder, which may carry its code's size."""
    assets = figure.placed.data["models"]["ae"]["assets"]
    return next(str(name) for name in assets if str(name).startswith(part))


def shown_code(figure: Figure) -> list[float]:
    label = figure.root.get_by_role("img", name=re.compile("^The code: ")).get_attribute(
        "aria-label"
    )
    assert label
    return [float(text) for text in label.removeprefix("The code: ").replace("−", "-").split(", ")]


def expect_squeezed(figure: Figure) -> Snapshot:
    """What is shown follows from the input that is shown, by the published model."""
    expect(figure.root.get_by_role("img", name=re.compile("^The code: "))).to_be_visible()
    shown = figure.settle()
    # 17 levels of ink: the canvas's 8 bits tell exactly which
    ink = np.round(shown.raster(INPUT) / INK_STEP) * INK_STEP
    assert np.abs(ink - shown.raster(INPUT)).max() <= TOLERANCE
    model = figure.placed.model("ae")
    encoder, decoder = (graph_of(figure, part) for part in ("encoder", "decoder"))
    code = model.run(encoder, x=ink.reshape(1, 64))["z"]
    assert shown_code(figure) == pytest.approx(code[0], abs=0.0501)
    redrawn = model.run(decoder, z=code)["x_hat"].reshape(8, 8)
    assert np.abs(shown.raster(OUTPUT) - redrawn).max() <= TOLERANCE
    error = float(np.mean((redrawn - ink) ** 2))
    assert shown.number("mean squared error") == pytest.approx(error, abs=0.000501)
    return shown


def expect_like_the_data(figure: Figure, shown: Snapshot) -> None:
    """Centred and scaled as the training digits are, by the card's own measurements."""
    frame = figure.placed.model("ae").card["data"]["frame"]
    ink, block = shown.raster(INPUT), frame["block_side"]
    rows, columns = np.nonzero(ink)
    assert (rows.max() - rows.min() + 1) * block >= frame["height"]["low"]
    assert (columns.max() - columns.min()) * block <= frame["width"]["high"]
    middle = (columns.max() + columns.min() + 1) / 2 * block
    assert abs(middle - frame["centre_x"]["median"]) <= block


def clear(figure: Figure) -> None:
    figure.button("Clear the paper").click()
    figure.expect_readout("mean squared error", "nothing drawn yet")
    assert all(ink.max() == 0 for ink in figure.snapshot().rasters.values())


@HTTP_AND_FILE
def test_mouse_draws(reader: Reader) -> None:
    figure = reader.live_figure(NAME)
    first = expect_squeezed(figure)
    expect_like_the_data(figure, first)
    clear(figure)
    figure.expect_summary("The paper is empty")
    figure.mouse_drag(spots(figure, SEVEN))
    one = expect_squeezed(figure)
    expect_like_the_data(figure, one)
    assert np.abs(one.raster(OUTPUT) - first.raster(OUTPUT)).max() > 0.2
    figure.mouse_drag(spots(figure, BAR))
    figure.expect_summary(re.compile(r"Your drawing becomes \d+ numbers"))
    two = expect_squeezed(figure)
    assert two.raster(INPUT).sum() > one.raster(INPUT).sum()


def test_code_follows_while_drawing(reader: Reader) -> None:
    figure = reader.live_figure(NAME)
    clear(figure)
    start, *others = spots(figure, SEVEN)
    figure.page.mouse.move(*start)
    figure.page.mouse.down()
    codes = []
    for spot in others:
        figure.page.mouse.move(*spot, steps=3)
        expect_squeezed(figure)
        codes.append(shown_code(figure))
    figure.page.mouse.up()
    assert len({tuple(code) for code in codes}) > 1


def test_finger_draws_without_scrolling_and_scrolls_beside_the_paper(reader: Reader) -> None:
    figure = reader.live_figure(NAME, touch=True)
    clear(figure)
    places = spots(figure, SEVEN)
    scrolled = figure.page.evaluate("scrollY")
    figure.finger().drag(places)
    figure.expect_summary(re.compile(r"Your drawing becomes \d+ numbers"))
    expect_like_the_data(figure, expect_squeezed(figure))
    assert figure.page.evaluate("scrollY") == scrolled


def test_keys_choose_test_digits(reader: Reader) -> None:
    figure = reader.live_figure(NAME)
    figure.choice("0").focus()
    figure.page.keyboard.press("Space")
    expect(figure.choice("0")).to_be_checked()
    model = figure.placed.model("ae")
    labels, images = model.array("labels_test"), model.array("images_test")
    for digit in (1, 2, 3):
        figure.page.keyboard.press("ArrowRight")
        expect(figure.choice(str(digit))).to_be_checked()
        expect(figure.choice(str(digit))).to_be_focused()
        shown = expect_squeezed(figure)
        ink = images[labels.tolist().index(digit)].reshape(8, 8) / 16
        assert np.abs(shown.raster(INPUT) - ink).max() <= TOLERANCE
    figure.expect_summary("A test digit, a 3,")
    code = shown_code(figure)
    rows = figure.table()[1:]
    assert len(rows) == len(code)
    told = [float(cells[1].replace("−", "-")) for cells in rows]
    assert told == pytest.approx(code, abs=0.0505)


def test_drawing_anywhere_and_at_any_size_gives_the_same_digit(reader: Reader) -> None:
    figure = reader.live_figure(NAME)
    inputs = []
    for scale, shift in [(1.0, 0.0), (0.5, 0.4)]:
        clear(figure)
        figure.mouse_drag(spots(figure, [(shift + scale * x, shift + scale * y) for x, y in SEVEN]))
        inputs.append(expect_squeezed(figure).raster(INPUT))
    print(inputs)
    assert np.abs(inputs[0] - inputs[1]).mean() < 0.04


@HTTP_AND_FILE
def test_address_restores_the_drawing(reader: Reader) -> None:
    figure = reader.live_figure(NAME)
    default = figure.snapshot()
    clear(figure)
    figure.mouse_drag(spots(figure, SEVEN))
    figure.expect_summary(re.compile("Your drawing becomes"))
    shown = expect_squeezed(figure)
    other = Figure(reader.visit(figure.address()), figure.placed).wait_live()
    restored = expect_squeezed(other)
    # coordinates travel as one of 4,096 levels: a cell of the bitmap may change hands
    assert np.abs(restored.raster(INPUT) - shown.raster(INPUT)).max() <= 2 * INK_STEP + TOLERANCE
    other.reset()
    other.expect_readout("mean squared error", default.readouts["mean squared error"])
    assert np.array_equal(other.snapshot().raster(OUTPUT), default.raster(OUTPUT))
