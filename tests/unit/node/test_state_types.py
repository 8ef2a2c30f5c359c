"""A type that figure.toml may name is known where it is declared and in the reader's browser."""

from __future__ import annotations

import json

from builder.load.figure_spec import TYPES
from tests.unit.test_typescript import ASSETS, run_node

NAMES = """
const { STATE_TYPES } = await import(process.argv[1]);
console.log(JSON.stringify(Object.keys(STATE_TYPES)));
"""


def test_builder_and_browser_know_the_same_types() -> None:
    module = (ASSETS / "kit/base/state_types.ts").as_uri()
    run = run_node("--input-type=module", "-e", NAMES, module)
    assert run.returncode == 0, run.stderr
    assert sorted(json.loads(run.stdout)) == sorted(TYPES)
