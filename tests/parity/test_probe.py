"""F20: the published accuracies, from the published graphs by other code than the recipe's."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import logsumexp

from tests.parity.test_exported_models import array, session
from training.data.digits import digits
from training.measure.probe import labelled_rows

Array = NDArray[np.float64]
CLASSES = 10
A_DIGIT_OR_TWO = 2 / 360 + 1e-6
"""Both minimise the same convex function, and stop at places that differ in some last digit."""


def probe(x: Array, labels: NDArray[np.uint8], strength: float) -> Array:
    """Weights `[d + 1, 10]` of a softmax regression, biases last and free, by scipy."""
    ones = np.column_stack([x, np.ones(len(x))])
    target = np.eye(CLASSES)[labels]

    def objective(flat: Array) -> tuple[float, Array]:
        weights = flat.reshape(-1, CLASSES)
        logits = ones @ weights
        total = logsumexp(logits, axis=1, keepdims=True)
        own = weights.copy()
        own[-1] = 0
        value = 0.5 * np.sum(own**2) + strength * np.sum(
            total - (logits * target).sum(1, keepdims=True)
        )
        return float(value), (own + strength * ones.T @ (np.exp(logits - total) - target)).ravel()

    start = np.zeros((x.shape[1] + 1) * CLASSES)
    to_the_end = {"gtol": 1e-5, "ftol": 0, "maxiter": 10_000, "maxfun": 10_000}
    found = minimize(objective, start, jac=True, method="L-BFGS-B", options=to_the_end)
    assert found.success, found.message
    return np.asarray(found.x).reshape(-1, CLASSES)


@pytest.mark.parametrize("way", ["denoising", "code", "pca", "raw"])
def test_published_accuracies(models_dir: Path, way: str) -> None:
    folder = models_dir / "digits-probe"
    card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    options = card["options"]
    published, strengths = (array(folder, card, name) for name in ("accuracies", "strengths"))
    dataset = digits()

    def seen(x: NDArray[np.float32]) -> Array:
        ink = x if way == "raw" else session(folder / f"{way}.onnx").run(None, {"x": x})[0]
        return np.asarray(ink, float)

    train, test = seen(dataset.train.x), seen(dataset.test.x)
    mean = train.mean(axis=0)
    scale = np.sqrt(np.mean((train - mean) ** 2))
    index = options["ways"].index(way)
    for n in (0, 2):
        for draw in (0, options["seed_count"]):  # those of the published training
            rows = labelled_rows(dataset.train.labels, options["labels"][n], draw)
            strength = float(strengths[index, n])
            weights = probe((train[rows] - mean) / scale, dataset.train.labels[rows], strength)
            logits = (test - mean) / scale @ weights[:-1] + weights[-1]
            accuracy = np.mean(logits.argmax(axis=1) == dataset.test.labels)
            assert accuracy == pytest.approx(published[index, n, draw], abs=A_DIGIT_OR_TWO)


def test_the_metrics_are_the_accuracies(models_dir: Path) -> None:
    folder = models_dir / "digits-probe"
    card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    options, metrics = card["options"], card["metrics"]
    published = array(folder, card, "accuracies").astype(float)
    ways = options["ways"]
    for n, count in enumerate(options["labels"]):
        for way, values in zip(ways, published[:, n], strict=True):
            told = metrics[f"labels-{count}.{way}.accuracy"]["value"]
            assert told == pytest.approx(values.mean(), abs=1e-6)
        gain = published[ways.index("denoising"), n] - published[ways.index("raw"), n]
        assert metrics[f"labels-{count}.gain"]["value"] == pytest.approx(gain.mean(), abs=1e-6)
        assert metrics[f"labels-{count}.gain_wins"]["value"] == np.sum(gain > 1e-6)
