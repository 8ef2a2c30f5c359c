"""Measurements of a live model at any moment of training, and of PCA beside it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from sklearn.neighbors import NearestNeighbors

from training.data.dataset import Floats, Split
from training.live.produce import Look, Measure
from training.measure.metrics import NEIGHBOURS, mean_squared_error, neighbour_accuracy
from training.publish.card import Metric


def organised(train: Split, validation: Split) -> Measure:
    """Error and class order of an autoencoder's code on the validation split."""

    def measure(look: Look, params: Floats) -> dict[str, Metric]:
        codes = look("encoder", params, x=train.x)["z"]
        found = look("encoder", params, x=validation.x)["z"]
        x_hat = look("decoder", params, z=found)["x_hat"]
        return _organised(codes, found, x_hat, train, validation, "the 2-D code")

    return measure


def organised_by_pca(train: Split, validation: Split) -> dict[str, Metric]:
    """The same measurements of two principal components, as `pca.…`."""
    pca = PCA(2).fit(train.x)
    found = pca.transform(validation.x)
    metrics = _organised(
        pca.transform(train.x),
        found,
        pca.inverse_transform(found),
        train,
        validation,
        "two principal components",
    )
    return {f"pca.{name}": metric for name, metric in metrics.items()}


def unrolled(x: Floats, positions: Floats) -> Measure:
    """Error and kept neighbourhoods of an autoencoder's code on the validation split."""

    def measure(look: Look, params: Floats) -> dict[str, Metric]:
        codes = look("encoder", params, x=x)["z"]
        x_hat = look("decoder", params, z=codes)["x_hat"]
        return _unrolled(codes, x_hat, x, positions, "the code")

    return measure


def unrolled_by_pca(train: Floats, x: Floats, positions: Floats, size: int) -> dict[str, Metric]:
    """The same measurements of `size` principal components of `train`, as `pca.…`."""
    pca = PCA(size).fit(train)
    codes = pca.transform(x)
    metrics = _unrolled(
        codes, pca.inverse_transform(codes), x, positions, "the principal components"
    )
    return {f"pca.{name}": metric for name, metric in metrics.items()}


def kept_neighbours(codes: Floats, positions: Floats) -> float:
    """Share, 0..1, of each point's 10 nearest on the flat sheet that are its 10 nearest by code."""
    pairs = zip(_neighbours(codes), _neighbours(positions), strict=True)
    return float(np.mean([np.isin(found, true).mean() for found, true in pairs]))


def _neighbours(points: Floats) -> NDArray[np.int64]:
    search = NearestNeighbors(n_neighbors=NEIGHBOURS).fit(points)
    indices: NDArray[np.int64] = search.kneighbors(return_distance=False)
    return indices


def _organised(
    train_codes: Floats, codes: Floats, x_hat: Floats, train: Split, validation: Split, code: str
) -> dict[str, Metric]:
    accuracy = neighbour_accuracy(train_codes, train.labels, codes, validation.labels)
    return {
        "validation.loss": _error(x_hat, validation.x, code),
        "validation.neighbour_accuracy": Metric(
            accuracy,
            "share",
            "validation",
            f"classes found by a vote of the {NEIGHBOURS} nearest training points in {code}",
        ),
    }


def _unrolled(
    codes: Floats, x_hat: Floats, x: Floats, positions: Floats, code: str
) -> dict[str, Metric]:
    return {
        "validation.loss": _error(x_hat, x, code),
        "validation.kept_neighbours": Metric(
            kept_neighbours(codes, positions),
            "share",
            "validation",
            f"of the {NEIGHBOURS} nearest on the flat sheet, those that are nearest in {code}",
        ),
    }


def _error(x_hat: Floats, x: Floats, code: str) -> Metric:
    return Metric(
        mean_squared_error(x_hat, x),
        "mean squared error",
        "validation",
        f"(x̂ − x)², mean over samples and coordinates, through {code}",
    )
