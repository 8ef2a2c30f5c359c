"""What pages are told of how digits sit in their frame, field by field.

`site_assets/figures/draw-and-squeeze/digit_frame.ts` is made from it (`UPDATE_GOLDEN=1 pytest
tests/unit/test_generated_types.py`), and a test holds what `digit_frame.py` measures to it.
"""

from typing import TypedDict


class Spread(TypedDict):
    """The median, and the ends of the range that holds all but the outer hundredths."""

    median: float
    low: float
    high: float


class DigitFrame(TypedDict):
    """Lengths in cells of the bitmap, whose origin is its top left corner; `mean_ink` is 0 to 1."""

    bitmap_side: int
    block_side: int
    width: Spread
    height: Spread
    centre_x: Spread
    centre_y: Spread
    stroke: Spread
    mean_ink: Spread
