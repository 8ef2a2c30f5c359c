"""A page that the browser translates: whatever changes must go on telling the truth."""

from __future__ import annotations

import pytest

from tests.browser.conftest import Reader
from tests.browser.figures.test_every_figure import FIGURES
from tests.browser.support.figure import Figure
from tests.browser.support.rounds import FOCUS
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

KEYS = ("ArrowRight", "ArrowRight", "ArrowUp")


@pytest.mark.parametrize("name", FIGURES)
def test_a_translated_figure_tells_the_truth(reader: Reader, name: str) -> None:
    _works_in_translation(reader, name, moves=False, later=True)


@pytest.mark.parametrize("moves", [False, True], ids=["replaced", "wrapped"])
def test_what_did_not_change_stays_translated(reader: Reader, moves: bool) -> None:
    translated = _works_in_translation(reader, "organise", moves=moves, later=False)
    if not moves:
        assert "⟦steps a frame⟧" in translated.stage.inner_text()
    assert translated.stage.locator("font").count() > 0


def _works_in_translation(reader: Reader, name: str, *, moves: bool, later: bool) -> Figure:
    """The figure, worked by keys in a translated page, says what it says in a plain one."""
    translated = reader.figure(name).wait_live()
    page = translated.page
    page.evaluate(TRANSLATE, {"later": later, "moves": moves})
    assert translated.stage.locator("font").count() > 0
    assert page.evaluate(FOCUS, translated.placed.id)
    for key in KEYS:
        page.keyboard.press(key)
    translated.settle()
    fragment = page.url.partition("#")[2]
    assert fragment, "the keys changed nothing"
    address = reader.site.url(translated.placed.page, fragment)
    plain = Figure(reader.visit(address), translated.placed).wait_live()

    def says_the_same() -> None:
        assert translated.root.evaluate(TOLD) == plain.root.evaluate(TOLD)

    eventually(page, says_the_same)
    return translated
