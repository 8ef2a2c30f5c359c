"""What is turned and what it changes first are seen together, in windows of every shape, and no
texts of an x axis lie on each other there.

Each figure.toml says what these are: `[first]` with `turn` and `see`, how their accessible names
begin.
"""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import Locator, ViewportSize

from tests.browser.conftest import WIDE, Reader
from tests.browser.figures.test_every_figure import PAGES, SPECS
from tests.browser.support.figure import Figure

SIZES: tuple[ViewportSize, ...] = (
    {"width": 1366, "height": 650},
    {"width": 1280, "height": 720},
    {"width": 390, "height": 844},
    {"width": 844, "height": 390},
)
LARGEST_PAD = 0.7  # of the window's height
STRIP = 16  # px beside or over a pad that a finger can scroll by

# Scrolls the page past each figure in small steps, until both parts are whole in the window and
# nothing but their own parts is found at their corners; most likely they are where their middle is
# the window's. Then the pads of each: their share of its height, and the room beside them.
SEEN_TOGETHER = """
(pairs) => pairs.map(([turned, see]) => {
  const figure = turned.closest("figure");
  const turn = turned.matches("g") ? turned.closest("svg") : turned;  // a handle's pad is seen
  const whole = (part) => {
    const { left, right, top, bottom, width, height } = part.getBoundingClientRect();
    if (width < 8 || height < 8 || top < 0 || left < 0) return false;
    if (bottom > innerHeight || right > document.documentElement.clientWidth) return false;
    const inset = Math.min(4, width / 4, height / 4);
    return [[left + inset, top + inset], [right - inset, bottom - inset],
      [left + width / 2, top + inset], [left + width / 2, bottom - inset]].every(([x, y]) => {
      const found = document.elementFromPoint(x, y);
      const dock = found?.closest(".dock");
      return !dock || dock.contains(part);
    });
  };
  const from = scrollY + figure.getBoundingClientRect().top;
  const boxes = [turn, see].map((part) => part.getBoundingClientRect());
  const top = Math.min(...boxes.map((box) => box.top));
  const bottom = Math.max(...boxes.map((box) => box.bottom));
  const likely = scrollY + (top + bottom - innerHeight) / 2;
  const places = [];
  for (let y = from - innerHeight; y < from + figure.offsetHeight; y += 8) places.push(y);
  places.sort((a, b) => Math.abs(a - likely) - Math.abs(b - likely));
  const together = places.some((y) => {
    scrollTo(0, y);
    return whole(turn) && whole(see);
  });
  const pads = [...figure.querySelectorAll(".pad, .sketch")].map((pad) => {
    const { left, right, height } = pad.getBoundingClientRect();
    return [height / innerHeight, left + document.documentElement.clientWidth - right];
  });
  return [together, pads];
})
"""

# Of each plot on the page, which texts along and under its x axis touch, with less than `gap` px
# between them. Boxes are higher than their letters by `lead` on each side; lines of one name may
# be close.
CROWDED = """
() => [...document.querySelectorAll("figure .plot")].flatMap((plot) => {
  const [gap, lead] = [2, 0.3];
  const below = [...plot.querySelectorAll(".tick:has(line[y2]) text, .axis-label")]
    .filter((text) => !text.matches(".axis-label-beside") && text.textContent.trim());
  const boxes = below.map((text) => text.getBoundingClientRect());
  return below.flatMap((one, i) => below.slice(0, i).flatMap((other, j) => {
    const [a, b] = [boxes[i], boxes[j]];
    const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
    const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
    const height = Math.min(a.height, b.height);
    const met = across > -gap && down > lead * height && one.parentNode !== other.parentNode;
    return met ? [`“${other.textContent}” on “${one.textContent}”`] : [];
  }));
})
"""


def named(figure: Figure, name: str) -> Locator:
    """The first control or picture whose accessible name begins with `name`."""
    root = figure.root
    begins = re.compile(f"^{re.escape(name)}")
    labelled = root.locator(f"[aria-label^={json.dumps(name)}]:not(.controls)")
    toggles = root.locator(".toggle").filter(has=figure.page.get_by_text(name, exact=True))
    sliders = root.get_by_role("slider", name=begins)
    buttons = root.get_by_role("button", name=begins)
    return labelled.or_(toggles).or_(sliders).or_(buttons).first


@pytest.mark.parametrize("name", SPECS)
def test_every_figure_says_what_is_turned_first(name: str) -> None:
    first = SPECS[name].get("first", {})
    assert set(first) == {"turn", "see"}, "figure.toml has no [first] with turn and see"


@pytest.mark.parametrize("page_name", PAGES)
def test_what_is_turned_and_what_it_changes_are_seen_together(
    reader: Reader, page_name: str
) -> None:
    """To lay out a page for another window costs more than to look at all of its figures."""
    page = reader.live_page(page_name)
    figures = [Figure(page, placed) for placed in reader.site.figures_of(page_name)]
    firsts = [SPECS[figure.placed.name]["first"] for figure in figures]
    pairs = [
        [named(figure, first[part]).element_handle() for part in ("turn", "see")]
        for figure, first in zip(figures, firsts, strict=True)
    ]
    problems: list[str] = []
    try:
        for size in SIZES:
            page.set_viewport_size(size)
            found = page.evaluate(SEEN_TOGETHER, pairs)
            shape = f"{size['width']} × {size['height']}"
            problems += [f"{shape}: {texts}" for texts in page.evaluate(CROWDED)]
            for figure, first, (together, pads) in zip(figures, firsts, found, strict=True):
                place = f"{shape}: {figure.placed.id}"
                if not together:
                    problems.append(f"{place}: “{first['turn']}” without “{first['see']}”")
                problems += [
                    f"{place}: a pad of {share:.0%}, {beside:.0f} px beside it"
                    for share, beside in pads
                    if share > LARGEST_PAD or (share > 0.5 and beside < STRIP)
                ]
    finally:
        page.set_viewport_size(WIDE)
    assert not problems, "\n".join(problems)
