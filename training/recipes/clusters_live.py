"""Three unseen classes in ten dimensions that sort themselves out in two, in the page (F5)."""

from __future__ import annotations

from training.data.clusters import MEASUREMENTS, clusters
from training.live.declaration import LiveModel, learning_rate
from training.live.measures import organised, organised_by_pca
from training.live.networks import (
    MEAN_SQUARED_ERROR,
    RealAutoencoder,
    autoencoder_graphs,
    mean_squared_error,
)
from training.live.produce import LiveData, LivePlan, train_live
from training.publish.card import DataCard
from training.publish.recipe import Claim, Progress, PublishedArray, Recipe, Trained

UNIT = "measurement, −1 to 1"

MODEL = LiveModel(
    network=RealAutoencoder(MEASUREMENTS, (32, 16), 2),
    loss=mean_squared_error,
    terms=MEAN_SQUARED_ERROR,
    input_size=MEASUREMENTS,
    batch_size=60,
    steps=2000,
    lr=learning_rate(3e-3),
    inference=autoencoder_graphs(MEASUREMENTS, 2, UNIT),
)


def plan() -> LivePlan:
    """Data, measurements and seeds of the figure's runs."""
    data = clusters()
    train, validation = data.train, data.validation
    return LivePlan(
        model=MODEL,
        data=LiveData(
            DataCard.of(data),
            PublishedArray(train.x, UNIT, "training points; the labels are not among the inputs"),
            PublishedArray(validation.x, UNIT, "validation points"),
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
