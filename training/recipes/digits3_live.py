"""Ones, fours and sevens that sort themselves out in two numbers, in the page (F5)."""

from __future__ import annotations

from training.data.digits import FULL_INK
from training.data.few_digits import few_digits, ink_levels
from training.learn.networks import DenseAutoencoder
from training.live.declaration import LiveModel, learning_rate
from training.live.measures import organised, organised_by_pca
from training.live.networks import MEAN_SQUARED_ERROR, autoencoder_graphs, mean_squared_error
from training.live.produce import LiveData, LivePlan, train_live
from training.publish.card import DataCard
from training.publish.recipe import Claim, Progress, PublishedArray, Recipe, Trained

PIXELS = 64
DIGITS = (1, 4, 7)
UNIT = "ink, 0 paper to 1 full"

MODEL = LiveModel(
    network=DenseAutoencoder(PIXELS, (32, 16), 2),
    loss=mean_squared_error,
    terms=MEAN_SQUARED_ERROR,
    input_size=PIXELS,
    batch_size=64,
    steps=1500,
    lr=learning_rate(3e-3),
    inference=autoencoder_graphs(PIXELS, 2, UNIT),
)


def plan() -> LivePlan:
    """Data, measurements and seeds of the figure's runs."""
    data = few_digits(DIGITS)
    train, validation = data.train, data.validation
    levels = "sixteenths of ink, row-major 8×8 images"
    return LivePlan(
        model=MODEL,
        data=LiveData(
            DataCard.of(data),
            PublishedArray(ink_levels(train), levels, "training images"),
            PublishedArray(ink_levels(validation), levels, "validation images"),
            scale=1 / FULL_INK,
        ),
        measure=organised(train, validation),
        arrays={
            "labels_train": PublishedArray(train.labels, "class", "for drawing only"),
            "labels_validation": PublishedArray(validation.labels, "class", "for drawing only"),
        },
        metrics=organised_by_pca(train, validation),
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
