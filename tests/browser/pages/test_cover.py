"""The title page opens on a figure that is worked at once: the latent walk, small."""

from __future__ import annotations

from itertools import pairwise

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import HTTP_AND_FILE, Reader
from tests.browser.support.figure import Figure

WINDOWS = [(320, 568), (390, 844), (844, 390), (1280, 720), (1366, 650)]
PLACES = """
(figure) => [".pad", ".raster"].map((part) => {
  const { left, right, top, bottom } = figure.querySelector(part).getBoundingClientRect();
  return [left, right, top, bottom];
})
"""


def cover(reader: Reader, **how: bool) -> Figure:
    placed = next(figure for figure in reader.site.figures if figure.page == "index.html")
    return Figure(reader.visit(reader.site.url("index.html"), **how), placed)


@HTTP_AND_FILE
def test_it_is_drawn_without_scripts_and_live_with_them(reader: Reader) -> None:
    still = cover(reader, scripts=False)
    expect(still.stage.get_by_role("img", name="Decoded drawing")).to_be_visible()
    figure = cover(reader).wait_live()
    expect(figure.root.locator(".figure-number")).to_have_text("Frontispiece")
    page = figure.page
    contents = page.get_by_role("navigation", name="Contents")
    assert contents.evaluate(
        "(contents, id) => !!(document.getElementById(id).compareDocumentPosition(contents) & 4)",
        figure.placed.id,
    )
    for place in ("Chapter 1", "Figure 7.1"):
        assert place not in figure.root.inner_text()


@pytest.mark.parametrize("touch", [False, True], ids=["mouse and keys", "finger"])
def test_hand_and_keys_walk(reader: Reader, touch: bool) -> None:
    figure = cover(reader, touch=touch).wait_live()
    seen = [figure.snapshot().raster("Decoded drawing")]
    plane = figure.plane("Code")
    figure.root.locator(".glance").scroll_into_view_if_needed()
    way = [plane.spot((-0.5, 0.9)), plane.spot((0, 0)), plane.spot((-1.5, -1))]
    if touch:
        figure.finger().drag(way)
    else:
        figure.mouse_drag(way)
    seen.append(figure.settle().raster("Decoded drawing"))
    handle = figure.slider("Code")
    handle.focus()
    for _ in range(3):
        figure.page.keyboard.press("Shift+ArrowRight")
    seen.append(figure.settle().raster("Decoded drawing"))
    assert "fig-cover.z1=" in figure.page.url
    for before, after in pairwise(seen):
        assert abs(before - after).max() > 0.2


@pytest.mark.parametrize("window", WINDOWS)
def test_plane_and_drawing_stand_side_by_side_in_one_window(
    reader: Reader, window: tuple[int, int]
) -> None:
    width, height = window
    figure = cover(reader)
    figure.page.set_viewport_size({"width": width, "height": height})
    figure.wait_live()
    figure.root.locator(".glance").scroll_into_view_if_needed()
    pad, drawing = figure.root.evaluate(PLACES)
    assert pad[1] <= drawing[0], "not side by side"
    assert drawing[1] <= width, "wider than the window"
    assert min(pad[2], drawing[2]) >= 0
    assert max(pad[3], drawing[3]) <= height, "not in one window"
    assert figure.page.evaluate("document.documentElement.scrollWidth") <= width


def test_figures_of_chapters_count_without_it(reader: Reader) -> None:
    page = reader.visit(reader.site.url("the-core-idea.html"))
    expect(page.locator(".figure-number").first).to_have_text("Figure 1.1")


def test_the_search_finds_it(reader: Reader) -> None:
    page = reader.visit(reader.site.url("the-bottleneck.html"))
    field = page.get_by_role("combobox", name="Search the book")
    field.fill("frontispiece")
    expect(page.get_by_role("option").first).to_contain_text("family of drawings")
