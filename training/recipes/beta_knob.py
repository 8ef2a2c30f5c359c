"""`beta-knob`: VAEs of digits over β, with pixels summed and with pixels averaged (note 5).

The loss is ‖x − x̂‖² + β KL, or the same with a mean over the pixels in place of their sum. All are
trained side by side. Networks of one seed begin with the same weights and see the same digits and
the same noise, so that only β and the convention tell them apart.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn

from training.data.digits import digits
from training.learn.fit import Batch, Schedule, fit, share_of
from training.learn.judge import Judge, nearest_distance, train_judge
from training.learn.losses import gaussian_kl
from training.learn.variational_stack import VAEStack
from training.measure.priced_components import PricedComponents
from training.publish.card import DataCard, Metric
from training.publish.experiment import Comparison, Experiment, MeasureFields, Values
from training.publish.recipe import Claim, Progress, Recipe, Trained

FIRST_SEED = 51
SEEDS = 5
PIXELS = 64
BETAS = tuple(4.0**power for power in range(-5, 2))
"""So that a β under the mean has its twin under the sum, three places on: 4³ pixels."""

NAMES = ("1-1024", "1-256", "1-64", "1-16", "1-4", "1", "4")
CONVENTIONS = {"sum": 1, "mean": PIXELS}
"""By what the pixels' errors are divided."""

CODE_SIZE = 16
HIDDEN = (48,)
SCHEDULE = Schedule(epochs=40, batch_size=64, learning_rate=2e-2)
DRAWS = 2
"""Codes drawn for each digit when errors are measured."""

THROWS = 500
AWAKE = 0.1
"""Nats from which on a number of the code counts as used."""

BEARABLE = 0.04
"""A mean squared error of a pixel, for an example of how to choose β."""

SAME = 0.02
"""By what share two trainings may differ that should be the same but for rounding."""


@dataclass(frozen=True)
class Noise:
    """Drawn once and used for all: ε `[draws, n, k]`, and codes from N(0, I) `[throws, k]`."""

    eps: Tensor
    thrown: Tensor

    @classmethod
    def drawn(cls, examples: int) -> "Noise":
        """The same for the same number of examples."""
        generator = torch.Generator().manual_seed(FIRST_SEED)
        shape = DRAWS, examples, CODE_SIZE
        eps = torch.randn(shape, generator=generator)
        return cls(eps, torch.randn(THROWS, CODE_SIZE, generator=generator))


def trained(x: Tensor, progress: Progress) -> VAEStack:
    """All networks on x `[n, 64]`, seed by seed within β within convention."""
    runs = len(CONVENTIONS) * len(BETAS)
    torch.manual_seed(FIRST_SEED)
    stack = VAEStack(runs * SEEDS, PIXELS, HIDDEN, CODE_SIZE, HIDDEN)
    with torch.no_grad():
        for parameter in stack.parameters():
            parameter.copy_(parameter[:SEEDS].repeat(runs, *[1] * (parameter.dim() - 1)))
    beta = torch.tensor(BETAS).repeat_interleave(SEEDS).repeat(len(CONVENTIONS))
    divisor = torch.tensor(list(CONVENTIONS.values())).repeat_interleave(len(BETAS) * SEEDS)

    def loss(batch: Batch) -> Tensor:
        rows = x[batch.rows].expand(len(beta), -1, -1)
        eps = torch.randn(SEEDS, len(batch.rows), CODE_SIZE, generator=batch.noise)
        mu, log_var = stack.encode(rows)
        x_hat = stack.decode(mu + torch.exp(0.5 * log_var) * eps.repeat(runs, 1, 1))
        error = (x_hat - rows).square().sum((1, 2)) / len(batch.rows)
        kl = gaussian_kl(mu.flatten(0, 1), log_var.flatten(0, 1)).view(len(beta), -1).mean(1)
        return (error / divisor + beta * kl).sum()

    fit(stack, loss, len(x), SCHEDULE, FIRST_SEED, progress)
    return stack


@torch.no_grad()
def measured(
    x: Tensor,
    clouds: tuple[Tensor, Tensor],
    decode: Callable[[Tensor], Tensor],
    noise: Noise,
    judge: Judge,
) -> list[float]:
    """Of one model: squared error of a pixel of x `[n, 64]`, z drawn from its clouds μ, log σ²
    `[n, k]`; their KL; how many numbers are used; what share of drawings from N(0, I) the judge
    accepts; and what share of x has one of them as near as the judge wants a digit."""
    mu, log_var = clouds
    x_hat = decode(mu + torch.exp(0.5 * log_var) * noise.eps)
    nats = gaussian_kl(mu[:, None], log_var[:, None]).mean(0)
    drawn = decode(noise.thrown).clamp(0, 1).numpy()
    return [
        float((x_hat - x).square().mean()),
        float(nats.sum()),
        float((nats > AWAKE).sum()),
        judge.accepted_share(drawn),
        float((nearest_distance(x.numpy(), drawn) <= judge.largest_distance).mean()),
    ]


@torch.no_grad()
def values_of(stack: VAEStack, train: Tensor, x: Tensor, judge: Judge) -> Values:
    """What was measured on x `[n, 64]`, `[measures, series, β, seeds]`; PCA has no seeds."""
    noise = Noise.drawn(len(x))
    mu, log_var = stack.encode(x.expand(stack.members, -1, -1))
    series = 2 * len(CONVENTIONS)
    found = np.full((len(fields()), series, len(BETAS), SEEDS), np.nan)
    members = list(np.ndindex(len(CONVENTIONS), len(BETAS), SEEDS))
    for member, (convention, place, seed) in enumerate(members):
        decode = nn.Sequential(stack.decoder.member(member), nn.Sigmoid())
        clouds = mu[member], log_var[member]
        found[:, convention, place, seed] = measured(x, clouds, decode, noise, judge)
    for convention, divisor in enumerate(CONVENTIONS.values(), len(CONVENTIONS)):
        for place, beta in enumerate(BETAS):
            rival = PricedComponents(train.numpy(), CODE_SIZE, divisor * beta)
            found[:, convention, place, 0] = measured(
                x, rival.encode(x), rival.decode, noise, judge
            )
    return found


def comparisons() -> Sequence[Comparison]:
    """What the note says; 1/16 is in the middle of what was tried."""
    return (
        Comparison("summed, 1/4 is calmer than 1/64", "nats", ("sum", "1-4"), ("sum", "1-64")),
        Comparison("summed, 1 is calmer than 1/4", "nats", ("sum", "1"), ("sum", "1-4")),
        Comparison("1/4 draws worse than 1/64", "error", ("sum", "1-64"), ("sum", "1-4")),
        Comparison("1 draws worse than 1/4", "error", ("sum", "1-4"), ("sum", "1")),
        Comparison(
            "1/16 generates better than the best copier, 1/1024", "accepted",
            ("sum", "1-16"), ("sum", "1-1024"),
        ),
        Comparison(
            "1/16 generates better than 1, which is calmer", "accepted",
            ("sum", "1-16"), ("sum", "1"),
        ),
        Comparison(
            "averaged, 1/64 has less than half of the nats", "nats",
            ("mean", "1-64"), ("sum", "1-64"), least=0.5, relative=True,
        ),
        Comparison(
            f"it has those of 1, summed, to {SAME:.0%}", "nats",
            ("mean", "1-64"), ("sum", "1"), most=SAME, relative=True,
        ),
    )  # fmt: skip


def fields() -> Sequence[MeasureFields]:
    """Of what `measured` measures."""

    def field(
        name: str, label: str, better: Literal["lower", "higher"], decimals: int, unit: str = ""
    ) -> MeasureFields:
        return {
            "name": name, "label": label, "unit": unit, "better": better,
            "scale": "log" if name == "error" else "linear", "decimals": decimals,
        }  # fmt: skip

    return (
        field("error", "mean squared error", "lower", 4),
        field("nats", "divergence", "lower", 2, "nats"),
        field("used", "numbers in use", "higher", 1),
        field("accepted", "drawings accepted", "higher", 2),
        field("covered", "digits near a drawing", "higher", 2),
    )


def bearable(values: Values) -> dict[str, Metric]:
    """The largest β at which no seed's error is above `BEARABLE`, for each convention."""
    errors = values[0, 0, : len(CONVENTIONS)].max(2)
    return {
        f"bearable.{name}": Metric(
            max(beta for beta, error in zip(BETAS, row, strict=True) if error <= BEARABLE),
            "β", "validation", f"the largest of the tried with an error of {BEARABLE} or less",
        )
        for name, row in zip(CONVENTIONS, errors, strict=True)
    }  # fmt: skip


def train(progress: Progress) -> Trained:
    """Train all at once, and measure on validation."""
    data = digits()
    x = torch.from_numpy(data.train.x)
    stack = trained(x, share_of(progress, 0, 0.9))
    held_out = torch.from_numpy(data.validation.x)
    values = values_of(stack, x, held_out, train_judge(data))[None]
    tried = Experiment(
        axis={"label": "weight β", "scale": "log"},
        conditions=[
            {"name": name, "label": name.replace("-", "/"), "value": beta}
            for name, beta in zip(NAMES, BETAS, strict=True)
        ],
        series=[
            {"name": "sum", "label": "summed", "rival": False},
            {"name": "mean", "label": "averaged", "rival": False},
            {"name": "pca", "label": "PCA, summed", "rival": True},
            {"name": "pca-mean", "label": "PCA, averaged", "rival": True},
        ],
        measures=fields(),
        values=values,
        rule="a larger β gives a calmer code and poorer drawings, each purpose has a β of its own, "
        "and β means nothing without sum or mean",
        comparisons=comparisons(),
        split="validation",
    )  # fmt: skip
    return Trained(
        data=DataCard.of(data),
        seed=FIRST_SEED,
        parameters=0,
        graphs={},
        arrays=tried.arrays(),
        metrics={**tried.metrics(), **bearable(values)},
        options={
            **tried.options(),
            "seeds": SEEDS,
            "pixels": PIXELS,
            "code_size": CODE_SIZE,
            "awake": AWAKE,
            "throws": THROWS,
            "bearable": BEARABLE,
            "same": SAME,
            **asdict(SCHEDULE),
        },
    )


def loss(m: Mapping[str, float], series: str, name: str) -> float:
    """‖x − x̂‖² + β KL on validation, from the metrics."""
    beta = BETAS[NAMES.index(name)]
    return PIXELS * m[f"error.{series}.{name}"] + beta * m[f"nats.{series}.{name}"]


RECIPE = Recipe(
    title="β with pixels summed and averaged",
    description="dense VAEs of digits with a code of 16 numbers at seven values of β, the pixels' "
    "squared errors summed or averaged, five seeds each, and PCA at the same price",
    honesty="trained model",
    train=train,
    claims=(
        Claim(
            "from each β to the next the mean error rises and the mean divergence falls",
            lambda m: all(
                m[f"error.sum.{after}"] > m[f"error.sum.{before}"]
                and m[f"nats.sum.{after}"] < m[f"nats.sum.{before}"]
                for before, after in pairwise(NAMES)
            ),
        ),
        Claim(
            "the empty code generates one drawing, which the judge takes and which covers nothing",
            lambda m: m["accepted.sum.4"] > 0.9 and m["covered.sum.4"] < 0.05,
        ),
        Claim(
            "at 1/16 the network spends fewer nats than PCA and draws no worse",
            lambda m: (
                m["nats.sum.1-16"] < m["nats.pca.1-16"]
                and m["error.sum.1-16"] <= m["error.pca.1-16"]
            ),
        ),
        Claim(
            "at 1 PCA has the lower loss",
            lambda m: loss(m, "pca", "1") < loss(m, "sum", "1"),
        ),
    ),
)
