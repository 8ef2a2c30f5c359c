"""F23: groups, their likeness with the truth and how well they keep, computed again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.metrics import adjusted_rand_score, pairwise_distances_argmin

from tests.parity.test_measured_claims import Published
from training.data.drives import logs
from training.measure.groups import starting_rows

View = Callable[[NDArray[np.uint8]], NDArray[Any]]
NAME = "drive-groups"
WAYS = ("code", "decoded", "pca", "raw", "hand")
TRAIN, TEST, SAMPLES = 2000, 200, 64
A_FEW = 3
"""Windows that lie as near to one mean as to another may fall to either side."""


@pytest.fixture(scope="module")
def model(models_dir: Path) -> Published:
    return Published(models_dir, NAME)


def clusters(rows: NDArray[np.float32], count: int, starts: int) -> KMeans:
    """The best of some starts, by scikit-learn."""
    fits = [
        KMeans(count, init=rows[starting_rows(rows, count, start)], n_init=1, tol=0).fit(rows)
        for start in range(starts)
    ]
    return min(fits, key=lambda fit: float(fit.inertia_))


def views(model: Published, seed: int) -> dict[str, View]:
    """What k-means sees of readings, km/h; graphs are those of the first seed alone."""
    unit: float = model.card["options"]["unit_speed"]

    def x(readings: NDArray[np.uint8]) -> NDArray[np.float32]:
        return (readings / unit).astype(np.float32)

    found: dict[str, View] = {
        "raw": x,
        "hand": lambda readings: np.stack([x(readings).mean(1), x(readings).std(1)], 1),
    }
    if seed == 0:
        network = model.graph("autoencoder")
        member = np.zeros(TEST, np.int32)
        found |= {
            "code": lambda readings: network(x=x(readings), member=member)[0],
            "decoded": lambda readings: network(x=x(readings), member=member)[1],
        }
    train = logs(TRAIN, "train", model.card["seed"] + seed).readings[:, :SAMPLES]
    pca = PCA(model.card["options"]["numbers"], svd_solver="full").fit(x(train))
    return {**found, "pca": lambda readings: pca.transform(x(readings))}


@pytest.mark.parametrize("seed", [0, 4])
def test_likeness_and_keeping_are_scikit_learns(model: Published, seed: int) -> None:
    options = model.card["options"]
    test = logs(TEST, "test", model.card["seed"] + seed)
    likeness, kept = model.array("likeness")[seed], model.array("kept")[seed]
    for way, view in views(model, seed).items():
        w = WAYS.index(way)
        rows = view(test.readings[:, :SAMPLES]).astype(np.float32)
        later = {s: view(test.readings[:, s : s + SAMPLES]) for s in (1, 8)}
        for c, count in enumerate(options["counts"]):
            fit = clusters(rows, count, options["starts"])
            exact = adjusted_rand_score(test.situations, fit.labels_)
            assert likeness[w, c] == pytest.approx(exact, abs=0.02), (way, count)
            for seconds, moved in later.items():
                groups = pairwise_distances_argmin(moved, fit.cluster_centers_)
                stay = int(np.sum(groups == fit.labels_))
                place = options["shifts"].index(seconds)
                assert abs(int(kept[w, c, place]) - stay) <= A_FEW, (way, count, seconds)


def test_the_published_readings_are_those_of_the_first_seed(model: Published) -> None:
    test = logs(TEST, "test", model.card["seed"])
    assert np.array_equal(model.array("readings"), test.readings)
    assert np.array_equal(model.array("situations"), test.situations)
    assert model.card["options"]["situations"] == model.card["data"]["classes"]


def test_the_metrics_are_those_of_the_arrays(model: Published) -> None:
    options = model.card["options"]
    likeness = model.array("likeness").astype(float)
    kept = model.array("kept") / TEST
    assert options["ways"] == list(WAYS)
    for c, count in enumerate(options["counts"]):
        here = likeness[:, :, c]
        for way, values in zip(WAYS, here.T, strict=True):
            key = f"groups-{count}.{way}.ari"
            assert model.metric(key) == pytest.approx(values.mean(), abs=1e-6)
            assert model.metric(f"{key}_lowest") == pytest.approx(values.min(), abs=1e-6)
            assert model.metric(f"{key}_highest") == pytest.approx(values.max(), abs=1e-6)
        rivals = here[:, 2:]
        best = rivals[:, rivals.mean(axis=0).argmax()]
        lead = here[:, 0] - best
        assert model.metric(f"groups-{count}.best_rival.ari") == pytest.approx(
            best.mean(), abs=1e-6
        )
        assert model.metric(f"groups-{count}.lead") == pytest.approx(lead.mean(), abs=1e-6)
        assert model.metric(f"groups-{count}.lead_lowest") == pytest.approx(lead.min(), abs=1e-6)
        assert model.metric(f"groups-{count}.lead_highest") == pytest.approx(lead.max(), abs=1e-6)
    shown = kept[:, :, options["counts"].index(len(options["situations"]))]
    for seconds in (1, 8):
        here = shown[:, :, options["shifts"].index(seconds)]
        for way, values in zip(WAYS, here.T, strict=True):
            key = f"groups-5.shift-{seconds}.{way}.kept"
            assert model.metric(key) == pytest.approx(values.mean(), abs=1e-6)
        gain = model.metric(f"groups-5.shift-{seconds}.gain_highest")
        assert gain == pytest.approx((here[:, 0] - here[:, WAYS.index("raw")]).max(), abs=1e-6)


def test_errors_on_validation_are_numpys(model: Published) -> None:
    """Of the first seed, which is published; the metric is over all."""
    readings = logs(500, "validation", model.card["seed"]).readings[:, :SAMPLES]
    unit = model.card["options"]["unit_speed"]
    x = (readings / unit).astype(np.float32)
    _, x_hat = model.graph("autoencoder")(x=x, member=np.zeros(len(x), np.int32))
    own = unit * np.sqrt(np.mean((x_hat - x) ** 2))
    assert model.metric("validation.code.error") == pytest.approx(own, rel=0.1)


def test_one_number_moves_the_window_more_than_another(model: Published) -> None:
    """Of the first seed, whose decoder is the network's second half; the metric is over all."""
    readings = logs(500, "validation", model.card["seed"]).readings[:, :SAMPLES]
    unit = model.card["options"]["unit_speed"]
    x = (readings / unit).astype(np.float32)
    z, x_hat = model.graph("autoencoder")(x=x, member=np.zeros(len(x), np.int32))
    slopes = np.linalg.lstsq(np.c_[z, np.ones(len(z))], unit * x_hat, rcond=None)[0][:-1]
    reach = np.sqrt((slopes**2).mean(axis=1))
    assert reach.max() == pytest.approx(model.metric("reach.largest"), rel=0.4)
    assert reach.min() == pytest.approx(model.metric("reach.smallest"), rel=0.6)
