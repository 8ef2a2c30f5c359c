"""The small digits VAE trained at ten values of β: the frontier (F10), and the surgery (F25).

All are trained side by side, as the page would train each, from one seed; only β differs. At some
of the values two more seeds are trained, to see how far the surgery's terms vary.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise

import numpy as np

from training.data.dataset import Dataset
from training.data.digits import digits
from training.data.few_digits import ink_levels
from training.learn.fit import share_of
from training.live.declaration import Floats
from training.live.graphs import evaluation
from training.live.produce import Look, checked_inference, look_through
from training.live.side_by_side import train_side_by_side
from training.measure.surgery import (
    PLANE,
    Field,
    Surgery,
    best_bounds,
    elbos,
    importance_bounds,
    log_evidence,
    log_likelihood,
    plane_codes,
    surgery,
)
from training.publish.card import Metric
from training.publish.recipe import Claim, Progress, PublishedArray, Recipe, Trained
from training.recipes.families.digits_vae import (
    CODE_SIZE,
    MODEL,
    UNIT,
    label_arrays,
    live_data,
    measure_elbo,
)

BETAS = (0.05, 0.1, 0.2, 0.4, 0.7, 1.0, 1.5, 2.0, 3.0, 4.0)
SEED = 7
MORE_SEEDS = (8, 9)
REPEATED = (0.1, 0.4, 1.0, 2.0, 4.0)
"""Values of β at which the further seeds are trained."""

IMPORTANCE_DRAWS = 10
IMPORTANCE_REPEATS = 50
"""Times that so many are drawn for each digit. From one time to the next the bound's mean over the
digits varies by a hundredth of a nat, a quarter of what it leaves out of log p(x)."""

COLLAPSED = 0.1
"""A code on which fewer nats are spent than this tells nothing that a reader could see."""

STEPS = MODEL.steps
SPLITS = ("train", "validation", "test")


def train(progress: Progress) -> Trained:
    """Train once a β and measure all three splits with the weights that are published."""
    data = digits()
    runs = [(SEED, beta) for beta in BETAS]
    runs += [(seed, beta) for seed in MORE_SEEDS for beta in REPEATED]
    ends = train_side_by_side(
        MODEL,
        live_data(data).x_train(),
        [seed for seed, _ in runs],
        {"beta": [beta for _, beta in runs]},
        share_of(progress, 0, 0.9),
    )
    weights = [half_precision(params) for params in ends]
    graphs = {
        name: checked_inference(MODEL, inference, name)
        for name, inference in MODEL.inference.items()
    }
    judge = checked_inference(MODEL, evaluation(MODEL), "evaluate")
    look = look_through({**graphs, "evaluate": judge})
    metrics = frontier(data, look, weights[: len(BETAS)])
    carved = [surgery(*posteriors(data, look, params)) for params in weights]
    table = dict(zip(runs, carved, strict=True))
    metrics |= surgery_metrics(table)
    metrics |= collapse_metrics(data, look, weights[: len(BETAS)])
    metrics |= bound_metrics(data, look, weights[BETAS.index(1.0)])
    return Trained(
        data=live_data(data).card,
        seed=SEED,
        parameters=MODEL.state_size,
        graphs=graphs,
        arrays={
            "params": PublishedArray(
                np.stack(weights[: len(BETAS)]),
                "",
                "flat parameters of the model of each β, in "
                "the order of `betas`, rounded to half precision",
            ),
            "betas": PublishedArray(np.array(BETAS, np.float32), "", "the values of β"),
            "terms": PublishedArray(
                np.array(
                    [[one.information, one.marginal] for one in carved[: len(BETAS)]],
                    np.float32,
                ),
                "nats an example",
                "information and marginal KL of the model of each β, test digits",
            ),
            "repeated_betas": PublishedArray(
                np.array(REPEATED, np.float32), "", "the values of β with three seeds"
            ),
            "repeated_terms": PublishedArray(
                np.array(
                    [
                        [
                            [table[seed, beta].information, table[seed, beta].marginal]
                            for beta in REPEATED
                        ]
                        for seed in (SEED, *MORE_SEEDS)
                    ],
                    np.float32,
                ),
                "nats an example",
                "information and marginal KL by seed and repeated β, test digits",
            ),
            "x_test": PublishedArray(
                ink_levels(data.test), "sixteenths of ink, row-major 8×8 images", "test images"
            ),
            **label_arrays(data, "test"),
        },
        metrics=metrics,
        options={
            "betas": list(BETAS),
            "seeds": [SEED, *MORE_SEEDS],
            "steps": STEPS,
            "batch_size": MODEL.batch_size,
            "lr": MODEL.lr.default,
            "hidden": [32, 16],
            "likelihood": "Bernoulli",
            "scale": live_data(data).scale,
            "unit": UNIT,
        },
    )


def frontier(data: Dataset, look: Look, weights: list[Floats]) -> dict[str, Metric]:
    """Terms by split for each β, as `beta-0.5.test.kl`."""
    metrics: dict[str, Metric] = {}
    for beta, params in zip(BETAS, weights, strict=True):
        measured = measure_elbo(data, SPLITS, beta, look, params)
        metrics |= {f"beta-{beta:g}.{name}": metric for name, metric in measured.items()}
    return metrics


def posteriors(data: Dataset, look: Look, params: Floats) -> tuple[Field, Field]:
    """Means and deviations of the test digits' clouds, each float64 `[n, 2]`."""
    clouds = look("encoder", params, x=data.test.x)
    return clouds["mu"].astype(np.float64), np.exp(clouds["log_var"].astype(np.float64) / 2)


def collapse_metrics(data: Dataset, look: Look, weights: list[Floats]) -> dict[str, Metric]:
    """What all models lose at the largest β on test digits: its own, which has collapsed, and the
    best of the others.

    By quadrature: with one draw of ε a digit, chance decides between it and the next.
    """
    x = data.test.x.astype(np.float64)
    losses, nats = np.empty(len(weights)), np.empty(len(weights))
    for place, params in enumerate(weights):
        mu, sigma = posteriors(data, look, params)
        kl = (0.5 * (mu**2 + sigma**2 - 1) - np.log(sigma)).sum(axis=1)
        bound = elbos(x, mu, sigma, decoder(look, params))
        losses[place], nats[place] = ((BETAS[-1] - 1) * kl - bound).mean(), kl.mean()
    other = int(losses[:-1].argmin())
    unit = "nats an example"
    weighed = f"reconstruction + {BETAS[-1]:g} KL, by Gauss–Hermite quadrature,"
    told = {
        "loss": (losses[-1], unit, f"{weighed} of the model of that β"),
        "best_other_loss": (losses[other], unit, f"{weighed} of the best of the other models"),
        "best_other_kl": (nats[other], unit, "KL(q(z|x) ‖ N(0, I)) of that other model"),
        "best_other_beta": (BETAS[other], "β", "at which that other model was trained"),
    }
    return {
        f"collapse.test.{name}": Metric(float(value), of, "test", about)
        for name, (value, of, about) in told.items()
    }


def decoder(look: Look, params: Floats) -> Callable[[Field], Field]:
    """Codes `[n, 2]` → means of pixels `[n, 64]` of the model with these weights."""

    def decode(z: Field) -> Field:
        return look("decoder", params, z=z.astype(np.float32))["x_hat"].astype(np.float64)

    return decode


def surgery_metrics(table: Mapping[tuple[int, float], Surgery]) -> dict[str, Metric]:
    """The parts of the mean KL, as `beta-1.test.information`, with the spread over seeds."""
    unit = "nats an example"
    named = {
        "information": "I(x; z) when x is one of the test digits",
        "marginal_kl": "KL(q(z) ‖ p(z)) of the aggregate posterior of the test digits",
    }
    metrics: dict[str, Metric] = {}
    for beta in BETAS:
        own = [carved for (_, at), carved in table.items() if at == beta]
        for name, about in named.items():
            values = [one.information if name == "information" else one.marginal for one in own]
            key = f"beta-{beta:g}.test.{name}"
            metrics[key] = Metric(values[0], unit, "test", about)
            if beta in REPEATED:
                for word, value in (("lowest", min(values)), ("highest", max(values))):
                    metrics[f"{key}_{word}"] = Metric(
                        value, unit, "test", f"{about}, {word} of {len(values)} seeds"
                    )
    metrics["test.most_information"] = Metric(
        float(np.log(len(digits().test))),
        unit,
        "test",
        "log N: no code can tell more of which of N digits it is",
    )
    metrics["test.largest_residual"] = Metric(
        max(abs(one.mean_kl - one.information - one.marginal) for one in table.values()),
        unit,
        "test",
        "largest difference of the mean KL from the sum of its parts",
    )
    return metrics


def bound_metrics(data: Dataset, look: Look, params: Floats) -> dict[str, Metric]:
    """What the bound leaves out at β = 1, means over the test digits."""
    x = data.test.x.astype(np.float64)
    mu, sigma = posteriors(data, look, params)
    decode = decoder(look, params)
    plane = log_likelihood(x, decode(plane_codes()))
    evidence = log_evidence(plane)
    bound = elbos(x, mu, sigma, decode)
    best = best_bounds(plane.reshape(len(x), len(PLANE), len(PLANE)), mu, sigma)
    generator = np.random.default_rng(SEED)
    shape = len(x), IMPORTANCE_DRAWS, CODE_SIZE
    weighted = np.mean(
        [
            importance_bounds(x, mu, sigma, generator.standard_normal(shape), decode)
            for _ in range(IMPORTANCE_REPEATS)
        ],
        axis=0,
    )
    unit = "nats an example"
    return {
        f"beta-1.test.{name}": Metric(float(values.mean()), unit, "test", about)
        for name, values, about in (
            ("log_evidence", evidence, "log p(x), by quadrature over the plane of codes"),
            ("bound", bound, "ELBO, by Gauss–Hermite quadrature"),
            (
                "importance_bound",
                weighted,
                f"importance-weighted bound with {IMPORTANCE_DRAWS} draws, "
                f"mean of {IMPORTANCE_REPEATS} times",
            ),
            ("gap", evidence - bound, "log p(x) less the ELBO"),
            (
                "importance_gap",
                evidence - weighted,
                f"log p(x) less the importance-weighted bound with {IMPORTANCE_DRAWS} draws",
            ),
            (
                "amortisation_gap",
                best - bound,
                "ELBO of the best Gaussian of each digit less the encoder's",
            ),
            (
                "approximation_gap",
                evidence - best,
                "log p(x) less the ELBO of the best Gaussian of each digit",
            ),
        )
    }


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
        Claim(
            "the KL term falls as β rises",
            lambda m: rises([-kl for kl in values(m, "test.kl")], slack=0.05),
        ),
        Claim(
            "the reconstruction gets worse as β rises",
            lambda m: rises(values(m, "test.reconstruction"), slack=0.5),
        ),
        Claim(
            "at the largest β none of the other models is cheaper than the collapsed one",
            lambda m: m["collapse.test.loss"] < m["collapse.test.best_other_loss"],
        ),
        Claim("the parts of the mean KL add up to it", lambda m: m["test.largest_residual"] < 1e-6),
        Claim(
            "the information falls as β rises",
            lambda m: rises([-nats for nats in values(m, "test.information")], slack=0.05),
        ),
        Claim(
            "the aggregate posterior comes nearer to the prior as β rises",
            lambda m: rises([-nats for nats in values(m, "test.marginal_kl")], slack=0.02),
        ),
        Claim(
            "a part of the divergence is no information, with every seed that uses its code",
            lambda m: all(
                m[f"beta-{beta:g}.test.marginal_kl_lowest"] > 0.005
                for beta in REPEATED
                if m[f"beta-{beta:g}.test.information_lowest"] > COLLAPSED
            ),
        ),
        Claim(
            "at β = 1 some of the gap is the encoder's and some the Gaussian's",
            lambda m: (
                min(m[f"beta-1.test.{whose}_gap"] for whose in ("amortisation", "approximation"))
                > 0.01
            ),
        ),
        Claim(
            "at the largest β the posterior has collapsed",
            lambda m: values(m, "test.kl")[-1] <= COLLAPSED,
        ),
    ),
)
