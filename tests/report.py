"""The README's table of how far training in each runtime strays from PyTorch, written by the tests.

`python -m tests.report` writes it from `build/reports/step_parity.json`; so does the end of a test
session if the environment's BOOK_WRITE_REPORTS is 1.
"""

from __future__ import annotations

import re
import sys

from tests.conftest import ROOT
from tests.parity import step_report

README = ROOT / "README.md"
LOSS, PARAMETER = "largest_relative_loss_difference", "largest_parameter_difference"


def table(rows: list[step_report.Row]) -> str:
    """Markdown: a row a model, two columns a runtime. Raises ValueError if there are no rows."""
    if not rows:
        raise ValueError(f"nothing is measured in {step_report.REPORT}; run: pytest tests/parity")
    runtimes = sorted({row["runtime"] for row in rows}, key=lambda name: (len(name), name))
    found = {(row["model"], row["runtime"]): row for row in rows}
    heads = [f"{what} in {runtime}" for runtime in runtimes for what in ("loss", "parameters")]
    lines = [
        "| model | steps | " + " | ".join(heads) + " |",
        "| --- | ---: |" + " ---: |" * len(heads),
    ]
    for model in sorted({row["model"] for row in rows}):
        own = [found.get((model, runtime)) for runtime in runtimes]
        steps = next(row["steps"] for row in own if row)
        cells = [f"{row[key]:.1e}" if row else "–" for row in own for key in (LOSS, PARAMETER)]
        lines.append(f"| {model} | {steps} | " + " | ".join(cells) + " |")
    note = "Largest difference from torch: relative of any step's loss, absolute of any parameter."
    return "\n".join([*lines, "", note, ""])


def put(marker: str, shown: str) -> None:
    """Put a text between the README's markers. Raises ValueError if they are missing."""
    place = re.compile(rf"(<!-- {marker}:[^\n]*-->\n).*?(<!-- /{marker} -->)", re.DOTALL)
    text = README.read_text(encoding="utf-8")
    if not place.search(text):
        raise ValueError(f"{README} has no place marked {marker}")
    README.write_text(place.sub(lambda m: f"{m[1]}\n{shown}\n{m[2]}", text), encoding="utf-8")


def write() -> None:
    """Put the table into the README. Raises ValueError if it has no place for it."""
    put("step-parity", table(step_report.read()))


if __name__ == "__main__":
    try:
        write()
    except ValueError as problem:
        sys.exit(str(problem))
