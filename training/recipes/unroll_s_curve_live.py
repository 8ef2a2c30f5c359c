"""An S unrolls, in the page (F7)."""

from training.recipes.families.unrolling import unrolling_recipe

RECIPE = unrolling_recipe("s-curve", title="An S unrolls", better_neighbours=1.6)
