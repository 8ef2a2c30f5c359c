"""What the builder asks of Node and what Node answers are one contract, and types hold it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from builder.node.declarations import declarations, type_of
from tests.unit.test_typescript import ASSETS, run_node

TSC = str(ASSETS / "node_modules/typescript/bin/tsc")


RIGHT = "right"
WRONG = {
    "items": ("readonly items:", "readonly formulas:"),
    "png": ("readonly png: string", "readonly png: number"),
    "wasmBytes": ("readonly wasmBytes:", "readonly wasm_bytes:"),
    "label": ("readonly label:", "readonly heading:"),
    "runPlan": ("readonly runPlan:", "readonly planRun:"),
    "column": ("readonly column:", "readonly character:"),
}
"""By what is wrong: a text of the methods, and what stands in its place."""


@pytest.fixture(scope="module")
def judgements(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """What the type checker says of the service: of its methods, and if each mistake were theirs.

    All in one program: most of the time goes to what they have in common.
    """
    folder = tmp_path_factory.mktemp("services")
    methods = declarations()
    (folder / "node_modules").symlink_to(ASSETS / "node_modules")
    written = {RIGHT: methods}
    for name, (right, wrong) in WRONG.items():
        assert right in methods
        written[name] = methods.replace(right, wrong)
    for name, text in written.items():
        shutil.copytree(ASSETS / "node", folder / name / "node")
        for room in ("cells", "engine", "kit"):
            (folder / name / room).symlink_to(ASSETS / room)
        (folder / name / "generated").mkdir()
        (folder / name / "generated/methods.d.ts").write_text(text, "utf-8")
    settings = {
        "extends": str(ASSETS / "node/tsconfig.json"),
        "include": [f"{name}/node" for name in written],
    }
    (folder / "tsconfig.json").write_text(json.dumps(settings), "utf-8")
    said = run_node(TSC, "-p", str(folder), "--pretty", "false").stdout.splitlines()
    found = {name: [line for line in said if f"/{name}/node/" in line] for name in written}
    # what goes on about an error is indented
    assert sum(map(len, found.values())) == sum(not line.startswith(" ") for line in said), said
    return found


def test_node_does_what_the_builder_asks(judgements: dict[str, list[str]]) -> None:
    assert judgements[RIGHT] == []


@pytest.mark.parametrize("name", WRONG)
def test_another_name_or_type_is_an_error(judgements: dict[str, list[str]], name: str) -> None:
    assert any("error TS" in line for line in judgements[name])


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
