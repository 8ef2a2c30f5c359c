"""Finds the recipes: every module in `training/recipes/` is one, `digits_vae.py` is `digits-vae`.

Only file names are read here; a recipe is imported when it is trained.
"""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from training.fingerprint import fingerprint, published_fingerprint

if TYPE_CHECKING:
    from training.recipe import Recipe

RECIPES = Path(__file__).resolve().parent / "recipes"


class UnknownRecipeError(Exception):
    """A name was asked for that no recipe has."""


@dataclass(frozen=True)
class Entry:
    """A recipe by name, its present fingerprint, whether its published model carries that, and
    the dotted module that holds it."""

    name: str
    fingerprint: str
    fresh: bool
    module: str


def recipe_names(folder: Path = RECIPES) -> list[str]:
    """All recipes, sorted."""
    return sorted(path.stem.replace("_", "-") for path in folder.glob("[!_]*.py"))


def module_of(name: str) -> str:
    """The dotted module of a recipe."""
    return f"training.recipes.{name.replace('-', '_')}"


def load(module: str) -> "Recipe":
    """Import a recipe's module. Raises TypeError if it has no `RECIPE`."""
    from training.recipe import Recipe

    recipe = getattr(import_module(module), "RECIPE", None)
    if not isinstance(recipe, Recipe):
        raise TypeError(f"{module} must define RECIPE, a training.recipe.Recipe")
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


def inspect(names: Sequence[str], models: Path) -> list[Entry]:
    """Fingerprint of each recipe, compared with what is published in `models`."""
    entries = []
    for name in names:
        module = module_of(name)
        current = fingerprint(module)
        fresh = published_fingerprint(models / name) == current
        entries.append(Entry(name, current, fresh, module))
    return entries
