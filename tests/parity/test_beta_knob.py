"""Note 5: PCA at a price by formula, one network by a plain loop, the twins, and the findings."""

from __future__ import annotations

import json
from itertools import pairwise

import numpy as np
import pytest
import torch
from torch import nn

from tests.conftest import ROOT
from tests.parity.test_exported_models import array
from training.data.digits import digits
from training.learn.variational_stack import VAEStack

FOLDER = ROOT / "build/models/beta-knob"
CARD = json.loads((FOLDER / "card.json").read_text("utf-8"))
OPTIONS = CARD["options"]
FIELDS = OPTIONS["experiment"]
VALUES = array(FOLDER, CARD, "values").astype(np.float64)[0]
BETAS = {condition["name"]: condition["value"] for condition in FIELDS["conditions"]}
DATA = digits()
SIZE = OPTIONS["code_size"]


def measured(measure: str, series: str, condition: str | None = None) -> np.ndarray:
    names = [[one["name"] for one in FIELDS[key]] for key in ("measures", "series")]
    found: np.ndarray = VALUES[names[0].index(measure), names[1].index(series)]
    if condition is not None:
        found = found[list(BETAS).index(condition)]
    seeds: np.ndarray = found[..., ~np.isnan(found).all(axis=tuple(range(found.ndim - 1)))]
    return seeds


def test_where_pca_is_behind_and_where_it_is_ahead() -> None:
    """In the loss behind up to β = ¼; of what it draws, more is accepted than of the copiers'."""
    cheaper, accepted = [], []
    for name, beta in BETAS.items():
        pca, network = (
            DATA.train.x.shape[1] * measured("error", series, name).mean()
            + beta * measured("nats", series, name).mean()
            for series in ("pca", "sum")
        )
        if pca < network:
            cheaper.append(name)
        if measured("accepted", "pca", name).max() > measured("accepted", "sum", name).max():
            accepted.append(name)
    assert set(cheaper) <= {"1", "4"}
    assert accepted == ["1-1024", "1-256"]
    means = {name: measured("accepted", "sum", name).mean() for name in ("1-16", "1-4")}
    near = {name: measured("covered", "sum", name).mean() for name in means}
    assert means["1-4"] > means["1-16"]
    assert near["1-16"] > near["1-4"]


@pytest.mark.parametrize(("series", "divisor"), [("pca", 1), ("pca-mean", 64)])
@pytest.mark.parametrize("name", BETAS)
def test_pca_at_a_price_by_formula(series: str, divisor: int, name: str) -> None:
    """Water-filling on the training digits' spectrum, its error and nats on validation."""
    train, x = (split.x.astype(np.float64) for split in (DATA.train, DATA.validation))
    variances, directions = np.linalg.eigh(np.cov(train.T, bias=True))
    variances, directions = variances[::-1][:SIZE], directions[:, ::-1][:, :SIZE]
    level = np.minimum(divisor * BETAS[name] / 2, variances)
    centred = x - train.mean(0)
    squares = np.mean((centred @ directions) ** 2, axis=0)
    share = level / variances
    outside = np.mean(np.sum(centred**2, axis=1)) - squares.sum()
    error = np.sum(share**2 * squares + (1 - share) * level) + outside
    nats = 0.5 * np.sum((1 - share) * squares / variances + share - 1 - np.log(share))
    (published,) = measured("error", series, name)
    assert published == pytest.approx(error / 64, rel=0.01)  # the code is drawn twice a digit
    (published,) = measured("nats", series, name)
    assert published == pytest.approx(nats, rel=1e-3, abs=1e-4)


def test_a_network_by_itself_and_a_plain_loop() -> None:
    """The first seed at β = 1/16, summed: layer by layer, torch.optim.Adam, Monte Carlo KL."""
    seed, seeds, epochs = CARD["seed"], OPTIONS["seeds"], OPTIONS["epochs"]
    torch.manual_seed(seed)
    stack = VAEStack(2 * len(BETAS) * seeds, 64, (48,), SIZE, (48,))
    encoder, decoder = stack.encoder.member(0), stack.decoder.member(0)
    optimiser = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()])
    generator = torch.Generator().manual_seed(seed)
    x = torch.from_numpy(DATA.train.x)
    batch_size = OPTIONS["batch_size"]
    per_epoch = len(x) // batch_size

    def terms(rows: torch.Tensor, eps: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        mu, log_var = encoder(rows).split(SIZE, dim=1)
        cloud = torch.distributions.Normal(mu, (log_var / 2).exp())
        x_hat = nn.functional.sigmoid(decoder(mu + cloud.stddev * eps))
        prior = torch.distributions.Normal(torch.zeros(()), torch.ones(()))
        kl = torch.distributions.kl_divergence(cloud, prior).sum(1).mean()
        return (x_hat - rows).pow(2).sum(1).mean(), kl

    for step in range(epochs * per_epoch):
        if step % per_epoch == 0:
            order = torch.randperm(len(x), generator=generator)
        rows = x[order[step % per_epoch * batch_size :][:batch_size]]
        eps = torch.randn(seeds, batch_size, SIZE, generator=generator)[0]
        rate = OPTIONS["learning_rate"] / 2
        optimiser.param_groups[0]["lr"] = rate * (1 + np.cos(np.pi * step / (epochs * per_epoch)))
        error, kl = terms(rows, eps)
        optimiser.zero_grad()
        (error + BETAS["1-16"] * kl).backward()
        optimiser.step()
    held_out = torch.from_numpy(DATA.validation.x)
    with torch.no_grad():
        error, kl = terms(held_out, torch.randn(len(held_out), SIZE, generator=generator))
    assert measured("error", "sum", "1-16")[0] == pytest.approx(float(error) / 64, rel=0.03)
    assert measured("nats", "sum", "1-16")[0] == pytest.approx(float(kl), rel=0.02)


@pytest.mark.parametrize("measure", ["error", "nats"])
def test_the_mean_at_a_beta_is_the_sum_at_sixty_four_times_it(measure: str) -> None:
    """To 2 % of the loss that the collapsed model has; Adam's ε is all that differs."""
    names = list(BETAS)
    for place, name in enumerate(names[:-3]):
        assert BETAS[names[place + 3]] == 64 * BETAS[name]
    summed, mean = measured(measure, "sum")[3:], measured(measure, "mean")[:-3]
    np.testing.assert_allclose(mean, summed, rtol=0.02, atol=2e-3)


def test_the_frontier_is_monotone() -> None:
    nats, errors = (measured(measure, "sum").mean(1) for measure in ("nats", "error"))
    assert all(after < before for before, after in pairwise(nats))
    assert all(after > before for before, after in pairwise(errors))


def test_numbers_in_use_are_few_where_the_nats_are() -> None:
    """A number that counts as used spends at least a tenth of a nat."""
    for series in ("sum", "mean", "pca", "pca-mean"):
        used, nats = measured("used", series), measured("nats", series)
        assert (used * OPTIONS["awake"] <= nats + 1e-6).all()
        assert (used[nats > SIZE * OPTIONS["awake"]] > 0).all()


def test_the_findings_follow_from_the_measurements() -> None:
    wanted = [
        ("nats", "sum", "1-4", "sum", "1-64"),
        ("nats", "sum", "1", "sum", "1-4"),
        ("error", "sum", "1-64", "sum", "1-4"),
        ("error", "sum", "1-4", "sum", "1"),
        ("accepted", "sum", "1-16", "sum", "1-1024"),
        ("accepted", "sum", "1-16", "sum", "1"),
        ("nats", "mean", "1-64", "sum", "1-64"),
        ("nats", "mean", "1-64", "sum", "1"),
    ]
    for (measure, *places), found in zip(wanted, FIELDS["findings"], strict=True):
        better, worse = measured(measure, *places[:2]), measured(measure, *places[2:])
        effects = better - worse if measure == "accepted" else worse - better
        if found["relative"]:
            effects = effects / worse
        assert found["effect"] == pytest.approx(effects.mean(), rel=1e-3, abs=1e-6)
    assert [found["holds"] for found in FIELDS["findings"]] == [
        *(found["lowest"] > 0 for found in FIELDS["findings"][:6]),
        FIELDS["findings"][6]["lowest"] > 0.5,
        max(abs(FIELDS["findings"][7][end]) for end in ("lowest", "highest")) <= OPTIONS["same"],
    ]


def test_what_error_can_be_borne() -> None:
    for series in ("sum", "mean"):
        errors = measured("error", series).max(1)
        bearable = np.array(list(BETAS.values()))[errors <= OPTIONS["bearable"]].max()
        assert CARD["metrics"][f"bearable.{series}"]["value"] == bearable
    summed, averaged = (
        CARD["metrics"][f"bearable.{series}"]["value"] for series in ("sum", "mean")
    )
    assert summed == 64 * averaged
