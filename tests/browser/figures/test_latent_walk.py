"""F14: dragging a point of the code plane redraws what the decoder makes of it."""

from __future__ import annotations

import re

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.browser.conftest import HTTP_AND_FILE, Reader
from tests.browser.support.figure import Code, Figure, Snapshot
from tests.browser.support.waiting import eventually

NAME = "latent-walk"
PICTURE = "Decoded drawing"
TOLERANCE = 1 / 255 + 1e-3  # the canvas holds 8 bits
STEP = 0.05

# Every value that the first read-out shows from now on.
COLLECT = """
(figure) => {
  const readout = figure.querySelector(".readout dd");
  window.readoutsSeen = new Set();
  const watcher = new MutationObserver(() => window.readoutsSeen.add(readout.textContent));
  watcher.observe(readout, { characterData: true, childList: true, subtree: true });
}
"""


def assert_decoded(figure: Figure, shown: Snapshot) -> None:
    """The picture is what onnxruntime decodes from the z that is printed beside it."""
    z = [[shown.number("z₁"), shown.number("z₂")]]
    expected = figure.placed.model("vae").run("decoder", z=np.array(z))["x_hat"].reshape(32, 32)
    assert np.abs(shown.raster(PICTURE) - expected).max() <= TOLERANCE


def assert_nearest(figure: Figure, shown: Snapshot) -> None:
    """The nearest test drawing named is the nearest of the published codes."""
    model = figure.placed.model("vae")
    code = np.array([shown.number("z₁"), shown.number("z₂")])
    distances = np.linalg.norm(model.array("codes_test") - code, axis=1)
    kind = model.card["data"]["classes"][model.array("labels_test")[distances.argmin()]]
    told = shown.readouts["nearest test drawing"]
    assert told.startswith(kind)
    assert float(told.split()[-2]) == pytest.approx(distances.min(), abs=0.00501)


def expect_at(figure: Figure, code: Code, within: float = 0.03) -> Snapshot:
    """Waits until the figure shows the code; what it shows then is checked against the model."""
    figure.expect_number("z₁", code[0], within)
    figure.expect_number("z₂", code[1], within)
    shown = figure.snapshot()
    assert_decoded(figure, shown)
    assert_nearest(figure, shown)
    return shown


@HTTP_AND_FILE
def test_mouse_drags_the_code(reader: Reader) -> None:
    figure = reader.live_figure(NAME)
    before = figure.snapshot()
    assert_decoded(figure, before)
    plane = figure.plane("Code")
    start = before.number("z₁"), before.number("z₂")
    codes: list[Code] = [start, (0.5, -0.4), (-1.5, -1.0)]
    figure.mouse_drag(plane.spot(code) for code in codes)
    after = expect_at(figure, (-1.5, -1.0))
    assert np.abs(after.raster(PICTURE) - before.raster(PICTURE)).max() > 0.3
    figure.expect_summary(f"z₁ {after.readouts['z₁']}, z₂ {after.readouts['z₂']}")
    # beyond the plane the code stays at its border
    x, y = plane.spot((2.5, 2.5))
    figure.mouse_drag([(x, y), (x + 400, y - 300)])
    expect_at(figure, (3, 3), 0)


def test_finger_drags_the_code_and_scrolls_the_page_elsewhere(reader: Reader) -> None:
    figure = reader.live_figure(NAME, touch=True)
    plane, finger = figure.plane("Code"), figure.finger()
    scrolled = figure.page.evaluate("scrollY")
    finger.drag(plane.spot(code) for code in [(-0.5, 0.9), (0.5, 0.0), (0.2, -0.8), (-1.0, -1.6)])
    expect_at(figure, (-1.0, -1.6), 0.06)
    finger.tap(plane.spot((1.5, -1.5)))
    expect_at(figure, (1.5, -1.5), 0.06)
    assert figure.page.evaluate("scrollY") == scrolled, "the pad is for dragging, not for scrolling"
    picture = figure.stage.locator("canvas").bounding_box()
    assert picture
    finger.swipe_up((picture["x"] + 40, picture["y"] + 40), 150)

    def moved() -> None:
        assert figure.page.evaluate("scrollY") > scrolled + 60, "the page did not scroll"

    eventually(figure.page, moved)


def test_keys_steer_the_code(reader: Reader) -> None:
    figure = reader.live_figure(NAME, {"z1": 0, "z2": 0})
    figure.slider("Code").focus()
    expect(figure.slider("Code")).to_be_focused()
    figure.page.keyboard.press("ArrowRight")
    expect_at(figure, (STEP, 0), 0)
    figure.page.keyboard.press("ArrowUp")
    figure.page.keyboard.press("ArrowUp")
    expect_at(figure, (STEP, 2 * STEP), 0)
    figure.page.keyboard.press("Shift+ArrowLeft")
    expect_at(figure, (STEP - 10 * STEP, 2 * STEP), 0)
    figure.page.keyboard.press("PageDown")
    expect_at(figure, (-9 * STEP, -8 * STEP), 0)
    text = figure.slider("Code").get_attribute("aria-valuetext")
    assert text == "z₁ −0.45, z₂ −0.40"
    figure.expect_summary("z₁ −0.45, z₂ −0.40")


def test_codes_of_test_drawings_are_shown_on_demand(reader: Reader) -> None:
    figure = reader.live_figure(NAME)
    classes = figure.placed.model("vae").card["data"]["classes"]
    dots = figure.stage.locator("path.dots")
    expect(dots).to_have_count(0)
    figure.root.get_by_label("Show where test drawings lie").check()
    expect(dots).to_have_count(len(classes))
    drawn = sum(len(re.findall("M", dot.get_attribute("d") or "")) for dot in dots.all())
    assert drawn == len(figure.placed.model("vae").array("labels_test"))
    for kind in classes:
        expect(figure.stage.locator("svg").get_by_text(kind, exact=True)).to_be_visible()
    figure.root.get_by_label("Show where test drawings lie").focus()
    figure.page.keyboard.press("Space")
    expect(dots).to_have_count(0)


def test_a_path_is_recorded_and_played_back(reader: Reader) -> None:
    figure = reader.live_figure(NAME, {"z1": -1, "z2": 0})
    plane = figure.plane("Code")
    figure.button("Record a path").click()
    figure.mouse_drag(plane.spot(code) for code in [(-1, 0), (0, 0), (1, 0), (1, 1)])
    expect_at(figure, (1, 1))
    figure.button("Stop recording").click()
    figure.slider("Code").focus()
    figure.page.keyboard.press("PageDown")  # away from the path: playing brings it back
    figure.button("Play the path").click()
    expect(figure.button("Stop")).to_be_visible()
    figure.root.evaluate(COLLECT)

    def arrived() -> None:
        shown = figure.snapshot()
        assert_decoded(figure, shown)
        assert abs(shown.number("z₁") - 1) < 0.03
        assert abs(shown.number("z₂") - 1) < 0.08  # recorded points lie so far apart

    eventually(figure.page, arrived, seconds=8)
    expect(figure.button("Play the path")).to_be_visible()
    seen = figure.page.evaluate("[...window.readoutsSeen]")
    assert len(seen) > 8, f"the handle jumped: {seen}"


@HTTP_AND_FILE
def test_address_restores_the_walk_and_reset_ends_it(reader: Reader) -> None:
    figure = reader.live_figure(NAME)
    default = figure.snapshot()
    expect(figure.part("reset")).to_be_disabled()
    figure.mouse_drag(figure.plane("Code").spot(code) for code in [(0, 0), (-0.7, 1.3)])
    shown = expect_at(figure, (-0.7, 1.3))
    address = figure.address()

    other = Figure(reader.visit(address), figure.placed).wait_live()
    restored = other.snapshot()
    assert restored.readouts == shown.readouts
    assert np.array_equal(restored.raster(PICTURE), shown.raster(PICTURE))
    other.reset()
    expect(other.part("reset")).to_be_disabled()
    other.expect_readout("z₁", default.readouts["z₁"])
    assert np.array_equal(other.snapshot().raster(PICTURE), default.raster(PICTURE))
    expect(other.page).not_to_have_url(re.compile("z1="))


def test_codes_beyond_the_plane_come_back_to_its_border(reader: Reader) -> None:
    expect_at(reader.figure(NAME, {"z1": 99, "z2": "-1e9"}).wait_live(), (3, -3), 0)
    usual = reader.site.figure(NAME).data["state"]
    odd = reader.live_figure(NAME, {"z1": "NaN", "z2": "1;alert(1)"})
    expect_at(odd, (usual["z1"], usual["z2"]), 0)
