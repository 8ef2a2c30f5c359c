"""The straight line and the arc between two codes, by hand and by their defining properties."""

import numpy as np
import pytest

from training.measure.paths import arc, line


def pairs(count: int = 50, size: int = 16) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(4)
    return rng.standard_normal((count, size)), 2 * rng.standard_normal((count, size))


@pytest.mark.parametrize("way", [line, arc])
def test_a_way_leads_from_one_end_to_the_other(way: type) -> None:
    a, b = pairs()
    assert way(a, b, 0.0) == pytest.approx(a)
    assert way(a, b, 1.0) == pytest.approx(b)
    assert way(a, b, 0.3) == pytest.approx(way(b, a, 0.7))


def test_an_arc_between_two_axes() -> None:
    a, b = np.array([[2.0, 0, 0]]), np.array([[0, 4.0, 0]])
    third = np.pi / 6
    assert arc(a, b, 0.5)[0] == pytest.approx([3 * np.sqrt(0.5), 3 * np.sqrt(0.5), 0])
    assert arc(a, b, 1 / 3)[0] == pytest.approx([8 / 3 * np.cos(third), 8 / 3 * np.sin(third), 0])


@pytest.mark.parametrize("t", [0.1, 0.5, 0.8])
def test_length_and_angle_go_evenly_and_the_arc_stays_in_the_plane(t: float) -> None:
    a, b = pairs()
    z = arc(a, b, t)
    length = np.linalg.norm
    assert length(z, axis=1) == pytest.approx((1 - t) * length(a, axis=1) + t * length(b, axis=1))

    def angle(u: np.ndarray, v: np.ndarray) -> np.ndarray:
        cosine = (u * v).sum(1) / length(u, axis=1) / length(v, axis=1)
        return np.arccos(cosine)

    assert angle(a, z) == pytest.approx(t * angle(a, b))
    assert angle(z, b) == pytest.approx((1 - t) * angle(a, b))
    for row in range(len(a)):
        assert np.linalg.matrix_rank(np.stack([a[row], b[row], z[row]]), tol=1e-9) == 2


def test_without_a_shortest_arc_the_way_is_straight() -> None:
    a = np.array([[0.0, 0], [1, 0], [1e-9, 0], [1, 2]])
    b = np.array([[3.0, 4], [-2, 0], [0, 1], [2, 4]])
    assert arc(a, b, 0.25) == pytest.approx(line(a, b, 0.25))
    assert np.isfinite(arc(a, a, 0.5)).all()
