"""F24: what was measured of digits on request, from the published files by other code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.spatial.distance import cdist
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier

from tests.parity.test_exported_models import array, session
from training.data import rng
from training.data.digits import digits

Array = NDArray[np.float64]
A_FEW = 2 / 100 + 1e-6
"""Of the random codes: a drawing may lie on the edge of a limit."""


class Published:
    """The model, its judge and the digits."""

    def __init__(self, models_dir: Path) -> None:
        self.folder = models_dir / "digits-conditional"
        self.card: dict[str, Any] = json.loads((self.folder / "card.json").read_text("utf-8"))
        self.options, self.data = self.card["options"], digits()
        self.decoder = session(self.folder / "decoder.onnx")
        judge = models_dir / "digits-judge"
        self.limits = json.loads((judge / "card.json").read_text("utf-8"))["metrics"]
        self.classifier = session(judge / "classifier.onnx")

    def array(self, name: str) -> np.ndarray:
        return array(self.folder, self.card, name)

    def codes(self, name: str) -> Array:
        codes: Array = (self.array(name).astype(float) - 128) * self.options["code_step"]
        return codes

    def metric(self, name: str) -> float:
        return float(self.card["metrics"][name]["value"])

    def draw(self, z: Array, digit: int, beta: int) -> Array:
        c = np.tile(np.eye(10, dtype=np.float32)[digit], (len(z), 1))
        feeds = {"z": z.astype(np.float32), "c": c, "member": np.full(len(z), beta, np.int32)}
        return np.asarray(self.decoder.run(None, feeds)[0], float)

    def linear(self, name: str, z: Array, digit: int) -> Array:
        directions = self.array(f"{name}_directions").astype(float)
        own = directions[digit] if name == "own" else directions
        x: Array = np.clip(self.array("class_means")[digit] + z @ own, 0, 1)
        return x

    def named(self, x: Array, digit: int) -> NDArray[np.bool_]:
        shares = self.classifier.run(None, {"x": x.astype(np.float32)})[0]
        sure = shares.max(1) >= self.limits["least_probability"]["value"]
        distance = cdist(x, self.data.train.x).min(1)
        near = distance <= self.limits["largest_distance"]["value"] + 1e-6
        named: NDArray[np.bool_] = (shares.argmax(1) == digit) & sure & near
        return named


@pytest.fixture(scope="module")
def published(models_dir: Path) -> Published:
    return Published(models_dir)


def throws(published: Published, seed: int) -> Array:
    count = published.options["throws"]
    return rng.normal(seed, rng.STREAM_DRAW + 28, 2 * count).reshape(count, 2).astype(float)


def test_the_class_is_read_from_the_code_as_scikit_learn_reads_it(published: Published) -> None:
    found = published.array("accuracies")[0, :, 0]
    labels = published.data.train.labels, published.data.test.labels
    draws = published.codes("draws_train"), published.codes("draws_test")
    probes = (
        LogisticRegression(max_iter=500),
        KNeighborsClassifier(published.options["neighbours"], algorithm="brute"),
    )
    for beta, told in enumerate(found):
        for probe, name in zip(probes, ("linear", "neighbours"), strict=True):
            probe.fit(draws[0][beta], labels[0])
            right = float(np.mean(probe.predict(draws[1][beta]) == labels[1]))
            place = published.options["probes"].index(name)
            assert right == pytest.approx(told[place], abs=6 / 360)  # equal distances: steps


def test_the_directions_are_principal(published: Published) -> None:
    x, labels = published.data.train.x.astype(float), published.data.train.labels
    means = np.stack([x[labels == digit].mean(0) for digit in range(10)])
    assert published.array("class_means") == pytest.approx(means, abs=1e-3)
    pools = [(published.array("shared_directions"), x - means[labels])]
    pools += [
        (own, x[labels == digit] - means[digit])
        for digit, own in enumerate(published.array("own_directions"))
    ]
    for directions, offsets in pools:
        fitted = PCA(2, svd_solver="full").fit(offsets)
        spread = fitted.singular_values_ / np.sqrt(len(offsets))
        expected = fitted.components_ * spread[:, None]
        for ours, theirs in zip(directions.astype(float), expected, strict=True):
            assert ours * np.sign(ours @ theirs) == pytest.approx(theirs, abs=2e-3)


def test_what_the_judge_accepts_of_random_codes(published: Published) -> None:
    count, betas = published.options["throws"], len(published.options["betas"])
    shares = published.array("accepted") / count
    z = throws(published, 0)
    for digit in (1, 8):
        for beta in range(betas):
            named = published.named(published.draw(z, digit, beta), digit).mean()
            assert named == pytest.approx(shares[beta, 0, digit], abs=A_FEW)
        for place, name in enumerate(("own", "shared"), betas):
            named = published.named(published.linear(name, z, digit), digit).mean()
            assert named == pytest.approx(shares[place, 0, digit], abs=A_FEW)
    for place, beta in enumerate(published.options["betas"]):
        told = published.metric(f"beta-{beta:g}.conditional.accepted")
        assert told == pytest.approx(shares[place].mean(), abs=1e-6)
    assert published.metric("own.accepted") == pytest.approx(shares[betas].mean(), abs=1e-6)


def slants(x: Array) -> Array:
    """Slope of the regression of x on y over the ink, by weighted least squares."""
    column, row = np.tile(np.arange(8.0), 8), np.repeat(np.arange(8.0), 8)
    return np.array([-np.polyfit(row, column, 1, w=np.sqrt(ink))[0] for ink in x])


def test_the_slant_that_is_kept(published: Published) -> None:
    test = published.data.test
    own = slants(test.x.astype(float))
    codes = published.codes("codes_test")
    ways = [
        (published.array("kept")[beta, 0, 0], [published.draw(z, k, beta) for k in range(10)])
        for beta, z in enumerate(codes)
    ]
    known = published.data.train
    nearest = [
        x[cdist(test.x, x).argmin(1)].astype(float)
        for x in (known.x[known.labels == digit] for digit in range(10))
    ]
    rival = published.options["rivals"].index("nearest")
    ways.append((published.array("rivals_kept")[rival, 0], nearest))
    for told, drawn in ways:
        groups = [
            (own[rows] - own[rows].mean(), found[rows] - found[rows].mean())
            for target, found in enumerate(map(slants, drawn))
            for rows in (test.labels == k for k in range(10) if k != target)
        ]
        a, b = (np.concatenate(part) for part in zip(*groups, strict=True))
        assert 1 - np.sum((a - b) ** 2) / np.sum(a**2) == pytest.approx(told, abs=2e-3)


def test_the_metrics_are_the_arrays(published: Published) -> None:
    accuracies, kept = published.array("accuracies"), published.array("kept")
    for place, beta in enumerate(published.options["betas"]):
        for kind, name in enumerate(published.options["kinds"]):
            for probe, word in enumerate(published.options["probes"]):
                told = published.metric(f"beta-{beta:g}.{name}.{word}")
                assert told == pytest.approx(accuracies[kind, place, :, probe].mean(), abs=1e-6)
        for trait, word in enumerate(published.options["traits"]):
            told = published.metric(f"beta-{beta:g}.conditional.{word}")
            assert told == pytest.approx(kept[place, :, trait].mean(), abs=1e-6)
