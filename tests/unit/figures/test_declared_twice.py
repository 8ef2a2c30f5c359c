"""What a figure declares and its recipe measured with is the same number."""

from __future__ import annotations

import json
import tomllib

import pytest

from tests.conftest import ROOT

SHARED = [("holes", "twins", "throw_seed"), ("fitted-prior", "priors", "throw_seed")]
"""(figure, role of the model, name): a piece of state that starts as the recipe had it."""


@pytest.mark.parametrize(("figure", "role", "name"), SHARED)
def test_a_figure_starts_where_its_model_was_measured(figure: str, role: str, name: str) -> None:
    spec = tomllib.loads((ROOT / f"site_assets/figures/{figure}/figure.toml").read_text("utf-8"))
    model = spec["models"][role]["model"]
    card = json.loads((ROOT / f"build/models/{model}/card.json").read_text("utf-8"))
    assert spec["state"][name]["default"] == card["options"][name]
