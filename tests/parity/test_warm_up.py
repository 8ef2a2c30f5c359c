"""Note 4: a run by plain torch.optim, theory against measurement, PCA by scikit-learn."""

from __future__ import annotations

import json
from functools import cache

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA
from sklearn.linear_model import LinearRegression
from torch import nn

from tests.conftest import ROOT
from tests.parity.test_exported_models import array
from training.data import rng

FOLDER = ROOT / "build/models/warm-up"
CARD = json.loads((FOLDER / "card.json").read_text("utf-8"))
FIELDS, LIVE = CARD["options"]["experiment"], CARD["options"]["live"]
NOISES = {"0.35": 0.35, "0.7": 0.7, "1.4": 1.4}
VARIANCES = np.array([4, 2, 1, 0.5, *[1 / 16] * 4])
CODE = 4
LEARNED_NATS = 0.6
"""By how much a divergence may miss theory where s² is learned, a tenth of it."""
AWAKE = 0.05
NATS = 0.3
"""By how much a seed's divergence may miss theory: the last steps are noisy."""


def measured(setting: str, measure: str, series: str, condition: str) -> np.ndarray:
    wanted = {"settings": setting, "measures": measure, "series": series, "conditions": condition}
    place = tuple(
        [one["name"] for one in FIELDS[kind]].index(name) for kind, name in wanted.items()
    )
    seeds: np.ndarray = array(FOLDER, CARD, "values").astype(np.float64)[place]
    return seeds[~np.isnan(seeds)]


@cache
def rows(split: str) -> np.ndarray:
    x: np.ndarray = array(FOLDER, CARD, f"x_{split}").astype(np.float32)
    offset: np.ndarray = array(FOLDER, CARD, "offset")
    return x * np.float32(LIVE["data"]["scale"]) - offset


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize("setting", ["linear", "digits", "rows"])
def test_under_a_warm_up_the_divergence_shoots_up_and_comes_down(setting: str, noise: str) -> None:
    """As the figure asks to see: while β is small a nat costs next to nothing."""
    (run,) = (
        one
        for one in FIELDS["live"]
        if (one["setting"], one["series"], one["condition"]) == (setting, "half", noise)
    )
    terms = [term["name"] for term in LIVE["terms"]]
    steps = array(FOLDER, CARD, "history_steps")
    curve = array(FOLDER, CARD, "history_validation")[run["entry"], :, terms.index("divergence")]
    early, warm = curve[steps <= LIVE["steps"] / 8], curve[steps >= run["knobs"]["warm_up"]]
    assert early.max() > 2 * curve[0]
    assert early.max() > warm.max()


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize("series", ["none", "half"])
def test_in_the_linear_case_theory_is_met_whatever_the_warm_up(series: str, noise: str) -> None:
    s2 = NOISES[noise]
    kls = np.log(np.maximum(VARIANCES[:CODE] / s2, 1)) / 2
    np.testing.assert_array_equal(measured("linear", "awake", series, noise), (kls > 0).sum())
    for measure, expected in (
        ("divergence", kls.sum()),
        *((f"kl_{place}", kl) for place, kl in enumerate(kls, 1)),
    ):
        (theory,) = measured("linear", measure, "theory", noise)
        assert theory == pytest.approx(expected, abs=1e-6)
        seeds = measured("linear", measure, series, noise)
        np.testing.assert_allclose(seeds, expected, atol=NATS, err_msg=measure)
        if measure == "divergence":
            assert seeds.mean() == pytest.approx(expected, rel=0.04)
    error = np.minimum(VARIANCES[:CODE], s2).sum() + VARIANCES[CODE:].sum()
    covariance = np.diag(np.maximum(VARIANCES, [s2] * 8))
    likelihood = (
        8 * np.log(2 * np.pi)
        + np.linalg.slogdet(covariance)[1]
        + np.trace(np.linalg.solve(covariance, np.diag(VARIANCES)))
    ) / 2
    assert measured("linear", "error", "theory", noise) == pytest.approx(error)
    assert measured("linear", "loss", "theory", noise) == pytest.approx(likelihood, rel=1e-5)
    assert measured("linear", "loss", series, noise).mean() == pytest.approx(likelihood, abs=0.15)


@pytest.mark.parametrize("series", ["none", "half"])
def test_a_learned_noise_comes_near_to_what_the_code_has_no_room_for(series: str) -> None:
    """The last steps are noisy, and what they miss is noise to the decoder: s² ends a little high,
    so that the divergence ends a little low."""
    expected = np.log(VARIANCES[:CODE] / VARIANCES[CODE:].mean()).sum() / 2
    (theory,) = measured("linear", "divergence", "theory", "learned")
    assert theory == pytest.approx(expected, abs=1e-6)
    np.testing.assert_array_equal(measured("linear", "awake", series, "learned"), CODE)
    seeds = measured("linear", "divergence", series, "learned")
    assert (seeds < expected + LEARNED_NATS).all()
    assert (seeds > expected - LEARNED_NATS).all()


@pytest.mark.parametrize("setting", ["digits", "rows"])
@pytest.mark.parametrize("noise", [*NOISES, "learned"])
def test_pca_is_that_of_scikit_learn(setting: str, noise: str) -> None:
    x = rows("train")[:, 8:].astype(np.float64)
    if setting == "rows":
        pictures = x.reshape(-1, 8, 8)
        above = np.concatenate([np.zeros_like(pictures[:, :1]), pictures[:, :-1]], 1)
        told = LinearRegression(fit_intercept=False).fit(above.reshape(-1, 8), x.reshape(-1, 8))
        x = x - told.predict(above.reshape(-1, 8)).reshape(x.shape)
    variances = PCA(svd_solver="full").fit(x).explained_variance_ * (1 - 1 / len(x))
    s2 = NOISES.get(noise, float(variances[CODE:].mean()))
    kls = np.log(np.maximum(variances[:CODE] / s2, 1)) / 2
    assert measured(setting, "divergence", "pca", noise) == pytest.approx(kls.sum(), rel=1e-4)
    assert measured(setting, "awake", "pca", noise) == (kls > AWAKE).sum()


def test_the_points_have_the_variances_that_theory_takes() -> None:
    for split in ("train", "validation"):
        found = np.linalg.eigvalsh(np.cov(rows(split)[:, :8].T, bias=True))[::-1]
        np.testing.assert_allclose(found, VARIANCES, rtol=0.02, atol=0.005)


@pytest.mark.parametrize("warm_up", ["none", "half"])
def test_a_plain_loop_of_torch_comes_to_the_same_numbers(warm_up: str) -> None:
    """The linear network at s² = 0.7, by modules of its own and torch.optim.Adam."""
    seed, steps, batch = CARD["seed"], LIVE["steps"], LIVE["batch_size"]
    flat = torch.from_numpy(
        rng.initial_weights(
            seed,
            [tuple(one["shape"]) for one in LIVE["parameters"]],
            [one["fan_in"] for one in LIVE["parameters"]],
        )
    )
    encoder, decoder = nn.Linear(8, CODE, bias=False), nn.Linear(CODE, 8, bias=False)
    log_var = nn.Parameter(flat[32:36].clone())
    with torch.no_grad():
        encoder.weight.copy_(flat[:32].reshape(CODE, 8))
        decoder.weight.copy_(flat[36:68].reshape(8, CODE))
    optimiser = torch.optim.Adam(
        [encoder.weight, log_var, decoder.weight], lr=LIVE["knobs"][0]["default"]
    )
    x = torch.from_numpy(rows("train")[:, :8])
    index = rng.batches(seed, 0, steps, len(x), batch)
    noise = torch.from_numpy(rng.step_noise(seed, 0, steps, batch * CODE))

    def kls(mu: torch.Tensor) -> torch.Tensor:
        normal = torch.distributions.Normal(0.0, 1.0)
        q = torch.distributions.Normal(mu, torch.exp(log_var / 2))
        return torch.distributions.kl_divergence(q, normal).mean(0)

    for step in range(steps):
        rise = 1.0 if warm_up == "none" else min(1.0, (step + 1) / (steps / 2))
        chosen = x[torch.from_numpy(index[step])]
        mu = encoder(chosen)
        z = mu + torch.exp(log_var / 2) * noise[step].reshape(batch, CODE)
        error = (decoder(z) - chosen).square().sum(1).mean()
        loss = error / (2 * 0.7) + rise * kls(mu).sum()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    with torch.no_grad():
        found = kls(encoder(torch.from_numpy(rows("validation")[:, :8]))).sort(descending=True)[0]
    for place, value in enumerate(found.tolist(), 1):
        published = measured("linear", f"kl_{place}", warm_up, "0.7")[0]
        assert published == pytest.approx(value, abs=2e-3)


def test_the_findings_follow_from_the_measurements() -> None:
    def awake(setting: str, series: str, condition: str) -> np.ndarray:
        return measured(setting, "awake", series, condition)

    effects = [
        awake("linear", "half", "0.7") - awake("linear", "theory", "0.7"),
        measured("linear", "divergence", "half", "0.7")
        - measured("linear", "divergence", "none", "0.7"),
        awake("linear", "none", "0.35") - awake("linear", "none", "0.7"),
        awake("linear", "none", "learned") - awake("linear", "none", "0.7"),
        *(awake(name, "half", "0.7") - awake(name, "none", "0.7") for name in ("digits", "rows")),
    ]
    for effect, finding in zip(effects, FIELDS["findings"], strict=True):
        assert finding["effect"] == pytest.approx(effect.mean(), abs=1e-5)
        assert finding["lowest"] == pytest.approx(effect.min(), abs=1e-5)
    holds = [
        not effects[0].any(), abs(effects[1]).max() <= 0.15,
        *(effect.min() > 0 for effect in effects[2:]),
    ]  # fmt: skip
    assert [one["holds"] for one in FIELDS["findings"]] == holds
    word = "held" if all(holds) else "held in part" if any(holds) else "not on these data"
    assert FIELDS["verdict"] == word
