"""F16: twelve networks, what their numbers tell, and strips that are drawn by the chosen one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import onnxruntime
import pytest
from playwright.sync_api import expect

from tests.browser.conftest import HTTP_AND_FILE, Reader
from tests.browser.support.figure import Figure, number
from tests.browser.support.site import Array
from tests.browser.support.waiting import eventually

NAME = "traversals"
BETAS = ("0.1", "0.5", "2", "4")
STARTS, CODE, SIDE, LIMIT, STEPS = 3, 6, 16, 2.5, 9
FACTORS = ("shape", "size", "rotation", "position")
DRAWING = "Drawing at the code"
TOLERANCE = 1 / 255 + 1e-3  # the canvas holds 8 bits
SUBSCRIPTS = "₁₂₃₄₅₆"


def decode(figure: Figure, beta: str, start: int, z: Array) -> Array:
    """Drawings `[n, 16, 16]` by the reader's own decoders."""
    session = onnxruntime.InferenceSession(
        figure.placed.model("sprites").bytes("decoders"), providers=["CPUExecutionProvider"]
    )
    member = np.full(len(z), BETAS.index(beta) * STARTS + start - 1, np.int32)
    drawn: Array = session.run(None, {"z": z.astype(np.float32), "member": member})[0]
    return drawn.reshape(-1, SIDE, SIDE)


def expect_drawn(figure: Figure, beta: str, start: int, code: Sequence[float]) -> None:
    """Waits until drawing and strips are those of the network at the code."""
    base = np.array(code, np.float64)
    turned = np.repeat(base[None], CODE * STEPS, axis=0)
    for axis in range(CODE):
        turned[axis * STEPS : (axis + 1) * STEPS, axis] = np.linspace(-LIMIT, LIMIT, STEPS)
    ink = decode(figure, beta, start, np.concatenate([base[None], turned]))

    def drawn() -> None:
        shown = figure.snapshot()
        assert np.abs(shown.raster(DRAWING) - ink[0]).max() <= TOLERANCE
        for axis, name in enumerate(SUBSCRIPTS):
            strip = np.hstack(list(ink[1 + axis * STEPS : 1 + (axis + 1) * STEPS]))
            found = shown.raster(f"Drawings as z{name} goes")
            assert np.abs(found - strip).max() <= TOLERANCE, name

    eventually(figure.page, drawn)


def heat(figure: Figure) -> Array:
    """The printed shares in per cent, by factor and number, and the gap as the last column."""
    cells = figure.stage.locator(".heat-map .heat-value").all_text_contents()
    return np.array([number(cell) for cell in cells]).reshape(len(FACTORS), CODE + 1)


def expect_shares(figure: Figure, beta: str, start: int) -> None:
    shares = figure.placed.model("sprites").array("shares")[BETAS.index(beta), start - 1]
    ordered = np.sort(shares, axis=1)
    expected = np.column_stack([shares, ordered[:, -1] - ordered[:, -2]])

    def told() -> None:
        assert np.abs(heat(figure) - 100 * expected).max() <= 0.51

    eventually(figure.page, told)


@HTTP_AND_FILE
def test_default_shows_the_spread_over_starts_and_the_first_network(reader: Reader) -> None:
    figure = reader.live_figure(NAME)
    expect_drawn(figure, "2", 1, [0] * CODE)
    expect_shares(figure, "2", 1)
    ordered = np.sort(figure.placed.model("sprites").array("shares"), axis=3)
    gaps = (ordered[..., -1] - ordered[..., -2]).mean(axis=2)
    labels = figure.stage.locator(".dot-rows .direct-label").all_text_contents()
    printed = [number(label.split("·")[1]) for label in labels]
    assert printed == pytest.approx(100 * gaps.mean(axis=1), abs=0.51)
    rows = figure.stage.locator(".dot-rows g:has(> .dot-rows-mean)")
    assert [row.locator("circle").count() for row in rows.all()] == [STARTS] * len(BETAS)
    assert list(gaps[BETAS.index("2")]) == sorted(gaps[BETAS.index("2")], reverse=True)


def test_gaps_of_all_networks_stand_in_the_table(reader: Reader) -> None:
    figure = reader.live_figure(NAME)
    head, *rows = figure.table()
    shares = np.sort(figure.placed.model("sprites").array("shares"), axis=3)
    gaps = (shares[..., -1] - shares[..., -2]).reshape(-1, len(FACTORS))
    assert len(rows) == len(BETAS) * STARTS
    for cells, expected in zip(rows, gaps, strict=True):
        told = [number(cells[head.index(f"gap of {factor}")]) for factor in FACTORS]
        assert told == pytest.approx(100 * expected, abs=0.051)
        assert number(cells[head.index("mean gap")]) == pytest.approx(
            100 * expected.mean(), abs=0.051
        )


@HTTP_AND_FILE
def test_mouse_chooses_network_and_turns_a_number(reader: Reader) -> None:
    figure = reader.live_figure(NAME)
    figure.root.get_by_role("radiogroup", name="β").get_by_role("radio", name="0.1").click()
    expect_shares(figure, "0.1", 1)
    figure.root.get_by_role("radiogroup", name="Start").get_by_role("radio", name="3").click()
    expect_shares(figure, "0.1", 3)
    slider = figure.slider("z₂")
    box = slider.bounding_box()
    assert box
    figure.mouse_drag(
        [
            (box["x"] + share * box["width"], box["y"] + box["height"] / 2)
            for share in (0.5, 0.7, 0.85)
        ]
    )
    value = float(slider.input_value())
    assert 1 < value < 2.5
    expect_drawn(figure, "0.1", 3, [0, value, 0, 0, 0, 0])


def test_finger_turns_a_number(reader: Reader) -> None:
    figure = reader.live_figure(NAME, touch=True)
    slider = figure.slider("z₁")
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    assert box
    before = figure.snapshot().raster(DRAWING)
    figure.finger().tap((box["x"] + 0.2 * box["width"], box["y"] + box["height"] / 2))
    expect(slider).not_to_have_value("0")
    expect_drawn(figure, "2", 1, [float(slider.input_value()), 0, 0, 0, 0, 0])
    assert np.abs(figure.snapshot().raster(DRAWING) - before).max() > 0.2


def test_keys_choose_and_turn(reader: Reader) -> None:
    figure = reader.live_figure(NAME)
    figure.root.get_by_role("radiogroup", name="β").get_by_role("radio", name="2").focus()
    figure.page.keyboard.press("ArrowRight")
    expect_shares(figure, "4", 1)
    figure.slider("z₁").focus()
    figure.page.keyboard.press("ArrowRight")
    figure.page.keyboard.press("ArrowRight")
    expect_drawn(figure, "4", 1, [0.1, 0, 0, 0, 0, 0])
    figure.expect_summary("At β 4, start 1")


def test_alt_and_an_arrow_belong_to_the_browser(reader: Reader) -> None:
    """In most browsers they go back a page; among choices an arrow alone moves."""
    figure = reader.live_figure(NAME)
    choice = figure.root.get_by_role("radiogroup", name="β").get_by_role("radio", name="2")
    choice.focus()
    figure.page.evaluate(
        """() => {
          window.taken = [];
          addEventListener("keydown", (event) => window.taken.push(event.defaultPrevented));
        }"""
    )
    figure.page.keyboard.press("Alt+ArrowLeft")
    assert figure.page.evaluate("() => window.taken.at(-1)") is False
    expect(choice).to_be_checked()


def test_an_unused_number_turns_nothing(reader: Reader) -> None:
    figure = reader.live_figure(NAME, {"beta": "4"})
    nats = figure.placed.model("sprites").array("nats")[BETAS.index("4"), 0]
    strip = figure.settle().raster(f"Drawings as z{SUBSCRIPTS[nats.argmin()]} goes")
    frames = np.stack(np.split(strip, STEPS, axis=1))
    assert np.abs(frames - frames[0]).max() < 0.15
    figure.expect_readout("numbers in use", f"{(nats >= 0.1).sum()} of {CODE}")


@HTTP_AND_FILE
def test_address_restores_the_network_and_reset_ends_it(reader: Reader) -> None:
    figure = reader.live_figure(NAME, {"beta": "0.5", "start": 2, "z3": -1.5})
    expect_drawn(figure, "0.5", 2, [0, 0, -1.5, 0, 0, 0])
    figure.slider("z₃").focus()
    figure.page.keyboard.press("ArrowRight")
    other = Figure(reader.visit(figure.address()), figure.placed).wait_live()
    expect_drawn(other, "0.5", 2, [0, 0, -1.45, 0, 0, 0])
    other.reset()
    expect_drawn(other, "2", 1, [0] * CODE)


def test_values_beyond_the_range_come_back_into_it(reader: Reader) -> None:
    figure = reader.live_figure(NAME, {"beta": "7", "start": 99, "z6": "1e9"})
    expect_drawn(figure, "2", 3, [0, 0, 0, 0, 0, 2.5])
