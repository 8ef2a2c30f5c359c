"""The house lies in the digits' frame, and is one: a roof, walls, a door."""

import numpy as np

from training.data.digit_frame import digit_frame
from training.data.digits import SIDE, digits
from training.data.house import house


def test_the_house_fits_the_frame_and_stands_upright() -> None:
    ink = house(digit_frame(digits().train.x))
    assert ink.shape == (SIDE * SIDE,)
    assert ink.dtype == np.float32
    assert ink.min() == 0
    assert ink.max() == 1
    image = ink.reshape(SIDE, SIDE)
    widths = (image > 0.1).sum(axis=1)
    rows = np.flatnonzero(widths)
    assert widths[rows[0]] < widths[rows[-1]]  # the gable is narrower than the ground
    lower = image[rows[-3]]
    walls = np.flatnonzero(lower > 0.5)
    assert walls[-1] - walls[0] >= 3  # two walls with room between them
