"""Chapter 10 as a reader works through it: trained in the page, compared, and one exercise solved.

From file:// alone: how Python and files get into the page does not depend on the chapter, and
test_cells.py holds both ways.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import FROM_FILE, Window
from tests.browser.support.cells_page import START, CellsPage
from tests.browser.support.site import Site

pytestmark = FROM_FILE

PAGE = "build-one-yourself.html"
TRAIN, DRAW, SAME, TANH = 9, 10, 11, 12
TRAINING = 300_000  # ms for all of it, on a machine that is busy with other tests
SOLUTION = """
import math

def tanh(t):
    values = each(math.tanh, t.rows)
    return Tensor(values, (t, lambda slope: each(lambda s, y: s * SLOPE, slope, values)))
"""


@pytest.fixture
def chapter(browser: Browser, site: Site) -> Iterator[CellsPage]:
    window = Window(browser, site)
    # Typing over a highlighted word, Chromium offers its style to the editor, which takes none.
    window.watch.expect_errors("Applying inline style")
    window.page.goto(site.url(PAGE))
    yield CellsPage(window)
    assert not window.watch.verdict()
    window.context.close()


def test_the_reader_trains_compares_and_solves(chapter: CellsPage) -> None:
    cells = range(1, TANH)
    written = {number: chapter.output(number).inner_html() for number in cells}
    chapter.press(SAME, "Run all above")
    chapter.expect_state(1, "done")
    chapter.expect_state(DRAW, "done", TRAINING)
    chapter.run(SAME)
    for number in cells:
        assert chapter.output(number).inner_html() == written[number], f"cell {number}"
    expect(chapter.output(DRAW).get_by_role("img", name=re.compile("Ten drawings"))).to_be_visible()
    expect(chapter.output(TRAIN).get_by_role("img")).to_be_visible()
    apart = [
        float(text)
        for text in chapter.output(SAME).locator("tbody td:last-child").all_inner_texts()
    ]
    assert len(apart) == 10
    assert max(apart) <= 1e-6

    chapter.run(TANH)
    expect(chapter.output(TANH)).to_contain_text("Multiply each by 1 − y²")
    chapter.write(TANH, SOLUTION.replace("SLOPE", "(1 - y)"))
    chapter.run(TANH)
    expect(chapter.output(TANH)).to_contain_text("The slopes should be")
    chapter.write(TANH, SOLUTION.replace("SLOPE", "(1 - y * y)"))
    chapter.run(TANH)
    expect(chapter.output(TANH)).to_have_text("Solved: it passes the check.", timeout=START)
