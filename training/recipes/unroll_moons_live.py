"""Two moons become one line, in the page (F7)."""

from training.recipes.families.unrolling import unrolling_recipe

RECIPE = unrolling_recipe("moons", title="Two moons become one line", better_neighbours=1.25)
