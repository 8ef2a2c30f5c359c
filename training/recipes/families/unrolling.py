"""What the three unrolling recipes share: a small net that flattens a curled surface (F7)."""

from __future__ import annotations

from training.data.surfaces import surface
from training.live.declaration import LiveModel, learning_rate
from training.live.measures import unrolled, unrolled_by_pca
from training.live.networks import (
    MEAN_SQUARED_ERROR,
    RealAutoencoder,
    autoencoder_graphs,
    mean_squared_error,
)
from training.live.produce import LiveData, LivePlan, train_live
from training.publish.card import DataCard
from training.publish.recipe import Claim, Progress, PublishedArray, Recipe, Trained

UNIT = "standard deviations of the whole cloud"
HIDDEN = (32, 32)


def unrolling_model(name: str) -> LiveModel:
    """The plane or space of one of `SURFACES` → 32 → 32 → one dimension fewer, and back."""
    input_size = 2 if name == "moons" else 3
    code_size = input_size - 1
    return LiveModel(
        network=RealAutoencoder(input_size, HIDDEN, code_size),
        loss=mean_squared_error,
        terms=MEAN_SQUARED_ERROR,
        input_size=input_size,
        batch_size=100,
        steps=4000,
        lr=learning_rate(3e-3),
        inference=autoencoder_graphs(input_size, code_size, UNIT),
    )


def unrolling_plan(name: str) -> LivePlan:
    """Data, measurements and seeds for one of `SURFACES`."""
    model, curled = unrolling_model(name), surface(name)
    data, positions = curled.dataset, curled.positions
    size = model.input_size - 1
    return LivePlan(
        model=model,
        data=LiveData(
            DataCard.of(data),
            PublishedArray(data.train.x, UNIT, "training points"),
            PublishedArray(data.validation.x, UNIT, "validation points"),
        ),
        measure=unrolled(data.validation.x, positions["validation"]),
        arrays={
            f"positions_{split}": PublishedArray(
                positions[split],
                "lengths along the flat sheet",
                "where each point was before curling; for colouring and judging only",
            )
            for split in ("train", "validation")
        },
        metrics=unrolled_by_pca(data.train.x, data.validation.x, positions["validation"], size),
    )


def unrolling_recipe(name: str, title: str, better_neighbours: float) -> Recipe:
    """The recipe for one surface; `better_neighbours` is how much PCA must be beaten by."""
    model = unrolling_model(name)

    def train(progress: Progress) -> Trained:
        return train_live(unrolling_plan(name), progress)

    sizes = [model.input_size, *HIDDEN, model.input_size - 1]
    return Recipe(
        title=title,
        description=f"A small autoencoder, {' → '.join(map(str, sizes))} and back, that trains "
        "in the page and flattens what PCA can only squash.",
        honesty="trains live",
        train=train,
        claims=(
            Claim(
                "the error is at most a tenth of PCA's, whatever the seed",
                lambda m: m["validation.loss.highest"] <= 0.1 * m["pca.validation.loss"],
            ),
            Claim(
                f"the code keeps at least {better_neighbours} times as many neighbours",
                lambda m: (
                    m["validation.kept_neighbours.lowest"]
                    >= better_neighbours * m["pca.validation.kept_neighbours"]
                ),
            ),
        ),
    )
