"""`tiny-vae`: the network that chapter 10 builds in plain Python, trained by torch.

Weights, batches and noise come from Python's own generator, in the order in which the chapter
draws them, so that both trainings are one and the same.
"""

from collections.abc import Iterator
from itertools import pairwise
from random import Random
from statistics import fmean

import torch
from torch import Tensor, nn

from training.data.few_digits import few_digits
from training.learn.losses import cross_entropy, elbo_terms
from training.learn.networks import DenseVAE, VariationalAutoencoder, parameter_count
from training.learn.posterior import code_port, elbo_metrics
from training.publish.card import DataCard, Metric
from training.publish.export import Call, export, gaussian_sampler
from training.publish.recipe import Claim, Progress, Recipe, Trained
from training.recipes.families.digit_codes import PIXELS, X_HAT, images

SEED = 7
DIGITS = (0, 1, 4)
HIDDEN = 16
CODE_SIZE = 2
UNIT = "nats a digit"
STEPS = 400
BATCH_SIZE = 16
LEARNING_RATE = 0.01
FIRST_STEPS = 10
"""How many of the losses are published, to the last bit."""
STATED_LOSS = 23.5
"""What the last pass over the data has to stay below, in nats a digit."""


def draw_weights(model: nn.Module, chance: Random) -> None:
    """Set the parameters, layer by layer, to draws from ±1/√inputs; weights input by input."""
    with torch.no_grad():
        for layer in model.modules():
            if isinstance(layer, nn.Linear):
                reach = layer.in_features**-0.5
                for rows in (layer.weight.T, layer.bias[None]):
                    draws = [[chance.uniform(-reach, reach) for _ in row] for row in rows]
                    rows.copy_(torch.tensor(draws, dtype=torch.float64))


def batches(x: Tensor, chance: Random) -> Iterator[tuple[Tensor, Tensor]]:
    """Pixels and noise of one optimiser step after the other, shuffled at each pass, for ever."""
    order = list(range(len(x)))
    while True:
        chance.shuffle(order)
        for start, end in pairwise(range(0, len(x) + 1, BATCH_SIZE)):
            noise = [[chance.gauss() for _ in range(CODE_SIZE)] for _ in range(BATCH_SIZE)]
            yield x[order[start:end]], torch.tensor(noise, dtype=x.dtype)


def minimise(
    model: VariationalAutoencoder, x: Tensor, chance: Random, progress: Progress
) -> list[float]:
    """Train on −ELBO, in float64; the loss of each step, in nats a digit."""
    optimiser = torch.optim.Adam(model.parameters(), lr=LEARNING_RATE)
    losses: list[float] = []
    for batch, eps in batches(x, chance):
        reconstruction, kl = elbo_terms(model, batch, eps)
        loss = (reconstruction + kl).mean()
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        losses.append(loss.item())
        progress(len(losses) / STEPS)
        if len(losses) == STEPS:
            break
    return losses


def train(progress: Progress) -> Trained:
    """Train as the chapter does, and publish what its cells compare themselves with."""
    dataset = few_digits(DIGITS)
    x = images(dataset, "train").double()
    chance = Random(SEED)
    model = DenseVAE(PIXELS, (HIDDEN,), CODE_SIZE).double()
    draw_weights(model, chance)
    losses = minimise(model, x, chance, progress)
    code = code_port(CODE_SIZE)
    return Trained(
        data=DataCard.of(dataset),
        seed=SEED,
        parameters=parameter_count(model),
        graphs={
            "decoder": export(
                Call(model.float(), "decode"), (code,), (X_HAT,), gaussian_sampler((code,)), SEED
            )
        },
        arrays={},
        metrics={
            **first_losses(losses),
            **passes(losses, len(x) // BATCH_SIZE),
            **yardsticks(x),
            **elbo_metrics(model, images(dataset, "test"), CODE_SIZE, "test", SEED),
        },
        options={
            "digits": DIGITS,
            "hidden": HIDDEN,
            "code_size": CODE_SIZE,
            "steps": STEPS,
            "batch_size": BATCH_SIZE,
            "learning_rate": LEARNING_RATE,
            "first_steps": FIRST_STEPS,
            "stated_loss": STATED_LOSS,
        },
    )


def first_losses(losses: list[float]) -> dict[str, Metric]:
    """The losses that a training elsewhere must repeat, as `step-1.loss` and so on."""
    return {
        f"step-{step}.loss": Metric(loss, UNIT, "train", f"loss of optimiser step {step}, −ELBO")
        for step, loss in enumerate(losses[:FIRST_STEPS], 1)
    }


def passes(losses: list[float], steps: int) -> dict[str, Metric]:
    """What the first and the last `steps` steps, a pass over the data each, cost on average."""
    return {
        f"{name}-pass.loss": Metric(
            fmean(part), UNIT, "train", f"mean loss over the {name} pass, −ELBO"
        )
        for name, part in (("first", losses[:steps]), ("last", losses[-steps:]))
    }


def yardsticks(x: Tensor) -> dict[str, Metric]:
    """What it costs to draw the average digit every time, and to draw each digit to perfection."""
    drawings = {
        "average-digit.loss": (x.mean(0).expand_as(x), "drawn as the average of all of them"),
        "perfect-digit.loss": (x, "drawn to perfection: a grey pixel costs nats"),
    }
    return {
        name: Metric(
            float(cross_entropy(torch.logit(drawing, eps=1e-12), x).mean()),
            UNIT,
            "train",
            f"cross-entropy of a digit {how}",
        )
        for name, (drawing, how) in drawings.items()
    }


RECIPE = Recipe(
    title="The VAE of chapter 10",
    description="a dense variational autoencoder, 64 → 16 → 2 and back, trained in float64 on "
    "handwritten zeros, ones and fours, step for step as plain Python trains it in the page",
    honesty="trained model",
    train=train,
    claims=(
        Claim(
            f"the last pass costs less than {STATED_LOSS} nats a digit",
            lambda m: m["last-pass.loss"] < STATED_LOSS,
        ),
        Claim(
            "that is less than the average digit costs",
            lambda m: m["last-pass.loss"] < m["average-digit.loss"],
        ),
    ),
)
