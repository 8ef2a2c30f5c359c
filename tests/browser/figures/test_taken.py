"""What a reader takes along: link, picture, numbers, and a model that was trained in the page."""

from __future__ import annotations

import csv
import io
import re
import sys
from collections.abc import Iterator
from importlib import invalidate_caches
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

from tests.browser.conftest import FOLLOW, FROM_FILE, HTTP_AND_FILE, WIDE, Reader
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
  const image = await opened(png);
  const [width, height] = [image.naturalWidth, image.naturalHeight];
  const whole = drawn(image, width, height);
  const redrawn = drawn(await opened(svg), width, height);
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

# Opens the place of a figure, presses there what saves, and gives what the figure says of itself
# and what the files hold, which are caught on their way out. A hand would meet each button, too.
TAKE = f"""
async (id) => {{
  const look = {LOOK.strip()};
  const figure = document.getElementById(id);
  const press = (button) => {{
    button.scrollIntoView({{ block: "center", behavior: "instant" }});
    const {{ left, top, width, height }} = button.getBoundingClientRect();
    const met = document.elementFromPoint(left + width / 2, top + height / 2);
    if (!button.contains(met)) throw new Error(`“${{button.textContent}}” is out of reach`);
    button.click();
  }};
  const soon = async (what, found) => {{
    const deadline = performance.now() + 10000;
    while (!found()) {{
      if (performance.now() > deadline) throw new Error(`there is no ${{what}}`);
      await new Promise((done) => setTimeout(done, 5));
    }}
    return found();
  }};
  const made = new Map(), files = new Map();
  const {{ createObjectURL }} = URL;
  const caught = new AbortController();
  URL.createObjectURL = (blob) => {{
    const address = createObjectURL.call(URL, blob);
    made.set(address, blob);
    return address;
  }};
  document.addEventListener("click", (event) => {{
    const {{ download, href }} = event.target;
    if (!download) return;
    event.preventDefault();
    files.set(download.split(".").at(-1), made.get(href));
  }}, {{ capture: true, signal: caught.signal }});
  try {{
    press(figure.querySelector("[data-role=take]"));
    const place = await soon("place", () => figure.querySelector("[role=group].take"));
    const {{ value: link }} = place.querySelector("input");
    const buttons = [...place.querySelectorAll("button")];
    for (const label of ["Picture, SVG", "Picture, PNG", "Numbers, CSV"]) {{
      press(buttons.find(({{ textContent }}) => textContent === label));
    }}
    const [svg, png, table] = await soon("file of each kind", () => files.size === 3
      && ["svg", "png", "csv"].map((kind) => files.get(kind)));
    return {{
      link,
      visible: place.checkVisibility({{ visibilityProperty: true }}),
      title: figure.querySelector(".figure-title").innerText,
      caption: figure.querySelector("figcaption p").innerText,
      svg: await svg.text(),
      csv: await table.text(),
      look: await look([png, svg]),
      theme: document.documentElement.dataset.theme ?? null,
    }};
  }} finally {{
    URL.createObjectURL = createObjectURL;
    caught.abort();
  }}
}}
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


@FROM_FILE
@pytest.mark.parametrize("name", PAGES)
def test_every_figure_can_be_taken_along(reader: Reader, name: str) -> None:
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
                _take_along(Figure(page, placed))
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


def _take_along(figure: Figure) -> None:
    page = figure.page
    assert page.evaluate(FOCUS, figure.placed.id)
    page.keyboard.press("ArrowRight")
    figure.settle()
    taken = page.evaluate(TAKE, figure.placed.id)
    link = taken["link"]
    assert link == page.url
    assert taken["visible"]

    text = taken["svg"]
    svg = ElementTree.fromstring(text)
    words = " ".join("".join(svg.itertext()).split())
    for part in (taken["title"], taken["caption"].split()[0], "CC BY 4.0"):
        assert part in words, part
    assert unquote(link).replace(" ", "") in unquote(words).replace(" ", "")
    assert len([*svg.findall(".//{*}path"), *svg.findall(".//{*}image")]) > 3
    assert not re.search(r"var\(|currentcolor|context-|url\(", text, re.IGNORECASE)

    look = taken["look"]
    assert look["size"] == [2 * int(svg.attrib[side]) for side in ("width", "height")]
    assert min(look["paper"]) > 240
    assert 0.004 < look["dark"] < 0.3
    assert look["coloured"] > 0.0005
    assert look["apart"] < 0.04
    assert not taken["theme"]

    rows = list(csv.reader(io.StringIO(taken["csv"])))

    def tabulated() -> None:  # the table is written after a rest
        assert rows == [[plain(cell) for cell in row] for row in figure.table()]

    eventually(page, tabulated)


@FROM_FILE
def test_what_is_pressed_is_saved(reader: Reader, tmp_path: Path) -> None:
    """By the browser, under a name of the figure's. It is the same code for all of them: what the
    files of each hold is caught in the page above."""
    figure = reader.live_figure("kl-spring")
    place = opened(figure)
    svg = saved(place, "Picture, SVG", tmp_path)
    assert ElementTree.fromstring(svg.read_text("utf-8")).tag.endswith("}svg")
    png = saved(place, "Picture, PNG", tmp_path)
    assert png.read_bytes().startswith(b"\x89PNG")
    table = saved(place, "Numbers, CSV", tmp_path)
    rows = list(csv.reader(io.StringIO(table.read_text("utf-8"))))
    assert rows == [[plain(cell) for cell in row] for row in figure.table()]
    assert {file.name for file in (svg, png, table)} == {
        f"{figure.placed.id.removeprefix('fig-')}.{kind}" for kind in ("svg", "png", "csv")
    }
    figure.root.locator("[data-role=take]").click()
    expect(place).to_be_hidden()


@HTTP_AND_FILE
def test_the_link_is_copied_and_restores_the_state(reader: Reader) -> None:
    figure = reader.live_figure("kl-spring", {"mu": 1.5})
    page = figure.page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    place = opened(figure)
    place.get_by_role("button", name="Copy link to this state").click()
    expect(place.get_by_role("status")).to_have_text("Copied.")
    copied = page.evaluate("() => navigator.clipboard.readText()")
    page.context.clear_permissions()
    other = Figure(reader.visit(copied), figure.placed).wait_live()
    other.expect_readout("μ", "1.50")
    page.keyboard.press("Escape")
    expect(place).to_be_hidden()
    expect(figure.root.get_by_role("button", name=SAVE)).to_be_focused()


@FROM_FILE
def test_what_is_saved_is_what_the_figure_shows_by_then(reader: Reader, tmp_path: Path) -> None:
    """Whoever leaves the place open while they work the figure takes along what they see."""
    figure = reader.live_figure("kl-spring")
    place = opened(figure)
    assert figure.page.evaluate(FOCUS, figure.placed.id)
    figure.page.keyboard.press("Shift+ArrowRight")
    figure.settle()
    expect(place.get_by_role("textbox", name="Link to this state")).to_have_value(figure.page.url)

    def tabulated() -> None:  # the table is written after a rest
        table = saved(place, "Numbers, CSV", tmp_path)
        rows = list(csv.reader(io.StringIO(table.read_text("utf-8"))))
        assert rows == [[plain(cell) for cell in row] for row in figure.table()]

    eventually(figure.page, tabulated)
    figure.root.locator("[data-role=take]").click()


@FROM_FILE
def test_a_model_is_offered_as_soon_as_there_is_one_and_saved_as_it_is(
    reader: Reader, tmp_path: Path
) -> None:
    name = LIVE[0]
    figure = reader.live_figure(name, {**SHOWN[name], "seed": 4})
    place = opened(figure)
    offer = place.get_by_role("button", name="Model that you trained")
    expect(offer).to_be_hidden()
    for step in (1, 2):
        figure.root.get_by_role("button", name="One step").click()
        expect(Bench(figure).progress).to_contain_text(f"step {step} of")
        expect(offer).to_be_visible()
    kept: list[Path] = []

    def keep(download: Any) -> None:
        kept.append(tmp_path / download.suggested_filename)
        download.save_as(kept[-1])

    figure.page.on("download", keep)
    offer.click()
    expect(place.get_by_role("status")).to_contain_text("These lines load it", timeout=20_000)

    def all_saved() -> None:
        assert len(kept) == 4

    eventually(figure.page, all_saved)
    figure.page.remove_listener("download", keep)
    weights = load_file(next(path for path in kept if path.suffix == ".safetensors"))
    params = {float(number) for number in np.array(Bench(figure).run()["params"], np.float32)}
    assert all(params.issuperset(each.ravel().tolist()) for each in weights.values())
    figure.reset()
    expect(offer).to_be_hidden()
    figure.root.locator("[data-role=take]").click()


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


@pytest.mark.parametrize(
    ("name", "scheme"), [*((name, "file") for name in LIVE), (LIVE[0], "http")], indirect=["scheme"]
)
def test_a_model_that_the_reader_trained_is_the_same_in_torch_and_onnxruntime(
    reader: Reader, name: str, python_path: Path
) -> None:
    """Over http only the way differs on which its program gets into the page, and that is one for
    all models: there one figure stands for all."""
    figure = reader.live_figure(name, {**SHOWN[name], "seed": 3})
    for _ in range(3):
        figure.root.get_by_role("button", name="One step").click()
        figure.settle()
    place = opened(figure)
    files: list[Path] = []

    def keep(download: Any) -> None:
        path = python_path / download.suggested_filename
        download.save_as(path)
        files.append(path)

    figure.page.on("download", keep)
    place.get_by_role("button", name="Model that you trained").click()
    expect(place.get_by_role("status")).to_contain_text("These lines load it", timeout=20_000)
    code = place.locator("pre").inner_text()
    assert len(code.splitlines()) == 8

    def all_saved() -> None:  # the page has handed all over when it says so; the browser saves on
        assert len(files) == 4

    eventually(figure.page, all_saved)
    figure.page.remove_listener("download", keep)
    names: dict[str, Any] = {}
    invalidate_caches()  # the folder was empty a moment ago
    exec(code, names)  # the lines that the page shows, in a folder with the files that it saved
    model = names["model"]
    kept = Bench(figure).run()
    figure.root.locator("[data-role=take]").click()
    expect(place).to_be_hidden()
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
