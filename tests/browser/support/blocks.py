"""How the blocks of text look that no script draws: call-outs, numbered captions, columns of a
table. Read on the page for authors, which shows each of them.
"""

from __future__ import annotations

from typing import Any

AUTHORS = "authors.html"
LOOK = """
() => {
  const result = (id) => document.querySelector(`#${id} .example-result`);
  const gaps = (cell) => {
    const range = document.createRange();
    range.selectNodeContents(cell);
    const [text, box] = [range, cell].map((one) => one.getBoundingClientRect());
    const style = getComputedStyle(cell);
    const padding = (side) => parseFloat(style[`padding${side}`]);
    return [text.left - box.left - padding("Left"), box.right - text.right - padding("Right")];
  };
  const remarked = result("block-call-out").querySelectorAll(".call-out[role=note]");
  const remarks = [...remarked].map((remark) => {
    const label = remark.querySelector(".block-label");
    const { left, right } = remark.getBoundingClientRect();
    const named = label.getBoundingClientRect();
    const mark = getComputedStyle(remark);
    return {
      label: label.textContent,
      visible: label.checkVisibility(),
      inside: named.left >= left && named.right <= right,
      set_off: parseFloat(mark.borderInlineStartWidth) + parseFloat(mark.paddingInlineStart) > 4,
    };
  });
  const captions = ["block-table", "block-picture"].map((id) => {
    const figure = result(id).querySelector("figure");
    const caption = figure.querySelector("figcaption").getBoundingClientRect();
    const body = figure.querySelector("table, img").getBoundingClientRect();
    return {
      number: figure.querySelector(".figure-number").textContent.trim(),
      above: caption.bottom <= body.top + 1,
      below: caption.top >= body.bottom - 1,
    };
  });
  const rows = [...result("text-table").querySelectorAll("tr")];
  const columns = rows.map(({ cells }) => [...cells].filter((cell) => cell.textContent).map(gaps));
  return { remarks, captions, columns };
}
"""
SLACK = 1.5
"""Pixels by which browsers round."""


def faults(seen: dict[str, Any]) -> list[str]:
    """What is wrong with what `LOOK` has seen."""
    found = []
    labels = [remark["label"] for remark in seen["remarks"]]
    if labels != ["Note", "Tip", "Warning", "Note"]:
        found.append(f"call-outs are called {labels}")
    for remark in seen["remarks"]:
        if not (remark["visible"] and remark["inside"] and remark["set_off"]):
            found.append(f"a call-out does not stand out: {remark}")
    table, picture = seen["captions"]
    if not (table["number"].startswith("Table ") and table["above"]):
        found.append(f"the table's caption: {table}")
    if not (picture["number"].startswith("Figure ") and picture["below"]):
        found.append(f"the picture's caption: {picture}")
    for row in seen["columns"]:
        for (left, right), side in zip(row, ("left", "center", "right"), strict=False):
            off = {"left": left, "center": (left - right) / 2, "right": right}[side]
            if abs(off) > SLACK:
                found.append(f"a cell is not aligned {side}: {left:.1f} and {right:.1f} px free")
    spare = [left + right for row in seen["columns"] for left, right in row]
    if max(spare) < 10 * SLACK:
        found.append("no cell has room to show how it is aligned")
    return found
