"""`build/reports/step_parity.json`: how far each live model strays from PyTorch, by runtime."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from filelock import FileLock

from tests.conftest import ROOT

REPORT = ROOT / "build" / "reports" / "step_parity.json"

Row = Mapping[str, Any]


def read() -> list[Row]:
    """The rows written so far: model, runtime, steps and the two largest differences."""
    return json.loads(REPORT.read_text(encoding="utf-8")) if REPORT.is_file() else []


def merge(rows: Iterable[Row], replaces: Callable[[Row], bool]) -> None:
    """Add `rows`; older ones of the same model and runtime go, and those that `replaces` names."""
    rows = list(rows)
    measured = {(row["model"], row["runtime"]) for row in rows}
    with FileLock(REPORT.with_suffix(".lock")):  # tests run in several processes
        kept = [
            row
            for row in read()
            if (row["model"], row["runtime"]) not in measured and not replaces(row)
        ]
        merged = sorted([*kept, *rows], key=lambda row: (row["model"], row["runtime"]))
        REPORT.write_text(json.dumps(merged, indent=1) + "\n", encoding="utf-8")
