"""What a reader does with the figures of an author's own data: a table `wine`, pictures `marks`,
and a table `walks`, of which the rows of a walker stay together.

Run by `test_authoring.py`, in a copy of the repository whose book declares such data.
"""

from __future__ import annotations

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Reader
from tests.browser.support.figure import Figure, number
from tests.browser.support.site import PlacedFigure

TOLERANCE = 1 / 255 + 1e-3  # the canvas holds 8 bits


def figure_of(reader: Reader, name: str, data: str, **state: object) -> Figure:
    """The figure `name` where it shows `data`, live and in a state."""
    placed: PlacedFigure = next(
        f
        for f in reader.site.figures
        if f.name == name and f.model("own").card["name"] == f"own-{data}"
    )
    address = reader.site.url(placed.page, placed.fragment(state))
    return Figure(reader.shared_page(address), placed).wait_live()


def expected_row(figure: Figure, z: list[float]) -> list[float]:
    """What onnxruntime decodes, each number in its column's own unit."""
    model = figure.placed.model("own")
    (x_hat,) = model.run("decoder", z=np.array([z]))["x_hat"]
    columns = model.card["data"]["columns"]
    return [c["mean"] + c["deviation"] * v for c, v in zip(columns, x_hat, strict=True)]


def assert_row(figure: Figure, column: int) -> None:
    """The table of numbers beside z₁, z₂ is decoded from them, in the columns' units."""
    shown = figure.snapshot()
    expected = expected_row(figure, [shown.number("z₁"), shown.number("z₂")])
    columns = figure.placed.model("own").card["data"]["columns"]
    rows = figure.table()[1:]
    for row, value, described in zip(rows, expected, columns, strict=True):
        assert row[0].startswith(described["name"])
        # z is printed with two decimals, and what is decoded with a hundredth of the deviation
        assert number(row[column]) == pytest.approx(value, abs=0.06 * described["deviation"])


def test_walking_through_a_table_decodes_rows_in_their_units(reader: Reader) -> None:
    figure = figure_of(reader, "data-walk", "wine")
    assert_row(figure, 1)
    assert "alcohol (% by volume)" in figure.summary()
    figure.slider("Code").focus()
    figure.page.keyboard.press("Shift+ArrowRight")
    figure.expect_number("z₁", 0.5, 1e-6)
    figure.expect_summary("At z₁ 0.50")
    assert_row(figure, 1)


def test_the_map_of_a_table_compares_a_row_with_its_reconstruction(reader: Reader) -> None:
    index = 5
    figure = figure_of(reader, "data-map", "wine", point=index)
    model = figure.placed.model("own")
    columns = model.card["data"]["columns"]
    figure.expect_summary(f"Test row {index + 1}, cultivar")
    shown = figure.snapshot()
    code = [shown.number("z₁"), shown.number("z₂")]
    assert code == pytest.approx(model.array("codes_test")[index].tolist(), abs=0.0051)
    for row, described, value in zip(
        figure.table()[1:], columns, model.array("examples_test")[index], strict=True
    ):
        original = described["mean"] + described["deviation"] * value
        assert number(row[1]) == pytest.approx(original, abs=0.06 * described["deviation"])
    assert_row(figure, 2)
    picker = figure.slider("Test examples by code")
    picker.focus()
    figure.page.keyboard.press("ArrowUp")
    expect(picker).not_to_have_attribute("aria-valuenow", str(index + 1))


def test_the_map_says_which_rows_were_kept_together(reader: Reader) -> None:
    figure = figure_of(reader, "data-map", "walks")
    splits = figure.placed.model("own").card["data"]["groups"]["splits"]
    told = (
        f"No “walker” is in two splits: {splits['train']} train, "
        f"{splits['validation']} validate, {splits['test']} test."
    )
    figure.expect_summary(told)
    expect(figure.root.locator(".figure-remark").filter(has_text=told)).to_be_visible()


def test_a_tap_on_the_map_of_pictures_decodes_that_place(reader: Reader) -> None:
    figure = figure_of(reader, "data-map", "marks")
    assert len(figure.snapshot().rasters) == 2
    plane = figure.plane("Test examples by code")
    codes = figure.placed.model("own").array("codes_test")
    low, high = codes.min(0), codes.max(0)
    across, up = (np.linspace(low[axis], high[axis], 9).tolist() for axis in (0, 1))
    grid = [(a, b) for a in across for b in up]
    free = max(grid, key=lambda at: np.linalg.norm(codes - np.array(at), axis=1).min())
    left, top = plane.spot(free)
    figure.page.mouse.click(float(left), float(top))
    figure.expect_readout("mean squared error", "no original")
    shown = figure.settle()
    z = [[shown.number("z₁"), shown.number("z₂")]]
    assert z[0] == pytest.approx(list(free), abs=0.1)
    x_hat = figure.placed.model("own").run("decoder", z=np.array(z))["x_hat"].reshape(12, 12)
    assert np.abs(shown.raster("What the decoder") - x_hat).max() <= TOLERANCE + 0.02
