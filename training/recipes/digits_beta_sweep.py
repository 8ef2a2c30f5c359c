"""The small digits VAE trained at ten values of β: the reconstruction–KL frontier (F10).

The step graph that the page runs also trains these, from one seed; only β differs.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import numpy as np

from training.data.dataset import Dataset
from training.data.digits import digits
from training.data.few_digits import ink_levels
from training.live.declaration import Floats
from training.live.graphs import evaluation, export_step
from training.live.loops import StepSession
from training.live.produce import Look, checked_inference, look_through
from training.publish.card import Metric
from training.publish.recipe import Claim, Progress, PublishedArray, Recipe, Trained
from training.recipes.families.digits_vae import MODEL, UNIT, label_arrays, live_data, measure_elbo

BETAS = (0.05, 0.1, 0.2, 0.4, 0.7, 1.0, 1.5, 2.0, 3.0, 4.0)
SEED = 7
STEPS = MODEL.steps
SPLITS = ("train", "validation", "test")


def train(progress: Progress) -> Trained:
    """Train once a β and measure all three splits with the weights that are published."""
    data = digits()
    trainer = StepSession(MODEL, export_step(MODEL), live_data(data).x_train())
    weights = []
    for number, beta in enumerate(BETAS):
        run = trainer.train(SEED, STEPS, {"beta": beta})
        weights.append(half_precision(run.state.params))
        progress((number + 1) / (len(BETAS) + 1))
    graphs = {name: checked_inference(MODEL, inference, name)
              for name, inference in MODEL.inference.items()}
    judge = checked_inference(MODEL, evaluation(MODEL), "evaluate")
    look = look_through({**graphs, "evaluate": judge})
    metrics = frontier(data, look, weights)
    return Trained(
        data=live_data(data).card,
        seed=SEED,
        parameters=MODEL.state_size,
        graphs=graphs,
        arrays={
            "params": PublishedArray(
                np.stack(weights), "", "flat parameters of the model of each β, in the order "
                "of `betas`, rounded to half precision"),
            "betas": PublishedArray(np.array(BETAS, np.float32), "", "the values of β"),
            "x_test": PublishedArray(
                ink_levels(data.test), "sixteenths of ink, row-major 8×8 images", "test images"),
            **label_arrays(data, "test"),
        },
        metrics=metrics,
        options={"betas": list(BETAS), "steps": STEPS, "batch_size": MODEL.batch_size,
                 "lr": MODEL.lr.default, "hidden": [32, 16], "likelihood": "Bernoulli",
                 "scale": live_data(data).scale, "unit": UNIT},
    )


def frontier(data: Dataset, look: Look, weights: list[Floats]) -> dict[str, Metric]:
    """Terms by split for each β, as `beta-0.5.test.kl`."""
    metrics: dict[str, Metric] = {}
    for beta, params in zip(BETAS, weights, strict=True):
        measured = measure_elbo(data, SPLITS, beta, look, params)
        metrics |= {f"beta-{beta:g}.{name}": metric for name, metric in measured.items()}
    return metrics


def half_precision(params: Floats) -> Floats:
    """Weights with the precision of float16, which compress to half the size."""
    return params.astype(np.float16).astype(np.float32)


def values(metrics: Mapping[str, float], name: str) -> list[float]:
    """One measurement at every β, β rising."""
    return [metrics[f"beta-{beta:g}.{name}"] for beta in BETAS]


def rises(series: list[float], slack: float) -> bool:
    """Whether no value lies more than `slack` below the one before it."""
    return all(after >= before - slack for before, after in pairwise(series))


RECIPE = Recipe(
    title="Ten VAEs, ten values of β",
    description="A small dense VAE, 64 → 32 → 16 → 2 and back, with Bernoulli pixels, trained on "
    "all ten digits at ten values of β from one start.",
    honesty="trained model",
    train=train,
    claims=(
        Claim("the KL term falls as β rises",
              lambda m: rises([-kl for kl in values(m, "test.kl")], slack=0.05)),
        Claim("the reconstruction gets worse as β rises",
              lambda m: rises(values(m, "test.reconstruction"), slack=0.5)),
        Claim("at the largest β the posterior has collapsed",
              lambda m: values(m, "test.kl")[-1] <= 0.1),
    ),
)
