"""What the page knows of a live model is what training says of it, field by field."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import get_args

import pytest

from builder.node.declarations import type_of
from tests.unit.test_typescript import ASSETS
from training.live.fields import (
    DataFields,
    KnobFields,
    LiveSection,
    ParameterFields,
    StepInput,
    StepOutput,
    StepState,
    TermFields,
)
from training.live.graphs import STATE, step_inputs, step_outputs
from training.live.produce import LivePlan, live_section
from training.recipes import clusters_live
from training.recipes.families import digits_vae

PATH = ASSETS / "engine/live_fields.ts"
HEAD = """/** Of live models. Generated from training/live/fields.py by a test; do not edit. */
"""


def declared() -> str:
    """The TypeScript of all fields and names."""
    interfaces: dict[str, str] = {}
    type_of(LiveSection, interfaces)
    names = {"StepState": StepState, "StepInput": StepInput, "StepOutput": StepOutput}
    types = [f"\nexport type {name} = {type_of(of, {})};\n" for name, of in names.items()]
    return "".join([HEAD, *types, *(f"{text}\n" for text in interfaces.values())])


def test_the_page_knows_what_training_writes() -> None:
    """UPDATE_GOLDEN=1 writes the file anew."""
    if os.environ.get("UPDATE_GOLDEN"):
        PATH.write_text(declared(), "utf-8")
    assert PATH.read_text("utf-8") == declared()


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
def test_the_card_has_the_fields_that_are_declared(plan: Callable[[], LivePlan]) -> None:
    live = live_section(plan())
    assert live.keys() == LiveSection.__annotations__.keys()
    assert live["knobs"][0].keys() == KnobFields.__annotations__.keys()
    assert live["parameters"][0].keys() == ParameterFields.__annotations__.keys()
    assert live["terms"][0].keys() == TermFields.__annotations__.keys()
    assert live["data"].keys() == DataFields.__annotations__.keys()
