"""Fixtures that every kind of test shares: the trained models, the built book, a browser."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright

from tests.browser.support import browser_report
from tests.browser.support.browsers import launch
from tests.browser.support.site import copy_site

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def models_dir() -> Path:
    """The folder of trained models; `make book` or `python -m training` fills it."""
    folder = ROOT / "build" / "models"
    if not any(folder.glob("*/card.json")):
        pytest.fail(f"no trained models in {folder}; run: python -m training")
    return folder


@pytest.fixture(scope="session")
def built_site() -> Path:
    """What `make book` wrote; the environment's BOOK_SITE names another folder."""
    folder = Path(os.environ.get("BOOK_SITE", ROOT / "build" / "site"))
    if not (folder / "index.html").is_file():
        pytest.fail(f"no built book in {folder}; run: make book")
    return folder


@pytest.fixture(scope="session")
def site_copy(built_site: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy where a reader might unzip it: spaces and letters beyond ASCII in the path."""
    return copy_site(built_site, tmp_path_factory.mktemp("My Bücher – 自編碼器") / "the book")


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """There can be but one in a thread."""
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """One Chromium for all tests; contexts in it are cheap."""
    try:
        browser = launch(playwright)
    except FileNotFoundError as missing:
        pytest.fail(str(missing))
    yield browser
    browser.close()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, exitstatus: int) -> None:
    """Says which browsers worked the figures, and which could not.

    The README's tables are renewed only when asked for, and never by a failed session.
    """
    rows = browser_report.rows_of(terminalreporter.stats)
    browser_report.save(rows)
    for line in browser_report.summary(rows):
        terminalreporter.write_line(line)
    if os.environ.get("BOOK_WRITE_REPORTS") == "1" and exitstatus == 0:
        from tests import report  # imports this file

        report.write()
