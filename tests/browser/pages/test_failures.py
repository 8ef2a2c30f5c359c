"""A file is missing or damaged: the page stands, the figure says so and can be tried again."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import FROM_FILE, HTTP_AND_FILE, Reader
from tests.browser.support.site import PlacedFigure, Site, replace

NAME = "latent-walk"
GRAPH = "decoder"
MISSING = r"Failed to load resource|ERR_FILE_NOT_FOUND"
CHOPPED = r"SyntaxError|Invalid or unexpected token"


def graph_file(site: Site, figure: PlacedFigure) -> Path:
    return site.folder / str(figure.data["models"]["vae"]["assets"][GRAPH]["src"])


def plan_file(site: Site, figure: PlacedFigure) -> Path:
    return site.folder / str(figure.data["models"]["vae"]["assets"][GRAPH]["plan"]["src"])


def figure_script(site: Site, figure: PlacedFigure) -> Path:
    return site.folder / str(figure.data["script"])


def wasm_file(site: Site, figure: PlacedFigure) -> Path:
    return site.engines["ort"][0]


def engine_script(site: Site, figure: PlacedFigure) -> Path:
    return site.folder / str(site.book_data(figure.page)["engine"]["ort"]["script"])


def kit_script(site: Site, figure: PlacedFigure) -> Path:
    return site.folder / str(site.book_data(figure.page)["kit"])


def take_away(path: Path) -> None:
    path.unlink()


def chop(path: Path) -> None:
    """Half a file, as a broken download leaves it: the script doesn't even parse."""
    text = path.read_text("utf-8")
    replace(path, text[: len(text) // 2])


def empty(path: Path) -> None:
    replace(path, "")


def asset(path: Path, packed: bytes) -> None:
    """The asset script with other bytes in it."""
    key = path.read_text("utf-8").split('"')[1]
    replace(path, f"book.asset({json.dumps(key)},{json.dumps(base64.b64encode(packed).decode())});")


def content(path: Path) -> bytes:
    return gzip.decompress(base64.b64decode(path.read_text("utf-8").split('"')[3]))


def cut_gzip(path: Path) -> None:
    packed = gzip.compress(content(path), mtime=0)
    asset(path, packed[: len(packed) // 2])


def shorten(path: Path) -> None:
    asset(path, gzip.compress(content(path)[:-100], mtime=0))


def garble(path: Path) -> None:
    """Valid gzip of the right length that is no ONNX model."""
    asset(path, gzip.compress(b"\x2a" * len(content(path)), mtime=0))


@dataclass(frozen=True)
class Damage:
    """What befalls which file, what the figure then says, what the console may say."""

    file: Callable[[Site, PlacedFigure], Path]
    by: Callable[[Path], None]
    told: str
    console: tuple[str, ...] = ()


# What loads files meets these, and may meet them otherwise over http than from file://.
NOT_LOADED = {
    "model missing": Damage(graph_file, take_away, "could not be loaded", (MISSING,)),
    "model chopped": Damage(graph_file, chop, "is damaged", (CHOPPED,)),
    "wasm missing": Damage(wasm_file, take_away, "could not be loaded", (MISSING,)),
    "engine missing": Damage(engine_script, take_away, "could not be loaded", (MISSING,)),
    "kit missing": Damage(kit_script, take_away, "could not be loaded", (MISSING,)),
    "figure missing": Damage(figure_script, take_away, "could not be loaded", (MISSING,)),
}
# These scripts have been loaded, as any other: what then reads them does not know from where.
LOADED = {
    "model's gzip cut": Damage(graph_file, cut_gzip, "is damaged"),
    "model too short": Damage(graph_file, shorten, "is damaged"),
    "model not ONNX": Damage(graph_file, garble, "is not a model that the engine can read"),
    "wasm garbled": Damage(wasm_file, garble, "engine", (r"wasm|WebAssembly|backend", MISSING)),
    "figure empty": Damage(figure_script, empty, "is damaged"),
}


@HTTP_AND_FILE
@pytest.mark.parametrize("damage", NOT_LOADED.values(), ids=NOT_LOADED.keys())
def test_figure_says_what_is_not_there_and_recovers(
    reader_of_broken: Reader, breakable_site: Site, damage: Damage
) -> None:
    says_what_is_wrong_and_recovers(reader_of_broken, breakable_site, damage)


@FROM_FILE
@pytest.mark.parametrize("damage", LOADED.values(), ids=LOADED.keys())
def test_figure_says_what_is_damaged_and_recovers(
    reader_of_broken: Reader, breakable_site: Site, damage: Damage
) -> None:
    says_what_is_wrong_and_recovers(reader_of_broken, breakable_site, damage)


def says_what_is_wrong_and_recovers(
    reader_of_broken: Reader, breakable_site: Site, damage: Damage
) -> None:
    placed = breakable_site.figure(NAME)
    path = damage.file(breakable_site, placed)
    whole = path.read_text("utf-8")
    damage.by(path)
    on_ort = damage.file in {graph_file, wasm_file, engine_script}
    if on_ort:  # else the kernels would do
        take_away(plan_file(breakable_site, placed))
    figure = reader_of_broken.figure(NAME)
    said = figure.wait_error()
    reader_of_broken.expect_errors(*damage.console, MISSING)
    assert damage.told in said
    assert path.name in said or damage.by is garble, f"does not say which file: {said}"
    expect(figure.stage.locator("svg").first).to_be_visible()
    static = figure.stage.locator("img")
    assert static.evaluate("(image) => image.complete && image.naturalWidth") == 32
    expect(figure.page.locator("main p").first).to_be_visible()
    expect(figure.part("reset")).to_be_disabled()

    figure.root.get_by_role("button", name="Retry").click()  # nothing has got better
    assert damage.told in figure.wait_error()

    replace(path, whole)
    retry = figure.root.get_by_role("button", name="Retry")
    retry.focus()
    figure.page.keyboard.press("Enter")
    figure.wait_live()
    assert figure.part("status").inner_text() == ""
    figure.slider("Code").focus()
    figure.page.keyboard.press("ArrowRight")
    figure.expect_number("z₁", placed.data["state"]["z1"] + 0.05, 0.001)
    assert ("ort" in reader_of_broken.engines_asked()) == on_ort


@HTTP_AND_FILE
def test_a_damaged_figure_leaves_the_others_alone(
    reader_of_broken: Reader, breakable_site: Site
) -> None:
    """Every other figure of the page that doesn't use the file goes live."""
    placed = breakable_site.figure(NAME)
    figure_script(breakable_site, placed).unlink()
    page = reader_of_broken.visit(breakable_site.url(placed.page))
    reader_of_broken.expect_errors(MISSING)
    others = [f for f in breakable_site.figures if f.page == placed.page and f.name != NAME]
    for figure in others:
        root = page.locator(f'[id="{figure.id}"]')
        root.scroll_into_view_if_needed()
        expect(root).to_have_attribute("data-state", "live", timeout=30_000)
    broken = page.locator(f'[id="{placed.id}"]')
    broken.scroll_into_view_if_needed()
    expect(broken).to_have_attribute("data-state", "error")
