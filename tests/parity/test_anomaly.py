"""F17: scores and what is told of them, by scikit-learn on the published networks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.covariance import LedoitWolf
from sklearn.datasets import load_breast_cancer
from sklearn.decomposition import PCA
from sklearn.ensemble import IsolationForest
from sklearn.metrics import precision_score, roc_auc_score

from tests.parity.test_measured_claims import Published
from training.data.currents import FAULTS, PHASES, SAMPLES, currents, recording
from training.data.digits import digits

Field = NDArray[np.float64]
Scorer = Callable[[Field], Field]
STEP = 0.01  # scores are published in steps of 1/200 of a decade


class Trial:
    """The first training of a data set: its data made anew, its network as it is published."""

    def __init__(
        self,
        model: Published,
        member: int,
        train: Field,
        held_out: Field,
        test: Field,
    ) -> None:
        self.model, self.member = model, member
        self.train, self.held_out, self.test = train, held_out, test

    def residual(self, x: Field) -> Field:
        rows = x.astype(np.float32)
        members = np.full(len(x), self.member, np.int32)
        (x_hat,) = self.model.graph("autoencoder")(x=rows, member=members)
        return rows.astype(float) - x_hat

    def scorer(self, detector: str) -> Scorer:
        """By scikit-learn's own classes, or by the definition."""
        if detector == "autoencoder":
            return lambda x: (self.residual(x) ** 2).mean(axis=1)
        if detector == "weighed":
            of_residuals = LedoitWolf().fit(self.residual(self.train))
            return lambda x: of_residuals.mahalanobis(self.residual(x))
        if detector == "pca":
            options = self.model.card["options"]
            pca = PCA(options["numbers"], svd_solver="full").fit(self.train)
            return lambda x: ((x - pca.inverse_transform(pca.transform(x))) ** 2).mean(axis=1)
        if detector == "mahalanobis":
            mean = self.train.mean(axis=0)
            precision = np.linalg.inv(LedoitWolf().fit(self.train).covariance_)
            return lambda x: ((x - mean) @ precision * (x - mean)).sum(axis=1)
        if detector == "forest":
            forest = IsolationForest(n_estimators=100, random_state=self.member)
            forest.fit(self.train.astype(np.float32))
            return lambda x: -forest.score_samples(x.astype(np.float32))
        assert detector == "sum"
        return variance_and_mean_of_sums


def variance_and_mean_of_sums(x: Field) -> Field:
    """Of the three phases, whose sum is nothing where all is well."""
    sums = x.reshape(-1, PHASES, SAMPLES).sum(axis=1)
    result: Field = sums.var(axis=1) + sums.mean(axis=1) ** 2
    return result


@cache
def of_currents(models: Path) -> Trial:
    model = Published(models, "anomaly-currents")
    held_out, test = (model.array(f"scores_{name}").shape[-1] for name in ("validation", "test"))
    data = currents(validation=held_out, test=test, seed=model.card["seed"])
    splits = [split.x.astype(float) for split in data.splits().values()]
    return Trial(model, 0, *splits)


def of_digits(models: Path, unseen: int) -> tuple[Trial, Field]:
    model = Published(models, "anomaly-digits")
    data = digits(model.card["seed"])
    counts = (960, *(model.array(f"scores_{name}").shape[-1] for name in ("validation", "test")))
    known = [
        split.x[split.labels != unseen][:count].astype(float)
        for split, count in zip(data.splits().values(), counts, strict=True)
    ]
    all_of_it = [split.x[split.labels == unseen] for split in data.splits().values()]
    count = model.array("scores_strange").shape[-1]
    return Trial(model, unseen, *known), np.concatenate(all_of_it)[:count].astype(float)


def of_tumours(models: Path) -> tuple[Trial, Field]:
    model = Published(models, "anomaly-tumours")
    x, target = load_breast_cancer(return_X_y=True)
    benign = x.astype(np.float32)[target == 1]
    order = np.random.default_rng(0).permutation(len(benign))
    held_out, test = (model.array(f"scores_{name}").shape[-1] for name in ("validation", "test"))
    parts = np.split(benign[order], [test, test + held_out])
    mean, deviation = parts[2].mean(axis=0), parts[2].std(axis=0)
    scaled = [(part - mean) / deviation for part in (parts[2], parts[1], parts[0])]
    strange = (x.astype(np.float32)[target == 0] - mean) / deviation
    return Trial(model, 0, *(part.astype(float) for part in scaled)), strange.astype(float)


def published(trial: Trial, name: str, detector: str, kind: int | None = None) -> Field:
    """Scores of the card's arrays, no longer as logarithms."""
    options = trial.model.card["options"]
    place = options["detectors"].index(detector)
    table = trial.model.array(name)[trial.member]
    levels = table[place] if kind is None else table[kind, place]
    result: Field = 10.0 ** (levels / options["levels"])
    return result


def agree(trial: Trial, detector: str, strange: Mapping[int, Field]) -> None:
    """The published scores are those computed here, and the area of each kind is scikit-learn's."""
    scorer = trial.scorer(detector)

    def found(name: str, rows: Field, kind: int | None = None) -> Field:
        score = scorer(rows)
        np.testing.assert_allclose(published(trial, name, detector, kind), score, rtol=STEP)
        return score

    found("scores_validation", trial.held_out)
    usual = found("scores_test", trial.test)
    place = trial.model.card["options"]["detectors"].index(detector)
    for kind, rows in strange.items():
        scores = np.concatenate([usual, found("scores_strange", rows, kind)])
        truth = np.repeat([0, 1], [len(usual), len(rows)])
        area = trial.model.array("auc")[trial.member, kind, place]
        assert area == pytest.approx(roc_auc_score(truth, scores), abs=0.003)


@cache
def strange_currents(models: Path) -> dict[int, Field]:
    """A faint fault, a grave one and none, by their places in the published arrays."""
    model = of_currents(models).model
    steps = model.card["options"]["steps"]
    made = recording(model.array("scores_strange").shape[-1], "faulty", model.card["seed"])
    faults = {
        1 + FAULTS.index(fault) * steps + severity - 1: made.faulty(fault, severity / steps)
        for fault, severity in (("open switch", 3), ("bearing ripple", 10))
    }
    return {kind: rows.astype(float) for kind, rows in (faults | {0: made.windows()}).items()}


@pytest.mark.parametrize(
    "detector", ["autoencoder", "weighed", "pca", "mahalanobis", "forest", "sum"]
)
def test_scores_of_currents_are_scikit_learns(models_dir: Path, detector: str) -> None:
    agree(of_currents(models_dir), detector, strange_currents(models_dir))


@pytest.mark.parametrize("detector", ["autoencoder", "weighed", "pca", "mahalanobis", "forest"])
def test_scores_of_real_data_are_scikit_learns(models_dir: Path, detector: str) -> None:
    trial, strange = of_tumours(models_dir)
    agree(trial, detector, {0: strange})
    trial, strange = of_digits(models_dir, 3)
    agree(trial, detector, {0: strange})


def test_means_and_leads_are_those_of_the_areas(models_dir: Path) -> None:
    model = Published(models_dir, "anomaly-currents")
    detectors = model.card["options"]["detectors"]
    steps = model.card["options"]["steps"]
    auc = model.array("auc").astype(float)
    kinds = [1 + fault * steps + 5 - 1 for fault in range(len(FAULTS))]
    over_all = auc[:, kinds].mean(axis=1)
    for place, detector in enumerate(detectors):
        key = f"all.severity-50.{detector}.auc"
        assert model.metric(key) == pytest.approx(over_all[:, place].mean(), abs=1e-6)
        assert model.metric(f"{key}_lowest") == pytest.approx(over_all[:, place].min(), abs=1e-6)
    rivals = {name: over_all[:, detectors.index(name)] for name in ("pca", "mahalanobis", "forest")}
    best = max(rivals.values(), key=np.mean)
    for ours in ("autoencoder", "weighed"):
        lead = over_all[:, detectors.index(ours)] - best
        assert model.metric(f"all.severity-50.{ours}.lead") == pytest.approx(lead.mean(), abs=1e-6)
    digit = Published(models_dir, "anomaly-digits")
    table = digit.array("auc").astype(float)[:, 0].reshape(-1, 10, 5).mean(axis=1)
    assert digit.metric("unseen.autoencoder.auc") == pytest.approx(table[:, 0].mean(), abs=1e-6)
    lowest = (table[:, 0] - table[:, 2]).min()
    assert digit.metric("unseen.autoencoder.lead_lowest") == pytest.approx(lowest, abs=1e-6)


def test_alarms_of_the_prediction_are_scikit_learns_precision(models_dir: Path) -> None:
    """A hundred thousand windows, a hundred of them faulty, by weights."""
    trial = of_currents(models_dir)
    steps = trial.model.card["options"]["steps"]
    held_out = np.sort(published(trial, "scores_validation", "autoencoder"))
    limit = held_out[-1 - len(held_out) // 100]
    ordinary = published(trial, "scores_test", "autoencoder")
    strange = published(trial, "scores_strange", "autoencoder", 3)
    assert steps == 10
    truth = np.repeat([0, 1], [len(ordinary), len(strange)])
    rings = np.concatenate([ordinary, strange]) > limit
    weights = np.where(truth, 100 / len(strange), 99_900 / len(ordinary))
    key = "open-switch.severity-30.autoencoder"
    told = {
        "caught": rings[truth == 1].mean(),
        "false_alarms": rings[truth == 0].mean(),
        "true_alarms": precision_score(truth, rings, sample_weight=weights),
    }
    for name, value in told.items():
        assert trial.model.metric(f"{key}.{name}") == pytest.approx(value, abs=1e-9)
