"""What a figure's script brings along, and what it takes from kit.js."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import pytest

from tests.unit.test_typescript import ASSETS, run_node

FIGURES = ("kl-spring", "latent-walk", "scales", "tug-of-war", "data-map")
"""A formula, a model, an experiment, a training, and points that are picked."""
MODULE = re.compile(r"^  // (\S+\.\w+)$", re.MULTILINE)
"""How esbuild says what module follows."""
REMEMBERED = re.compile(r"= createContext\(|^  (?:let|var) \w+ = (?:new |null;)", re.MULTILINE)


class Scripts(NamedTuple):
    """By logical name."""

    texts: Mapping[str, str]
    packages: Mapping[str, Sequence[str]]


@pytest.fixture(scope="module")
def scripts(tmp_path_factory: pytest.TempPathFactory) -> Scripts:
    out = tmp_path_factory.mktemp("bundle")
    asked = {"out": str(out), "figures": {name: {} for name in FIGURES}, "minify": False}
    program = (
        f"import {{ bundle }} from {json.dumps((ASSETS / 'node/bundle.mjs').as_uri())};"
        f"console.log(JSON.stringify(await bundle({json.dumps(asked)})));"
    )
    run = run_node("--input-type=module", "--eval", program)
    assert run.returncode == 0, run.stderr
    made = json.loads(run.stdout)
    names = ("kit.js", *(f"figures/{name}.js" for name in FIGURES))
    texts = {name: (out / made["files"][name]).read_text("utf-8") for name in names}
    return Scripts(texts, {name: made["packages"][name] for name in names})


def test_what_few_figures_use_is_not_in_what_all_load(scripts: Scripts) -> None:
    assert "d3-delaunay" in scripts.packages["figures/data-map.js"]
    assert "d3-delaunay" not in scripts.packages["kit.js"]
    assert "function Isolines(" in scripts.texts["figures/kl-spring.js"]
    for rare in ("Isolines", "Experiment", "TrainingControls", "PathRecorder"):
        assert f"function {rare}(" not in scripts.texts["kit.js"], rare


@pytest.mark.parametrize("figure", FIGURES)
def test_a_figure_takes_from_the_kit_what_is_there(scripts: Scripts, figure: str) -> None:
    name = f"figures/{figure}.js"
    twice = set(scripts.packages[name]) & set(scripts.packages["kit.js"])
    assert not twice, twice
    for shared in ("Plot", "Slider", "useFigure", "fixed"):
        assert f"function {shared}(" in scripts.texts["kit.js"]
        assert f"function {shared}(" not in scripts.texts[name], shared


def test_what_remembers_anything_is_in_a_page_once(scripts: Scripts) -> None:
    """A module that figures bring along is there once for each of them."""
    read = 0
    for name, text in scripts.texts.items():
        _, *parts = MODULE.split(text)
        for module, code in zip(parts[::2], parts[1::2], strict=True):
            if name != "kit.js" and module.startswith(("kit/", "engine/")):
                read += 1
                assert not REMEMBERED.search(code), f"{name}: {module}"
    assert read > len(FIGURES)
