"""A page that the browser translates: whatever changes must go on telling the truth."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import TIDY, Reader
from tests.browser.figures.test_every_figure import PAGES
from tests.browser.support.figure import Figure
from tests.browser.support.rounds import ARROW, FOCUS
from tests.browser.support.waiting import eventually

# As Chromium's translator works: each text gives way to elements that hold a new one, of what is
# drawn later too. The brackets stand for the other language.
TRANSLATE = """
({ moves, later }) => {
  const skipped = "script, style, textarea, [translate=no], font";
  const wrap = (root) => {
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    const texts = [];
    for (let text = walker.nextNode(); text; text = walker.nextNode()) texts.push(text);
    if (root.nodeType === Node.TEXT_NODE) texts.push(root);
    for (const text of texts) {
      if (!text.data.trim() || !text.isConnected || text.parentElement.closest(skipped)) continue;
      const outer = document.createElement("font"), inner = document.createElement("font");
      outer.append(inner);
      if (moves) {
        text.before(outer);
        inner.append(text);
      } else {
        inner.textContent = `⟦${text.data}⟧`;
        text.replaceWith(outer);
      }
    }
  };
  wrap(document.body);
  if (!later) return;
  new MutationObserver((records) => {
    for (const { addedNodes } of records) for (const node of addedNodes) wrap(node);
  }).observe(document.body, { childList: true, subtree: true });
}
"""

TOLD = """
(figure) => ["stage", "table", "summary"]
  .flatMap((role) => [...figure.querySelectorAll(`[data-role=${role}]`)])
  .map((part) => part.textContent.replace(/[⟦⟧]/g, ""))
"""


@pytest.mark.parametrize("page_name", PAGES)
def test_translated_figures_tell_the_truth(reader: Reader, page_name: str) -> None:
    page = _translated(reader, page_name, moves=False, later=True)
    for placed in reader.site.figures_of(page_name):
        _works_in_translation(reader, Figure(page, placed))


@pytest.mark.parametrize("moves", [False, True], ids=["replaced", "wrapped"])
def test_what_did_not_change_stays_translated(reader: Reader, moves: bool) -> None:
    placed = reader.site.figure("organise")
    figure = Figure(_translated(reader, placed.page, moves=moves, later=False), placed)
    _works_in_translation(reader, figure)
    if not moves:
        assert "⟦steps a frame⟧" in figure.stage.inner_text()
    assert figure.stage.locator("font").count() > 0


def _translated(reader: Reader, page_name: str, *, moves: bool, later: bool) -> Page:
    """A page of its own, all figures live, in the other language."""
    page = reader.visit(reader.site.url(page_name))
    for placed in reader.site.figures_of(page_name):
        Figure(page, placed).wait_live()
    page.evaluate(TRANSLATE, {"later": later, "moves": moves})
    return page


def _works_in_translation(reader: Reader, translated: Figure) -> None:
    """The figure, worked by keys in a translated page, says what it says in a plain one."""
    page = translated.page
    page.evaluate(TIDY)
    assert translated.stage.locator("font").count() > 0
    assert page.evaluate(FOCUS, translated.placed.id)
    arrow = page.evaluate(ARROW)
    for key in (arrow, arrow, "ArrowUp"):
        page.keyboard.press(key)
    translated.settle()
    fragment = page.url.partition("#")[2]
    assert fragment.startswith(f"{translated.placed.id}?"), "the keys changed nothing"
    address = reader.site.url(translated.placed.page, fragment)
    plain = Figure(reader.shared_page(address), translated.placed).wait_live()

    def says_the_same() -> None:
        assert translated.root.evaluate(TOLD) == plain.root.evaluate(TOLD)

    eventually(page, says_the_same)
