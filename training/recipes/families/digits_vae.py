"""The small digits VAE with β as a knob, shared by the live run and the sweep over β (F10)."""

from __future__ import annotations

from training.data.dataset import Dataset
from training.data.digits import FULL_INK, digits
from training.data.few_digits import ink_levels
from training.learn.networks import DenseVAE
from training.live.declaration import Floats, Knob, LiveModel, learning_rate
from training.live.networks import ELBO_TERMS, negative_elbo, vae_graphs
from training.live.produce import (
    LiveData,
    LivePlan,
    Look,
    evaluation_feeds,
    train_live,
)
from training.publish.card import DataCard, Metric
from training.publish.recipe import Progress, PublishedArray, Trained

PIXELS = 64
CODE_SIZE = 2
UNIT = "ink, 0 paper to 1 full"

MODEL = LiveModel(
    network=DenseVAE(PIXELS, (32, 16), CODE_SIZE),
    loss=negative_elbo,
    terms=ELBO_TERMS,
    input_size=PIXELS,
    noise_size=CODE_SIZE,
    batch_size=128,
    steps=1500,
    lr=learning_rate(5e-3),
    knobs=(Knob("beta", 1.0, 0.05, 4.0, "log", "β, the weight of the KL term"),),
    inference=vae_graphs(PIXELS, CODE_SIZE, UNIT),
)


def live_data(data: Dataset) -> LiveData:
    """The digits as they are shipped."""
    levels = "sixteenths of ink, row-major 8×8 images"
    return LiveData(
        DataCard.of(data),
        PublishedArray(ink_levels(data.train), levels, "training images"),
        PublishedArray(ink_levels(data.validation), levels, "validation images"),
        scale=1 / FULL_INK,
    )


def label_arrays(data: Dataset, *splits: str) -> dict[str, PublishedArray]:
    """Labels of the splits, for drawing."""
    return {
        f"labels_{name}": PublishedArray(data.splits()[name].labels, "digit", "for drawing only")
        for name in splits
    }


def measure_elbo(
    data: Dataset, splits: tuple[str, ...], beta: float, look: Look, params: Floats
) -> dict[str, Metric]:
    """The terms of the loss on each split, one ε a sample."""
    metrics = {}
    for split in splits:
        feeds = evaluation_feeds(MODEL, data.splits()[split].x, {"beta": beta})
        losses = look("evaluate", params, **feeds)["losses"]
        for term, value in zip(MODEL.terms, losses, strict=True):
            metrics[f"{split}.{term.name}"] = Metric(
                float(value), term.unit, split, term.description
            )
    return metrics


def plan() -> LivePlan:
    """Data, measurements and seeds of the live run, at the default β."""
    data = digits()

    def measure(look: Look, params: Floats) -> dict[str, Metric]:
        return measure_elbo(data, ("validation",), MODEL.defaults()["beta"], look, params)

    return LivePlan(
        MODEL, live_data(data), measure, arrays=label_arrays(data, "train", "validation")
    )


def train(progress: Progress) -> Trained:
    """Train over all seeds and measure."""
    return train_live(plan(), progress)
