"""A slider goes as far as figure.toml says, where the figure's code says how far: no place on it is
clamped to another, and none that an address can name is missing."""

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


@pytest.mark.parametrize("path", FIGURES, ids=lambda path: path.parent.name)
def test_a_slider_goes_as_far_as_its_state(path: Path) -> None:
    state = tomllib.loads(path.with_name("figure.toml").read_text("utf-8")).get("state", {})
    assert list(misfits(path.read_text("utf-8"), state)) == []


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
