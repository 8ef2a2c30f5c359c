"""Every figure in Chromium, Firefox and WebKit, over http and from file://, with no network.

So are Python cells and the offline copy: a browser is started once for all of it. Chromium's own
numbers are compared with onnxruntime's by each figure's tests; here the other browsers are compared
with Chromium, at the address that they themselves wrote.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Error, Playwright

from tests.browser.conftest import HTTP_AND_FILE, Reader
from tests.browser.figures.test_every_figure import FIGURES
from tests.browser.support import blocks, browser_report
from tests.browser.support.browsers import NAMES
from tests.browser.support.cells_round import work_cells
from tests.browser.support.drivers import Driver, Tripwire, drive
from tests.browser.support.figure import SNAPSHOT, Figure, ink
from tests.browser.support.offline_round import read_offline
from tests.browser.support.rounds import Notes, Round, loss_to_reach
from tests.browser.support.same_text import expect_same_text
from tests.browser.support.site import PlacedFigure
from tests.browser.support.waiting import eventually

pytestmark = HTTP_AND_FILE

INK = 4 / 255
"""A canvas holds 8 bits, and each browser rounds in its own way."""

COVER = "index.html"

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


def expect_same(seen: dict[str, Any], reference: dict[str, Any], when: str) -> None:
    """Every read-out and every picture is Chromium's."""
    assert list(seen["readouts"]) == list(reference["readouts"]), f"{when}: other read-outs"
    for label, text in seen["readouts"].items():
        expect_same_text(text, reference["readouts"][label], f"{when}, {label}")
    inks = [[ink(raster) for raster in one["rasters"].values()] for one in (seen, reference)]
    for label, ours, theirs in zip(seen["rasters"], *inks, strict=True):
        assert np.abs(ours - theirs).max() <= INK, f"{when}: picture “{label}”"


def expect_chromiums(reader: Reader, placed: PlacedFigure, seen: dict[str, Any], when: str) -> None:
    """Chromium shows the same at the same address; a page of it that is open stays open."""
    fragment = seen["hash"].removeprefix("#") or placed.fragment({})
    page = reader.shared_page(reader.site.url(placed.page, fragment))
    figure = Figure(page, placed).wait_live()

    def check() -> None:
        expect_same(seen, json.loads(figure.root.evaluate(SNAPSHOT)), when)

    eventually(figure.page, check)


def judge(reader: Reader, figure: PlacedFigure, notes: Notes) -> None:
    """Raises AssertionError at what a reader would miss in that browser."""
    assert not notes.trouble, notes.trouble
    assert not notes.problems, "; ".join(notes.problems)
    assert f"{figure.id}." in notes.worked["hash"], "the gesture changed nothing"
    over_http = reader.site.root.startswith("http")
    if over_http:  # from file://, what the hands have come to is enough
        expect_chromiums(reader, figure, notes.usual, "as it opens")
        expect_chromiums(reader, figure, notes.worked, "after the gesture")
    assert notes.keyed["hash"] != notes.worked["hash"], "the key changed nothing"
    expect_chromiums(reader, figure, notes.keyed, "after the key")
    if notes.numbers:
        was, dragged, stepped = notes.numbers
        assert was != dragged != stepped, f"the number of the text: {notes.numbers}"
        expect_chromiums(reader, figure, notes.turned, "after a number of the text")
    enough = loss_to_reach(figure)
    assert notes.trained or enough is None or not over_http, "it did not train"
    if notes.trained and enough is not None:
        reached, step = notes.trained["loss"], notes.trained["step"]
        assert reached <= enough, f"a loss of {reached} after {step} steps, not {enough}"


def work_figure(reader: Reader, figure: PlacedFigure, round: Round) -> Mapping[str, float]:
    """How far training went, if the figure trains; AssertionError as above."""
    notes = round.visit(figure)
    judge(reader, figure, notes)
    return notes.trained


def test_the_whole_book_works(
    driver: Driver, reader: Reader, record_property: Callable[[str, object], None]
) -> None:
    """One browser goes through it; one line for each figure, and each other part, that fails."""
    first_places = {figure.name: figure for figure in reversed(reader.site.figures)}
    assert set(first_places) >= set(FIGURES)
    covers = [figure for figure in reader.site.figures if figure.page == COVER]
    places = {figure.id: figure for figure in (*first_places.values(), *covers)}
    scheme = "http" if reader.site.root.startswith("http") else "file"
    round = Round(driver, reader.site)
    parts: list[tuple[str, Callable[[], Mapping[str, float] | None]]] = [
        (
            f"{figure.name} of the cover" if figure in covers else figure.name,
            partial(work_figure, reader, figure, round),
        )
        for figure in sorted(places.values(), key=lambda figure: (figure.page, figure.id))
    ]
    parts.append((browser_report.CELLS, partial(work_cells, driver, reader.site)))
    if scheme == "http":
        parts.append((browser_report.OFFLINE, partial(read_offline, driver, reader.site)))
    failures: list[str] = []
    for part, work in parts:
        try:
            trained = work() or {}
        except (AssertionError, Error) as failure:
            failures.append(f"{part}: {str(failure) or repr(failure)}")
            continue
        row = browser_report.row(driver.version, scheme, part, trained)
        record_property(browser_report.WORKED, row)
    assert not failures, "\n".join(failures)


def test_remarks_captions_and_columns_are_seen_as_such(driver: Driver, reader: Reader) -> None:
    driver.open(reader.site.url(blocks.AUTHORS))
    assert blocks.faults(driver.ask(blocks.LOOK)) == []
