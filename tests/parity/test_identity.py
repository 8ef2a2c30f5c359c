"""Note 7: a run by plain torch.optim, the residual of theory, PCA and AUC by scikit-learn."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA
from sklearn.metrics import roc_auc_score
from torch import nn

from tests.conftest import ROOT
from tests.parity.test_exported_models import array
from training.data import rng

FOLDER = ROOT / "build/models/identity"
CARD = json.loads((FOLDER / "card.json").read_text("utf-8"))
FIELDS, LIVE = CARD["options"]["experiment"], CARD["options"]["live"]
SIZES = [int(one["value"]) for one in FIELDS["conditions"]]
D = 16
AGREES = 0.15
"""Share by which a measured error may miss theory's: 256 windows, and the last steps' noise."""


def measured(setting: str, measure: str, series: str, size: int) -> np.ndarray:
    wanted = {"settings": setting, "measures": measure, "series": series, "conditions": str(size)}
    place = tuple(
        [one["name"] for one in FIELDS[kind]].index(name) for kind, name in wanted.items()
    )
    seeds: np.ndarray = array(FOLDER, CARD, "values").astype(np.float64)[place]
    return seeds[~np.isnan(seeds)]


def rows(split: str) -> np.ndarray:
    x: np.ndarray = array(FOLDER, CARD, f"x_{split}").astype(np.float32)
    return x * np.float32(LIVE["data"]["scale"]) - array(FOLDER, CARD, "offset")


def fed() -> dict[str, np.ndarray]:
    """What each measure's error is of, on the validation split."""
    x = rows("validation").astype(np.float64)
    eps = rng.normal(0, rng.STREAM_DRAW, len(x) * 2 * D).reshape(len(x), 2 * D)
    faults = x.copy()
    places = np.abs(eps[:, D:]).argmax(axis=1)
    every = np.arange(len(x))
    faults[every, places] += np.sign(eps[every, D + places])
    return {
        "normal": x,
        "fault": faults,
        "noise": eps[:, :D] * np.sqrt(0.5 + 0.25 + 0.2**2),
        "shuffled": x[:, rng.permutation(1, rng.STREAM_DRAW, D)],
    }


def covariances() -> dict[str, np.ndarray]:
    apart = 2 * np.pi / D * np.subtract.outer(range(D), range(D))
    normal = np.cos(apart) / 2 + np.cos(2 * apart) / 4 + 0.04 * np.eye(D)
    order = rng.permutation(1, rng.STREAM_DRAW, D)
    return {
        "normal": normal, "fault": normal + np.eye(D) / D, "noise": 0.79 * np.eye(D),
        "shuffled": normal[np.ix_(order, order)],
    }  # fmt: skip


@pytest.mark.parametrize("size", SIZES)
def test_theory_is_the_residual_of_the_largest_directions(size: int) -> None:
    """Eigenvectors of equal eigenvalues are turned at random: theory is the mean over them."""
    values, vectors = np.linalg.eigh(covariances()["normal"])
    values, vectors = values[::-1].round(9), vectors[:, ::-1]
    lost = np.eye(D)
    for value in np.unique(values)[::-1]:
        group = vectors[:, values == value]
        before = (values > value).sum()
        share = np.clip((size - before) / group.shape[1], 0, 1)
        lost -= share * group @ group.T
    for measure, covariance in covariances().items():
        (theory,) = measured("linear", measure, "theory", size)
        assert theory == pytest.approx(np.trace(lost @ covariance) / D, abs=1e-6)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("measure", ["normal", "fault", "noise"])
def test_linear_networks_meet_theory(measure: str, size: int) -> None:
    (theory,) = measured("linear", measure, "theory", size)
    seeds = measured("linear", measure, "autoencoder", size)
    np.testing.assert_allclose(seeds, theory, rtol=AGREES, atol=2e-3)


@pytest.mark.parametrize("size", SIZES)
def test_pca_and_its_auc_are_those_of_scikit_learn(size: int) -> None:
    pca = PCA(min(size, D), svd_solver="full").fit(rows("train").astype(np.float64))
    scores = {
        measure: ((pca.inverse_transform(pca.transform(x)) - x) ** 2).mean(axis=1)
        for measure, x in fed().items()
    }
    for setting in ("linear", "curved"):
        for measure, score in scores.items():
            (published,) = measured(setting, measure, "pca", size)
            assert published == pytest.approx(score.mean(), rel=1e-3, abs=1e-6)
        (published,) = measured(setting, "auc", "pca", size)
        both = np.round([*scores["normal"], *scores["fault"]], 6)
        truth = np.repeat([0, 1], len(both) // 2)
        assert published == pytest.approx(roc_auc_score(truth, both), abs=2e-3)


@pytest.mark.parametrize("size", [4, 20])
def test_a_plain_loop_of_torch_comes_to_the_same_numbers(size: int) -> None:
    """The first `size` places of the linear network as modules of its own, by torch.optim.Adam."""
    seed, steps, batch = CARD["seed"], LIVE["steps"], LIVE["batch_size"]
    flat = rng.initial_weights(
        seed,
        [tuple(one["shape"]) for one in LIVE["parameters"]],
        [one["fan_in"] for one in LIVE["parameters"]],
    )
    encoder, decoder = nn.Linear(D, size, bias=False), nn.Linear(size, D, bias=False)
    with torch.no_grad():
        encoder.weight.copy_(torch.from_numpy(flat[: 20 * D].reshape(20, D)[:size]))
        decoder.weight.copy_(torch.from_numpy(flat[20 * D : 40 * D].reshape(D, 20)[:, :size]))
    network = nn.Sequential(encoder, decoder)
    optimiser = torch.optim.Adam(network.parameters(), lr=LIVE["knobs"][0]["default"])
    x = torch.from_numpy(rows("train"))
    for index in rng.batches(seed, 0, steps, len(x), batch):
        chosen = x[torch.from_numpy(index)]
        optimiser.zero_grad()
        (network(chosen) - chosen).square().mean().backward()
        optimiser.step()
    scores = {}
    for measure, values in fed().items():
        inputs = torch.from_numpy(values.astype(np.float32))
        with torch.no_grad():
            scores[measure] = (network(inputs) - inputs).square().mean(1).numpy()
        published = measured("linear", measure, "autoencoder", size)[0]
        assert published == pytest.approx(scores[measure].mean(), rel=2e-3, abs=1e-5)
    both = np.round([*scores["normal"], *scores["fault"]], 6)
    auc = roc_auc_score(np.repeat([0, 1], len(both) // 2), both)
    assert measured("linear", "auc", "autoencoder", size)[0] == pytest.approx(auc, abs=5e-3)


def test_the_findings_follow_from_the_measurements() -> None:
    (theory,) = measured("linear", "fault", "theory", 8)
    effects = [1 - measured("linear", "fault", "autoencoder", 8) / theory]
    holds = [bool(abs(effects[0]).max() <= 0.1)]
    for setting in ("linear", "curved"):
        fits, wide = (
            {m: measured(setting, m, "autoencoder", size) for m in ("normal", "auc", "noise")}
            for size in (4, 20)
        )
        effects += [
            1 - wide["normal"] / fits["normal"],
            fits["auc"] - wide["auc"],
            1 - wide["noise"] / fits["noise"],
        ]
        holds += [
            bool(e.min() > least) for e, least in zip(effects[-3:], (0, 0.1, 0.5), strict=True)
        ]
    for effect, finding in zip(effects, FIELDS["findings"], strict=True):
        assert abs(finding["effect"]) == pytest.approx(abs(effect.mean()), abs=1e-4)
    assert [one["holds"] for one in FIELDS["findings"]] == holds
    word = "held" if all(holds) else "held in part" if any(holds) else "not on these data"
    assert FIELDS["verdict"] == word
