"""`build/reports/browsers.json`: which browser worked which figure, from where."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

REPORT = Path(__file__).resolve().parents[2] / "build" / "reports" / "browsers.json"

Row = Mapping[str, Any]

WORKED, MISSING = "browser worked", "browser missing"
"""Names of the properties by which tests report here, from whichever process they run in."""


def row(version: str, scheme: str, figure: str, trained: Mapping[str, float]) -> Row:
    """A figure worked; `trained` is how far training went until it reached its accuracy, if any."""
    return {"version": version, "scheme": scheme, "figure": figure, "steps": trained.get("step")}


def rows_of(stats: Mapping[str, Sequence[object]]) -> list[Row]:
    """The rows that a session's tests reported; those of a missing browser have but its name."""
    reports = {id(report): report for kind in stats.values() for report in kind}.values()
    found = [
        value if name == WORKED else {"missing": value}
        for report in reports if isinstance(report, pytest.TestReport) and report.when == "teardown"
        for name, value in report.user_properties if name in (WORKED, MISSING)
    ]  # fmt: skip
    return found


def summary(rows: Iterable[Row]) -> list[str]:
    """What a test session tells at its end."""
    figures: dict[str, set[str]] = {}
    missing = {row["missing"] for row in rows if "missing" in row}
    for row in rows:
        if "version" in row:
            figures.setdefault(row["version"], set()).add(row["figure"])
    lines = [f"{version} worked {len(names)} figures" for version, names in sorted(figures.items())]
    return lines + [f"{name} did not run: it is not installed" for name in sorted(missing)]


def save(rows: Iterable[Row]) -> None:
    """Replaces the report by what a session saw, if it saw anything."""
    if worked := [row for row in rows if "version" in row]:
        REPORT.parent.mkdir(parents=True, exist_ok=True)
        REPORT.write_text(json.dumps(worked, indent=1) + "\n", encoding="utf-8")


def read() -> list[Row]:
    """The rows of the last session that saw anything."""
    return json.loads(REPORT.read_text(encoding="utf-8")) if REPORT.is_file() else []
