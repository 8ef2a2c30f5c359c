"""A small VAE of the digits that trains in the page while the reader turns β (F10)."""

from __future__ import annotations

from training.publish.recipe import Claim, Recipe
from training.recipes.families.digits_vae import train

RECIPE = Recipe(
    title="A VAE under your hand",
    description="A small dense VAE, 64 → 32 → 16 → 2 and back, with Bernoulli pixels, that "
    "trains in the page on all ten digits; β may be turned at any step.",
    honesty="trains live",
    train=train,
    claims=(
        Claim(
            "the ELBO rises far above that of the untrained network, whatever the seed",
            lambda m: m["validation.loss.highest"] <= 0.75 * m["validation.loss.untrained"],
        ),
        Claim(
            "the code carries at least one and a half nats",
            lambda m: m["validation.kl.lowest"] >= 1.5,
        ),
    ),
)
