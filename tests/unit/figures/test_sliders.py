"""Controls go as far as figure.toml says: most take their range from there by the name of the state
that they set, and where a figure's code says how far, no place is clamped to another."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT

FIGURES = sorted((ROOT / "site_assets/figures").glob("*/figure.tsx"))
SLIDER = re.compile(r"<(?:Slider|Draws)\b(.*?)(?<!<)/>\n", re.DOTALL)
SETS = re.compile(r"(?:onChange|onDoublings)=\{\((?P<given>\w+)\) => set\(\{ (?P<key>\w+)")
BOUND = re.compile(r"\b(min|max)=\{(-?)([\w.]+)\}")
CONSTANT = re.compile(r"^const ([A-Z]+) = (-?[\d.]+);", re.MULTILINE)


CONTROL = re.compile(r"<(Slider|Draws|Toggle|Select)\b(.*?)(?<![<=])/>\n", re.DOTALL)
OF = re.compile(r'\bof="(\w+)"')
SEED = re.compile(r"<NextSeed\b[^>]*\{\((?P<given>\w+)\) => set\(\{ (?P<key>\w+)")
KINDS = {
    "Slider": {"number", "integer"},
    "Draws": {"number", "integer"},
    "Toggle": {"choice", "integer"},
    "Select": {"choice", "integer"},
}
COPIES = (
    ("fitted-prior", "STEPS", "step", "max"),
    ("interpolate", "STEPS", "step", "max"),
    ("sparse-codes", "DRAWINGS", "drawing", "max"),
    ("traversals", "LIMIT", "z1", "max"),
)
"""Constants of figures that a control's range must not leave: figure, constant, state, part."""


def strangers(code: str, state: Mapping[str, Any]) -> Iterator[str]:
    """Every control whose range is that of a state which it does not set, or which has none."""
    for kind, control in CONTROL.findall(code):
        of, sets = OF.search(control), SETS.search(control)
        if not of:
            continue
        declared = state.get(of[1], {})
        if sets and sets["key"] != of[1]:
            yield f"{of[1]}: this control sets {sets['key']}"
        elif declared.get("type") not in KINDS[kind]:
            yield f"{of[1]}: {kind} of {declared.get('type')}"
        elif declared["type"] == "number" and "step" not in declared:
            yield f"{of[1]}: no step"


def misfits(code: str, state: Mapping[str, Any]) -> Iterator[str]:
    """Every bound of a slider that is another than that of the state which it sets.

    A bound that the figure computes is left out, and so is the slider of a choice.
    """
    constants = dict(CONSTANT.findall(code))
    for slider in SLIDER.finditer(code):
        sets = SETS.search(slider[1])
        declared = state.get(sets["key"], {}) if sets else {}
        for bound, sign, name in BOUND.findall(slider[1]):
            text = constants.get(name, name)
            if bound in declared and re.fullmatch(r"-?[\d.]+", text):
                number = float(f"{sign}{text}")
                if number != declared[bound]:
                    yield f"{sets and sets['key']}: {bound} is {number:g}, not {declared[bound]}"


def state_of(path: Path) -> Mapping[str, Any]:
    declared = tomllib.loads(path.with_name("figure.toml").read_text("utf-8"))
    state: Mapping[str, Any] = declared.get("state", {})
    return state


@pytest.mark.parametrize("path", FIGURES, ids=lambda path: path.parent.name)
def test_a_control_goes_as_far_as_its_state(path: Path) -> None:
    state, code = state_of(path), path.read_text("utf-8")
    assert [*misfits(code, state), *strangers(code, state)] == []


@pytest.mark.parametrize("path", FIGURES, ids=lambda path: path.parent.name)
def test_the_next_seed_is_one_that_the_state_may_have(path: Path) -> None:
    state = state_of(path)
    for match in SEED.finditer(path.read_text("utf-8")):
        declared = state[match["key"]]
        assert (declared["min"], declared["max"]) == (0, 9999), match["key"]


@pytest.mark.parametrize(("figure", "constant", "key", "part"), COPIES)
def test_what_a_figure_computes_with_is_its_state_s_range(
    figure: str, constant: str, key: str, part: str
) -> None:
    path = next(path for path in FIGURES if path.parent.name == figure)
    constants = dict(CONSTANT.findall(path.read_text("utf-8")))
    assert float(constants[constant]) == state_of(path)[key][part]


def test_a_range_of_another_state_is_found() -> None:
    code = """<Slider of="k" value={k} onChange={(value) => set({ z: value })} />
<Toggle of="z" format={(value) => NAMES[value]} onChange={(value) => set({ z: value })} />
<Slider of="z" onChange={(value) => set({ z: value })} />
<Select
  of="k"
  onChange={(value) => set({ k: Number(value) })}
/>
<Slider of="gone" onChange={(value) => set({ gone: value })} />
"""
    state = {"k": {"type": "integer"}, "z": {"type": "number", "min": 0, "max": 1}}
    assert list(strangers(code, state)) == [
        "k: this control sets z",
        "z: Toggle of number",
        "z: no step",
        "gone: Slider of None",
    ]


def test_another_range_is_found() -> None:
    code = """const MOST = 7;
<Slider label="k" min={0} max={MOST} step={1} value={k} onChange={(k) => set({ k })} />
<Slider label="z" min={-MOST} max={9} value={z} onChange={(value) => set({ z: value })} />
<Draws min={0} max={powers.length - 1} onDoublings={(value) => set({ n: value })} />
"""
    state = {"k": {"min": 1, "max": 7}, "z": {"min": -7, "max": 8}, "n": {"min": 1, "max": 5}}
    assert list(misfits(code, state)) == [
        "k: min is 0, not 1",
        "z: max is 9, not 8",
        "n: min is 0, not 1",
    ]
