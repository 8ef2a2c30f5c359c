"""`build/reports/browsers.json`: which browser worked which part of the book, from where."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

REPORT = Path(__file__).resolve().parents[3] / "build" / "reports" / "browsers.json"

Row = Mapping[str, Any]

WORKED, MISSING = "browser worked", "browser missing"
"""Names of the properties by which tests report here, from whichever process they run in."""

CELLS, OFFLINE = "Python cells", "offline copy"
"""The parts of the book that are no figures."""


def row(version: str, scheme: str, part: str, trained: Mapping[str, float]) -> Row:
    """A part worked; `trained` is how far training went until it reached its accuracy, if any."""
    return {"version": version, "scheme": scheme, "part": part, "steps": trained.get("step")}


def parts(rows: Iterable[Row]) -> list[str]:
    """What was worked: figures by name, then the others."""
    found = {row["part"] for row in rows}
    others = [part for part in (CELLS, OFFLINE) if part in found]
    return [*sorted(found - set(others)), *others]


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
    by_browser: dict[str, list[Row]] = {}
    missing = {row["missing"] for row in rows if "missing" in row}
    for row in rows:
        if "version" in row:
            by_browser.setdefault(row["version"], []).append(row)
    lines: list[str] = []
    for version, own in sorted(by_browser.items()):
        worked = parts(own)
        others = [part for part in worked if part in (CELLS, OFFLINE)]
        figures = f"{len(worked) - len(others)} figures"
        lines.append(f"{version} worked " + ", ".join([figures, *others]))
    return lines + [f"{name} did not run: it is not installed" for name in sorted(missing)]


def save(rows: Iterable[Row]) -> None:
    """Replaces the report by what a session saw, if it saw anything."""
    if worked := [row for row in rows if "version" in row]:
        REPORT.parent.mkdir(parents=True, exist_ok=True)
        REPORT.write_text(json.dumps(worked, indent=1) + "\n", encoding="utf-8")


def read() -> list[Row]:
    """The rows of the last session that saw anything."""
    return json.loads(REPORT.read_text(encoding="utf-8")) if REPORT.is_file() else []
