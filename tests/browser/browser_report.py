"""`build/reports/browsers.json`: which browser worked which figure, from where."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

REPORT = Path(__file__).resolve().parents[2] / "build" / "reports" / "browsers.json"

Row = Mapping[str, Any]

_passed: list[Row] = []
_missing: set[str] = set()


def note(version: str, scheme: str, figure: str, trained: Mapping[str, float]) -> None:
    """A figure worked; `trained` is how far training went until it reached its accuracy, if any."""
    _passed.append(
        {"version": version, "scheme": scheme, "figure": figure, "steps": trained.get("step")}
    )


def note_missing(browser: str) -> None:
    """The machine has no such browser."""
    _missing.add(browser)


def summary() -> list[str]:
    """What a test session tells at its end."""
    figures: dict[str, set[str]] = {}
    for row in _passed:
        figures.setdefault(row["version"], set()).add(row["figure"])
    lines = [f"{version} worked {len(names)} figures" for version, names in figures.items()]
    return lines + [f"{name} did not run: it is not installed" for name in sorted(_missing)]


def save() -> None:
    """Replaces the report by what this session saw, if it saw anything."""
    if _passed:
        REPORT.parent.mkdir(parents=True, exist_ok=True)
        REPORT.write_text(json.dumps(_passed, indent=1) + "\n", encoding="utf-8")


def read() -> list[Row]:
    """The rows of the last session that saw anything."""
    return json.loads(REPORT.read_text(encoding="utf-8")) if REPORT.is_file() else []
