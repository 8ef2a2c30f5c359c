"""Note 10: PCA's numbers, the costs and the findings, from what is published, by other code."""

from __future__ import annotations

import json
from itertools import pairwise

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA
from sklearn.metrics import roc_auc_score
from torch import nn

from tests.conftest import ROOT
from tests.parity.test_exported_models import array
from training.recipes.simplest_tool import judge_of, settings

FOLDER = ROOT / "build/models/simplest-tool"
CARD = json.loads((FOLDER / "card.json").read_text("utf-8"))
FIELDS = CARD["options"]["experiment"]
NAMES = [
    [one["name"] for one in FIELDS[key]]
    for key in ("settings", "measures", "series", "conditions")
]  # fmt: skip
SETTINGS = {setting.name: setting for setting in settings()}


def values(*names: str) -> np.ndarray:
    table = array(FOLDER, CARD, "values").astype(np.float64)
    place = tuple(known.index(name) for known, name in zip(NAMES, names, strict=True))
    seeds: np.ndarray = table[place]
    return seeds[~np.isnan(seeds)]


def test_on_points_the_plain_autoencoder_draws_nearest_to_the_data() -> None:
    """On average, and nearer than any diffusion model in four trainings of five. It is also
    accepted most often, and takes as many multiplications as the VAE."""
    plain = values("points", "energy", "tool", "ae")
    assert np.sum(plain < values("points", "energy", "tool", "diffusion").min()) == 4
    for tool in ("pca", "dae", "vae", "diffusion"):
        assert plain.mean() < values("points", "energy", "tool", tool).mean(), tool
        assert (
            values("points", "accepted", "tool", "ae").min()
            > values("points", "accepted", "tool", tool).max()
        )
    costs = [values("points", "multiplications", "tool", tool) for tool in ("ae", "vae")]
    np.testing.assert_array_equal(*costs)


@pytest.mark.parametrize("name", SETTINGS)
def test_pca_is_scikit_learns(name: str) -> None:
    setting = SETTINGS[name]
    pca = PCA(setting.code_size, svd_solver="full").fit(setting.data.train.x.astype(np.float64))

    def errors(rows: np.ndarray) -> np.ndarray:
        rebuilt = pca.inverse_transform(pca.transform(rows.astype(np.float64)))
        squared: np.ndarray = ((rebuilt - rows) ** 2).mean(1)
        return squared

    ordinary, strange = errors(setting.data.test.x), errors(setting.strange)
    (error,) = values(name, "error", "tool", "pca")
    assert error == pytest.approx(ordinary.mean(), rel=1e-4)
    (auc,) = values(name, "auc", "tool", "pca")
    known = np.repeat([0, 1], [len(ordinary), len(strange)])
    assert auc == pytest.approx(roc_auc_score(known, np.r_[ordinary, strange]), abs=1e-4)
    for tool in NAMES[3]:
        assert values(name, "error", "pca", tool) == pytest.approx([error])


@pytest.mark.parametrize("name", SETTINGS)
def test_as_many_of_pcas_samples_are_accepted_under_other_draws(name: str) -> None:
    setting = SETTINGS[name]
    pca = PCA(setting.code_size, svd_solver="full").fit(setting.data.train.x.astype(np.float64))
    codes = np.random.default_rng(8).standard_normal((4000, setting.code_size))
    drawn = pca.inverse_transform(codes * np.sqrt(pca.explained_variance_)).astype(np.float32)
    (published,) = values(name, "accepted", "tool", "pca")
    spread = np.sqrt(published * (1 - published) / CARD["options"]["throws"])
    assert judge_of(setting)(drawn) == pytest.approx(published, abs=5 * spread)


def dense(*widths: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for inputs, outputs in pairwise(widths):
        layers += [nn.Linear(inputs, outputs), nn.SiLU()]
    return nn.Sequential(*layers[:-1])


@pytest.mark.parametrize("name", SETTINGS)
def test_costs_are_those_of_networks_built_layer_by_layer(name: str) -> None:
    setting = SETTINGS[name]
    d, k, hidden = setting.data.train.x.shape[1], setting.code_size, setting.hidden
    decoder = dense(k, *hidden[::-1], d)
    denoiser = dense(d + 2, setting.diffusion_hidden, setting.diffusion_hidden, d)
    passes = CARD["options"]["steps"]
    for tool, encoder, last, times in (
        ("ae", dense(d, *hidden, k), decoder, 1),
        ("dae", dense(d, *hidden, k), decoder, 1),
        ("vae", dense(d, *hidden, 2 * k), decoder, 1),
        ("diffusion", nn.Sequential(), denoiser, passes),
    ):
        weights = [one for one in last.parameters() if one.dim() == 2]
        (cost,) = values(name, "multiplications", "tool", tool)
        assert cost == times * sum(weight.numel() for weight in weights)
        (parameters,) = values(name, "parameters", "tool", tool)
        both = (*encoder.parameters(), *last.parameters())
        assert parameters == sum(one.numel() for one in both)


def test_a_plain_training_loop_redraws_digits_as_well() -> None:
    """One seed, `torch.nn` and `torch.optim`, squared error; order and start of its own."""
    setting = SETTINGS["digits"]
    torch.manual_seed(2)
    x = torch.from_numpy(setting.data.train.x)
    model = nn.Sequential(dense(64, *setting.hidden, 16), dense(16, *setting.hidden, 64))
    steps = setting.schedule.epochs * (len(x) // 64)
    optimiser = torch.optim.Adam(model.parameters(), lr=setting.schedule.learning_rate)
    falling = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    for _ in range(steps):
        rows = x[torch.randint(len(x), (64,))]
        optimiser.zero_grad()
        nn.functional.mse_loss(model(rows).sigmoid(), rows).backward()
        optimiser.step()
        falling.step()
    test = torch.from_numpy(setting.data.test.x)
    with torch.no_grad():
        error = float((model(test).sigmoid() - test).square().mean())
    assert error == pytest.approx(values("digits", "error", "tool", "ae").mean(), rel=0.25)


def test_the_findings_follow_from_the_measurements() -> None:
    findings = iter(FIELDS["findings"])
    holds = []
    for setting, drawn, sign in (("points", "energy", -1), ("digits", "accepted", 1)):
        for measure, way, better, worse in (
            ("error", -1, "ae", "pca"), ("auc", 1, "ae", "pca"),
            (drawn, sign, "vae", "ae"), (drawn, sign, "diffusion", "vae"),
        ):  # fmt: skip
            found = next(findings)
            effects = way * (
                values(setting, measure, "tool", better) - values(setting, measure, "tool", worse)
            )
            assert (found["effect"], found["lowest"], found["highest"]) == pytest.approx(
                (effects.mean(), effects.min(), effects.max()), rel=1e-3
            )
            assert found["holds"] == (effects.min() > 0)
            holds.append(found["holds"])
    expected = "held" if all(holds) else "held in part" if any(holds) else "not on these data"
    assert FIELDS["verdict"] == expected


def test_what_has_no_code_redraws_nothing() -> None:
    for name in SETTINGS:
        assert len(values(name, "error", "tool", "diffusion")) == 0
        assert len(values(name, "auc", "tool", "diffusion")) == CARD["options"]["seeds"]
