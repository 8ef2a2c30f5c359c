"""Pages run on the slim engine; where it fails, the whole one takes over and the reader goes on."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.browser.conftest import HTTP_AND_FILE, Reader
from tests.browser.figure import Figure
from tests.browser.site import Site, replace
from tests.browser.test_failures import MISSING, asset, content, garble, take_away
from tests.browser.test_latent_walk import STEP, expect_at
from tests.browser.test_training import prefix
from tests.browser.training import Bench
from tests.browser.traps import trapping_after

FIGURE, LIVE = "latent-walk", "organise"


def trap(path: Path, function: str, calls: int) -> None:
    asset(path, gzip.compress(trapping_after(content(path), function, calls), 1, mtime=0))


def walk(figure: Figure) -> None:
    """More steps than the trap allows calls, each shown before the next."""
    z1, z2 = (figure.placed.data["state"][name] for name in ("z1", "z2"))
    figure.slider("Code").focus()
    for step in range(1, 9):
        figure.page.keyboard.press("ArrowRight")
        expect_at(figure, (z1 + STEP * step, z2), 0.001)


@HTTP_AND_FILE
def test_a_page_loads_the_slim_engine_alone(reader: Reader) -> None:
    reader.figure(FIGURE).wait_live()
    assert reader.engines_asked() == ["slim"]


# How the slim engine is spoilt, and what the console may say of it.
STARTS: dict[str, tuple[Callable[[Path], None], str]] = {
    "missing": (take_away, MISSING),
    "garbled": (garble, "CompileError"),
    "trapping at its first graph": (lambda path: trap(path, "OrtCreateSession", 0), "^$"),
}


@pytest.mark.parametrize(("spoil", "console"), STARTS.values(), ids=STARTS.keys())
def test_a_slim_engine_that_does_not_start_is_replaced(
    reader_of_broken: Reader, breakable_site: Site, spoil: Callable[[Path], None], console: str
) -> None:
    spoil(breakable_site.engines["slim"])
    figure = reader_of_broken.figure(FIGURE).wait_live()
    reader_of_broken.expect_errors(console)
    assert reader_of_broken.engines_asked() == ["slim", "whole"]
    walk(figure)


def test_a_trap_under_the_readers_finger_is_not_noticed(
    reader_of_broken: Reader, breakable_site: Site
) -> None:
    trap(breakable_site.engines["slim"], "OrtRun", 5)
    figure = reader_of_broken.figure(FIGURE).wait_live()
    walk(figure)
    assert reader_of_broken.engines_asked() == ["slim", "whole"]


@HTTP_AND_FILE
def test_training_goes_on_from_where_the_trap_was_met(
    reader: Reader, reader_of_broken: Reader, breakable_site: Site
) -> None:
    """Bit for bit the run that no trap has interrupted."""
    trap(breakable_site.engines["slim"], "OrtRun", 30)
    run = Bench(reader_of_broken.figure(LIVE).wait_live())
    interrupted = run.train_to(60)
    assert reader_of_broken.engines_asked() == ["slim", "whole"]
    undisturbed = Bench(reader.live_figure(LIVE)).train_to(60)
    steps = min(interrupted["step"], undisturbed["step"])
    assert prefix(interrupted, steps) == prefix(undisturbed, steps)


def test_without_either_engine_the_figure_says_so_and_recovers(
    reader_of_broken: Reader, breakable_site: Site
) -> None:
    whole = breakable_site.engines["whole"]
    script = whole.read_text("utf-8")
    take_away(whole)
    trap(breakable_site.engines["slim"], "OrtRun", 0)
    figure = reader_of_broken.figure(FIGURE)
    assert whole.name in figure.wait_error()
    reader_of_broken.expect_errors(MISSING)
    replace(whole, script)
    figure.root.get_by_role("button", name="Retry").click()
    figure.wait_live()
    walk(figure)
