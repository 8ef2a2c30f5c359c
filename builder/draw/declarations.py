"""What a build writes for TypeScript's type checker alone: no page is made from it."""

from __future__ import annotations

import json
from collections.abc import Mapping

from builder.load.figure_spec import FigureSpec
from builder.node.declarations import declarations
from builder.store.effects import Effects
from builder.store.paths import GENERATED, METHODS


def write_declarations(effects: Effects, figures: Mapping[str, FigureSpec]) -> None:
    """The methods of the Node service, and each figure's state and roles, so that neither its view
    nor an address can disagree with its figure.toml. A file that is right keeps its time."""
    texts = {f"{GENERATED}/{name}.ts": declared(spec) for name, spec in figures.items()}
    for path, text in {METHODS: declarations(), **texts}.items():
        if not effects.exists(path) or effects.read(path) != text.encode():
            effects.write(path, text.encode())


def declared(spec: FigureSpec) -> str:
    """What a figure's code has to know of its figure.toml."""
    fields = "".join(
        f"  /** {field.description} */\n  readonly {key}: {field.typescript()};\n"
        for key, field in spec.fields().items()
    )
    roles = " | ".join(map(json.dumps, spec.models)) or "never"
    return (
        "// Generated from figure.toml; do not edit.\n"
        f"export interface State {{\n{fields}}}\n\nexport type Role = {roles};\n"
    )
