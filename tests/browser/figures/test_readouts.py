"""Read-outs keep their boxes, whatever the controls are set to: nothing jumps under a hand."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.conftest import FOLLOW, WIDE, Reader
from tests.browser.figures.test_every_figure import PAGES, SPECS
from tests.browser.support.site import PlacedFigure, fragment_of
from tests.browser.support.training import SHOWN

WIDTHS = (1200, 360)

# By what it is called, numbers left out (“with 4 draws”): a read-out's box, and a slider's value.
BOXES = """
(figure) => {
  const found = {};
  const name = (element) => element.textContent.replace(/[\\d.,\u2212]+/g, "#").trim();
  for (const list of figure.querySelectorAll(".readout")) {
    const lists = [...figure.querySelectorAll(".readout")].indexOf(list);
    for (const item of list.children) {
      const { width, height } = item.getBoundingClientRect();
      const box = [width, height].map((side) => Math.round(2 * side) / 2);
      found[`${lists} ${name(item.firstElementChild)}`] = box;
    }
  }
  for (const output of figure.querySelectorAll(".slider > output")) {
    const track = output.previousElementSibling.getBoundingClientRect().width;
    found[name(output.parentElement.firstElementChild)] = [Math.round(2 * track) / 2];
  }
  return [found, figure.querySelectorAll(".control").length];
}
"""

# The same of many figures, each time that they have followed an address and come to rest. No frame
# is asked for before they are: each would be drawn.
BOXES_AT = f"""
async ([ids, fragments]) => {{
  const boxes = {BOXES.strip()}, follow = {FOLLOW.strip()};
  const rest = () => ids.every(book.isAtRest);
  const look = () => rest() && JSON.stringify(ids.map((id) => boxes(document.getElementById(id))));
  const pause = () => new Promise((done) => setTimeout(done, 20));
  const seen = [];
  // What has just become narrow may be laid out a pixel too wide at first.
  await new Promise((done) => setTimeout(done, 300));
  for (const fragment of fragments) {{
    await follow(fragment);
    const deadline = performance.now() + 15000;
    let now = false, before = null;
    while (!now || now !== before) {{
      while (!rest()) {{
        if (performance.now() > deadline) throw new Error("it does not come to rest");
        await pause();
      }}
      await new Promise(requestAnimationFrame);
      before = now;
      now = look();
    }}
    seen.push(JSON.parse(now));
  }}
  return seen;
}}
"""


def values(spec: dict[str, Any]) -> list[object]:
    """The ends of a control's range and what lies near its middle, or all of its choices."""
    if spec["type"] == "choice":
        return list(spec["choices"])
    if spec["type"] == "integer":
        low, high = spec["min"], spec["max"]
        return [low, (low + high) // 2, high]
    if spec["type"] == "number":
        low, high = spec["min"], spec["max"]
        return [low, low + 0.43 * (high - low), high]
    return []


def usual(placed: PlacedFigure) -> dict[str, object]:
    """The state from which controls are turned."""
    return {**placed.data["state"], **SHOWN.get(placed.name, {})}


def settings(placed: PlacedFigure) -> list[tuple[str, object]]:
    """One control after the other over its range, while the others stay as they are."""
    specs = SPECS[placed.name].get("state", {})
    at = usual(placed)
    return [
        (option, value)
        for option, spec in specs.items()
        for value in dict.fromkeys(values(spec))
        if value != at[option]
    ]


@pytest.mark.parametrize("page_name", PAGES)
def test_no_box_changes_over_the_range_of_a_control(reader: Reader, page_name: str) -> None:
    """The figures of a page do it side by side: most of the time they would wait.

    First of all as they are: that is a place in the range of each of their controls.
    """
    page = reader.live_page(page_name)
    figures = reader.site.figures_of(page_name)
    turned = [settings(placed) for placed in figures]
    shown = [SHOWN.get(placed.name, {}) for placed in figures]
    fragments = [
        fragment_of(
            [
                (placed, own | dict(sequence[:step][-1:]))
                for placed, own, sequence in zip(figures, shown, turned, strict=True)
            ]
        )
        for step in range(max(map(len, turned)) + 1)
    ]
    jumps: list[str] = []
    try:
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            rounds = page.evaluate(BOXES_AT, [[placed.id for placed in figures], fragments])
            for index, (placed, sequence) in enumerate(zip(figures, turned, strict=True)):
                at_first, *later = [round[index] for round in rounds]
                seen: dict[tuple[str, str, int], tuple[object, object]] = {
                    (option, what, at_first[1]): (box, value)
                    for option, value in usual(placed).items()
                    for what, box in at_first[0].items()
                }
                for (option, value), (boxes, controls) in zip(sequence, later, strict=False):
                    for what, box in boxes.items():  # a choice may bring controls of its own
                        before, at = seen.setdefault((option, what, controls), (box, value))
                        if before != box:
                            jumps.append(
                                f"{placed.id}, {width}px, {option} {at} → {value}: "
                                f"“{what}” {before} → {box}"
                            )
    finally:
        page.set_viewport_size(WIDE)
    assert not jumps, "\n".join(jumps)
