"""A Swiss roll unrolls, in the page (F7)."""

from training.recipes.families.unrolling import unrolling_recipe

RECIPE = unrolling_recipe("swiss-roll", title="A Swiss roll unrolls", better_neighbours=1.4)
