"""F24: what was measured of digits and faults on request, from published files by other code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial.distance import cdist
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import NearestNeighbors

from tests.parity.test_exported_models import array, session
from training.data import rng
from training.data.currents import FAULTS, Recording, recording
from training.data.digits import digits
from training.recipes.currents_conditional import train_judge

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
    known, unseen = published.data.train.labels, published.data.test.labels
    place = published.options["probes"].index("linear")
    draws = zip(published.codes("draws_train"), published.codes("draws_test"), strict=True)
    for (train, test), told in zip(draws, found, strict=True):
        probe = LogisticRegression(max_iter=500, tol=1e-6).fit(train, known)
        shares = np.sort(probe.predict_proba(test), axis=1)
        open_ones = np.mean(shares[:, -1] - shares[:, -2] < 1e-3)
        assert probe.score(test, unseen) == pytest.approx(told[place], abs=open_ones + 1e-6)


def test_all_test_digits_have_their_neighbours_counted(published: Published) -> None:
    data = published.data
    neighbours_are_counted(published, data.train.labels, data.test.labels)


def neighbours_are_counted(
    of: Published | Faults, known: NDArray[np.uint8], unseen: NDArray[np.uint8]
) -> None:
    """Published codes are whole steps, so a tenth neighbour may have others as far: each way to
    break such ties is allowed for, and no more than that."""
    place = of.options["probes"].index("neighbours")
    for beta, told in enumerate(of.array("accuracies")[0, :, 0]):
        train, test = (of.array(f"draws_{part}")[beta].astype(int) for part in PARTS)
        squared = np.square(test[:, None] - train).sum(2)
        possible = np.array([winners(row, known, of.options["neighbours"]) for row in squared])
        right = possible[np.arange(len(unseen)), unseen]
        for_certain = right & (possible.sum(1) == 1)
        count = round(float(told[place]) * len(unseen))
        assert for_certain.sum() <= count <= right.sum()


PARTS = ("train", "test")


def winners(squared: NDArray[np.int_], labels: NDArray[np.uint8], voters: int) -> NDArray[np.bool_]:
    """Which classes may have most votes, the smaller class where two have as many, `[10]`."""
    edge = np.sort(squared)[voters - 1]
    sure = np.bincount(labels[squared < edge], minlength=10)
    at_edge = np.bincount(labels[squared == edge], minlength=10)
    left = voters - sure.sum()
    mine = sure + np.minimum(left, at_edge)
    result = np.zeros(10, bool)
    for k, votes in enumerate(mine):
        limit = votes - (np.arange(10) < k) - sure  # what others may get beside their sure votes
        limit[k] = votes - sure[k]
        result[k] = limit.min() >= 0 and np.minimum(limit, at_edge).sum() >= left
    return result


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


def traits(x: Array) -> Array:
    """Slant and width by a weighted regression of x on y over the ink, and the ink, `[n, 3]`."""
    column, row = np.tile(np.arange(8.0), 8), np.repeat(np.arange(8.0), 8)
    found = []
    for ink in x:
        line = np.polyfit(row, column, 1, w=np.sqrt(ink))
        off = column - np.polyval(line, row)
        found.append((-line[0], np.sqrt(np.average(off**2, weights=ink)), ndimage.mean(ink)))
    return np.array(found)


def test_what_is_kept_of_a_hand(published: Published) -> None:
    test, known, digits_ = published.data.test, published.data.train, range(10)
    own = traits(test.x.astype(float))
    codes = published.codes("codes_test")
    ways = [
        (published.array("kept")[beta, 0], [published.draw(z, k, beta) for k in digits_])
        for beta, z in enumerate(codes)
    ]
    means = published.array("class_means").astype(float)[test.labels]
    for name in ("own", "shared"):
        directions = published.array(f"{name}_directions").astype(float)
        of_each = directions[test.labels] if name == "own" else [directions] * len(test)
        offsets = zip(of_each, test.x - means, strict=True)
        z = np.array([np.linalg.lstsq(d.T, offset)[0] for d, offset in offsets])
        told = published.array("rivals_kept")[published.options["rivals"].index(name)]
        ways.append((told, [published.linear(name, z, k) for k in digits_]))
    nearest = [
        x[cdist(test.x, x).argmin(1)].astype(float)
        for x in (known.x[known.labels == k] for k in digits_)
    ]
    told = published.array("rivals_kept")[published.options["rivals"].index("nearest")]
    ways.append((told, nearest))
    assert published.options["traits"] == ["slant", "width", "ink"]
    for told, drawn in ways:
        groups = [
            (own[rows] - own[rows].mean(0), found[rows] - found[rows].mean(0))
            for target, found in enumerate(map(traits, drawn))
            for rows in (test.labels == k for k in digits_ if k != target)
        ]
        a, b = (np.concatenate(part) for part in zip(*groups, strict=True))
        kept = 1 - np.square(a - b).sum(0) / np.square(a).sum(0)
        assert kept == pytest.approx(told, abs=2e-3)


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


class Faults:
    """The model of currents, and machines of the test part, recorded in all conditions."""

    def __init__(self, models_dir: Path) -> None:
        self.folder = models_dir / "currents-conditional"
        self.card: dict[str, Any] = json.loads((self.folder / "card.json").read_text("utf-8"))
        self.options = self.card["options"]
        self.decoder = session(self.folder / "decoder.onnx")
        self.machines = conditions(recording(self.options["machines"], "faulty", DATA_SEED))
        train = conditions(recording(TRAIN, "train", DATA_SEED))
        self.labels = np.arange(TRAIN) % 6
        self.train = train[self.labels, np.arange(TRAIN)]

    def array(self, name: str) -> np.ndarray:
        return array(self.folder, self.card, name)

    def draw(self, z: Array, kind: int, beta: int) -> Array:
        c = np.tile(np.eye(6, dtype=np.float32)[kind], (len(z), 1))
        feeds = {"z": z.astype(np.float32), "c": c, "member": np.full(len(z), beta, np.int32)}
        return np.asarray(self.decoder.run(None, feeds)[0], float)

    def missed(self, made: Array, kind: int) -> float:
        return float(np.linalg.norm(made - self.machines[kind]) / np.sqrt(made.size))


DATA_SEED, TRAIN = 41, 2400


def conditions(machines: Recording) -> Array:
    """Windows whole and with each fault, four samples meaned, `[6, n, 96]`."""
    windows = [machines.windows(), *(machines.faulty(fault, 1) for fault in FAULTS)]
    meaned: Array = np.array(windows, float).reshape(6, -1, 96, 4).mean(3)
    return meaned


@pytest.fixture(scope="module")
def faults(models_dir: Path) -> Faults:
    return Faults(models_dir)


def test_what_is_missed_of_faults_that_are_made(faults: Faults) -> None:
    whole = faults.machines[0]
    codes = faults.array("machine_codes") / faults.options["machine_steps"]
    means = np.stack([faults.train[faults.labels == k].mean(0) for k in range(6)])
    directions = faults.array("own_directions").astype(float)
    z = np.linalg.lstsq(directions[0].T, (whole - means[0]).T)[0].T
    for place, told in enumerate(faults.array("rival_errors").T):
        kind = 1 + place
        mine = faults.train[faults.labels == kind]
        near = NearestNeighbors(n_neighbors=faults.options["as_many"]).fit(mine)
        rivals = {
            "unchanged": whole,
            "means": whole + means[kind] - means[0],
            "own": whole + means[kind] - means[0] + z @ (directions[kind] - directions[0]),
            "nearest": mine[near.kneighbors(whole)[1]].mean(1),
        }
        missed = [faults.missed(rivals[name], kind) for name in faults.options["rivals"]]
        assert missed == pytest.approx(told, rel=5e-3)
        for beta, code in enumerate(codes):
            drawn = faults.draw(code, kind, beta)
            graft = whole + drawn - faults.draw(code, 0, beta)
            ours = faults.array("errors")[:, beta, 0, place]
            assert [faults.missed(x, kind) for x in (graft, drawn)] == pytest.approx(ours, rel=1e-3)


def test_published_machines_are_the_simulators(faults: Faults) -> None:
    published = faults.array("machines") / faults.options["fine"]
    expected = faults.machines[:, : published.shape[1]]
    assert np.abs(published - expected).max() <= 0.51 / faults.options["fine"]


def test_the_neighbours_of_all_test_windows_are_counted(faults: Faults) -> None:
    neighbours_are_counted(faults, faults.array("labels_train"), faults.array("labels_test"))


def test_what_the_judge_accepts_of_random_windows(faults: Faults) -> None:
    """The classifier is trained again as the recipe has it; all else is scipy's and the rule."""
    windows = recording(600, "validation", DATA_SEED)
    validation = conditions(windows)[np.arange(600) % 6, np.arange(600)]
    judge = train_judge(validation.astype(np.float32))
    others = conditions(recording(faults.options["judged"], "train", DATA_SEED + 1))
    known = others[np.arange(others.shape[1]) % 6, np.arange(others.shape[1])]
    least = np.quantile(judge.probabilities(validation.astype(np.float32)).max(1), 0.025)
    largest = np.quantile(cdist(validation, known).min(1), 0.975)
    count, betas = faults.options["throws"], len(faults.options["betas"])
    z = rng.normal(0, rng.STREAM_DRAW + 28, 2 * count).reshape(count, 2).astype(float)
    means = faults.array("class_means").astype(float)
    own, shared = (faults.array(f"{name}_directions").astype(float) for name in ("own", "shared"))
    for kind in range(6):
        ways = [faults.draw(z, kind, beta) for beta in range(betas)]
        ways += [np.clip(means[kind] + z @ d, -2, 2) for d in (own[kind], shared)]
        for x, told in zip(ways, faults.array("accepted")[:, 0, kind], strict=False):
            shares = judge.probabilities(x.astype(np.float32))
            right = (shares.argmax(1) == kind) & (shares.max(1) >= least)
            near = cdist(x[right], known).min(1, initial=np.inf) <= largest + 1e-6
            assert near.sum() == pytest.approx(told, abs=2)


def test_the_metrics_of_faults_are_the_arrays(faults: Faults) -> None:
    options, metrics = faults.options, faults.card["metrics"]
    best = options["betas"].index(options["chosen_beta"])
    errors, rivals = faults.array("errors")[:, best], faults.array("rival_errors")
    for place, fault in enumerate(FAULTS):
        name = fault.replace(" ", "-")
        for way, word in enumerate(options["ours"]):
            told = metrics[f"{name}.{word}"]["value"]
            assert told == pytest.approx(errors[way, :, place].mean(), abs=1e-6)
        leads = rivals[:, place].min() - errors[0, :, place]
        assert metrics[f"{name}.lead"]["value"] == pytest.approx(leads.mean(), abs=1e-6)
        assert metrics[f"{name}.lead_lowest"]["value"] == pytest.approx(leads.min(), abs=1e-6)
    shares = faults.array("accepted").mean((1, 2)) / options["throws"]
    for place, beta in enumerate(options["betas"]):
        told = metrics[f"beta-{beta:g}.conditional.accepted"]["value"]
        assert told == pytest.approx(shares[place], abs=1e-6)
