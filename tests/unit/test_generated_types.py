"""TypeScript knows of what crosses to it as JSON what Python says of that, field by field."""

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
from builder.node.methods import CellEvent
from builder.pack.taken import TakenProgram
from builder.plan.encode import PlanHeader
from builder.render.offline import Manifest
from builder.render.page_data import BookData, CellData, CellsData, FigureData, FigureFiles
from tests.unit.misfits import misfits
from tests.unit.test_typescript import ASSETS, run_node
from training.data.digit_frame import digit_frame
from training.data.digits import digits
from training.data.fields import DigitFrame
from training.live.fields import LiveSection, StepInput, StepOutput, StepState
from training.live.graphs import STATE, step_inputs, step_outputs
from training.live.produce import LivePlan, live_section
from training.publish.experiment import ExperimentFields
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


def alone(about: str, path: str, of: type) -> Callable[[], str]:
    """What makes a file of one type and those in it."""

    def made() -> str:
        interfaces: dict[str, str] = {}
        type_of(of, interfaces)
        return "".join([HEAD.format(about, path), *(f"{text}\n" for text in interfaces.values())])

    return made


def page_data() -> str:
    known = {"PageCard": "./card_fields.ts", "StateSpec": "./state_spec.ts"}
    interfaces = dict.fromkeys(known, "")  # TypeScript has them already
    files = type_of(FigureFiles, interfaces)
    for of in (BookData, FigureData, CellsData, CellData):
        type_of(of, interfaces)
    head = HEAD.format("What pages are told as JSON.", "builder/render/page_data.py")
    imports = [f'import type {{ {name} }} from "{path}";\n' for name, path in known.items()]
    told = "\n/** Id of a figure → the scripts that it loads before it is live. */\n"
    of_page = f"{told}export type FigureFiles = {files};\n"
    made = [f"{text}\n" for text in interfaces.values() if text]
    return "".join([head, "\n", *imports, of_page, *made])


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
    "figures/draw-and-squeeze/digit_frame.ts": alone(
        "How the digits sit in their frame.", "training/data/fields.py", DigitFrame
    ),
    "cells/cell_event.ts": alone("Of cells.", "builder/node/methods.py", CellEvent),
    "engine/plan_header.ts": alone(
        "What a plan begins with.", "builder/plan/encode.py", PlanHeader
    ),
    "kit/base/card_fields.ts": alone(
        "The part of card.json that pages have.", "training/publish/fields.py", PageCard
    ),
    "kit/base/page_data.ts": page_data,
    "kit/experiment/experiment_fields.ts": alone(
        "Of experiments.", "training/publish/experiment.py", ExperimentFields
    ),
    "kit/base/state_spec.ts": state_spec,
    "offline/worker/manifest.ts": alone(
        "What stands at the head of sw.js.", "builder/render/offline.py", Manifest
    ),
    "take/program.ts": alone(
        "What is packed with a model that trains in the page.",
        "builder/pack/taken.py",
        TakenProgram,
    ),
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
    made = plan()
    assert misfits(live_section(made.model, made.data), LiveSection) == []


def test_what_is_measured_of_the_digits_has_the_fields_that_are_declared() -> None:
    assert misfits(digit_frame(digits().train.x), DigitFrame) == []
