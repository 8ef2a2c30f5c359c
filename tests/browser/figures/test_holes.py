"""F8: two planes of drawings, a judge, and what it accepts of a thousand throws."""

from __future__ import annotations

import numpy as np
import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import HTTP_AND_FILE, Reader
from tests.browser.support.figure import Code, Figure, number
from tests.browser.support.site import Array, PublishedModel
from tests.browser.support.waiting import eventually

NAME = "holes"
UNFOLDED: dict[str, object] = {"more": "true"}
PLANES = {"ae": "Place in the plain plane", "vae": "Place in the variational plane"}
DECODED = {"ae": "Decoded by the plain", "vae": "Decoded by the variational"}
NEAREST = "The training digit nearest"
TOLERANCE = 1 / 255 + 1e-3  # the canvas holds 8 bits


def member(model: PublishedModel, kind: str, run: int, size: int) -> int:
    options = model.card["options"]
    seeds, sizes = options["shown_seeds"], options["sizes"]
    return int((options["kinds"].index(kind) * seeds + run - 1) * len(sizes) + sizes.index(size))


def decode(model: PublishedModel, kind: str, code: Code, run: int = 1) -> Array:
    """What a model with two numbers draws at `code`."""
    z = np.zeros((1, max(model.card["options"]["sizes"])), np.float32)
    z[0, :2] = code
    chosen = np.array([member(model, kind, run, 2)], np.int32)
    return model.run("decoder", z=z, member=chosen)["x_hat"].reshape(8, 8)


def panel(figure: Figure, kind: str) -> Locator:
    slider = figure.page.get_by_role("slider", name=PLANES[kind], exact=True)
    return figure.root.locator(".panel").filter(has=slider)


def told(figure: Figure, kind: str, name: str) -> str:
    entry = (
        panel(figure, kind)
        .locator(".readout > div")
        .filter(has=figure.page.locator("dt").get_by_text(name, exact=True))
    )
    return entry.locator("dd").inner_text()


def share(figure: Figure, kind: str) -> float:
    """The accepted share over the panel's throws, 0..1."""
    title = panel(figure, kind).get_by_text("random codes accepted")
    return number(title.inner_text()) / 100


def expect_drawing(figure: Figure, kind: str, code: Code, within: float) -> None:
    """Waits until the place is decoded there, and checks what is said of the drawing."""
    handle = figure.slider(PLANES[kind])

    def arrived() -> None:
        text = (handle.get_attribute("aria-valuetext") or "").replace("\u2212", "-")
        across, up = (part.rsplit(" ", 1)[-1] for part in text.split(", "))
        assert [float(across), float(up)] == pytest.approx(code, abs=within)

    eventually(figure.page, arrived)
    text = (handle.get_attribute("aria-valuetext") or "").replace("\u2212", "-")
    across, up = (float(part.rsplit(" ", 1)[-1]) for part in text.split(", "))
    ink = decode(figure.placed.model("twins"), kind, (across, up))

    def drawn() -> None:
        assert np.abs(figure.snapshot().raster(DECODED[kind]) - ink).max() <= TOLERANCE

    eventually(figure.page, drawn)
    judge = figure.placed.model("judge")
    known = judge.array("images_train").reshape(-1, 64) / judge.card["options"]["full_ink"]
    distances = np.linalg.norm(known - ink.ravel(), axis=1)
    probability = judge.run("classifier", x=ink.reshape(1, 64))["probability"][0]
    assert float(told(figure, kind, "distance").split()[0]) == pytest.approx(
        distances.min(), abs=0.0051
    )
    digit, sure = told(figure, kind, "looks like").split(", ")
    assert int(digit) == probability.argmax()
    assert number(sure) == pytest.approx(100 * probability.max(), abs=0.51)
    metrics = judge.card["metrics"]
    accepted = (
        probability.max() >= metrics["least_probability"]["value"]
        and distances.min() <= metrics["largest_distance"]["value"]
    )
    assert told(figure, kind, "judge") == ("accepted" if accepted else "refused")


@HTTP_AND_FILE
def test_mouse_decodes_in_either_plane(reader: Reader) -> None:
    figure = reader.live_figure(NAME, {**UNFOLDED, "size": 2})
    for kind, code in (("ae", (1.5, -2.0)), ("vae", (-2.5, 1.0))):
        plane = figure.plane(PLANES[kind])
        plane.svg.scroll_into_view_if_needed()
        figure.page.mouse.click(*plane.spot(code))
        expect_drawing(figure, kind, code, 0.05)
    plane = figure.plane(PLANES["ae"])
    plane.svg.scroll_into_view_if_needed()
    figure.mouse_drag([plane.spot((1.5, -2.0)), plane.spot((0, 0)), plane.spot((-1, 2))])
    expect_drawing(figure, "ae", (-1, 2), 0.05)


def test_finger_decodes(reader: Reader) -> None:
    figure = reader.live_figure(NAME, {**UNFOLDED, "size": 2}, touch=True)
    for kind, code in (("vae", (1.0, 1.0)), ("ae", (-1.0, -1.0))):
        plane = figure.plane(PLANES[kind])
        plane.svg.scroll_into_view_if_needed()
        figure.finger().tap(plane.spot(code))
        expect_drawing(figure, kind, code, 0.06)


def test_keys_step_through_the_plane_and_stop_at_its_edge(reader: Reader) -> None:
    figure = reader.live_figure(NAME, {**UNFOLDED, "size": 2, "vae_u": 1, "vae_v": 1})
    figure.slider(PLANES["vae"]).focus()
    figure.page.keyboard.press("ArrowRight")
    figure.page.keyboard.press("ArrowDown")
    expect_drawing(figure, "vae", (1.1, 0.9), 0.001)
    for _ in range(4):
        figure.page.keyboard.press("Shift+ArrowRight")
    expect_drawing(figure, "vae", (3.0, 0.9), 0.001)


@HTTP_AND_FILE
def test_shares_of_the_measured_throws_are_the_recipes(reader: Reader) -> None:
    """The page throws, decodes and judges by itself; the table holds what the recipe counted."""
    figure = reader.live_figure(NAME, UNFOLDED)
    model = figure.placed.model("twins")
    published = model.array("accepted_shares")
    for size in (16, 2, 4):
        figure.choice(f"{size} numbers").click()
        expect(figure.choice(f"{size} numbers")).to_be_checked()
        for kind in ("ae", "vae"):
            expected = published[("ae", "vae").index(kind), 0, (2, 4, 16).index(size)]

            def agrees(kind: str = kind, expected: float = expected) -> None:
                assert share(figure, kind) == pytest.approx(expected, abs=0.0026)

            eventually(figure.page, agrees)
    rows = figure.table()[1:]
    assert [number(row[-1]) / 100 for row in rows] == pytest.approx(
        [published[k, :, s].mean() for s in (0, 1, 2) for k in (0, 1)], abs=0.0006
    )


def test_claim_of_the_default_state_is_in_sight(reader: Reader) -> None:
    figure = reader.live_figure(NAME, UNFOLDED)
    assert share(figure, "ae") < share(figure, "vae")
    assert (told(figure, "ae", "judge"), told(figure, "vae", "judge")) == ("refused", "accepted")


def test_throwing_again_changes_throws_and_address_restores_them(reader: Reader) -> None:
    figure = reader.live_figure(NAME, UNFOLDED)
    before = [share(figure, kind) for kind in PLANES]
    figure.button("Throw again").click()
    figure.expect_readout("seed of the throws", "8")
    figure.settle()
    after = [share(figure, kind) for kind in PLANES]
    assert after != before
    assert after == pytest.approx(before, abs=0.08)
    slider = figure.slider("training seed")
    slider.focus()
    figure.page.keyboard.press("End")
    shown = figure.settle()
    other = Figure(reader.visit(figure.address()), figure.placed).wait_live()
    assert [share(other, kind) for kind in PLANES] == [share(figure, kind) for kind in PLANES]
    for label, ink in shown.rasters.items():
        assert np.array_equal(other.snapshot().rasters[label], ink), label
    other.reset()
    other.expect_readout("seed of the throws", "7")


def test_training_codes_take_the_place_of_drawings(reader: Reader) -> None:
    figure = reader.live_figure(NAME, {**UNFOLDED, "size": 2})
    drawings = figure.stage.get_by_role("img", name="draws over its plane")
    expect(drawings).to_have_count(2)
    figure.root.get_by_role("checkbox", name="Training codes").check()
    expect(drawings).to_have_count(0)
    assert panel(figure, "ae").locator(".glyphs").count() == 10
