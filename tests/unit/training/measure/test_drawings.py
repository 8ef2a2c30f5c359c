"""Ink, roundness and points are what their formulas say, and have slopes."""

from itertools import combinations

import numpy as np
import pytest
import torch

from training.data.shapes import OUTLINES, SIDE, Strokes, draw, shapes
from training.measure.drawings import FREQUENCIES, NAMES, QUIET, SHARPNESS, DrawingMeasures

MEASURE = DrawingMeasures()
INK, ROUNDNESS, POINTS = (NAMES.index(name) for name in NAMES)


def one(name: str, radius: float = 11.0, tilt: float = 0.0, stroke: float = 2.0) -> torch.Tensor:
    """Measures of one drawing, `[3]`."""
    strokes = Strokes(np.array([radius]), np.array([tilt]), np.array([stroke]))
    measures: torch.Tensor = MEASURE(torch.from_numpy(draw(name, strokes)))[0]
    return measures


def test_ink_is_the_mean_pixel() -> None:
    x = torch.from_numpy(shapes(8, 4, 4).train.x)
    torch.testing.assert_close(MEASURE(x)[:, INK], x.mean((1, 2, 3)))


def test_a_disc_is_round_and_a_square_as_round_as_a_quarter_of_pi() -> None:
    y, x = np.mgrid[0:SIDE, 0:SIDE] - (SIDE - 1) / 2
    disc = np.clip(10.5 - np.hypot(x, y), 0, 1)
    square = np.clip(10.5 - np.maximum(np.abs(x), np.abs(y)), 0, 1)
    drawings = torch.from_numpy(np.stack([disc, square]).astype(np.float32))[:, None]
    found = MEASURE(drawings)[:, ROUNDNESS]
    assert found[0] == pytest.approx(1, abs=0.1)
    assert found[1] == pytest.approx(np.pi / 4, abs=0.08)


def test_paper_without_ink_has_no_edge() -> None:
    paper = torch.full((1, 1, SIDE, SIDE), 1e-3)
    assert torch.isfinite(MEASURE(paper)).all()


@pytest.mark.parametrize(("name", "points"), [("star", 5), ("flower", 6), ("cog", 8)])
def test_points_are_counted_whatever_the_tilt(name: str, points: int) -> None:
    for tilt in (-0.12, 0.0, 0.1):
        assert one(name, tilt=tilt)[POINTS] == pytest.approx(points, abs=0.7)


def test_a_circle_has_next_to_no_points() -> None:
    assert one("circle")[POINTS] < 1.5


def test_points_by_numpys_own_sum() -> None:
    x = shapes(8, 4, 4).train.x
    pale = x.reshape(-1, SIDE // 2, 2, SIDE // 2, 2).mean((2, 4)).reshape(len(x), -1)
    place = np.arange(SIDE // 2) * 2 - (SIDE / 2 - 1)
    across, down = np.meshgrid(place, place)
    r, theta = np.hypot(across, down).ravel(), np.arctan2(across, -down).ravel()
    k = np.array(FREQUENCIES)
    power = np.abs((pale * r) @ np.exp(1j * np.outer(theta, k))) ** 2
    expected = (power @ k) / (power.sum(1) + QUIET * ((pale * r).sum(1)) ** 2)
    found = MEASURE(torch.from_numpy(x))[:, POINTS].numpy()
    np.testing.assert_allclose(found, expected, rtol=5e-3, atol=5e-3)  # waves in half precision


def test_roundness_by_numpys_own_sum() -> None:
    x = shapes(8, 4, 4).train.x.astype(np.float64)
    s = np.pad(np.tanh(SHARPNESS * x[:, 0]), ((0, 0), (1, 1), (1, 1)))
    a, b, c, d = s[:, :-1, :-1], s[:, :-1, 1:], s[:, 1:, :-1], s[:, 1:, 1:]
    across, down = (b - a + d - c) / 2, (c - a + d - b) / 2
    edge = (np.sqrt(across**2 + down**2 + 1e-4) - 1e-2).sum((1, 2))
    expected = 4 * np.pi * s.sum((1, 2)) / edge**2
    found = MEASURE(torch.from_numpy(x.astype(np.float32)))[:, ROUNDNESS].numpy()
    np.testing.assert_allclose(found, expected, rtol=1e-4)


def test_the_measures_tell_the_shapes_apart() -> None:
    data = shapes(80, 4, 4).train
    found = MEASURE(torch.from_numpy(data.x)).numpy()
    places = np.stack([found[data.labels == label].mean(0) for label in range(len(OUTLINES))])
    spread = found.std(0)
    for first, second in combinations(places / spread, 2):
        assert np.abs(first - second)[[ROUNDNESS, POINTS]].max() > 0.3


def test_slopes_by_differences() -> None:
    exact = DrawingMeasures().double()
    x = torch.from_numpy(shapes(4, 4, 4).train.x[:2].astype(np.float64)) * 0.8 + 0.1
    assert torch.autograd.gradcheck(
        lambda part: exact(torch.cat([part, x[..., 4:]], 3)), x[..., :4].clone().requires_grad_()
    )
