"""Ones, fours and sevens that sort themselves out in two numbers, in the page (F5)."""

from __future__ import annotations

from training.data.digits import FULL_INK
from training.data.few_digits import few_digits, ink_levels
from training.learn.networks import DenseAutoencoder
from training.live.produce import LivePlan, train_live
from training.publish.recipe import Claim, Progress, PublishedArray, Recipe, Trained
from training.recipes.families.organising import (
    CODE_SIZE,
    HIDDEN,
    organising_model,
    organising_plan,
)

PIXELS = 64
DIGITS = (1, 4, 7)
UNIT = "ink, 0 paper to 1 full"
LEVELS = "sixteenths of ink, row-major 8×8 images"

MODEL = organising_model(
    DenseAutoencoder(PIXELS, HIDDEN, CODE_SIZE), PIXELS, UNIT, batch_size=64, steps=1500
)


def plan() -> LivePlan:
    """Data, measurements and seeds of the figure's runs."""
    data = few_digits(DIGITS)
    return organising_plan(
        MODEL,
        data,
        PublishedArray(ink_levels(data.train), LEVELS, "training images"),
        PublishedArray(ink_levels(data.validation), LEVELS, "validation images"),
        scale=1 / FULL_INK,
    )


def train(progress: Progress) -> Trained:
    """Train over all seeds and measure."""
    return train_live(plan(), progress)


RECIPE = Recipe(
    title="Three digits sort themselves out",
    description="A small autoencoder, 64 → 32 → 16 → 2 and back, that trains in the page on "
    "handwritten ones, fours and sevens whose classes it never sees.",
    honesty="trains live",
    train=train,
    claims=(
        Claim(
            "neighbours in the code share a class after training, whatever the seed",
            lambda m: m["validation.neighbour_accuracy.lowest"] >= 0.94,
        ),
        Claim(
            "before training they often do not",
            lambda m: m["validation.neighbour_accuracy.untrained"] <= 0.75,
        ),
        Claim(
            "the code separates the classes better than two principal components",
            lambda m: (
                m["validation.neighbour_accuracy.lowest"] > m["pca.validation.neighbour_accuracy"]
            ),
        ),
        Claim(
            "and reconstructs better",
            lambda m: m["validation.loss.highest"] < m["pca.validation.loss"],
        ),
    ),
)
