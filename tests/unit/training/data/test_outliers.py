"""Outliers: the stated share of all numbers, each larger share with those of the smaller ones."""

import numpy as np

from training.data.outliers import NEVER, SHARES, signs, spoiled, spoiled_from

SHAPE = (500, 40)


def test_each_share_is_met_and_contains_the_smaller_ones() -> None:
    first = spoiled_from(SHAPE, 7, 90)
    before = np.zeros(SHAPE, bool)
    for share in SHARES:
        hit = spoiled(share, first)
        assert abs(hit.mean() - share) <= 4 * np.sqrt(share / first.size)
        assert hit[before].all()
        before = hit
    assert set(np.unique(first)) == {np.float32(share) for share in (*SHARES[1:], NEVER)}


def test_without_outliers_every_number_is_right() -> None:
    assert not spoiled(0.0, spoiled_from(SHAPE, 7, 90)).any()
    assert not spoiled(SHARES[-1], np.full(SHAPE, NEVER, np.float32)).any()


def test_up_and_down_are_as_many_and_chance_repeats() -> None:
    drawn = signs(SHAPE, 7, 91)
    assert set(np.unique(drawn)) == {-1, 1}
    assert abs(drawn.mean()) < 0.03
    np.testing.assert_array_equal(drawn, signs(SHAPE, 7, 91))
    assert not np.array_equal(spoiled_from(SHAPE, 7, 90), spoiled_from(SHAPE, 8, 90))
