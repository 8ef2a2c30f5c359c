"""What the builder asks of Node and what Node answers are one contract, and types hold it."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from builder.node.declarations import declarations, type_of
from tests.unit.test_typescript import ASSETS, run_node

TSC = str(ASSETS / "node_modules/typescript/bin/tsc")


def judged(folder: Path, methods: str) -> str:
    """What the type checker says of the service if `methods` were its methods."""
    shutil.copytree(ASSETS / "node", folder / "node")
    shutil.copy(ASSETS / "tsconfig.json", folder)
    for name in ("cells", "engine", "kit", "node_modules"):
        (folder / name).symlink_to(ASSETS / name)
    (folder / "generated").mkdir()
    (folder / "generated/methods.d.ts").write_text(methods, "utf-8")
    return run_node(TSC, "-p", str(folder / "node")).stdout


def test_node_does_what_the_builder_asks(tmp_path: Path) -> None:
    assert judged(tmp_path, declarations()) == ""


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("readonly items:", "readonly formulas:"),
        ("readonly png: string", "readonly png: number"),
        ("readonly wasmBytes:", "readonly wasm_bytes:"),
        ("readonly label:", "readonly heading:"),
        ("readonly runPlan:", "readonly planRun:"),
        ("readonly column:", "readonly character:"),
    ],
    ids=lambda text: text.split()[1],
)
def test_another_name_or_type_is_an_error(tmp_path: Path, right: str, wrong: str) -> None:
    methods = declarations()
    assert right in methods
    assert "error TS" in judged(tmp_path, methods.replace(right, wrong))


@pytest.mark.parametrize(
    ("hint", "type"),
    [
        (str | None, "string | null"),
        (Sequence[float], "ReadonlyArray<number>"),
        (Mapping[str, bool], "Readonly<Record<string, boolean>>"),
    ],
)
def test_types_in_typescript(hint: object, type: str) -> None:
    assert type_of(hint, {}) == type


def test_a_type_that_does_not_travel_as_json_is_refused() -> None:
    for hint in (bytes, Mapping[int, Any], set[str]):
        with pytest.raises(TypeError, match="no type in TypeScript"):
            type_of(hint, {})
