"""F18: gains computed again by scipy, scikit-learn and the normal equations."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.ndimage import median_filter, uniform_filter1d
from scipy.signal import savgol_filter
from sklearn.datasets import load_sample_images
from sklearn.decomposition import PCA

from tests.parity.test_measured_claims import Published
from training.data import rng
from training.data.currents import recording

Field = NDArray[np.float64]
METHODS = ("network", "wiener", "pca", "savgol", "average", "despiked")
TILE, SIDE = 64, 8


def decibels(clean: Field, noisy: Field, cleaned: Field) -> float:
    return float(10 * np.log10(((noisy - clean) ** 2).sum() / ((cleaned - clean) ** 2).sum()))


def photographs() -> tuple[Field, Field]:
    """Training patches and test tiles, cut anew."""
    patches, tiles = [], []
    for picture in load_sample_images().images:
        grey = (picture / 255 @ np.array([0.299, 0.587, 0.114])).astype(np.float32).astype(float)
        left, right = grey[:, :384], grey[:, 512:640]
        for row in range(0, left.shape[0] - SIDE + 1, 5):
            for column in range(0, left.shape[1] - SIDE + 1, 5):
                patches.append(left[row : row + SIDE, column : column + SIDE].ravel())
        for row in range(0, right.shape[0] - TILE + 1, TILE):
            tiles += [right[row : row + TILE, at : at + TILE] for at in (0, TILE)]
    return np.array(patches), np.array(tiles)


def patches_of(tiles: Field) -> Field:
    return np.array(
        [
            tile[row : row + SIDE, column : column + SIDE].ravel()
            for tile in tiles
            for row in range(0, TILE, SIDE)
            for column in range(0, TILE, SIDE)
        ]
    )


def tiles_of(rows: Field) -> Field:
    count = len(rows) // (TILE // SIDE) ** 2
    parts = rows.reshape(count, TILE // SIDE, TILE // SIDE, SIDE, SIDE)
    return np.moveaxis(parts, 3, 2).reshape(count, TILE, TILE)


@pytest.mark.parametrize("data", ["currents", "photographs"])
@pytest.mark.parametrize("level", [0, 2])
def test_gains_of_the_first_training_are_scipys(models_dir: Path, data: str, level: int) -> None:
    model = Published(models_dir, f"denoise-{data}")
    options = model.card["options"]
    deviation, knobs = options["levels"][level], options["knobs"]
    if data == "currents":
        train = recording(4096, "train", model.card["seed"]).flowing.reshape(4096, -1)
        clean = recording(300, "test", model.card["seed"]).flowing
    else:
        train, clean = photographs()
    grain = rng.normal(1000, rng.STREAM_DRAW + 9, clean.size).astype(float)
    noisy = clean + deviation * grain.reshape(clean.shape)
    rows = noisy.reshape(len(noisy), -1) if data == "currents" else patches_of(noisy)

    def whole(cleaned: Field) -> Field:
        return cleaned.reshape(clean.shape) if data == "currents" else tiles_of(cleaned)

    members = np.zeros(len(rows), np.int32)
    (x_hat,) = model.graph("network")(x=rows.astype(np.float32), member=members)
    mean, covariance = train.mean(axis=0), np.cov(train.T, bias=True)
    inverse = np.linalg.inv(covariance + deviation**2 * np.eye(len(mean)))
    pca = PCA(knobs["pca"], svd_solver="full").fit(train)
    axes = (-1,) if data == "currents" else (-1, -2)
    savgol, average = noisy, noisy
    against = knobs["despiked"]
    around = tuple(
        against["width"] if axis - noisy.ndim in axes else 1 for axis in range(noisy.ndim)
    )
    middle = median_filter(noisy, around, mode="mirror")
    rid = np.where(np.abs(noisy - middle) > against["limit"] * deviation, middle, noisy)
    rid = rid.reshape(len(rid), -1) if data == "currents" else patches_of(rid)
    rest = np.linalg.inv(covariance + (against["rest"] * deviation) ** 2 * np.eye(len(mean)))
    for axis in axes:
        savgol = savgol_filter(savgol, knobs["savgol"], 2, axis=axis, mode="mirror")
        average = uniform_filter1d(average, knobs["average"], axis=axis, mode="mirror")
    found = (
        whole(x_hat.astype(float)),
        whole(mean + (rows - mean) @ inverse @ covariance),
        whole(pca.inverse_transform(pca.transform(rows))),
        savgol,
        average,
        whole(mean + (rid - mean) @ rest @ covariance),
    )
    table = model.array("gains")[0, options["kinds"].index("white"), level]
    for place, (method, cleaned) in enumerate(zip(METHODS, found, strict=True)):
        # the book's Wiener filter of currents leaves the weakest directions out
        within = 0.15 if method in ("wiener", "despiked") and data == "currents" else 0.02
        assert table[place] == pytest.approx(decibels(clean, noisy, cleaned), abs=within), method


def test_means_and_leads_are_those_of_the_gains(models_dir: Path) -> None:
    for data in ("currents", "photographs"):
        model = Published(models_dir, f"denoise-{data}")
        options, gains = model.card["options"], model.array("gains").astype(float)
        for k, kind in enumerate(options["kinds"]):
            for place, level in enumerate(options["levels"]):
                key, here = f"{kind}.level-{100 * level:.0f}", gains[:, k, place]
                best = here[:, 1:][:, here[:, 1:].mean(axis=0).argmax()]
                for method, values in zip(METHODS, here.T, strict=True):
                    assert model.metric(f"{key}.{method}.gain") == pytest.approx(values.mean())
                lead = here[:, 0] - best
                assert model.metric(f"{key}.lead") == pytest.approx(lead.mean(), abs=1e-5)
                assert model.metric(f"{key}.lead_lowest") == pytest.approx(lead.min(), abs=1e-5)


def test_spikes_are_taken_out_by_their_neighbours_median(models_dir: Path) -> None:
    """What stands in the text as the engineer's way, by a sliding window and normal equations."""
    model = Published(models_dir, "denoise-currents")
    options, seed = model.card["options"], model.card["seed"]
    knobs, deviation = options["knobs"]["despiked"], options["levels"][2]
    clean = recording(300, "test", seed).flowing.astype(float)
    chance = rng.uniform(1000, rng.STREAM_DRAW + 9, clean.size).reshape(clean.shape)
    height = deviation / np.sqrt(0.05)
    noisy = clean + height * ((chance < 0.025) * 1.0 - ((chance >= 0.025) & (chance < 0.05)))
    half = knobs["width"] // 2
    padded = np.pad(noisy, ((0, 0), (0, 0), (half, half)), mode="reflect")
    middle = np.median(np.lib.stride_tricks.sliding_window_view(padded, 2 * half + 1, -1), axis=-1)
    rid = np.where(np.abs(noisy - middle) > knobs["limit"] * deviation, middle, noisy)
    pca = PCA(64).fit(recording(4096, "train", seed).flowing.reshape(4096, -1).astype(float))
    variances = pca.explained_variance_ * 4095 / 4096
    along = (
        pca.transform(rid.reshape(len(rid), -1))
        * variances
        / (variances + (knobs["rest"] * deviation) ** 2)
    )
    smooth = pca.inverse_transform(along).reshape(clean.shape)
    for way, cleaned in (("rid", rid), ("despiked", smooth)):
        key = f"spikes.level-20.{way}.gain"
        found = decibels(clean, noisy, cleaned)
        lowest, highest = (model.metric(f"{key}_{end}") for end in ("lowest", "highest"))
        assert lowest - 0.02 <= found <= highest + 0.02
        assert model.metric("spikes.level-20.network.gain_highest") < lowest
