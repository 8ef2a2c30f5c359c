"""Three unseen classes in ten dimensions that sort themselves out in two, in the page (F5)."""

from __future__ import annotations

from training.data.clusters import MEASUREMENTS, clusters
from training.live.networks import RealAutoencoder
from training.live.produce import LivePlan, train_live
from training.publish.recipe import Claim, Progress, PublishedArray, Recipe, Trained
from training.recipes.families.organising import (
    CODE_SIZE,
    HIDDEN,
    organising_model,
    organising_plan,
)

UNIT = "measurement, −1 to 1"

MODEL = organising_model(
    RealAutoencoder(MEASUREMENTS, HIDDEN, CODE_SIZE),
    MEASUREMENTS,
    UNIT,
    batch_size=60,
    steps=2000,
)


def plan() -> LivePlan:
    """Data, measurements and seeds of the figure's runs."""
    data = clusters()
    return organising_plan(
        MODEL,
        data,
        PublishedArray(data.train.x, UNIT, "training points; the labels are not among the inputs"),
        PublishedArray(data.validation.x, UNIT, "validation points"),
    )


def train(progress: Progress) -> Trained:
    """Train over all seeds and measure."""
    return train_live(plan(), progress)


RECIPE = Recipe(
    title="Three classes sort themselves out",
    description="A small autoencoder, 10 → 32 → 16 → 2 and back, that trains in the page on "
    "points whose three classes it never sees.",
    honesty="trains live",
    train=train,
    claims=(
        Claim(
            "neighbours in the code share a class after training, whatever the seed",
            lambda m: m["validation.neighbour_accuracy.lowest"] >= 0.93,
        ),
        Claim(
            "before training they often do not",
            lambda m: m["validation.neighbour_accuracy.untrained"] <= 0.85,
        ),
        Claim(
            "the code explains at least five times more than two principal components",
            lambda m: m["validation.loss.highest"] <= m["pca.validation.loss"] / 5,
        ),
    ),
)
