"""Linear probes: what a softmax regression on a few labelled examples makes of some features."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from training.data import rng
from training.data.dataset import Floats, Labels

STREAM_LABELS = rng.STREAM_DRAW + 26
"""As in site_assets/figures/pretrain/maths.ts."""


def labelled_rows(labels: Labels, per_class: int, draw: int) -> NDArray[np.int32]:
    """Rows of the examples that get a label, int32 `[classes · per_class]`, class by class.

    The first of each class in the draw's own order, so that a draw of more labels holds those of
    fewer. Raises ValueError if a class has fewer examples.
    """
    order = rng.permutation(draw, STREAM_LABELS, len(labels))
    rows = [order[labels[order] == k][:per_class] for k in range(int(labels.max()) + 1)]
    if any(len(of_class) < per_class for of_class in rows):
        raise ValueError(f"expected at least {per_class} examples of every class")
    return np.concatenate(rows)


def centred(train: Floats, *others: Floats) -> list[NDArray[np.float64]]:
    """Features `[n, d]` less their training means, over one deviation common to all of them.

    One for all, so that a pixel that hardly varies stays small and no noise is blown up.
    """
    mean = train.mean(axis=0, dtype=np.float64)
    deviation = np.sqrt(np.mean((train - mean) ** 2))
    return [(features - mean) / deviation for features in (train, *others)]


def right(
    features: Sequence[NDArray[np.float64]],
    labels: Sequence[Labels],
    rows: NDArray[np.int32],
    strength: float,
) -> list[float]:
    """Share of the validation and of the test examples that a probe names rightly.

    `features` and `labels` are those of train, validation and test. The probe minimises
    ½‖W‖² + strength · Σ cross-entropy over `rows` of the training examples; biases are free.
    """
    train, *held_out = features
    known, *expected = labels
    probe = LogisticRegression(C=strength, max_iter=500).fit(train[rows], known[rows])
    return [float(np.mean(probe.predict(x) == y)) for x, y in zip(held_out, expected, strict=True)]
