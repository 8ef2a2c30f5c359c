"""Read-outs keep their boxes, whatever the controls are set to: nothing jumps under a hand."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.conftest import FOLLOW, Reader
from tests.browser.figures.test_every_figure import FIGURES, SPECS
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


@pytest.mark.parametrize("name", FIGURES)
def test_no_box_changes_over_the_range_of_a_control(reader: Reader, name: str) -> None:
    figure = reader.figure(name, SHOWN.get(name, {})).wait_live()
    page, key = figure.page, figure.placed.id
    shown = "".join(f"&{key}.{option}={value}" for option, value in SHOWN.get(name, {}).items())
    jumps: list[str] = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        for option, spec in SPECS[name].get("state", {}).items():
            seen: dict[tuple[str, int], tuple[object, object]] = {}
            for value in values(spec):
                page.evaluate(FOLLOW, f"#{key}?{key}.{option}={value}{shown}")
                figure.settle()
                boxes, controls = figure.root.evaluate(BOXES)
                for what, box in boxes.items():  # a choice may come with controls of its own
                    before, at = seen.setdefault((what, controls), (box, value))
                    if before != box:
                        jumps.append(
                            f"{width}px, {option} {at} → {value}: “{what}” {before} → {box}"
                        )
    assert not jumps, "\n".join(jumps)
