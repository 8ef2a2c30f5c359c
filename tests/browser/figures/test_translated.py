"""A page that the browser translates: whatever changes must go on telling the truth."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Reader
from tests.browser.figures.test_every_figure import PAGES
from tests.browser.support.figure import ALL_WRITTEN, Figure
from tests.browser.support.rounds import ARROW, FOCUS
from tests.browser.support.site import PlacedFigure
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
(ids) => ids.map((id) => ["stage", "table", "summary"]
  .flatMap((role) => [...document.getElementById(id).querySelectorAll(`[data-role=${role}]`)])
  .map((part) => part.textContent.replace(/[⟦⟧]/g, "")))
"""


@pytest.mark.parametrize("page_name", PAGES)
def test_translated_figures_tell_the_truth(reader: Reader, page_name: str) -> None:
    page = reader.live_page_to_spoil(page_name)
    page.evaluate(TRANSLATE, {"later": True, "moves": False})
    _work_in_translation(reader, page, reader.site.figures_of(page_name))


@pytest.mark.parametrize("moves", [False, True], ids=["replaced", "wrapped"])
def test_what_did_not_change_stays_translated(reader: Reader, moves: bool) -> None:
    figure = reader.figure("organise").wait_live()
    figure.page.evaluate(TRANSLATE, {"later": False, "moves": moves})
    _work_in_translation(reader, figure.page, [figure.placed])
    if not moves:
        assert "⟦steps a frame⟧" in figure.stage.inner_text()
    assert figure.stage.locator("font").count() > 0


def _work_in_translation(reader: Reader, page: Page, figures: list[PlacedFigure]) -> None:
    """The figures, worked by keys in a translated page, say what they say in a plain one."""
    for placed in figures:
        assert Figure(page, placed).stage.locator("font").count() > 0
        assert page.evaluate(FOCUS, placed.id)
        arrow = page.evaluate(ARROW)
        for key in (arrow, arrow, "ArrowUp"):
            page.keyboard.press(key)
    ids = [placed.id for placed in figures]
    page.evaluate(ALL_WRITTEN, ids)
    fragment = page.url.partition("#")[2]
    for id in ids:
        assert f"{id}." in fragment, f"the keys changed nothing in {id}"
    plain = reader.shared_page(reader.site.url(figures[0].page, fragment))
    reader.wake(plain, figures)

    def say_the_same() -> None:
        told = zip(ids, page.evaluate(TOLD, ids), plain.evaluate(TOLD, ids), strict=True)
        for id, translated, expected in told:
            assert translated == expected, id

    eventually(page, say_the_same)
