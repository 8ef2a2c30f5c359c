"""TypeScript knows of cards, live models and state what Python says of them, field by field."""

from __future__ import annotations

import inspect
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from types import NoneType
from typing import Any, Literal, NotRequired, get_args, get_type_hints

import pytest

from builder.load.state_types import STATE_TYPES, StateType
from builder.node.declarations import interface, type_of
from tests.unit.misfits import misfits
from tests.unit.test_typescript import ASSETS, run_node
from training.live.fields import LiveSection, StepInput, StepOutput, StepState
from training.live.graphs import STATE, step_inputs, step_outputs
from training.live.produce import LivePlan, live_section
from training.publish.fields import PageCard
from training.recipes import clusters_live
from training.recipes.families import digits_vae

HEAD = "/** {} Generated from {} by a test; do not edit. */\n"


def live_fields() -> str:
    interfaces: dict[str, str] = {}
    type_of(LiveSection, interfaces)
    names = {"StepState": StepState, "StepInput": StepInput, "StepOutput": StepOutput}
    types = [f"\nexport type {name} = {type_of(of, {})};\n" for name, of in names.items()]
    head = HEAD.format("Of live models.", "training/live/fields.py")
    return "".join([head, *types, *(f"{text}\n" for text in interfaces.values())])


def card_fields() -> str:
    interfaces: dict[str, str] = {}
    type_of(PageCard, interfaces)
    head = HEAD.format("The part of card.json that pages have.", "training/publish/fields.py")
    return "".join([head, *(f"{text}\n" for text in interfaces.values())])


def state_spec(types: Mapping[str, type[StateType]] = STATE_TYPES) -> str:
    interfaces: dict[str, str] = {}
    made = [
        interface(f"{kind.__name__}Spec", inspect.getdoc(kind) or "", hints(name, kind), interfaces)
        for name, kind in types.items()
    ]
    union = " | ".join(f"{kind.__name__}Spec" for kind in types.values())
    head = HEAD.format("State as figure.toml declares it.", "builder/load/state_types.py")
    declared = f"\n/** A piece of state or an option. */\nexport type StateSpec = {union};\n"
    return "".join([head, declared, *(f"{text}\n" for text in made)])


def hints(name: str, kind: type[StateType]) -> dict[str, Any]:
    """The fields of a state's declaration; one that may be left out in Python may be, too."""
    found: dict[str, Any] = {"type": Literal[name]}
    of = get_type_hints(kind)
    for field in fields(kind):
        hint = of[field.name]
        if field.default is not MISSING:
            hint = NotRequired[next(one for one in get_args(hint) if one is not NoneType)]
        found[field.name] = hint
    return found


FILES: Mapping[str, Callable[[], str]] = {
    "engine/live_fields.ts": live_fields,
    "kit/figure/card_fields.ts": card_fields,
    "kit/base/state_spec.ts": state_spec,
}


@pytest.mark.parametrize("path", FILES)
def test_typescript_knows_what_python_says(path: str, tmp_path: Path) -> None:
    """UPDATE_GOLDEN=1 writes the file anew."""
    made = formatted(tmp_path / Path(path).name, FILES[path]())
    if os.environ.get("UPDATE_GOLDEN"):
        (ASSETS / path).write_text(made, "utf-8")
    assert (ASSETS / path).read_text("utf-8") == made


def formatted(path: Path, text: str) -> str:
    """As Prettier wants it."""
    path.write_text(text, "utf-8")
    shutil.copy(ASSETS.parent / ".editorconfig", path.parent)
    program = str(ASSETS / "node_modules/prettier/bin/prettier.cjs")
    run = run_node(program, str(path))
    assert run.returncode == 0, run.stderr
    return run.stdout


def test_a_type_of_state_that_the_page_does_not_know_is_an_error(tmp_path: Path) -> None:
    @dataclass(frozen=True, slots=True)
    class Angle(StateType):
        """Degrees."""

        default: float

        def check(self, key: str, value: object) -> None:
            """Any will do."""

    shutil.copytree(ASSETS / "kit/base", tmp_path / "base")
    (tmp_path / "base/state_spec.ts").write_text(state_spec({**STATE_TYPES, "angle": Angle}))
    run = run_node(
        str(ASSETS / "node_modules/typescript/bin/tsc"),
        *("--noEmit", "--strict", "--target", "es2022", "--module", "preserve"),
        *("--allowImportingTsExtensions", str(tmp_path / "base/state_types.ts")),
    )
    (error,) = [line for line in run.stdout.splitlines() if "error TS" in line]
    assert "state_types.ts" in error
    assert "'angle' is missing" in error


@pytest.mark.parametrize("plan", [clusters_live.plan, digits_vae.plan])
def test_the_step_graph_has_the_ports_that_are_declared(plan: Callable[[], LivePlan]) -> None:
    model = plan().model
    knobs = {knob.name for knob in model.knobs}
    inputs = {port.name for port in step_inputs(model)} - knobs
    silent = set() if model.noise_size else {"eps"}
    assert inputs == set(get_args(StepInput)) - silent
    assert {port.name for port in step_outputs(model)} == set(get_args(StepOutput))
    assert set(STATE) == {*get_args(StepState), "step"}


@pytest.mark.parametrize("plan", [clusters_live.plan, digits_vae.plan])
def test_the_live_section_has_the_fields_that_are_declared(plan: Callable[[], LivePlan]) -> None:
    assert misfits(live_section(plan()), LiveSection) == []
