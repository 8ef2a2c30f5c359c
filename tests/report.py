"""The README's tables that the tests write: how far training strays, which browsers work what.

`python -m tests.report` writes them from `build/reports/`; so does the end of a test session if
the environment's BOOK_WRITE_REPORTS is 1.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

from tests.browser.support import browser_report
from tests.conftest import ROOT
from tests.parity import step_report

README = ROOT / "README.md"
REPORTS = ROOT / "build" / "reports"
BROWSERS_NOTE = (
    "*Works*: it goes live without an error in the console, its first control moves it by mouse "
    "and by key, and its numbers and pictures are Chromium's, which are compared with "
    "onnxruntime's. *Trains*: a run from untrained weights came within a twentieth of the way to "
    "the loss of the build's run. *Python cells*, in chapter 10: they put out what they put out at "
    "build, an edit raises where it should, and a loop without end is stopped. *Offline copy*: a "
    "figure that was read once goes live when its host is gone."
)
LOSS, PARAMETER = "largest_relative_loss_difference", "largest_parameter_difference"


def step_parity(rows: list[step_report.Row]) -> str:
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


def browsers(rows: list[browser_report.Row]) -> str:
    """Markdown: a row a part, a column a browser and scheme. Raises ValueError without rows."""
    if not rows:
        raise ValueError(f"{browser_report.REPORT} is empty; run: pytest tests/browser")
    seen = {(row["version"], row["scheme"]) for row in rows}
    columns = sorted(seen, key=lambda column: (column[0], column[1] == "file"))
    found = {(row["part"], row["version"], row["scheme"]): row for row in rows}
    lines = [
        "| part | " + " | ".join(f"{version}, {scheme}" for version, scheme in columns) + " |",
        "| --- |" + " --- |" * len(columns),
    ]
    for part in browser_report.parts(rows):
        own = [found.get((part, *column)) for column in columns]
        lines.append(f"| {part} | " + " | ".join(map(_worked, own)) + " |")
    return "\n".join([*lines, "", BROWSERS_NOTE, ""])


def _worked(row: browser_report.Row | None) -> str:
    if row is None:
        return "–"
    return "works" if row["steps"] is None else "works, trains"


def save(name: str, report: object) -> Path:
    """Write what was measured to `build/reports/NAME.json`; where that is."""
    REPORTS.mkdir(parents=True, exist_ok=True)
    target = REPORTS / f"{name}.json"
    target.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    return target


def put(marker: str, shown: str) -> None:
    """Put a text between the README's markers. Raises ValueError if they are missing."""
    place = re.compile(rf"(<!-- {marker}:[^\n]*-->\n).*?(<!-- /{marker} -->)", re.DOTALL)
    text = README.read_text(encoding="utf-8")
    if not place.search(text):
        raise ValueError(f"{README} has no place marked {marker}")
    README.write_text(place.sub(lambda m: f"{m[1]}\n{shown}\n{m[2]}", text), encoding="utf-8")


def write() -> None:
    """Put the tables into the README. Raises ValueError if it has no place for one."""
    put("step-parity", step_parity(step_report.read()))
    put("browsers", browsers(browser_report.read()))


if __name__ == "__main__":
    try:
        write()
    except ValueError as problem:
        sys.exit(str(problem))
