"""Measurements that several recipes share."""

import numpy as np
from sklearn.neighbors import KNeighborsClassifier

from training.data.dataset import Floats, Labels

NEIGHBOURS = 10


def neighbour_accuracy(
    train_codes: Floats, train_labels: Labels, test_codes: Floats, test_labels: Labels
) -> float:
    """Share of test codes, 0..1, whose class a vote of their 10 nearest training codes finds."""
    classifier = KNeighborsClassifier(NEIGHBOURS).fit(train_codes, train_labels)
    return float(classifier.score(test_codes, test_labels))


def mean_squared_error(x_hat: Floats, x: Floats) -> float:
    """Mean over examples and pixels of (x̂ − x)²."""
    return float(np.mean(np.square(np.subtract(x_hat, x, dtype=np.float64))))


def jump_between_neighbours(images: Floats) -> Floats:
    """Absolute pixel changes `[pairs, pixels]` between grid cells that share an edge.

    `images` is `[rows, columns, pixels]`.
    """
    pixels = images.shape[-1]
    jumps = [np.abs(np.diff(images, axis=axis)).reshape(-1, pixels) for axis in (0, 1)]
    return np.concatenate(jumps)


def jump_between_strangers(images: Floats, rng: np.random.Generator, pairs: int = 1000) -> Floats:
    """Absolute pixel changes `[pairs, pixels]` between grid cells drawn at random."""
    cells = images.reshape(-1, images.shape[-1])
    first, second = rng.integers(len(cells), size=(2, pairs))
    jumps: Floats = np.abs(cells[first] - cells[second])
    return jumps
