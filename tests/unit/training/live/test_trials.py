"""Conditions of an experiment end where the page's own training of them ends."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from training.live.declaration import STEP, Knob, LiveModel, Term, learning_rate
from training.live.graphs import evaluation
from training.live.loops import StepSession
from training.live.produce import LiveData, checked_inference, evaluation_feeds, look_through
from training.live.trials import HISTORY_POINTS, LiveCondition, Trials, run_trials
from training.publish.card import DataCard
from training.publish.recipe import PublishedArray

SEEDS = (3, 4)
STEPS = 50
CONDITIONS = [
    LiveCondition("all", "ours", name, {"weight": weight})
    for name, weight in (("light", 0.5), ("heavy", 8.0))
]


def pulled(
    network: nn.Module, x: Tensor, eps: Tensor, knobs: Mapping[str, Tensor]
) -> dict[str, Tensor]:
    x_hat = network(x + 0.1 * eps)
    error = (x_hat - x).square().mean()
    return {"loss": error + knobs["weight"] * x_hat.square().mean(), "error": error}


def model() -> LiveModel:
    torch.manual_seed(0)
    return LiveModel(
        network=nn.Sequential(nn.Linear(4, 3), nn.SiLU(), nn.Linear(3, 4)),
        loss=pulled,
        terms=(Term("loss", "", ""), Term("error", "", "")),
        input_size=4,
        batch_size=8,
        steps=STEPS,
        lr=learning_rate(1e-2),
        inference={},
        knobs=(Knob("weight", 1.0, 0.1, 10.0, "log", ""),),
        noise_size=4,
    )


def data() -> LiveData:
    x = np.random.default_rng(0).standard_normal((60, 4)).astype(np.float32)
    card = DataCard("toy", "synthetic", "", {"train": 40, "validation": 20})
    return LiveData(card, PublishedArray(x[:40], "", ""), PublishedArray(x[40:], "", ""))


@pytest.fixture(scope="module")
def trials() -> Trials:
    return run_trials(model(), data(), SEEDS, CONDITIONS, lambda share: None)


def test_each_run_ends_where_the_exported_step_ends(trials: Trials) -> None:
    assert trials.terms.shape == (2, 2, 2)
    trainer = StepSession(model(), trials.graphs["step"].model, data().x_train())
    look = look_through(trials.graphs)
    for entry, condition in enumerate(CONDITIONS):
        assert trials.live[entry]["entry"] == entry
        feeds = evaluation_feeds(model(), data().x_validation(), condition.knobs)
        for place, seed in enumerate(SEEDS):
            run = trainer.train(seed, STEPS, condition.knobs)
            np.testing.assert_allclose(trials.params[entry, place], run.state.params, atol=1e-5)
            losses = look("evaluate", run.state.params, **feeds)["losses"]
            np.testing.assert_allclose(trials.terms[entry, place], losses, rtol=1e-4)


def test_a_scheduled_loss_is_told_the_step_and_looked_at_as_at_the_end() -> None:
    def warmed(
        network: nn.Module, x: Tensor, eps: Tensor, knobs: Mapping[str, Tensor]
    ) -> dict[str, Tensor]:
        share = knobs[STEP] / STEPS
        terms = pulled(network, x, eps, {"weight": share * knobs["weight"]})
        return {"loss": terms["loss"] + 0.1 * share, "error": terms["error"]}

    plain, scheduled = model(), replace(model(), loss=warmed, scheduled=True)
    trials = run_trials(scheduled, data(), SEEDS, CONDITIONS, lambda share: None)
    trainer = StepSession(scheduled, trials.graphs["step"].model, data().x_train())
    for entry, condition in enumerate(CONDITIONS):
        run = trainer.train(SEEDS[1], STEPS, condition.knobs)
        np.testing.assert_allclose(trials.params[entry, 1], run.state.params, atol=1e-5)
        feeds = evaluation_feeds(plain, data().x_validation(), condition.knobs)
        graphs = {"evaluate": checked_inference(plain, evaluation(plain), "evaluate")}
        at_the_end = look_through(graphs)("evaluate", run.state.params, **feeds)["losses"]
        np.testing.assert_allclose(trials.terms[entry, 1] - [0.1, 0], at_the_end, rtol=1e-4)


def test_the_curves_are_those_of_the_first_seed(trials: Trials) -> None:
    steps, train, validation = (
        trials.arrays[f"history_{name}"].values for name in ("steps", "train", "validation")
    )
    width = -(-STEPS // HISTORY_POINTS)
    assert steps.tolist() == [*range(0, STEPS, width), STEPS]
    assert train.shape == validation.shape == (2, len(steps), 2)
    np.testing.assert_array_equal(validation[:, -1], trials.terms[:, 0])
    run = StepSession(model(), trials.graphs["step"].model, data().x_train()).train(
        SEEDS[0], STEPS, CONDITIONS[1].knobs
    )
    means = [run.losses[step : step + width].mean(axis=0) for step in steps[:-1]]
    np.testing.assert_allclose(train[1, :-1].astype(np.float64), means, rtol=1e-4)


@pytest.mark.parametrize(
    ("knobs", "message"),
    [
        ({"weight": 11.0}, r"“odd” of “ours”: weight = 11.0 is out of its range"),
        ({"lr": 0.1}, r"expected the knobs \['weight'\], found \['lr'\]"),
    ],
)
def test_what_a_condition_may_set(knobs: Mapping[str, float], message: str) -> None:
    odd = LiveCondition("all", "ours", "odd", knobs)
    with pytest.raises(ValueError, match=message):
        run_trials(model(), data(), SEEDS, [*CONDITIONS, odd], lambda share: None)


def test_a_knob_that_the_model_lacks() -> None:
    with pytest.raises(ValueError, match="found “heat”"):
        run_trials(
            model(), data(), SEEDS, [LiveCondition("all", "ours", "hot", {"heat": 1.0})],
            lambda share: None,
        )  # fmt: skip
