"""The sprite shows what its factors say: where it is, how it is turned, how large it is."""

import numpy as np
import pytest

from training.data.factors import RANGES, SHAPES, SIDE, Factors, draw, factors, random_factors

CENTRE = (SIDE - 1) / 2


def sprite(
    shape: int, size: float = 5.0, rotation: float = 0.0, position: float = 0.0
) -> np.ndarray:
    one = Factors(np.array([shape], np.uint8), *(np.array([v]) for v in (size, rotation, position)))
    return draw(one).reshape(SIDE, SIDE).astype(np.float64)


def moments(ink: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean place (right, down) of the ink, from the frame's middle, and its covariance."""
    y, x = np.mgrid[0:SIDE, 0:SIDE] - CENTRE
    places = np.stack([x.ravel(), y.ravel()])
    weights = ink.ravel() / ink.sum()
    mean = places @ weights
    return mean, (places - mean[:, None]) * weights @ (places - mean[:, None]).T


@pytest.mark.parametrize("shape", range(len(SHAPES)))
@pytest.mark.parametrize("position", [-3.0, -0.4, 1.7, 3.0])
def test_position_moves_the_ink_to_the_right(shape: int, position: float) -> None:
    still, moved = (moments(sprite(shape, position=place))[0] for place in (0.0, position))
    assert moved[0] - still[0] == pytest.approx(position, abs=0.05)
    assert moved[1] == pytest.approx(still[1], abs=0.1)  # the tip of a wedge falls between pixels


@pytest.mark.parametrize("shape", range(len(SHAPES)))
@pytest.mark.parametrize("rotation", [-0.7, -0.3, 0.0, 0.5, 0.78])
def test_rotation_turns_the_long_axis_clockwise(shape: int, rotation: float) -> None:
    _, covariance = moments(sprite(shape, rotation=rotation))
    right, down = np.linalg.eigh(covariance)[1][:, -1]
    assert np.arctan(-right / down) == pytest.approx(rotation, abs=0.06)


@pytest.mark.parametrize("shape", range(len(SHAPES)))
def test_size_scales_the_area(shape: int) -> None:
    small, large = sprite(shape, size=3.5).sum(), sprite(shape, size=6.5).sum()
    assert large / small == pytest.approx((6.5 / 3.5) ** 2, rel=0.06)


def test_areas_are_those_of_geometry() -> None:
    half, width = 6.0, 3.0
    ellipse, bar, wedge = (sprite(shape, size=half).sum() for shape in range(3))
    assert ellipse == pytest.approx(np.pi * half * width, rel=0.04)
    assert bar == pytest.approx(4 * 0.8 * width * 0.9 * half, rel=0.04)
    assert wedge == pytest.approx(half * 2 * 1.35 * width, rel=0.06)


def test_every_sprite_lies_inside_the_frame() -> None:
    rng = np.random.default_rng(0)
    drawn = draw(random_factors(2000, rng)).reshape(-1, SIDE, SIDE)
    assert drawn.dtype == np.float32
    assert drawn.min() == 0
    assert drawn.max() == 1
    edges = np.concatenate([drawn[:, 0], drawn[:, -1], drawn[:, :, 0], drawn[:, :, -1]], axis=1)
    assert edges.max(axis=1).mean() < 0.05


def test_splits_differ_and_their_factors_made_them() -> None:
    data = factors(train=60, validation=50, test=40)
    sizes = {name: len(split) for name, split in data.dataset.splits().items()}
    assert sizes == {"train": 60, "validation": 50, "test": 40}
    for name, split in data.dataset.splits().items():
        shape, *others = data.factors[name].T
        assert np.array_equal(draw(Factors(shape.astype(np.uint8), *others)), split.x)
        assert np.array_equal(split.labels, shape)
        for values, (low, high) in zip(others, RANGES.values(), strict=True):
            assert low <= values.min() < values.max() <= high
    images = np.concatenate([split.x for split in data.dataset.splits().values()])
    assert len(np.unique(images, axis=0)) == len(images)


def test_factors_are_independent() -> None:
    table = factors().factors["test"]
    correlation = np.corrcoef(table.T) - np.eye(table.shape[1])
    assert np.abs(correlation).max() < 4 / np.sqrt(len(table))
