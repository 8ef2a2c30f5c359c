"""A few classes of the handwritten digits, for models small enough to train in a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from training.data.dataset import Dataset, Split
from training.data.digits import FULL_INK, digits


def few_digits(kept: Sequence[int]) -> Dataset:
    """The digits `kept`, each split as in the whole set; label k is the digit `kept[k]`."""
    whole = digits()
    return replace(
        whole,
        description=f"the digits {', '.join(map(str, kept))} among {whole.description}",
        classes=tuple(str(digit) for digit in kept),
        train=_only(whole.train, kept),
        validation=_only(whole.validation, kept),
        test=_only(whole.test, kept),
    )


def ink_levels(split: Split) -> NDArray[np.uint8]:
    """The images in the 17 grey levels of the scan, uint8 `[n, 64]`, 0 to `FULL_INK`."""
    return np.rint(split.x * FULL_INK).astype(np.uint8)


def _only(split: Split, kept: Sequence[int]) -> Split:
    chosen = np.isin(split.labels, kept)
    labels = np.searchsorted(np.array(kept), split.labels[chosen]).astype(np.uint8)
    return Split(split.x[chosen], labels)
