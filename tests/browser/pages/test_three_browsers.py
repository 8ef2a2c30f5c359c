"""Every figure in Chromium, Firefox and WebKit, over http and from file://, with no network.

So are Python cells and the offline copy: a browser is started once for all of it. Chromium's own
numbers are compared with onnxruntime's by each figure's tests; here the other browsers are compared
with Chromium, at the address that they themselves wrote.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import groupby
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Error, Page, Playwright

from tests.browser.conftest import FOLLOW, HTTP_AND_FILE, Reader
from tests.browser.figures.test_every_figure import FIGURES
from tests.browser.support import blocks, browser_report, coming_back
from tests.browser.support.browsers import NAMES
from tests.browser.support.cells_round import work_cells
from tests.browser.support.drivers import Driver, Tripwire, drive
from tests.browser.support.figure import SNAPSHOT, WRITTEN, ink
from tests.browser.support.offline_round import read_offline
from tests.browser.support.rounds import Notes, Round, Said, entries_of, loss_to_reach
from tests.browser.support.same_text import expect_same_text
from tests.browser.support.site import PlacedFigure
from tests.browser.support.waiting import eventually

pytestmark = HTTP_AND_FILE

INK = 4 / 255
"""A canvas holds 8 bits, and each browser rounds in its own way."""

COVER = "index.html"

MOMENTS = (
    ("usual", "as it opens"),
    ("keyed", "after the gesture and the key"),
    ("turned", "after a number of the text"),
)
"""Fields of `Notes` for what is compared with Chromium, in order. The key sets the state of the
gesture one step on, or leaves it as it is; so the two are compared at once.
"""
BLANK = 0.5
"""Pixels of ink: a picture with less is empty."""

TOGETHER = 15.0
"""Seconds in which Chromium shows a page's figures at another address."""

# What is still to be written of another figure would be written over what is to be followed.
LEAD = f"""
async ([ids, fragment]) => {{
  await Promise.all(ids.map({WRITTEN.strip()}));
  history.replaceState(null, "", location.pathname);
  await ({FOLLOW.strip()})(fragment);
  await Promise.all(ids.map({WRITTEN.strip()}));
}}
"""
SNAPSHOTS = (
    f"(ids) => {{ const snapshot = {SNAPSHOT.strip()};"
    """
  const shown = ids.map((id) => [id, JSON.parse(snapshot(document.getElementById(id)))]);
  return JSON.stringify(Object.fromEntries(shown));
}
"""
)

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


def address(seen: Mapping[str, dict[str, Any]]) -> str:
    """One for a whole page: what the browser wrote into its own of each figure, by id."""
    written = [entry for id, one in seen.items() for entry in entries_of(one["hash"], id)]
    return f"{next(iter(seen))}?{'&'.join(written)}" if written else ""


def differences(page: Page, seen: Mapping[str, dict[str, Any]], when: str) -> dict[str, str]:
    """Id → what Chromium shows otherwise at the same address."""
    if not seen:
        return {}
    if fragment := address(seen):
        page.evaluate(LEAD, [list(seen), fragment])
    found = dict.fromkeys(seen, "")

    def check() -> None:
        for id, shown in json.loads(page.evaluate(SNAPSHOTS, list(found))).items():
            try:
                expect_same(seen[id], shown, when)
                del found[id]
            except AssertionError as difference:
                found[id] = str(difference)
        assert not found

    with suppress(AssertionError):  # those that differ to the end are left
        eventually(page, check, TOGETHER)
    return found


def judge(figure: PlacedFigure, notes: Notes, over_http: bool) -> None:
    """Raises AssertionError at what a reader would miss in that browser, whatever others show."""
    assert not notes.trouble, notes.trouble
    assert not notes.problems, "; ".join(notes.problems)
    assert notes.worked, "the gesture changed nothing"
    assert entries_of(notes.keyed["hash"], figure.id) != notes.worked, "the key changed nothing"
    if notes.numbers:
        was, dragged, stepped = notes.numbers
        assert was != dragged != stepped, f"the number of the text: {notes.numbers}"
    enough = loss_to_reach(figure)
    assert notes.trained or enough is None or not over_http, "it did not train"
    if notes.trained and enough is not None:
        reached, step = notes.trained["loss"], notes.trained["step"]
        assert reached <= enough, f"a loss of {reached} after {step} steps, not {enough}"


def expect_as_built(notes: Notes, built: Said) -> None:
    """The figure says what the build wrote, and every picture has come."""
    assert len(notes.said[0]) == len(built[0]), "as it opens: other read-outs"
    for ours, theirs in zip((*notes.said[0], notes.said[1]), (*built[0], built[1]), strict=True):
        expect_same_text(ours, theirs, "as it opens")
    for label, raster in notes.usual["rasters"].items():
        assert ink(raster).sum() > BLANK, f"as it opens: picture “{label}” is blank"


def work_page(
    reader: Reader, figures: Sequence[PlacedFigure], round: Round
) -> list[tuple[str, Mapping[str, float]]]:
    """For each figure of a page what is wrong, or nothing, and how far it trained, if it does.

    Chromium takes all of a page at once, at an address that holds what was written of each. From
    file:// it is not asked: the same code has been compared with it over http, and whether the
    files have come whole is told by what the build wrote of them.
    """
    notes = dict(zip((figure.id for figure in figures), round.visit(figures), strict=True))
    over_http = reader.site.root.startswith("http")
    wrong: dict[str, str] = {}
    built = {} if over_http else round.said_at_build(figures)
    for figure in figures:
        try:
            judge(figure, notes[figure.id], over_http)
            if not over_http:
                expect_as_built(notes[figure.id], built[figure.id])
        except AssertionError as failure:
            wrong[figure.id] = str(failure) or repr(failure)
    if over_http:
        page = reader.live_page(figures[0].page)
        for moment, when in MOMENTS:
            seen = {id: getattr(one, moment) for id, one in notes.items() if id not in wrong}
            seen = {id: shown for id, shown in seen.items() if shown}
            wrong |= differences(page, seen, when)
    return [(wrong.get(figure.id, ""), notes[figure.id].trained) for figure in figures]


def test_the_whole_book_works(
    driver: Driver, reader: Reader, record_property: Callable[[str, object], None]
) -> None:
    """One browser goes through it; one line for each figure, and each other part, that fails."""
    driver.open(reader.site.url(blocks.AUTHORS))
    failures = [f"{blocks.AUTHORS}: {fault}" for fault in blocks.faults(driver.ask(blocks.LOOK))]
    failures += coming_back.faults(driver, reader.site)
    scheme = "http" if reader.site.root.startswith("http") else "file"

    def worked(part: str, trained: Mapping[str, float]) -> None:
        row = browser_report.row(driver.version, scheme, part, trained)
        record_property(browser_report.WORKED, row)

    first_places = {figure.name: figure for figure in reversed(reader.site.figures)}
    assert set(first_places) >= set(FIGURES)
    covers = [figure for figure in reader.site.figures if figure.page == COVER]
    places = {figure.id: figure for figure in (*first_places.values(), *covers)}
    in_order = sorted(places.values(), key=lambda figure: (figure.page, figure.id))
    round = Round(driver, reader.site)
    for page, group in groupby(in_order, key=lambda figure: figure.page):
        figures = list(group)
        try:
            outcomes = work_page(reader, figures, round)
        except (AssertionError, Error) as failure:
            failures.append(f"{page}: {str(failure) or repr(failure)}")
            continue
        for figure, (wrong, trained) in zip(figures, outcomes, strict=True):
            part = f"{figure.name} of the cover" if page == COVER else figure.name
            if wrong:
                failures.append(f"{part}: {wrong}")
            else:
                worked(part, trained)

    parts = [(browser_report.CELLS, work_cells)]
    if scheme == "http":
        parts.append((browser_report.OFFLINE, read_offline))
    for part, work in parts:
        try:
            work(driver, reader.site)
            worked(part, {})
        except (AssertionError, Error) as failure:
            failures.append(f"{part}: {str(failure) or repr(failure)}")
    assert not failures, "\n".join(failures)
