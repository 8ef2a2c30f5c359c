"""Note 9: the shared layers are torch's convolutions, and the numbers are those of plain loops."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA
from torch import Tensor, nn
from torch.nn import functional

from tests.conftest import ROOT
from tests.parity.test_exported_models import array
from training.data import rng

FOLDER = ROOT / "build/models/geometry"
CARD = json.loads((FOLDER / "card.json").read_text("utf-8"))
FIELDS, LIVE = CARD["options"]["experiment"], CARD["options"]["live"]
SERIES = [one["name"] for one in FIELDS["series"]]
CONDITIONS = [one["name"] for one in FIELDS["conditions"]]
ORDER = rng.permutation(1, rng.STREAM_DRAW, 64)
CHANNELS = 8


def left(series: str, condition: str) -> np.ndarray:
    values = array(FOLDER, CARD, "values").astype(np.float64)
    seeds: np.ndarray = values[0, 0, SERIES.index(series), CONDITIONS.index(condition)]
    return seeds[~np.isnan(seeds)]


def rows(split: str, condition: str) -> np.ndarray:
    x: np.ndarray = array(FOLDER, CARD, f"x_{split}").astype(np.float32)
    x = x * np.float32(LIVE["data"]["scale"]) - array(FOLDER, CARD, "offset")
    x = x[:, :64] if condition.startswith("shapes") else x[:, 64:]
    return x[:, ORDER] if condition.endswith("shuffled") else x


def weights(seed: int) -> dict[str, Tensor]:
    shapes = [tuple(one["shape"]) for one in LIVE["parameters"]]
    flat = rng.initial_weights(seed, shapes, [one["fan_in"] for one in LIVE["parameters"]])
    pieces = np.split(flat, np.cumsum([np.prod(shape) for shape in shapes])[:-1])
    return {
        one["name"]: torch.tensor(piece.reshape(shape), requires_grad=True)
        for one, piece, shape in zip(LIVE["parameters"], pieces, shapes, strict=True)
    }


def dense(w: dict[str, Tensor], x: Tensor) -> Tensor:
    for name in ("body", "to_code", "from_code", "out"):
        x = functional.linear(x, w[f"{name}.weight"], w[f"{name}.bias"])
        x = torch.tanh(x) if name in ("body", "from_code") else x
    return x


def in_the_plane(w: dict[str, Tensor], x: Tensor) -> Tensor:
    """By conv2d: blocks of 2 by 2 become pictures, and pictures blocks again."""
    pictures = functional.pixel_shuffle(x.reshape(-1, 4, 4, 4).permute(0, 3, 1, 2), 2)
    kernels = w["window.weight"].reshape(CHANNELS, 1, 3, 3)
    features = torch.tanh(functional.conv2d(pictures, kernels, w["window.bias"], 2, 1))
    flat = features.permute(0, 2, 3, 1).flatten(1)
    code = functional.linear(flat, w["places_to_code.weight"], w["places_to_code.bias"])
    drawn = torch.tanh(
        functional.linear(code, w["code_to_places.weight"], w["code_to_places.bias"])
    )
    places = drawn.reshape(-1, 4, 4, CHANNELS).permute(0, 3, 1, 2)
    kernels = w["block.weight"].reshape(4, 3, 3, CHANNELS).permute(0, 3, 1, 2)
    blocks = functional.conv2d(places, kernels, w["block.bias"], padding=1)
    return blocks.permute(0, 2, 3, 1).flatten(1)


def along_time(w: dict[str, Tensor], x: Tensor) -> Tensor:
    """By conv1d."""
    padded = functional.pad(x[:, None], (2, 3))
    kernels = w["window.weight"].reshape(CHANNELS, 1, 9)
    features = torch.tanh(functional.conv1d(padded, kernels, w["window.bias"], 4))
    flat = features.transpose(1, 2).flatten(1)
    code = functional.linear(flat, w["places_to_code.weight"], w["places_to_code.bias"])
    drawn = torch.tanh(
        functional.linear(code, w["code_to_places.weight"], w["code_to_places.bias"])
    )
    kernels = w["block.weight"].reshape(4, 9, CHANNELS).transpose(1, 2)
    places = drawn.reshape(-1, 16, CHANNELS).transpose(1, 2)
    blocks = functional.conv1d(places, kernels, w["block.bias"], padding=4)
    return blocks.transpose(1, 2).flatten(1)


def network(series: str, condition: str):  # type: ignore[no-untyped-def]
    if series == "dense":
        return dense
    return in_the_plane if condition.startswith("shapes") else along_time


@pytest.mark.parametrize("condition", ["shapes-shuffled", "currents"])
@pytest.mark.parametrize("series", ["dense", "convolution"])
def test_a_plain_loop_of_torch_comes_to_the_same_share(series: str, condition: str) -> None:
    seed, steps = CARD["seed"], LIVE["steps"]
    w, run = weights(seed), network(series, condition)
    optimiser = torch.optim.Adam(list(w.values()), lr=LIVE["knobs"][0]["default"])
    x = torch.from_numpy(rows("train", condition))
    for index in rng.batches(seed, 0, steps, len(x), LIVE["batch_size"]):
        chosen = x[torch.from_numpy(index)]
        optimiser.zero_grad()
        (run(w, chosen) - chosen).square().mean().backward()
        optimiser.step()
    held_out = torch.from_numpy(rows("validation", condition))
    with torch.no_grad():
        found = float((run(w, held_out) - held_out).square().mean())
    assert left(series, condition)[0] == pytest.approx(found, rel=0.02)


@pytest.mark.parametrize("condition", CONDITIONS)
def test_pca_is_that_of_scikit_learn_and_shares_are_of_the_variance(condition: str) -> None:
    x, held_out = (rows(split, condition).astype(np.float64) for split in ("train", "validation"))
    assert x.var(axis=0).mean() == pytest.approx(1, abs=0.03)
    pca = PCA(8, svd_solver="full").fit(x)
    rebuilt = pca.inverse_transform(pca.transform(held_out))
    (published,) = left("pca", condition)
    assert published == pytest.approx(np.mean((rebuilt - held_out) ** 2), rel=1e-3)


def test_both_kinds_have_as_many_parameters() -> None:
    counts = {"dense": 0, "convolution": 0}
    for one in LIVE["parameters"]:
        kind = one["name"].split(".")[0] in {"body", "to_code", "from_code", "out"}
        counts["dense" if kind else "convolution"] += int(np.prod(one["shape"]))
    hidden = nn.Sequential(nn.Linear(64, 17), nn.Linear(17, 8), nn.Linear(8, 17), nn.Linear(17, 64))
    assert counts["dense"] == sum(p.numel() for p in hidden.parameters())
    assert abs(counts["dense"] - counts["convolution"]) <= 2
    for kind, count in counts.items():
        assert CARD["metrics"][f"parameters.{kind}"]["value"] == count


def test_the_findings_follow_from_the_shares() -> None:
    effects, holds = [], []
    for name in ("shapes", "currents"):
        in_order, shuffled = left("dense", name), left("dense", f"{name}-shuffled")
        convolution = left("convolution", name)
        effects += [
            1 - shuffled / in_order,
            1 - convolution / in_order,
            1 - convolution / left("convolution", f"{name}-shuffled"),
        ]
        holds += [abs(effects[-3]).max() <= 0.1, effects[-2].min() > 0, effects[-1].min() > 0]
    for effect, finding in zip(effects, FIELDS["findings"], strict=True):
        assert finding["effect"] == pytest.approx(effect.mean(), abs=1e-4)
        assert finding["lowest"] == pytest.approx(effect.min(), abs=1e-4)
    assert [one["holds"] for one in FIELDS["findings"]] == holds
