"""The data of the live models: seeded, shaped, and as curled up as their figures say."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.decomposition import PCA

from training.data.clusters import clusters
from training.data.few_digits import few_digits, ink_levels
from training.data.surfaces import NOISE, SURFACES, surface


def test_clusters_are_reproducible_balanced_and_bounded() -> None:
    data = clusters()
    np.testing.assert_array_equal(data.train.x, clusters().train.x)
    assert not np.array_equal(data.train.x, clusters(seed=6).train.x)
    assert data.train.x.shape == (600, 10)
    assert np.bincount(data.train.labels).tolist() == [200, 200, 200]
    assert np.abs(data.train.x).max() < 1.4


def test_splits_of_clusters_share_the_sheet_but_no_point() -> None:
    data = clusters()
    assert not set(map(bytes, data.train.x)) & set(map(bytes, data.validation.x))
    np.testing.assert_allclose(data.train.x.mean(0), data.test.x.mean(0), atol=0.15)


def test_clusters_need_more_than_two_straight_directions() -> None:
    shares = PCA().fit(clusters().train.x).explained_variance_ratio_
    assert shares[:2].sum() < 0.7


@pytest.mark.parametrize("name", SURFACES)
def test_surfaces_are_scaled_and_know_their_flat_positions(name: str) -> None:
    curled = surface(name)
    x, positions = curled.dataset.train.x, curled.positions["train"]
    assert x.shape[1] == positions.shape[1] + 1
    assert len(x) == len(positions)
    np.testing.assert_allclose(x.mean(axis=0), 0, atol=0.01)
    assert x.std() == pytest.approx(1, abs=0.01)
    np.testing.assert_array_equal(x, surface(name).dataset.train.x)


@pytest.mark.parametrize("name", SURFACES)
def test_points_close_on_the_sheet_are_close_in_space(name: str) -> None:
    curled = surface(name)
    x, positions = curled.dataset.train.x, curled.positions["train"]
    flat = np.linalg.norm(positions[:, None] - positions, axis=-1)
    np.fill_diagonal(flat, np.inf)
    nearest = flat.argmin(axis=1)
    apart = np.linalg.norm(x - x[nearest], axis=1)
    close = flat.min(axis=1) < 0.02
    assert close.sum() > 50
    assert apart[close].max() < 0.1 + 6 * NOISE


def test_few_digits_keep_only_their_classes_and_survive_storage() -> None:
    data = few_digits((1, 4, 7))
    assert data.classes == ("1", "4", "7")
    assert set(np.unique(data.train.labels)) == {0, 1, 2}
    np.testing.assert_array_equal(ink_levels(data.train).astype(np.float32) / 16, data.train.x)
