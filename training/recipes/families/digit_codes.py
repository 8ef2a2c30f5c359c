"""What the book's three codes of digits publish alike, so that one figure can compare them."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from training.data.dataset import Dataset, Floats
from training.data.digit_frame import digit_frame
from training.data.digits import FULL_INK, SIDE
from training.learn.networks import parameter_count
from training.measure.metrics import NEIGHBOURS, mean_squared_error, neighbour_accuracy
from training.measure.pca import PrincipalComponents
from training.publish.card import DataCard, Metric, Port
from training.publish.export import Call, export, gaussian_sampler, uniform_sampler
from training.publish.recipe import Claim, PublishedArray, Trained

PIXELS = SIDE * SIDE
CODE_SIZE = 2
INK = "ink, 0 paper to 1 full"

X = Port("x", ("n", PIXELS), INK, "digits of 8×8 pixels, row-major")
X_HAT = Port("x_hat", ("n", PIXELS), INK, "reconstructed or imagined digits, row-major")


def images(dataset: Dataset, split: str) -> Tensor:
    """One split's digits as a tensor, float32 `[n, 64]`."""
    return torch.from_numpy(dataset.splits()[split].x)


def code_metrics(
    dataset: Dataset, codes: Mapping[str, Floats], reconstructions: Mapping[str, Floats]
) -> dict[str, Metric]:
    """Reconstruction error of each split, and what a code's nearest neighbours know of its class.

    `codes` holds `[n, 2]` and `reconstructions` `[n, 64]`, by the name of the split.
    """
    metrics = {
        f"{name}.reconstruction_mse": Metric(
            mean_squared_error(reconstructions[name], split.x),
            "squared ink a pixel",
            name,
            "mean squared difference between a digit and its reconstruction",
        )
        for name, split in dataset.splits().items()
    }
    for name in ("validation", "test"):
        split = dataset.splits()[name]
        metrics[f"{name}.knn_accuracy"] = Metric(
            neighbour_accuracy(codes["train"], dataset.train.labels, codes[name], split.labels),
            "share of digits",
            name,
            f"digits whose class is the commonest among the {NEIGHBOURS} training codes nearest "
            "to their own",
        )
    return metrics


def measure(model: nn.Module, dataset: Dataset) -> tuple[dict[str, Floats], dict[str, Metric]]:
    """Codes of each split and the metrics of a model with `encode` and `decode`.

    Where `encode` gives a Gaussian, its mean is the code.
    """
    codes, reconstructions = {}, {}
    with torch.no_grad():
        for name in dataset.splits():
            encoded = model.encode(images(dataset, name))  # type: ignore[operator]
            z = encoded if isinstance(encoded, Tensor) else encoded[0]
            codes[name] = z.numpy()
            reconstructions[name] = model.decode(z).numpy()  # type: ignore[operator]
    return codes, code_metrics(dataset, codes, reconstructions)


def beside_pca(metrics: Mapping[str, Metric], dataset: Dataset) -> dict[str, Metric]:
    """A model's metrics with the same numbers of its rival, PCA, as `test.pca_…`."""
    _, rival = measure(PrincipalComponents(dataset.train.x, CODE_SIZE), dataset)
    return {
        **metrics,
        **{
            f"test.pca_{name}": replace(metric, description=f"{metric.description}, by PCA")
            for name in ("reconstruction_mse", "knn_accuracy")
            for metric in [rival[f"test.{name}"]]
        },
    }


BEATS_PCA = (
    Claim(
        "test digits are reconstructed better than by PCA with as many numbers",
        lambda m: m["test.reconstruction_mse"] < m["test.pca_reconstruction_mse"],
    ),
    Claim(
        "test digits' nearest neighbours tell their class better than in PCA's code",
        lambda m: m["test.knn_accuracy"] > m["test.pca_knn_accuracy"],
    ),
)
"""What both trained codes promise."""


def publishable(
    model: nn.Module,
    dataset: Dataset,
    *,
    code: Port,
    encoder_outputs: tuple[Port, ...],
    codes: Mapping[str, Floats],
    metrics: Mapping[str, Metric],
    seed: int,
    options: Mapping[str, Any],
    parameters: int | None = None,
) -> Trained:
    """Encoder and decoder as graphs, with codes, labels and images of the test split."""
    low, high = codes["train"].min(axis=0), codes["train"].max(axis=0)
    code_range = [[float(a), float(b)] for a, b in zip(low, high, strict=True)]
    return Trained(
        data=DataCard.of(dataset, frame=digit_frame(dataset.train.x)),
        seed=seed,
        parameters=parameter_count(model) if parameters is None else parameters,
        graphs={
            "encoder": export(
                Call(model, "encode"), (X,), encoder_outputs, uniform_sampler((X,)), seed
            ),
            "decoder": export(
                Call(model, "decode"), (code,), (X_HAT,), gaussian_sampler((code,)), seed
            ),
        },
        arrays={
            "codes_test": PublishedArray(
                codes["test"], code.unit, "codes of the test digits, in the order of labels_test"
            ),
            "labels_test": PublishedArray(
                dataset.test.labels, "digit", "the digit that each test image shows"
            ),
            "images_test": PublishedArray(
                np.rint(dataset.test.x * FULL_INK).astype(np.uint8).reshape(-1, SIDE, SIDE),
                f"ink, 0 paper to {FULL_INK} full",
                f"test digits; divide by {FULL_INK} for the encoder",
            ),
        },
        metrics=metrics,
        options={**options, "code_range": code_range, "neighbours": NEIGHBOURS},
    )
