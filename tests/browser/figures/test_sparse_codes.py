"""F27: a drawing as four units of 64, told again from the shipped columns."""

from __future__ import annotations

import re

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import expect

from tests.browser.conftest import HTTP_AND_FILE, Reader
from tests.browser.support.figure import Figure, number
from tests.browser.support.waiting import eventually

NAME = "sparse-codes"
DRAWING, UNIT, RUN = "drawing", "unit", "training seed"
TOLERANCE = 1 / 255 + 1e-3  # the canvas holds 8 bits

Field = NDArray[np.float64]


def coded(figure: Figure, drawing: int, run: int) -> tuple[Field, Field]:
    """The code of a drawing, 64 numbers, and what it is redrawn as."""
    model = figure.placed.model("sparse")
    options = model.card["options"]
    columns = (model.array("columns")[run - 1].astype(float) - 128) * options["column_step"]
    thresholds, rest = (model.array(name)[run - 1].astype(float) for name in ("thresholds", "rest"))
    x = model.array("images_test")[drawing - 1] / 255
    heard = np.maximum(columns @ (x - rest) + thresholds, 0)
    code = np.where(heard >= np.sort(heard)[-options["speaking"]], heard, 0)
    return code, rest + code @ columns


def expect_told(figure: Figure, drawing: int, run: int) -> None:
    """Waits for a drawing, its units and what comes of them."""
    code, redrawn = coded(figure, drawing, run)
    model = figure.placed.model("sparse")

    def shown() -> None:
        snapshot = figure.snapshot()
        seen = snapshot.raster("The drawing: ").ravel()
        assert np.abs(seen - model.array("images_test")[drawing - 1] / 255).max() <= TOLERANCE
        drawn = snapshot.raster("Redrawn from").ravel()
        assert np.abs(drawn - np.clip(redrawn, 0, 1)).max() <= TOLERANCE
        told = re.findall(r"Unit (\d+), (\d+\.\d+) loud", "; ".join(snapshot.rasters))
        loud = np.argsort(-code)[: np.count_nonzero(code)]
        assert [int(unit) - 1 for unit, _ in told] == loud.tolist()
        assert [float(h) for _, h in told] == pytest.approx(code[loud], abs=0.0051)

    eventually(figure.page, shown)


@HTTP_AND_FILE
def test_keys_go_through_the_drawings(reader: Reader) -> None:
    figure = reader.live_figure(NAME)
    expect_told(figure, 1, 1)
    figure.slider(DRAWING).focus()
    for key, drawing in (("ArrowRight", 2), ("End", 200)):
        figure.page.keyboard.press(key)
        expect_told(figure, drawing, 1)
    figure.slider(RUN).focus()
    figure.page.keyboard.press("End")
    expect_told(figure, 200, 3)


def test_finger_goes_through_the_drawings(reader: Reader) -> None:
    figure = reader.live_figure(NAME, touch=True)
    slider = figure.slider(DRAWING)
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    assert box
    figure.finger().tap((box["x"] + box["width"] / 2, box["y"] + box["height"] / 2))
    eventually(figure.page, lambda: expect(slider).not_to_have_value("1"))
    expect_told(figure, int(slider.input_value()), 1)


def test_a_unit_that_speaks_is_one_press_away(reader: Reader) -> None:
    figure = reader.live_figure(NAME)
    code, _ = coded(figure, 1, 1)
    for unit in np.argsort(-code)[:2]:
        figure.choice(re.compile(f"^{unit + 1}$")).click()
        expect(figure.slider(UNIT)).to_have_value(str(unit + 1))
        loud = [(coded(figure, drawing, 1)[0][unit], drawing) for drawing in range(1, 201)]
        woken = [drawing for h, drawing in sorted(loud, reverse=True) if h > 0][:10]
        images = figure.placed.model("sparse").array("images_test")[np.array(woken) - 1] / 255
        grid = np.zeros((2, 5, 256))
        grid.reshape(10, 256)[: len(woken)] = images
        expected = grid.reshape(2, 5, 16, 16).transpose(0, 2, 1, 3).reshape(32, 80)

        def shown(count: int = len(woken), unit: int = unit, expected: Field = expected) -> None:
            seen = figure.snapshot().raster(f"{count} drawings that wake unit {unit + 1},")
            assert np.abs(seen - expected).max() <= TOLERANCE

        eventually(figure.page, shown)


def test_the_table_compares_what_was_measured(reader: Reader) -> None:
    figure = reader.live_figure(NAME)
    sparse = figure.placed.model("sparse")
    rows = {row[0]: row[1:] for row in figure.table()[1:]}
    beta = figure.placed.model("sprites")
    place = int(np.argmax(beta.array("betas") == 2))
    tables = {
        "four of 64": sparse.array("sparse_shares"),
        f"dense of {sparse.card['options']['dense_size']}": sparse.array("dense_shares"),
        f"PCA of {sparse.card['options']['pca_size']}": sparse.array("pca_shares"),
        "β-VAE at β = 2": beta.array("shares")[place],
    }
    for name, shares in tables.items():
        ordered = np.sort(shares, axis=2)
        for kind, values in (
            ("told", ordered[..., -1].mean(axis=1)),
            ("gap", (ordered[..., -1] - ordered[..., -2]).mean(axis=1)),
        ):
            cells = [number(cell) / 100 for cell in rows[f"{kind}, {name}"] if cell != "–"]
            assert cells == pytest.approx([*values, values.mean()], abs=0.00051)


@HTTP_AND_FILE
def test_address_restores_and_reset_ends_it(reader: Reader) -> None:
    figure = reader.live_figure(NAME)
    figure.slider(DRAWING).focus()
    figure.page.keyboard.press("ArrowRight")
    figure.slider(UNIT).focus()
    figure.page.keyboard.press("Home")
    shown = figure.settle()
    other = Figure(reader.visit(figure.address()), figure.placed).wait_live()
    restored = other.settle()
    assert restored.readouts == shown.readouts
    assert all(np.array_equal(restored.rasters[name], ink) for name, ink in shown.rasters.items())
    other.reset()
    expect(other.slider(UNIT)).not_to_have_value("1")
    expect_told(other, 1, 1)


def test_claim_is_in_sight_untouched(reader: Reader) -> None:
    """The least is found from the numbers, and said beside them."""
    figure = reader.live_figure(NAME)
    rows = [row for row in figure.table()[1:] if row[0].startswith("told, ")]
    means = {row[0].removeprefix("told, "): number(row[-1]) for row in rows}
    least = min(means, key=lambda name: means[name])
    assert least == "four of 64"
    expect(figure.stage.get_by_text(re.compile(f"least in {least}, "))).to_be_visible()
