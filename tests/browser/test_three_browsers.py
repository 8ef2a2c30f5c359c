"""Every figure in Chromium, Firefox and WebKit, over http and from file://, with no network.

Chromium's own numbers are compared with onnxruntime's by each figure's tests; here the other
browsers are compared with Chromium, at the address that they themselves wrote.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Error, Playwright

from tests.browser import browser_report
from tests.browser.browsers import NAMES
from tests.browser.conftest import Reader
from tests.browser.drivers import Driver, Tripwire, drive
from tests.browser.figure import SNAPSHOT, Figure
from tests.browser.rounds import Notes, Round, loss_to_reach
from tests.browser.site import PlacedFigure
from tests.browser.test_every_figure import FIGURES
from tests.browser.waiting import eventually

INK = 4 / 255
"""A canvas holds 8 bits, and each browser rounds in its own way."""

SEEN = f"(id) => ({SNAPSHOT.strip()})(document.getElementById(id))"
NUMBER = re.compile(r"−?\d+(?:,\d{3})*(?:\.\d+)?")


OTHERS = tuple(name for name in NAMES if name != "chromium")
"""Chromium works the whole suite; it joins here where all browsers are asked for."""


@pytest.fixture(params=NAMES if os.environ.get("BOOK_ALL_BROWSERS") == "1" else OTHERS)
def driver(
    request: pytest.FixtureRequest,
    playwright: Playwright,
    record_property: Callable[[str, object], None],
) -> Iterator[Driver]:
    """Each of the browsers, cut off from the network."""
    tripwire = Tripwire()
    try:
        with drive(playwright, request.param, tripwire) as driver:
            yield driver
        assert not tripwire.asked()
    except FileNotFoundError as missing:
        if os.environ.get("BOOK_ALL_BROWSERS") == "1":
            pytest.fail(str(missing))
        record_property(browser_report.MISSING, request.param)
        pytest.skip(str(missing))
    finally:
        tripwire.close()


def expect_same_text(found: str, expected: str, what: str) -> None:
    """The same words; numbers may differ by one in the last digit that is shown."""
    in_chromium = f"{what}: {found}, in Chromium {expected}"
    assert NUMBER.sub("#", found) == NUMBER.sub("#", expected), in_chromium
    for ours, theirs in zip(NUMBER.findall(found), NUMBER.findall(expected), strict=True):
        a, b = (float(text.replace(",", "").replace("−", "-")) for text in (ours, theirs))
        decimals = len(theirs.partition(".")[2])
        assert abs(a - b) <= 1.01 * 10**-decimals, in_chromium


def expect_same(seen: dict[str, Any], reference: dict[str, Any]) -> None:
    """Every read-out and every picture is Chromium's."""
    assert list(seen["readouts"]) == list(reference["readouts"]), "other read-outs"
    for label, text in seen["readouts"].items():
        expect_same_text(text, reference["readouts"][label], label)
    inks = [[np.array(raster["alpha"]) / 255 for raster in one["rasters"].values()]
            for one in (seen, reference)]  # fmt: skip
    for label, ours, theirs in zip(seen["rasters"], *inks, strict=True):
        assert np.abs(ours - theirs).max() <= INK, f"picture “{label}”"


def expect_chromiums(reader: Reader, name: str, seen: dict[str, Any]) -> None:
    """Chromium shows the same at the same address."""
    placed = reader.site.figure(name)
    page = reader.shared_page(reader.site.url(placed.page, seen["hash"].removeprefix("#")))
    figure = Figure(page, placed).wait_live()

    def check() -> None:
        expect_same(seen, page.evaluate(SEEN, placed.id))

    eventually(figure.page, check)


def judge(reader: Reader, figure: PlacedFigure, notes: Notes) -> None:
    """Raises AssertionError at what a reader would miss in that browser."""
    assert not notes.trouble, notes.trouble
    assert not notes.problems, "; ".join(notes.problems)
    expect_chromiums(reader, figure.name, notes.usual)
    assert f"{figure.id}." in notes.worked["hash"], "the gesture changed nothing"
    expect_chromiums(reader, figure.name, notes.worked)
    enough = loss_to_reach(figure)
    if enough is not None:
        reached, step = notes.trained["loss"], notes.trained["step"]
        assert reached <= enough, f"a loss of {reached} after {step} steps, not {enough}"


def test_every_figure_works(
    driver: Driver, reader: Reader, record_property: Callable[[str, object], None]
) -> None:
    """One browser goes through the whole book; one line for each figure that fails it."""
    first_places = {figure.name: figure for figure in reversed(reader.site.figures)}
    assert set(first_places) >= set(FIGURES)
    round = Round(driver, reader.site)
    failures: list[str] = []
    scheme = "http" if reader.site.root.startswith("http") else "file"
    for figure in sorted(first_places.values(), key=lambda figure: (figure.page, figure.id)):
        notes = round.visit(figure)
        try:
            judge(reader, figure, notes)
        except (AssertionError, Error) as failure:
            failures.append(f"{figure.name}: {str(failure) or repr(failure)}")
            continue
        row = browser_report.row(driver.version, scheme, figure.name, notes.trained)
        record_property(browser_report.WORKED, row)
    assert not failures, "\n".join(failures)
