"""Cells as a reader runs them: a small book of cells, over http and from file://."""

from __future__ import annotations

import base64
import gzip
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import HTTP_AND_FILE, Window
from tests.browser.pages.test_security import STORED
from tests.browser.support.cells_page import START, CellsPage
from tests.browser.support.cells_site import build_cells_book
from tests.browser.support.frames import FRAMES, counting_frames
from tests.browser.support.server import publish
from tests.browser.support.site import Site, copy_site, replace, unpacked

pytestmark = HTTP_AND_FILE

PAGE = "cells.html"
NO_STORAGE = """
Object.defineProperty(window, "localStorage", { get() { throw new DOMException("off"); } });
"""
OWN_WORDS = "nobody else’s business"


@pytest.fixture(scope="session")
def cells_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    built = build_cells_book(tmp_path_factory.mktemp("cells") / "book")
    return copy_site(built, tmp_path_factory.mktemp("Zellen – 細胞") / "the book")


@pytest.fixture(scope="module")
def cells_site(scheme: str, cells_folder: Path) -> Iterator[Site]:
    with publish(scheme, cells_folder) as root:
        yield Site(cells_folder, root)


def opened(browser: Browser, site: Site, **how: object) -> CellsPage:
    window = Window(browser, site, **how)  # type: ignore[arg-type]
    window.page.goto(site.url(PAGE))
    return CellsPage(window)


@pytest.fixture(scope="module")
def started(browser: Browser, cells_site: Site) -> Iterator[CellsPage]:
    """One page whose Python has run the first cell: starting it is what takes time.

    Meanwhile it says what it loads and how big that is, and the page stays live. Cells that come
    before the first are told which one they need.
    """
    page = opened(browser, cells_site)
    with counting_frames(page.page):
        page.press(6, "Run")
        expect(page.status(6)).to_contain_text(re.compile(r"Loading Python, \d+\.\d MB|Starting"))
        page.expect_state(6, "loading")
        expect(page.status(6)).to_contain_text("Starting Python", timeout=START)
        before = page.page.evaluate(FRAMES)
        page.expect_state(6, "done")
        stood = "the page stood still while Python started"
        assert page.page.evaluate(FRAMES) > before, stood
    expect(page.output(6).locator(".cell-check")).to_have_text(
        "The check could not finish: greeting is of cell 1, which has not run since Python "
        "started: run all above first."
    )
    page.run(2, "error")
    expect(page.status(2)).to_contain_text("greeting is of cell 1")
    page.run(1)
    yield page
    assert not page.window.watch.verdict()
    page.window.context.close()


@pytest.fixture
def fresh(browser: Browser, cells_site: Site) -> Iterator[CellsPage]:
    page = opened(browser, cells_site)
    yield page
    assert not page.window.watch.verdict()
    page.window.context.close()


def test_once_python_has_started_cells_build_on_each_other(started: CellsPage) -> None:
    expect(started.output(1)).to_have_text(re.compile(r"hello\s+'HELLO'"))
    started.run(2)
    expect(started.output(2)).to_have_text(re.compile(r"to stderr\s+'hello, again'"))
    expect(started.output(2).locator(".cell-stderr")).to_have_text("to stderr\n")


def test_what_cells_do_in_the_page_is_what_the_build_wrote(
    started: CellsPage, browser: Browser, cells_site: Site
) -> None:
    """Pictures of a trained model's drawings included, pixel by pixel."""
    static = opened(browser, cells_site, scripts=False)
    for number in (1, 2, 3, 4):
        started.run(number)
        assert started.output(number).inner_html() == static.output(number).inner_html()
    expect(static.output(4).get_by_role("img", name="Ten digits by hand")).to_be_visible()
    expect(static.page.locator(".cell-bar").first).to_be_hidden()
    static.window.context.close()


def test_a_cell_that_fails_names_the_readers_line_and_marks_it(started: CellsPage) -> None:
    started.run(3)
    expect(started.status(3)).to_have_text("It raised ZeroDivisionError in line 2, as it should.")
    expect(started.cell(3).locator(".cell-line-marked")).to_have_text("    return 1 / x\n")
    started.write(2, "first = 1\nundefined_name\n")
    started.page.keyboard.press("Shift+Enter")
    started.expect_state(2, "error")
    expect(started.status(2)).to_have_text("It raised NameError in line 2.")
    expect(started.cell(2).locator(".cm-line.marked")).to_have_text("undefined_name")
    expect(started.output(2)).to_contain_text("Cell 2, line 2")
    started.press(2, "Reset")


def test_a_line_of_a_text_that_has_changed_meanwhile_is_not_marked(started: CellsPage) -> None:
    started.write(2, "import time\nprint('begun')\ntime.sleep(2)\nundefined_name\n")
    started.press(2, "Run")
    expect(started.output(2)).to_have_text("begun\n", timeout=START)
    started.press(2, "Reset")
    started.expect_state(2, "error")
    expect(started.status(2)).to_have_text("It raised NameError in line 4 of the text that ran.")
    expect(started.cell(2).locator(".cell-line-marked, .cm-line.marked")).to_have_count(0)
    started.press(2, "Reset")


def test_output_comes_as_it_is_written_and_input_is_refused(started: CellsPage) -> None:
    slow = "import time\nprint('first')\nstart = time.time()\nwhile time.time() < start + 1.5: pass"
    started.write(1, slow)
    started.press(1, "Run")
    expect(started.output(1)).to_have_text("first\n", timeout=START)
    started.expect_state(1, "running", timeout=1)
    started.expect_state(1, "done")
    started.write(1, "input('Who are you?')")
    started.run(1, "error")
    expect(started.output(1)).to_contain_text("a cell cannot ask for input")
    started.write(1, "import numpy")
    started.run(1, "error")
    expect(started.output(1)).to_contain_text("numpy is not part of this copy of the book")
    started.press(1, "Reset")


def test_output_is_capped_with_a_notice(started: CellsPage) -> None:
    started.write(1, "for number in range(100_000): print(number)")
    started.run(1)
    expect(started.output(1)).to_contain_text("the rest is left out")
    assert len(started.output(1).inner_text()) < 25_000
    started.press(1, "Reset")


def test_what_is_printed_is_shown_as_a_terminal_shows_it(started: CellsPage) -> None:
    slow = (
        "import time\n"
        "for step in range(8):\n"
        "    print(f'\\rstep {step}', end='')\n"
        "    time.sleep(0.1)\n"
        "print('\\r\\x1b[K\\x1b[1;31mred\\x1b[0m & plain')"
    )
    started.write(1, slow)
    started.press(1, "Run")
    expect(started.output(1)).to_have_text(re.compile(r"^step [1-6]$"), timeout=START)
    started.expect_state(1, "done")
    expect(started.output(1)).to_have_text("red & plain\n")
    expect(started.output(1).locator("span.ansi-red.ansi-bold")).to_have_text("red")
    started.press(1, "Reset")


def test_all_above_can_be_run_and_followed_and_then_a_check_finishes(started: CellsPage) -> None:
    said = started.page.evaluate_handle(
        """(status) => {
          const said = [];
          new MutationObserver(() => said.push(status.textContent)).observe(
            status, { childList: true, characterData: true, subtree: true });
          return said;
        }""",
        started.status(6).element_handle(),
    )
    started.press(6, "Run all above")
    expect(started.status(6)).to_have_text("All 4 cells above have run.", timeout=START)
    assert said.json_value()[:4] == [
        f"Running cell {number}, {number} of 4 above." for number in (1, 2, 3, 4)
    ]
    started.write(6, "def greet(name):\n    return f'{greeting}, {name}'")
    started.run(6)
    verdict = started.output(6).locator(".cell-check")
    expect(verdict).to_have_text("Solved: it passes the check.")
    started.press(6, "Reset")


def test_an_open_editor_is_framed_and_its_lines_are_numbered(fresh: CellsPage) -> None:
    """Typing over a highlighted word breaks no policy: `fresh` ends with an empty console."""
    fresh.press(3, "Edit")
    editor = fresh.cell(3).get_by_role("textbox")
    expect(editor).to_be_focused()
    expect(fresh.cell(3).locator(".cm-lineNumbers")).to_contain_text("1234")
    frame = (
        "(host) => getComputedStyle(host).borderTopStyle + getComputedStyle(host).borderTopWidth"
    )
    assert fresh.cell(3).locator(".cell-editor").evaluate(frame) == "solid1px"
    editor.get_by_text("def", exact=True).dblclick()
    fresh.page.keyboard.type("if")
    expect(editor).to_contain_text("if inverse(x):")
    fresh.page.keyboard.press("Control+z")
    fresh.page.keyboard.press("Control+z")
    expect(editor).to_contain_text("def inverse(x):")
    fresh.press(3, "Reset")


def test_an_exercise_is_judged_with_its_authors_words(started: CellsPage) -> None:
    started.run(5)
    expect(started.output(5)).to_have_text("double(2) has to be 4.")
    started.write(5, "def double(x):\n    return 2 * x")
    started.run(5)
    expect(started.output(5)).to_have_text("Solved: it passes the check.")
    started.press(5, "Reset")
    expect(started.output(5)).to_be_empty()


# With its memory Python has the seed of hashes that it was given when that was taken.
HOW_IT_STARTED = """
import os, random
print(os.environ.get("PYTHONHASHSEED"), random.random())
"""


def how_python_starts(page: CellsPage) -> list[str]:
    """“0” if from its memory, or “None”; and the first number that it draws."""
    page.write(1, HOW_IT_STARTED)
    page.press(1, "Run")
    page.expect_state(1, "done")
    return page.output(1).inner_text().split()


def test_a_loop_without_end_can_be_stopped_and_all_run_again(
    started: CellsPage, scheme: str
) -> None:
    """Python starts anew then: from its memory where no network carries it, but it draws other
    numbers."""
    asked = started.window.watch.own
    assert any("/snapshot/" in url for url in asked) == (scheme == "file")
    memory, first = how_python_starts(started)
    started.press(1, "Reset")
    started.run(1)
    started.write(2, "print(greeting)\nwhile True: pass")
    started.press(2, "Run")
    expect(started.output(2)).to_have_text("hello\n", timeout=START)
    with counting_frames(started.page):
        started.page.wait_for_timeout(300)
        assert started.page.evaluate(FRAMES) > 0
    started.press(3, "Run")
    expect(started.status(3)).to_have_text("Waits for cell 2.")
    started.press(2, "Stop")
    started.expect_state(2, "stopped")
    expect(started.status(2)).to_contain_text("what cells had defined is gone")
    expect(started.output(2)).to_have_text("hello\n")
    started.expect_state(3, "idle")
    started.write(2, "greeting + ' anew'")
    started.press(2, "Run again from the top")
    started.expect_state(2, "done")
    started.expect_state(1, "done")
    expect(started.output(2)).to_have_text("'hello anew'")
    started.press(2, "Reset")
    started.press(4, "Run all above")
    started.expect_state(3, "done")
    started.expect_state(4, "idle")
    memory_of_next, second = how_python_starts(started)
    assert memory == memory_of_next == ("0" if scheme == "file" else "None")
    assert first != second
    started.press(1, "Reset")


def test_edits_survive_a_reload_and_reset_forgets_them(fresh: CellsPage) -> None:
    author = fresh.cell(1).get_by_label("Code of cell 1").first.inner_text()
    fresh.write(1, "mine = 1")
    expect(fresh.cell(1).get_by_text("edited", exact=True)).to_be_visible()
    fresh.page.reload()
    code = fresh.cell(1).get_by_label("Code of cell 1").first
    expect(code).to_have_text("mine = 1\n")
    expect(fresh.cell(1).get_by_text("edited", exact=True)).to_be_visible()
    fresh.press(1, "Edit")
    expect(fresh.cell(1).get_by_role("textbox")).to_have_text("mine = 1")
    fresh.press(1, "Reset")
    expect(fresh.cell(1).get_by_role("textbox")).to_contain_text("greeting.upper()")
    fresh.page.reload()
    assert fresh.cell(1).get_by_label("Code of cell 1").first.inner_text() == author
    expect(fresh.cell(1).get_by_text("edited", exact=True)).to_be_hidden()


def test_what_is_written_and_what_comes_out_stays_in_the_page(started: CellsPage) -> None:
    """Nothing is asked for meanwhile; the cell's text alone is stored, until Reset forgets it."""
    page = started.page
    started.press(1, "Edit")
    expect(started.cell(1).get_by_role("textbox")).to_be_focused(timeout=START)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    address = page.url
    started.write(1, f"print({OWN_WORDS!r}, 6 * 7)")
    started.run(1)
    expect(started.output(1)).to_have_text(f"{OWN_WORDS} 42\n")
    assert asked == []
    assert page.url == address
    stored = page.evaluate(STORED)
    [key] = stored.pop("local")
    assert key.startswith("book-cell:")
    assert OWN_WORDS in page.evaluate("(key) => localStorage.getItem(key)", key)
    assert not any(stored.values())
    assert page.context.cookies() == []
    started.press(1, "Reset")
    assert page.evaluate(STORED)["local"] == []


def test_the_keyboard_gets_into_the_editor_and_out_again(fresh: CellsPage) -> None:
    edit = fresh.cell(1).get_by_role("button", name="Edit")
    edit.focus()
    fresh.page.keyboard.press("Enter")
    editor = fresh.cell(1).get_by_role("textbox", name=re.compile("Escape, then Tab leaves"))
    expect(editor).to_be_focused()
    fresh.page.keyboard.press("Tab")
    fresh.page.keyboard.press("/")  # elsewhere it leads to the search
    expect(editor).to_be_focused()
    expect(editor).to_contain_text("/")
    fresh.page.keyboard.press("Escape")
    fresh.page.keyboard.press("Tab")
    expect(fresh.cell(1).get_by_role("button", name="Run", exact=True)).to_be_focused()


def test_a_browser_that_keeps_nothing_runs_cells_all_the_same(
    browser: Browser, cells_site: Site
) -> None:
    page = opened(browser, cells_site, before=NO_STORAGE)
    page.write(1, "mine = 1")
    expect(page.cell(1).get_by_text("edited", exact=True)).to_be_visible()
    page.press(1, "Reset")
    expect(page.cell(1).get_by_role("textbox")).to_contain_text("greeting.upper()")
    assert not page.window.watch.verdict()
    page.window.context.close()


def test_files_that_are_missing_are_named_and_asked_for_again(
    browser: Browser, cells_site: Site, tmp_path: Path, scheme: str
) -> None:
    folder = copy_site(cells_site.folder, tmp_path / "broken")
    [editor] = folder.glob("assets/cells/editor-*.js")
    [wheel] = folder.glob("assets/python/book-*/*.js")
    content = {path: path.read_bytes() for path in (editor, wheel)}
    for path in content:
        path.unlink()
    with publish(scheme, folder) as root:
        page = opened(browser, Site(folder, root))
        page.window.watch.expect_errors(r"Failed to load resource|ERR_FILE_NOT_FOUND")
        page.press(1, "Edit")
        expect(page.status(1)).to_contain_text(editor.name)
        editor.write_bytes(content[editor])
        page.press(1, "Retry")
        expect(page.cell(1).get_by_role("textbox")).to_be_focused()
        page.press(1, "Run")
        page.expect_state(1, "error")
        expect(page.status(1)).to_contain_text(wheel.name)
        expect(page.output(1)).to_contain_text("HELLO")
        wheel.write_bytes(content[wheel])
        page.press(1, "Retry")
        expect(page.status(1)).to_contain_text("Starting Python", timeout=START)
        page.press(1, "Stop")
        page.expect_state(1, "stopped")
        assert not page.window.watch.verdict()
        page.window.context.close()


def other(part: Path) -> str:
    """As long, and as whole, but no memory of this Pyodide."""
    content = bytes(reversed(unpacked(part)))
    packed = base64.b64encode(gzip.compress(content)).decode()
    key = part.read_text("utf-8").split('"')[1]
    return f'book.asset("{key}","{packed}");\n'


def test_without_a_sound_memory_python_starts_as_ever(
    browser: Browser, cells_site: Site, tmp_path: Path, scheme: str
) -> None:
    """Where a part is missing the worker starts, and has none then, as over http; so the page need
    not wait for what `started` holds there. Where it is another's, Python starts once more.
    """
    if scheme == "http":
        pytest.skip("there it always does")
    folder = copy_site(cells_site.folder, tmp_path / "broken")
    [first] = folder.glob("assets/python/snapshot/0-*.js")
    damaged = other(first)
    first.unlink()
    with publish(scheme, folder) as root:
        page = opened(browser, Site(folder, root))
        page.window.watch.expect_errors("ERR_FILE_NOT_FOUND")
        with page.page.expect_event("worker", timeout=START):
            page.press(1, "Run")
        page.press(1, "Stop")
        page.expect_state(1, "stopped")
        replace(first, damaged)
        assert how_python_starts(page)[0] == "None"
        asked = [url for url in page.window.watch.own if url.endswith(first.name)]
        assert len(asked) == 2, "the other memory was not read"
        assert not page.window.watch.verdict()
        page.window.context.close()


def test_cells_fit_a_phone(browser: Browser, cells_site: Site) -> None:
    page = opened(browser, cells_site, touch=True)
    expect(page.cell(4)).to_be_visible()
    assert not page.page.evaluate("document.documentElement.scrollWidth > innerWidth")
    for button in page.cell(4).get_by_role("button").all():
        box = button.bounding_box()
        assert box
        assert box["height"] >= 44
    page.page.set_viewport_size({"width": 360, "height": 740})  # the buttons fill the row
    bar, last = (page.cell(4).locator(place).bounding_box()
                 for place in (".cell-bar", "[data-role=cell-reset]"))  # fmt: skip
    assert bar
    assert last
    assert bar["y"] + bar["height"] == last["y"] + last["height"], "a gap below the buttons"
    page.window.context.close()
