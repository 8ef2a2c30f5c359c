"""What figure.toml and a recipe both say is the same: seeds, ranges of sliders, choices."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT

Card = Mapping[str, Any]


@dataclass(frozen=True)
class Shared:
    """A part of a state's declaration that the card of the model in `role` says, too."""

    figure: str
    key: str
    part: str
    role: str
    in_card: Callable[[Card], Any]

    def __str__(self) -> str:
        return f"{self.figure}.{self.key}.{self.part}"

    def disagreement(self, spec: Mapping[str, Any]) -> tuple[Any, Any] | None:
        """What each of the two says, if it is not the same."""
        declared = spec["state"][self.key][self.part]
        measured = self.in_card(card(spec["models"][self.role]["model"]))
        return None if declared == measured else (declared, measured)


def option(name: str) -> Callable[[Card], Any]:
    return lambda card: card["options"][name]


def words(name: str) -> Callable[[Card], Any]:
    return lambda card: [f"{value:g}" for value in card["options"][name]]


def last_class(card: Card) -> int:
    return len(card["data"]["classes"]) - 1


def of_search(name: str) -> Callable[[Card], Any]:
    return lambda card: card["options"]["search"][name]


def of_turned(part: str, axis: int) -> Callable[[Card], Any]:
    return lambda card: of_search("turned")(card)[part][axis]


def rows(array: str, axis: int = 0) -> Callable[[Card], int]:
    return lambda card: int(card["arrays"][array]["shape"][axis])


def most_names(card: Card) -> int:
    """As many digits as there can be groups, to a base of one more than there are situations."""
    groups: int = card["options"]["counts"][-1]
    return int((len(card["options"]["situations"]) + 1) ** groups - 1)


def slugs(names: list[str]) -> list[str]:
    return [name.replace(" ", "-") for name in names]


SHARED = (
    Shared("anomaly", "detector", "choices", "currents", option("detectors")),
    Shared("anomaly", "fault", "choices", "currents", lambda card: slugs(option("faults")(card))),
    Shared("anomaly", "severity", "max", "currents", option("steps")),
    Shared("anomaly", "example", "max", "currents", rows("windows")),
    Shared("anomaly", "unseen", "max", "digits", last_class),
    Shared("anomaly", "allowed", "default", "currents", option("share")),
    Shared("anatomy", "size", "choices", "ae", words("sizes")),
    Shared("anatomy", "digit", "max", "ae", last_class),
    Shared(
        "bottleneck", "complexity", "min", "pca", lambda card: min(option("complexities")(card))
    ),
    Shared(
        "bottleneck", "complexity", "max", "pca", lambda card: max(option("complexities")(card))
    ),
    Shared("bottleneck", "k", "max", "pca", option("components")),
    Shared("bottleneck", "wave", "max", "pca", lambda card: rows("shown_test", 1)(card) - 1),
    Shared("conditional", "beta", "choices", "vae", words("betas")),
    Shared("conditional", "trait", "choices", "vae", option("traits")),
    Shared("conditional", "digit", "max", "vae", last_class),
    Shared("denoise", "kind", "choices", "currents", option("kinds")),
    Shared("denoise", "level", "max", "currents", lambda card: len(option("levels")(card)) - 1),
    Shared("denoise", "method", "choices", "photographs", option("methods")),
    Shared("denoise", "example", "max", "photographs", rows("clean")),
    Shared("design", "kind", "choices", "vae", of_search("kinds")),
    Shared(
        "design",
        "leash",
        "choices",
        "vae",
        lambda card: [f"{value:g}" for value in of_search("leashes")(card)],
    ),
    Shared("design", "z1", "max", "vae", lambda card: of_search("plane")(card)["extent"]),
    Shared("design", "ink", "default", "vae", of_turned("wish", 0)),
    Shared("design", "roundness", "default", "vae", of_turned("wish", 1)),
    Shared("design", "points", "default", "vae", of_turned("wish", 2)),
    Shared("design", "z1", "default", "vae", of_turned("start", 0)),
    Shared("design", "z2", "default", "vae", of_turned("start", 1)),
    Shared("draw-and-squeeze", "sample", "max", "ae", last_class),
    Shared("fitted-prior", "prior", "choices", "priors", option("priors")),
    Shared("fitted-prior", "kind", "choices", "priors", option("kinds")),
    Shared("fitted-prior", "run", "max", "priors", option("seed_count")),
    Shared("fitted-prior", "step", "max", "priors", option("steps")),
    Shared("fitted-prior", "throw_seed", "default", "priors", option("throw_seed")),
    Shared("generate", "fault", "choices", "rare", lambda card: slugs(option("faults")(card))),
    Shared("generate", "sees", "choices", "rare", option("sees")),
    Shared("generate", "way", "choices", "rare", lambda card: card["options"]["ways"][:4]),
    Shared("generate", "added", "max", "rare", lambda card: len(option("added")(card))),
    Shared("holes", "size", "choices", "twins", words("sizes")),
    Shared("holes", "run", "max", "twins", option("shown_seeds")),
    Shared("holes", "throw_seed", "default", "twins", option("throw_seed")),
    Shared("interpolate", "from", "max", "twins", rows("images")),
    Shared("interpolate", "to", "max", "twins", rows("images")),
    Shared("point-or-cloud", "input", "max", "vae", rows("codes_test")),
    Shared("pretrain", "labels", "choices", "codes", words("labels")),
    Shared("pretrain", "sees", "choices", "codes", lambda card: card["options"]["ways"][:-1]),
    Shared("semantic", "groups", "min", "drives", lambda card: option("counts")(card)[0]),
    Shared("semantic", "groups", "max", "drives", lambda card: option("counts")(card)[-1]),
    Shared("semantic", "sees", "choices", "drives", option("ways")),
    Shared("semantic", "names", "max", "drives", most_names),
    Shared("semantic", "seconds", "max", "drives", lambda card: option("shifts")(card)[-1]),
    Shared("reduce", "knobs", "max", "maps", lambda card: max(option("knobs")(card))),
    Shared("reduce", "machine", "max", "maps", rows("maps")),
    Shared("sparse-codes", "drawing", "max", "sparse", rows("images_test")),
    Shared("sparse-codes", "unit", "max", "sparse", option("units")),
    Shared("sparse-codes", "run", "max", "sparse", option("seed_count")),
    Shared("surgery", "beta", "choices", "sweep", words("betas")),
    Shared("surgery", "digit", "max", "sweep", last_class),
    Shared("traversals", "beta", "choices", "sprites", words("betas")),
    Shared("traversals", "start", "max", "sprites", option("starts")),
    Shared("tug-of-war", "beta", "choices", "sweep", words("betas")),
)


@cache
def card(model: str) -> Card:
    path = ROOT / f"build/models/{model}/card.json"
    if not path.exists():
        pytest.fail(f"{model} is not trained; run: make book")
    found: Card = json.loads(path.read_text("utf-8"))
    return found


@cache
def declared(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text("utf-8"))


def spec_of(figure: str) -> dict[str, Any]:
    return declared(ROOT / f"site_assets/figures/{figure}/figure.toml")


@pytest.mark.parametrize("shared", SHARED, ids=str)
def test_a_figure_offers_what_its_model_was_made_for(shared: Shared) -> None:
    assert shared.disagreement(spec_of(shared.figure)) is None


@pytest.mark.parametrize("shared", SHARED, ids=str)
def test_a_difference_is_seen(shared: Shared) -> None:
    spec = deepcopy(spec_of(shared.figure))
    said = spec["state"][shared.key][shared.part]
    spec["state"][shared.key][shared.part] = said[:-1] if isinstance(said, list) else said + 1
    assert shared.disagreement(spec) is not None


def test_there_is_a_slider_for_each_number_of_the_code() -> None:
    sliders = {key for key in spec_of("traversals")["state"] if key.startswith("z")}
    size = option("code_size")(card("factors-beta"))
    assert sliders == {f"z{number}" for number in range(1, size + 1)}


def test_every_figure_that_trains_starts_with_the_run_of_the_build() -> None:
    """Else the curves that were recorded would be another run's than the page goes on with."""
    shared = declared(ROOT / "site_assets/kit/run/training_state.toml")
    paths = sorted((ROOT / "site_assets/figures").glob("*/figure.toml"))
    training = [declared(path) for path in paths if declared(path).get("trains")]
    models = {use["model"] for spec in training for use in spec["models"].values()}
    seeds = {name: card(name)["seed"] for name in models if "live" in card(name)["options"]}
    assert len(seeds) > 5
    assert set(seeds.values()) == {shared["seed"]["default"]}
