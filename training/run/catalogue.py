"""Finds the recipes: every module in `training/recipes/` is one, `digits_vae.py` is `digits-vae`,
and so is every `[data.NAME]` of `content/book.toml`, as `own-NAME`.

Only file names and the author's own data are read here; a recipe is imported when it is trained.
"""

import difflib
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from training.own_data.read import OwnData
from training.publish.fingerprint import fingerprint, published

if TYPE_CHECKING:
    from training.publish.recipe import Recipe

RECIPES = Path(__file__).resolve().parents[1] / "recipes"
OWN_RECIPE = "training.recipes.families.own_recipe"
"""The module that trains on the author's own data, whichever they are."""


LONGEST = (
    "shapes-vae",
    "anomaly-currents",
    "simplest-tool",
    "geometry",
    "digits-fitted-prior",
    "digits-beta-sweep",
    "denoise-currents",
    "warm-up",
)
"""The recipes that take longest, by `tests/benchmarks/training_cost.py`."""


class UnknownRecipeError(Exception):
    """A name was asked for that no recipe has."""


@dataclass(frozen=True)
class Entry:
    """A recipe by name, its present fingerprint, whether its published model carries that, and
    the dotted module that holds it; with the data if they are the author's own.

    Where nothing can be trained, a model of the same source is fresh whatever it was trained with.
    """

    name: str
    fingerprint: str
    fresh: bool
    module: str
    own: OwnData | None = None


def recipe_names(folder: Path = RECIPES) -> list[str]:
    """All recipes, sorted."""
    return sorted(path.stem.replace("_", "-") for path in folder.glob("[a-z]*.py"))


def module_of(name: str) -> str:
    """The dotted module of a recipe."""
    return f"training.recipes.{name.replace('-', '_')}"


def load(module: str) -> "Recipe":
    """Import a recipe's module. Raises TypeError if it has no `RECIPE`."""
    from training.publish.recipe import Recipe

    recipe = getattr(import_module(module), "RECIPE", None)
    if not isinstance(recipe, Recipe):
        raise TypeError(f"{module} must define RECIPE, a training.publish.recipe.Recipe")
    return recipe


def recipe_of(entry: Entry) -> "Recipe":
    """Import what trains an entry."""
    if entry.own is None:
        return load(entry.module)
    recipe: Recipe = import_module(OWN_RECIPE).recipe_for(entry.own)
    return recipe


def select(wanted: Sequence[str], known: Sequence[str]) -> list[str]:
    """The recipes that were asked for, or all; raises UnknownRecipeError with a suggestion."""
    problems = []
    for name in wanted:
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean '{close[0]}'?" if close else f"known: {', '.join(known)}"
            problems.append(f"unknown recipe '{name}' ({hint})")
    if problems:
        raise UnknownRecipeError("\n".join(problems))
    return list(dict.fromkeys(wanted)) or list(known)


def inspect(
    names: Sequence[str], models: Path, own: Mapping[str, OwnData] | None = None
) -> list[Entry]:
    """Fingerprint of each recipe, compared with what is published in `models`.

    That of a model on the author's own data covers every byte of them, and their declaration.
    """
    entries = []
    for name in names:
        data = (own or {}).get(name)
        module = OWN_RECIPE if data else module_of(name)
        made = published(models / name)
        if can_train():
            current = _fingerprint(module, data)
        else:
            current = _fingerprint(module, data, made.versions) if made else ""
        fresh = made is not None and made.fingerprint == current
        entries.append(Entry(name, current, fresh, module, data))
    return entries


def can_train() -> bool:
    """Whether torch and the like are installed, which an author who only writes does not need."""
    return find_spec("torch") is not None


def _fingerprint(
    module: str, data: OwnData | None, versions: Mapping[str, str] | None = None
) -> str:
    source = fingerprint(module, versions=versions)
    return hashlib.sha256(f"{source} {data.digest()}".encode()).hexdigest() if data else source


def foreign(folder: Path) -> list[str]:
    """The models in `folder` that were not made from the recipes that are here: sorted names.

    Which versions of torch and the like made them plays no part.
    """
    names = set(recipe_names())
    found = []
    for model in sorted(path for path in folder.iterdir() if path.is_dir()):
        made = published(model) if model.name in names else None
        if not made or made.fingerprint != _fingerprint(module_of(model.name), None, made.versions):
            found.append(model.name)
    return found


def longest_first(entries: Sequence[Entry]) -> list[Entry]:
    """The entries with those of `LONGEST` first, so that none of them is trained alone at the end
    (Graham 1969, *Bounds on Multiprocessing Timing Anomalies*)."""
    rank = {name: place for place, name in enumerate(LONGEST)}
    return sorted(entries, key=lambda entry: rank.get(entry.name, len(rank)))
