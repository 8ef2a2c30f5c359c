"""Every figure in Chromium, Firefox and WebKit, over http and from file://, with no network.

Chromium's own numbers are compared with onnxruntime's by each figure's tests; here the other
browsers are compared with Chromium, at the address that they themselves wrote.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.browser import browser_report
from tests.browser.browsers import NAMES
from tests.browser.conftest import Reader
from tests.browser.figure import SNAPSHOT, Figure
from tests.browser.rounds import Notes, Rounds, loss_to_reach
from tests.browser.test_every_figure import FIGURES
from tests.browser.waiting import eventually

INK = 4 / 255
"""A canvas holds 8 bits, and each browser rounds in its own way."""

SEEN = f"(id) => ({SNAPSHOT.strip()})(document.getElementById(id))"
NUMBER = re.compile(r"−?\d+(?:[\u202f,]\d{3})*(?:\.\d+)?")


@pytest.fixture(scope="module")
def rounds(request: pytest.FixtureRequest, site_copy: Path) -> Iterator[Rounds]:
    """All browsers on their way, through those figures that tests were asked for."""
    asked = [item.callspec.params for item in request.session.items
             if item.path == request.path and hasattr(item, "callspec")]  # fmt: skip
    browsers = [name for name in NAMES if any(name == params["browser_name"] for params in asked)]
    rounds = Rounds(site_copy, browsers, {params["name"] for params in asked})
    yield rounds
    asked_of_network = rounds.close()
    assert not asked_of_network, asked_of_network


@pytest.fixture(params=NAMES)
def browser_name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=FIGURES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def notes_of(rounds: Rounds, browser_name: str, scheme: str, name: str) -> Notes:
    try:
        return rounds.notes(browser_name, scheme, name)
    except FileNotFoundError as missing:
        browser_report.note_missing(browser_name)
        if os.environ.get("BOOK_ALL_BROWSERS") == "1":
            pytest.fail(str(missing))
        pytest.skip(str(missing))


def expect_same_text(found: str, expected: str, what: str) -> None:
    """The same words; numbers may differ by one in the last digit that is shown."""
    assert NUMBER.sub("#", found) == NUMBER.sub("#", expected), what
    for ours, theirs in zip(NUMBER.findall(found), NUMBER.findall(expected), strict=True):
        a, b = (float(re.sub(r"[\u202f,]", "", text).replace("−", "-")) for text in (ours, theirs))
        decimals = len(theirs.partition(".")[2])
        assert abs(a - b) <= 1.01 * 10**-decimals, f"{what}: {ours}, in Chromium {theirs}"


def expect_same(seen: dict[str, Any], reference: dict[str, Any]) -> None:
    """Every read-out and every picture is Chromium's."""
    assert list(seen["readouts"]) == list(reference["readouts"])
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


def test_every_figure_works_in_every_browser(
    rounds: Rounds, reader: Reader, browser_name: str, scheme: str, name: str
) -> None:
    notes = notes_of(rounds, browser_name, scheme, name)
    assert not notes.trouble
    assert not notes.problems, "\n".join(notes.problems)
    expect_chromiums(reader, name, notes.usual)
    changed = [notes.worked[part] != notes.usual[part] for part in ("readouts", "rasters", "hash")]
    assert any(changed), "the gesture changed nothing"
    assert f"{reader.site.figure(name).id}." in notes.worked["hash"]
    expect_chromiums(reader, name, notes.worked)
    enough = loss_to_reach(reader.site.figure(name))
    if enough is not None:
        assert notes.trained["loss"] <= enough, f"after {notes.trained['step']} steps"
    browser_report.note(notes.version, scheme, name, notes.trained)
