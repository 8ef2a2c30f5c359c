"""A house with a pitched roof and a door: a drawing that is no digit, in the digits' own frame."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np

from training.data.dataset import Floats

STROKES = (
    ((0.0, 1.15), (0.0, 0.5), (0.5, 0.0), (1.0, 0.5), (1.0, 1.15), (0.0, 1.15)),
    ((0.38, 1.15), (0.38, 0.72), (0.66, 0.72), (0.66, 1.15)),
)
"""Walls and roof, then the door; corners in widths of the house, from its top left."""

TALL = 1.15
"""Its height in widths."""


def house(frame: Mapping[str, Any]) -> Floats:
    """The house as float32 `[64]`, ink 0..1, sized, centred and inked as the digits are.

    `frame` is `digit_frame` of the training digits. A cell of the bitmap is inked if its middle
    lies within half a pen's width of a stroke, and a pixel is the share of its cells with ink, as
    in figures/draw-and-squeeze/rasterise.ts, where readers draw.
    """
    side, block = int(frame["bitmap_side"]), int(frame["block_side"])
    pen = frame["stroke"]["median"]
    width = min((frame["height"]["median"] - pen) / TALL, frame["width"]["high"] - pen)
    middle = np.array([frame["centre_x"]["median"], frame["centre_y"]["median"]])
    cells = np.stack(np.meshgrid(*[np.arange(side) + 0.5] * 2), axis=-1)
    inked = np.zeros((side, side), bool)
    for stroke in STROKES:
        corners = middle + (np.array(stroke) - (0.5, TALL / 2)) * width
        for a, b in pairwise(corners):
            along = np.clip((cells - a) @ (b - a) / ((b - a) @ (b - a)), 0, 1)
            inked |= np.linalg.norm(cells - a - along[..., None] * (b - a), axis=-1) <= pen / 2
    blocks = inked.reshape(side // block, block, side // block, block)
    ink: Floats = blocks.mean(axis=(1, 3)).astype(np.float32)
    return ink.ravel()
