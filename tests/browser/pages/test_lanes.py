"""Pages run on the kernels; where these fail, ONNX Runtime takes over and the reader goes on."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from builder.plan.vocabulary import OPERATIONS, read_vocabulary
from tests.browser.conftest import FROM_FILE, HTTP_AND_FILE, Reader
from tests.browser.figures.test_latent_walk import STEP, expect_at
from tests.browser.figures.test_training import prefix
from tests.browser.pages.test_failures import (
    MISSING,
    asset,
    chop,
    content,
    garble,
    plan_file,
    take_away,
)
from tests.browser.support.figure import Figure
from tests.browser.support.site import Site, replace
from tests.browser.support.training import Bench
from tests.conftest import ROOT

FIGURE, LIVE = "latent-walk", "organise"
ZEROS = [65, 0, 253, 15]
MULTIPLY_ADD = [
    *(0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 19, 1, 17, 0),
    *(*ZEROS, *ZEROS, *ZEROS, 253, 133, 2, 11),
]
"""A module whose one function multiplies and adds vectors: valid with relaxed SIMD alone."""
UNKNOWN_KERNEL = 99


def rewrite(path: Path, change: Callable[[list[int]], None], work: int) -> None:
    """The plan's asset with other calls. Its size stays: what takes a digit more is taken from
    the number that tells how much work a call is."""
    plan = content(path)
    length = int.from_bytes(plan[:4], "little")
    described = json.loads(plan[4 : 4 + length])
    change(described["code"])
    described["work"] = [work, 0, 0]
    text = json.dumps(described, separators=(",", ":")).encode().ljust(length)
    assert len(text) == length
    asset(path, gzip.compress(plan[:4] + text + plan[4 + length :], mtime=0))


def trap_at_once(path: Path) -> None:
    def change(code: list[int]) -> None:
        code[0] = UNKNOWN_KERNEL

    rewrite(path, change, work=1)


def trap_at_the_last_sample(path: Path) -> None:
    """A step that draws the last of the samples finds no such row."""
    gather = read_vocabulary((ROOT / OPERATIONS).read_text("utf-8")).operations["gather"]

    def change(code: list[int]) -> None:
        place = 0
        while code[place] != gather.number:
            place += code[place + 1]
        code[place + 2 + gather.arguments.index("members")] -= 1

    rewrite(path, change, work=99_999)


def walk(figure: Figure) -> None:
    """Each step is shown before the next."""
    z1, z2 = (figure.placed.data["state"][name] for name in ("z1", "z2"))
    figure.slider("Code").focus()
    for step in range(1, 5):
        figure.page.keyboard.press("ArrowRight")
        expect_at(figure, (z1 + STEP * step, z2), 0.001)


@HTTP_AND_FILE
def test_a_page_loads_the_kernels_alone(reader: Reader) -> None:
    figure = reader.figure(FIGURE).wait_live()
    walk(figure)
    assert reader.engines_asked() == ["kernels"]
    assert figure.page.workers == []  # small calls run on the page


def test_only_the_kernels_that_the_browser_can_run_are_loaded(reader: Reader) -> None:
    page = reader.figure(FIGURE).wait_live().page
    fused = page.evaluate("(code) => WebAssembly.validate(Uint8Array.from(code))", MULTIPLY_ADD)
    ((lane, file),) = reader.wasm_asked()
    assert lane == "kernels"
    assert file.startswith("kernels.fused." if fused else "kernels.plain.")


@HTTP_AND_FILE
def test_a_reader_may_choose_onnx_runtime(reader: Reader) -> None:
    figure = reader.figure(FIGURE, ort=True).wait_live()
    walk(figure)
    assert reader.engines_asked() == ["ort"]


# How the kernels' lane is spoilt, and what the console may say of it. With a plan that is missing
# a figure goes on in test_failures.py.
SPOILT: dict[str, tuple[Callable[[Site], Sequence[Path]], Callable[[Path], None], str]] = {
    "no kernels": (lambda site: site.engines["kernels"], take_away, MISSING),
    "kernels garbled": (lambda site: site.engines["kernels"], garble, "CompileError"),
    "plan chopped": (lambda site: [plan_file(site, site.figure(FIGURE))], chop, "SyntaxError"),
    "plan garbled": (lambda site: [plan_file(site, site.figure(FIGURE))], garble, "^$"),
    "plan traps": (lambda site: [plan_file(site, site.figure(FIGURE))], trap_at_once, "^$"),
}


@pytest.mark.parametrize(("files", "spoil", "console"), SPOILT.values(), ids=SPOILT.keys())
def test_onnx_runtime_takes_over_from_kernels_that_fail(
    reader_of_broken: Reader,
    breakable_site: Site,
    files: Callable[[Site], Sequence[Path]],
    spoil: Callable[[Path], None],
    console: str,
) -> None:
    for file in files(breakable_site):
        spoil(file)
    figure = reader_of_broken.figure(FIGURE).wait_live()
    reader_of_broken.expect_errors(console, r"Invalid or unexpected token")
    assert reader_of_broken.engines_asked() == ["kernels", "ort"]
    walk(figure)


@FROM_FILE
def test_training_goes_on_from_where_the_kernels_failed(
    reader: Reader, reader_of_broken: Reader, breakable_site: Site
) -> None:
    """It is the undisturbed run to rounding: nothing is lost and nothing done twice.

    From file:// alone: that ONNX Runtime loads both ways is held above, and what trains on it does
    not know which way it came.
    """
    placed = breakable_site.figure(LIVE)
    for model in placed.data["models"].values():
        if "step" in model["assets"]:
            source = model["assets"]["step"]["plan"]["src"]
            trap_at_the_last_sample(breakable_site.folder / source)
    run = Bench(reader_of_broken.figure(LIVE).wait_live())
    interrupted = run.train_to(60)
    assert "ort" in reader_of_broken.engines_asked()
    undisturbed = Bench(reader.live_figure(LIVE)).train_to(60)
    steps = min(interrupted["step"], undisturbed["step"])
    (first, *_), (second, *_) = (prefix(each, steps)[0] for each in (interrupted, undisturbed))
    assert first == pytest.approx(second, rel=1e-5)


def test_without_either_lane_the_figure_says_so_and_recovers(
    reader_of_broken: Reader, breakable_site: Site
) -> None:
    (ort,) = breakable_site.engines["ort"]
    script = ort.read_text("utf-8")
    take_away(ort)
    for kernels in breakable_site.engines["kernels"]:
        take_away(kernels)
    figure = reader_of_broken.figure(FIGURE)
    assert ort.name in figure.wait_error()
    reader_of_broken.expect_errors(MISSING)
    replace(ort, script)
    figure.root.get_by_role("button", name="Retry").click()
    figure.wait_live()
    walk(figure)
