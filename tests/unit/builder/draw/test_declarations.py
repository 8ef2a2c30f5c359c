"""A figure's code is checked against its figure.toml, whatever is remembered of earlier builds."""

from __future__ import annotations

import pytest

from builder.draw.declarations import declared
from builder.issues.issue import Source
from builder.load.figure_spec import parse_figure_spec
from builder.store.paths import GENERATED
from tests.unit.builder.fakes import build, small_book

TOML = """title = "A spring"
honesty = "exact"
description = "A spring."
[models.vae]
model = "toy"
uses = ["decoder"]
[state.mu]
type = "number"
min = -1
max = 1
default = 0
description = "mean"
[state.kind]
type = "choice"
choices = ["ae", "vae"]
default = "ae"
description = "which of the two"
[state.path]
type = "strokes"
max_points = 9
default = []
description = "way walked"
"""


def test_state_and_roles_are_what_the_file_declares() -> None:
    spec, issues = parse_figure_spec(Source("site_assets/figures/spring/figure.toml", TOML), {})
    assert issues == ()
    assert spec
    assert declared(spec) == (
        "// Generated from figure.toml; do not edit.\n"
        "export interface State {\n"
        "  /** mean */\n  readonly mu: number;\n"
        '  /** which of the two */\n  readonly kind: "ae" | "vae";\n'
        "  /** way walked */\n"
        "  readonly path: ReadonlyArray<ReadonlyArray<readonly [number, number]>>;\n"
        "}\n\n"
        'export type Role = "vae";\n'
    )


@pytest.mark.parametrize("lost", ["all", "one"])
def test_what_is_deleted_is_written_anew_while_the_cache_stays(lost: str) -> None:
    effects = small_book()
    build(effects)
    written = {path: effects.read(path) for path in effects.files(GENERATED)}
    assert any(b"export type Role" in text for text in written.values())
    effects.remove(GENERATED if lost == "all" else max(written))
    build(effects)
    assert {path: effects.read(path) for path in effects.files(GENERATED)} == written
