"""Grey patches of the two photographs that ship with scikit-learn, split by place.

*China* by danielbuechele and *flower* by vultilion (Flickr), both CC BY 2.0. No pixel lies in two
splits: a photograph's columns are cut into three bands.
"""

from __future__ import annotations

import numpy as np
from sklearn.datasets import load_sample_images

from training.data.dataset import Dataset, Floats, Split

SIDE = 8
"""Pixels along one side of a patch."""

BANDS = {"train": (0, 384), "validation": (384, 512), "test": (512, 640)}
"""Columns of each split."""

GREY = (0.299, 0.587, 0.114)
"""Weights of red, green and blue (ITU-R BT.601)."""

NAMES = ("china", "flower")


def bands(split: str) -> list[Floats]:
    """A split's part of both photographs, grey 0 (black) to 1 (white), `[427, columns]` float32."""
    first, last = BANDS[split]
    pictures = load_sample_images().images
    return [(picture[:, first:last] / 255 @ GREY).astype(np.float32) for picture in pictures]


def patches(band: Floats, step: int = SIDE) -> Floats:
    """Patches of 8×8 pixels every `step` pixels, row by row, float32 `[n, 64]`."""
    windows = np.lib.stride_tricks.sliding_window_view(band, (SIDE, SIDE))[::step, ::step]
    rows: Floats = np.ascontiguousarray(windows).reshape(-1, SIDE * SIDE)
    return rows


def photographs(step: int = 4) -> Dataset:
    """All patches, the training ones every `step` pixels and so overlapping, as `[n, 64]`."""

    def split(name: str, step: int) -> Split:
        made = [patches(band, step) for band in bands(name)]
        labels = np.repeat(np.arange(len(made), dtype=np.uint8), [len(part) for part in made])
        return Split(np.concatenate(made), labels)

    return Dataset(
        name="photographs",
        label="real",
        description="grey patches of 8×8 pixels from two photographs, china by danielbuechele and "
        "flower by vultilion (CC BY 2.0, as they ship with scikit-learn), split by place",
        classes=NAMES,
        train=split("train", step),
        validation=split("validation", SIDE),
        test=split("test", SIDE),
    )
