"""The 1,797 handwritten digits of 8×8 pixels (UCI optical recognition) in three fixed splits."""

from functools import cache

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from training.data.dataset import Dataset, Floats, Labels, Split

SIDE = 8
"""Pixels along one side of an image."""

FULL_INK = 16
"""A pixel counts the inked cells in a 4×4 block of a 32×32 bitmap, so 16 is a full one."""

VALIDATION_SIZE = 360
TEST_SIZE = 360


@cache
def _all() -> tuple[Floats, Labels]:
    """Every image, ink 0..1, and its class: read once, as recipes split them dozens of times."""
    raw, targets = load_digits(return_X_y=True)
    return (raw / FULL_INK).astype(np.float32), targets.astype(np.uint8)


def digits(seed: int = 1797) -> Dataset:
    """The digits as float32 `[n, 64]`, row-major, ink 0 (paper) to 1 (full).

    The splits hold 1,077, 360 and 360 images, each with all ten classes in the same proportion.
    `seed` decides which image lies in which split.
    """
    x, labels = _all()
    everything = np.arange(len(labels))
    rest, test = train_test_split(
        everything, test_size=TEST_SIZE, stratify=labels, random_state=seed
    )
    train, validation = train_test_split(
        rest, test_size=VALIDATION_SIZE, stratify=labels[rest], random_state=seed
    )
    return Dataset(
        name="digits",
        label="real",
        description="1,797 handwritten digits from 13 people, scanned to 32×32 bitmaps and "
        "counted down to 8×8 pixels of 17 grey levels (UCI optical recognition of handwritten "
        "digits, the part that ships with scikit-learn)",
        classes=tuple(str(digit) for digit in range(10)),
        train=Split(x[train], labels[train]),
        validation=Split(x[validation], labels[validation]),
        test=Split(x[test], labels[test]),
    )
