"""How the digits sit in their frame, so that a reader's drawing can be placed as the data were.

The makers of the data scaled each digit to a fixed height and width in a bitmap of 32×32 cells
and counted the inked cells in blocks of 4×4. Only the counts were published; this module
measures the bitmaps' geometry back from them.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt, maximum_filter, zoom

from training.data.dataset import Floats
from training.data.digits import SIDE

BLOCK = 4
"""Bitmap cells along one side of a pixel."""

BITMAP_SIDE = SIDE * BLOCK

Spread = dict[str, float]


def digit_frame(x: Floats) -> dict[str, float | Spread]:
    """Geometry of the digits `x`, `[n, 64]`, ink 0..1.

    Lengths are in cells of the 32×32 bitmap, whose origin is the top left corner.
    """
    images = x.reshape(-1, SIDE, SIDE)
    left, right = ink_extent(images.max(axis=1))
    top, bottom = ink_extent(images.max(axis=2))
    return {
        "bitmap_side": BITMAP_SIDE,
        "block_side": BLOCK,
        "width": spread(right - left),
        "height": spread(bottom - top),
        "centre_x": spread((left + right) / 2),
        "centre_y": spread((top + bottom) / 2),
        "stroke": spread(np.array([stroke_width(image) for image in images])),
        "mean_ink": spread(images.mean(axis=(1, 2))),
    }


def ink_extent(peaks: Floats) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """First and last inked cell of profiles `[n, 8]`, the most ink of each pixel line, 0..1.

    The fullest pixel of the outermost inked line tells how far, at least, the ink reaches into
    that line; it is exact where the ink's edge runs straight along the frame for four cells.
    """
    return first_ink(peaks), BITMAP_SIDE - first_ink(peaks[:, ::-1])


def first_ink(peaks: Floats) -> NDArray[np.float64]:
    """Distance in cells from the frame's edge to the ink."""
    outermost = np.argmax(peaks > 0, axis=1)
    reach = np.take_along_axis(peaks, outermost[:, None], axis=1)[:, 0]
    return np.asarray(BLOCK * (outermost + 1 - reach), np.float64)


def stroke_width(image: Floats) -> float:
    """Mean width, in cells, of the strokes of one 8×8 digit.

    The digit is interpolated to the bitmap's size and cut at half its peak; along the ridge of the
    distance to the paper, a stroke is twice that distance wide.
    """
    smooth = zoom(image, BLOCK, order=1, mode="grid-constant", grid_mode=True)
    ink = np.pad(smooth > 0.5 * smooth.max(), BLOCK)
    distance = distance_transform_edt(ink)
    ridge = ink & (distance == maximum_filter(distance, size=3))
    return float(2 * distance[ridge].mean() - 1)


def spread(values: NDArray[np.floating]) -> Spread:
    """Median, and the range that holds all but the outer hundredths."""
    low, middle, high = np.percentile(values, [1, 50, 99])
    return {
        "median": round(float(middle), 4),
        "low": round(float(low), 4),
        "high": round(float(high), 4),
    }
