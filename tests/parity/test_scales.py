"""Note 2: PCA's losses, one seed's training and the findings, by other code than the recipe's."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import nn

from tests.conftest import ROOT
from tests.parity.test_exported_models import array
from training.data import rng
from training.data.readings import FEATURES, readings

FOLDER = ROOT / "build/models/scales"
CARD: dict[str, Any] = json.loads((FOLDER / "card.json").read_text("utf-8"))
FIELDS = CARD["options"]["experiment"]
SCALINGS = [condition["name"] for condition in FIELDS["conditions"]]
TRAIN, HELD_OUT = (split.x.astype(np.float64) for split in list(readings().splits().values())[:2])

Matrix = NDArray[np.float64]


def published(measure: str, series: str, scaling: str) -> Matrix:
    """The published measurements there, one a seed."""
    names = [[one["name"] for one in FIELDS[key]] for key in ("measures", "series")]
    values = array(FOLDER, CARD, "values").astype(np.float64)
    seeds: Matrix = values[
        0, names[0].index(measure), names[1].index(series), SCALINGS.index(scaling)
    ]
    return seeds[~np.isnan(seeds)]


def logarithmic(x: Matrix, scaling: str) -> Matrix:
    """With the logarithm of the vibration in place of it, where the condition says so."""
    if scaling != "log":
        return x
    return np.column_stack([x[:, :3], np.log(x[:, 3])])


def factors(scaling: str) -> Matrix:
    """What each centred reading is multiplied with; four is the sum of the scaled variances."""
    x = logarithmic(TRAIN, scaling)
    if scaling == "raw":
        found = np.ones(4)
    elif scaling == "min-max":
        found = 1 / (x.max(0) - x.min(0))
    else:
        found = 1 / np.sqrt(((x - x.mean(0)) ** 2).mean(0))
    scaled: Matrix = 2 * found / np.linalg.norm(found * x.std(0))
    return scaled


def judged(rebuilt: Matrix, scaling: str) -> dict[str, float]:
    """The measures, of held-out readings rebuilt in the network's units."""
    back = rebuilt / factors(scaling) + logarithmic(TRAIN, scaling).mean(0)
    if scaling == "log":
        back[:, 3] = np.exp(back[:, 3])
    off = back - HELD_OUT
    found = {"relative": float(np.mean(np.abs(off[:, 3] / HELD_OUT[:, 3])))}
    for column, name in enumerate(FEATURES):
        square = float(np.mean(off[:, column] ** 2))
        found[f"error_{name}"] = np.sqrt(square)
        found[f"lost_{name}"] = square / float(TRAIN[:, column].var())
    return found


def scaled(x: Matrix, scaling: str) -> Matrix:
    own = logarithmic(x, scaling)
    found: Matrix = (own - logarithmic(TRAIN, scaling).mean(0)) * factors(scaling)
    return found


@pytest.mark.parametrize("scaling", SCALINGS)
def test_pca_follows_from_the_eigenvectors_of_the_covariance(scaling: str) -> None:
    seen = scaled(TRAIN, scaling)
    _, vectors = np.linalg.eigh(seen.T @ seen / len(seen))
    kept = vectors[:, -2:]
    found = judged(scaled(HELD_OUT, scaling) @ kept @ kept.T, scaling)
    for measure, value in found.items():
        (said,) = published(measure, "pca", scaling)
        assert said == pytest.approx(value, rel=1e-3, abs=1e-6), measure


@pytest.mark.parametrize("scaling", ["z-score", "min-max", "log"])
@pytest.mark.parametrize("name", FEATURES)
def test_the_linear_network_loses_what_theory_says(scaling: str, name: str) -> None:
    """Within a twentieth in the mean: it ends at the principal components of what it is fed."""
    (theory,) = published(f"lost_{name}", "pca", scaling)
    assert published(f"lost_{name}", "linear", scaling).mean() == pytest.approx(theory, rel=0.05)


def test_in_raw_units_theory_and_networks_lose_the_same_two_readings() -> None:
    """Theory is where training would end; in raw units it is still far from it after these steps,
    in the quiet readings, while the loud ones are kept as theory says."""
    for series in ("pca", "linear", "network"):
        assert published("lost_speed", series, "raw").max() < 1e-3
        assert published("lost_torque", series, "raw").mean() < 0.25
        assert published("lost_temperature", series, "raw").mean() > 0.5
        assert published("lost_vibration", series, "raw").mean() > 1


def test_one_seed_trained_by_plain_torch_ends_at_its_dot() -> None:
    options = CARD["options"]["live"]
    seed, scaling = CARD["options"]["seeds"][0], "log"
    layers = [nn.Linear(4, 16), nn.Linear(16, 2), nn.Linear(2, 16), nn.Linear(16, 4)]
    network = nn.Sequential(layers[0], nn.Tanh(), layers[1], layers[2], nn.Tanh(), layers[3])
    shapes = [tuple(weights.shape) for weights in network.parameters()]
    fans = [layer.in_features for layer in layers for _ in range(2)]
    start = torch.from_numpy(rng.initial_weights(seed, shapes, fans))
    nn.utils.vector_to_parameters(start, network.parameters())
    x = torch.from_numpy(scaled(TRAIN, scaling)).float()
    (lr,) = (knob["default"] for knob in options["knobs"] if knob["name"] == "lr")
    optimiser = torch.optim.Adam(network.parameters(), lr=lr)
    for rows in rng.batches(seed, 0, options["steps"], len(x), options["batch_size"]):
        batch = x[torch.from_numpy(rows)]
        optimiser.zero_grad()
        (network(batch) - batch).square().mean().backward()
        optimiser.step()
    with torch.no_grad():
        rebuilt = network(torch.from_numpy(scaled(HELD_OUT, scaling)).float())
    for measure, value in judged(rebuilt.numpy().astype(np.float64), scaling).items():
        assert published(measure, "network", scaling)[0] == pytest.approx(value, rel=0.01), measure


def test_shares_of_the_loss_are_shares_of_the_variance() -> None:
    for scaling in SCALINGS:
        variances = scaled(TRAIN, scaling).var(0)
        for name, share in zip(FEATURES, variances / variances.sum(), strict=True):
            said = CARD["metrics"][f"share.{scaling}.{name}"]["value"]
            assert said == pytest.approx(share, rel=1e-4)


def test_the_findings_follow_from_the_measurements() -> None:
    wanted = (
        ("lost_temperature", "z-score", "raw"),
        ("lost_vibration", "z-score", "min-max"),
        ("relative", "log", "z-score"),
        ("error_vibration", "log", "z-score"),
    )
    holds = []
    for (measure, better, worse), found in zip(wanted, FIELDS["findings"], strict=True):
        gains = published(measure, "network", worse) - published(measure, "network", better)
        assert found["effect"] == pytest.approx(gains.mean(), rel=1e-4)
        assert found["holds"] == (gains.min() > 0)
        holds.append(found["holds"])
    every, some = all(holds), any(holds)
    words = "held" if every else "held in part" if some else "not on these data"
    assert FIELDS["verdict"] == words
