"""A linear autoencoder that finds the plane of the first two principal components (F4)."""

from __future__ import annotations

from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from torch import Tensor, nn

from training.data.digits import FULL_INK
from training.data.few_digits import few_digits, ink_levels
from training.live.declaration import Floats, Inference, LiveModel, learning_rate
from training.live.networks import (
    MEAN_SQUARED_ERROR,
    LinearAutoencoder,
    autoencoder_graphs,
    mean_squared_error,
)
from training.live.produce import LiveData, LivePlan, Look, Watched, train_live
from training.measure.metrics import mean_squared_error as error_of
from training.publish.card import DataCard, Metric, Port
from training.publish.recipe import Claim, Progress, PublishedArray, Recipe, Trained

PIXELS = 64
DIGITS = (0, 1, 2)
UNIT = "ink above the training mean"


def compare_planes(network: nn.Module, basis: Tensor) -> dict[str, Tensor]:
    """How the decoder's plane lies to that of an orthonormal `basis` `[2, 64]`.

    `angles` are the two principal angles in degrees, the larger first: their sines are the
    singular values of (I − UUᵀ)Q (Björck & Golub 1973), which, unlike cosines, stay exact for
    small angles. `axes` `[2, 2]` are the decoder's two directions, of length 1, in the basis.
    """
    assert isinstance(network, LinearAutoencoder)
    directions = network.decoder.weight / network.decoder.weight.square().sum(0).sqrt()
    first, second = directions[:, 0], directions[:, 1]
    second = second - (first * second).sum() * first
    orthonormal = torch.stack([first, second / second.square().sum().sqrt()], 1)
    outside = orthonormal - basis.T @ (basis @ orthonormal)
    a, d = outside.square().sum(0)[0], outside.square().sum(0)[1]
    b = (outside[:, 0] * outside[:, 1]).sum()
    half_gap = ((a - d).square() / 4 + b.square()).sqrt()
    squares = torch.stack([(a + d) / 2 + half_gap, (a + d) / 2 - half_gap]).clamp(0, 1)
    angles = torch.asin(squares.sqrt()) * (180 / torch.pi)
    return {"angles": angles, "axes": (basis @ directions).T}


PLANES = Inference(
    inputs=(Port("basis", (2, PIXELS), "", "orthonormal rows, the principal components"),),
    outputs=(
        Port("angles", (2,), "degrees", "principal angles between the planes, larger first"),
        Port("axes", (2, 2), "", "row j: the decoder's direction j, of length 1, in the basis"),
    ),
    run=compare_planes,
)

BATCH = len(few_digits(DIGITS).train)

MODEL = LiveModel(
    network=LinearAutoencoder(PIXELS, 2),
    loss=mean_squared_error,
    terms=MEAN_SQUARED_ERROR,
    input_size=PIXELS,
    batch_size=BATCH,
    steps=2000,
    lr=learning_rate(3e-3),
    inference={**autoencoder_graphs(PIXELS, 2, UNIT), "planes": PLANES},
)
"""Every step sees all training images: then nothing but the step size keeps it from PCA."""


def plan() -> LivePlan:
    """Data, measurements and seeds of the figure's runs."""
    data = few_digits(DIGITS)
    mean = data.train.x.mean(axis=0)
    train, validation = data.train.x - mean, data.validation.x - mean
    pca = PCA(2).fit(train)
    basis = pca.components_.astype(np.float32)
    levels = "sixteenths of ink, row-major 8×8 images"
    labels = {
        f"labels_{name}": PublishedArray(split.labels, "class", "for drawing only")
        for name, split in (("train", data.train), ("validation", data.validation))
    }
    return LivePlan(
        model=MODEL,
        data=LiveData(
            DataCard.of(data),
            PublishedArray(ink_levels(data.train), levels, "training images"),
            PublishedArray(ink_levels(data.validation), levels, "validation images"),
            scale=1 / FULL_INK,
            offset=PublishedArray(mean, "ink", "mean training image, subtracted from all"),
        ),
        measure=partial(measure, train, validation, basis),
        arrays={
            **labels,
            "basis": PublishedArray(
                basis, "", "the first two principal components of the training images, orthonormal"
            ),
        },
        watched={
            "angles": Watched(
                lambda look, params: look("planes", params, basis=basis)["angles"],
                "degrees",
                "the two principal angles between decoder and PCA planes, the larger first",
            )
        },
        metrics={
            f"pca.{split}.loss": Metric(
                error_of(x @ basis.T @ basis, x),
                "mean squared ink",
                split,
                "error of two principal components of the training split",
            )
            for split, x in (("train", train), ("validation", validation))
        },
    )


def measure(
    train: Floats, validation: Floats, basis: Floats, look: Look, params: Floats
) -> dict[str, Metric]:
    """Angles to the PCA plane, errors, and how far the axes are turned within the plane."""
    planes = look("planes", params, basis=basis)
    larger, smaller = (float(angle) for angle in planes["angles"])
    metrics = {
        "largest_angle": Metric(
            larger, "degrees", "train", "larger principal angle between decoder and PCA planes"
        ),
        "smallest_angle": Metric(
            smaller, "degrees", "train", "smaller principal angle between decoder and PCA planes"
        ),
        "axis_turn": Metric(
            turn_of(planes["axes"]),
            "degrees",
            "train",
            "from the decoder's directions to the nearest principal axes, the larger of two",
        ),
    }
    for split, x in (("train", train), ("validation", validation)):
        x_hat = look("decoder", params, z=look("encoder", params, x=x)["z"])["x_hat"]
        metrics[f"{split}.loss"] = Metric(
            error_of(x_hat, x), "mean squared ink", split, "error of the linear autoencoder"
        )
    return metrics


def turn_of(axes: NDArray[np.float32]) -> float:
    """Largest angle, 0 to 45 degrees, from a decoder direction to the nearest principal axis."""
    angles = np.degrees(np.arctan2(axes[:, 1], axes[:, 0])) % 90
    return float(np.minimum(angles, 90 - angles).max())


def train(progress: Progress) -> Trained:
    """Train over all seeds and measure."""
    return train_live(plan(), progress)


RECIPE = Recipe(
    title="A linear autoencoder beside PCA",
    description="Two matrices without biases, 64 → 2 → 64, that train in the page on centred "
    "images of the digits 0, 1 and 2 and end in the plane of the principal components.",
    honesty="trains live",
    train=train,
    claims=(
        Claim(
            "the planes agree to within half a degree, whatever the seed",
            lambda m: m["largest_angle.highest"] <= 0.5,
        ),
        Claim("before training they do not", lambda m: m["largest_angle.untrained"] >= 45),
        Claim(
            "the error ends within a thousandth of PCA's",
            lambda m: m["train.loss.highest"] <= 1.001 * m["pca.train.loss"],
        ),
        Claim("the axes stay turned", lambda m: m["axis_turn"] >= 5),
    ),
)
