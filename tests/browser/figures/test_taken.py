"""What a reader takes along: link, picture, numbers, and a model that was trained in the page."""

from __future__ import annotations

import base64
import csv
import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from xml.etree import ElementTree

import numpy as np
import onnxruntime
import pytest
import torch
from playwright.sync_api import Error, Locator, expect
from safetensors.torch import load_file

from tests.browser.conftest import FOLLOW, HTTP_AND_FILE, WIDE, Reader
from tests.browser.figures.test_every_figure import FIGURES, PAGES, SPECS
from tests.browser.support.figure import Figure
from tests.browser.support.rounds import FOCUS
from tests.browser.support.training import SHOWN, Bench
from tests.browser.support.waiting import eventually

# An experiment's network is made to be compared with others of its kind; it has no graphs to use.
LIVE = [
    name
    for name in FIGURES
    if SPECS[name]["honesty"] == "trains live" and SPECS[name].get("kind") != "experiment"
]
SAVE = "Save, or copy a link"
ATOL = 1e-5
# A PNG beside the SVG as the browser draws it: size, colour of the paper, share of dark and of
# coloured pixels, and how far both are apart once small marks are blurred.
LOOK = """
async ([png, svg]) => {
  const drawn = (source, width, height) => {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [width, height];
    const context = canvas.getContext("2d");
    context.imageSmoothingQuality = "high";
    context.drawImage(source, 0, 0, width, height);
    return canvas;
  };
  const pixels = (canvas) =>
    canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
  const opened = async (blob) => {
    const image = new Image();
    image.src = URL.createObjectURL(blob);
    await image.decode();
    return image;
  };
  const png_blob = new Blob([Uint8Array.from(atob(png), (c) => c.charCodeAt(0))]);
  const svg_blob = new Blob([svg], { type: "image/svg+xml" });
  const image = await opened(png_blob);
  const [width, height] = [image.naturalWidth, image.naturalHeight];
  const whole = drawn(image, width, height);
  const redrawn = drawn(await opened(svg_blob), width, height);
  const data = pixels(whole);
  let [dark, coloured] = [0, 0];
  for (let i = 0; i < data.length; i += 4) {
    const low = Math.min(data[i], data[i + 1], data[i + 2]);
    const high = Math.max(data[i], data[i + 1], data[i + 2]);
    dark += high < 110;
    coloured += high - low > 60;
  }
  const small = [Math.round(width / 64), Math.round(height / 64)];
  const [one, other] = [whole, redrawn].map((canvas) => pixels(drawn(canvas, ...small)));
  const apart = one.reduce((sum, v, i) => sum + Math.abs(v - other[i]), 0);
  return {
    size: [width, height],
    paper: [...data.slice(0, 3)],
    dark: dark / (width * height),
    coloured: coloured / (width * height),
    apart: apart / one.length / 255,
  };
}
"""
CLOSE = "(buttons) => buttons.forEach((button) => button.click())"


def opened(figure: Figure) -> Locator:
    figure.root.get_by_role("button", name=SAVE).click()
    place = figure.root.get_by_role("group", name=SAVE)
    expect(place).to_be_visible()
    return place


def saved(place: Locator, button: str, folder: Path) -> Path:
    with place.page.expect_download() as download:
        place.get_by_role("button", name=button).click()
    path: Path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path


def plain(cell: str) -> str:
    """A cell of a table as programs read it."""
    text = cell.replace("\u2212", "-").replace("\u00a0", " ")
    return text.replace(",", "") if re.fullmatch(r"-?\d{1,3}(,\d{3})+(\.\d+)?", text) else text


@pytest.mark.parametrize("scheme", ["file"], indirect=True)  # a browser mistrusts it more
@pytest.mark.parametrize("name", PAGES)
def test_every_figure_can_be_taken_along(reader: Reader, name: str, tmp_path: Path) -> None:
    """Its picture is on light paper in the dark, too; and on a phone nothing is wider than it.

    All that each figure offers stays open until the page is as narrow as a phone: to lay it out at
    another width takes longer than to save a figure's files.
    """
    page = reader.live_page(name)
    failures: list[str] = []
    try:
        page.emulate_media(color_scheme="dark")
        for placed in reader.site.figures_of(name):
            page.evaluate(FOLLOW, placed.fragment({}))  # its link holds no other figure's state
            try:
                _take_along(Figure(page, placed), tmp_path)
            except (AssertionError, Error) as failure:
                failures.append(f"{placed.id}: {failure}")
        assert not failures, "\n".join(failures)
        places = page.get_by_role("group", name=SAVE)
        expect(places).to_have_count(len(reader.site.figures_of(name)))
        page.emulate_media(color_scheme="no-preference")
        for width in (320, 360):
            page.set_viewport_size({"width": width, "height": 640})
            assert page.evaluate("() => document.documentElement.scrollWidth") <= width
    finally:
        page.locator("[data-role=take][aria-expanded=true]").evaluate_all(CLOSE)
        page.emulate_media(color_scheme="light")
        page.set_viewport_size(WIDE)


def _take_along(figure: Figure, folder: Path) -> None:
    page = figure.page
    assert page.evaluate(FOCUS, figure.placed.id)
    page.keyboard.press("ArrowRight")
    figure.settle()
    place = opened(figure)
    link = place.get_by_role("textbox", name="Link to this state").input_value()
    assert link == page.url

    text = saved(place, "Picture, SVG", folder).read_text("utf-8")
    svg = ElementTree.fromstring(text)
    words = " ".join("".join(svg.itertext()).split())
    caption = figure.root.locator("figcaption p").first.inner_text().split()[0]
    title = figure.root.locator(".figure-title").inner_text()
    for part in (title, caption, "CC BY 4.0"):
        assert part in words, part
    assert unquote(link).replace(" ", "") in unquote(words).replace(" ", "")
    assert len([*svg.findall(".//{*}path"), *svg.findall(".//{*}image")]) > 3
    assert not re.search(r"var\(|currentcolor|context-|url\(", text, re.IGNORECASE)

    png = saved(place, "Picture, PNG", folder).read_bytes()
    look = page.evaluate(LOOK, [base64.b64encode(png).decode(), text])
    assert look["size"] == [2 * int(svg.attrib[side]) for side in ("width", "height")]
    assert min(look["paper"]) > 240
    assert 0.004 < look["dark"] < 0.3
    assert look["coloured"] > 0.0005
    assert look["apart"] < 0.04
    assert not page.evaluate("() => document.documentElement.dataset.theme")

    text = saved(place, "Numbers, CSV", folder).read_text("utf-8")
    rows = list(csv.reader(io.StringIO(text)))
    assert rows == [[plain(cell) for cell in row] for row in figure.table()]


@HTTP_AND_FILE
def test_the_link_is_copied_and_restores_the_state(reader: Reader) -> None:
    figure = reader.figure("kl-spring", {"mu": 1.5}).wait_live()
    page = figure.page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    place = opened(figure)
    place.get_by_role("button", name="Copy link to this state").click()
    expect(place.get_by_role("status")).to_have_text("Copied.")
    copied = page.evaluate("() => navigator.clipboard.readText()")
    other = Figure(reader.visit(copied), figure.placed).wait_live()
    other.expect_readout("μ", "1.50")
    page.keyboard.press("Escape")
    expect(place).to_be_hidden()
    expect(figure.root.get_by_role("button", name=SAVE)).to_be_focused()


@pytest.fixture
def python_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder in which Python runs, as a reader's would."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    known = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - known:
        if (tmp_path / f"{name}.py").exists():
            del sys.modules[name]


@HTTP_AND_FILE
@pytest.mark.parametrize("name", LIVE)
def test_a_model_that_the_reader_trained_is_the_same_in_torch_and_onnxruntime(
    reader: Reader, name: str, python_path: Path
) -> None:
    figure = reader.figure(name, {**SHOWN[name], "seed": 3}).wait_live()
    for _ in range(3):
        figure.root.get_by_role("button", name="One step").click()
        figure.settle()
    place = opened(figure)
    files: list[Path] = []

    def keep(download: Any) -> None:
        files.append(python_path / download.suggested_filename)
        download.save_as(files[-1])

    figure.page.on("download", keep)
    place.get_by_role("button", name="Model that you trained").click()
    expect(place.get_by_role("status")).to_contain_text("These lines load it", timeout=20_000)
    code = place.locator("pre").inner_text()
    assert len(code.splitlines()) == 8

    def all_saved() -> None:  # the page has handed all over when it says so; the browser saves on
        assert len(files) == 4

    eventually(figure.page, all_saved)
    names: dict[str, Any] = {}
    exec(code, names)  # the lines that the page shows, in a folder with the files that it saved
    model = names["model"]
    kept = Bench(figure).run()
    weights = load_file(next(path for path in files if path.suffix == ".safetensors"))
    flat = np.concatenate([weights[key].numpy().ravel() for key, _ in model.named_parameters()])
    assert np.array_equal(flat, np.array(kept["params"], np.float32))

    generator = torch.Generator().manual_seed(7)
    for path in [path for path in files if path.suffix == ".onnx"]:
        session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        (port,) = session.get_inputs()
        assert port.name != "params"
        inputs = torch.randn((5, port.shape[1]), generator=generator)
        graph = model.encode if path.stem.endswith("encoder") else model.decode
        with torch.no_grad():
            expected = graph(inputs)
        expected = expected if isinstance(expected, tuple) else (expected,)
        for found, output in zip(
            session.run(None, {port.name: inputs.numpy()}), expected, strict=True
        ):
            assert np.abs(found - output.numpy()).max() <= ATOL
