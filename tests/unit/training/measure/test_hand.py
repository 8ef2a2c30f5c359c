"""Slant, width and ink of drawings whose hand is known."""

import numpy as np
import pytest

from training.measure.hand import hand, kept

SIDE = 8


def bar(slope: float, width: int = 1, ink: float = 1.0) -> np.ndarray:
    """A stroke that leans `slope` pixels to the right on its way one pixel up, about the centre."""
    x = np.zeros((SIDE, SIDE), np.float32)
    for row in range(SIDE):
        at = 3.5 + slope * (3.5 - row) - (width - 1) / 2
        left = int(np.floor(at))
        for pixel in range(width):  # shared between the two pixels that it lies over
            x[row, left + pixel] += ink * (1 - (at - left))
            x[row, left + pixel + 1] += ink * (at - left)
    return x.reshape(1, -1)


@pytest.mark.parametrize("slope", [-0.5, 0.0, 0.25])
def test_slant_is_what_a_stroke_leans(slope: float) -> None:
    assert hand(bar(slope), SIDE)[0, 0] == pytest.approx(slope, abs=1e-6)


def test_width_is_the_deviation_across_whatever_the_slant() -> None:
    narrow, broad = (hand(bar(0.0, width), SIDE)[0, 1] for width in (2, 4))
    assert (narrow, broad) == pytest.approx((np.sqrt(1 / 4), np.sqrt(5 / 4)))  # whole columns
    shared = 3 / 4 * 1 / 4  # what it adds that a leaning stroke lies over two pixels
    assert hand(bar(0.5, 2), SIDE)[0, 1] == pytest.approx(np.sqrt(1 / 4 + shared))


def test_ink_is_the_mean_and_changes_nothing_else() -> None:
    full, half = hand(bar(0.25), SIDE)[0], hand(bar(0.25, ink=0.5), SIDE)[0]
    assert half[2] == pytest.approx(full[2] / 2)
    assert half[:2] == pytest.approx(full[:2])


def test_paper_without_ink_has_no_hand() -> None:
    assert hand(np.zeros((1, SIDE**2), np.float32), SIDE).tolist() == [[0, 0, 0]]


def test_kept_is_one_for_the_same_hand_and_zero_for_one_hand() -> None:
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(3), 20).astype(np.uint8)
    written = rng.standard_normal((60, 3))
    lean = np.array([1.0, -2.0, 5.0])[:, None, None]  # of each class that is drawn
    assert kept(written, written + lean, labels) == pytest.approx(np.ones(3))
    assert kept(written, np.zeros((3, 60, 3)) + lean, labels) == pytest.approx(np.zeros(3))
    assert kept(written, 0.5 * written + lean, labels) == pytest.approx(np.full(3, 0.75))
    strangers = rng.standard_normal((3, 60, 3))
    assert (kept(written, strangers, labels) < -0.3).all()


def test_a_digit_drawn_as_itself_does_not_count() -> None:
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(2), 10).astype(np.uint8)
    written, redrawn = rng.standard_normal((20, 3)), rng.standard_normal((2, 20, 3))
    before = kept(written, redrawn, labels)
    for k in range(2):
        redrawn[k, labels == k] = 100
    assert kept(written, redrawn, labels) == pytest.approx(before)
