"""`factors-beta`: β-VAEs of sprites with four known factors, at four β and from three starts (F16).

All are trained side by side. At each β they begin from the same three sets of weights and see the
same drawings and the same noise, so that only β tells them apart.
"""

from collections.abc import Mapping
from dataclasses import asdict

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from training.data.factors import FACTORS, ON_A_CARD, RANGES, SIDE, FactorData, factors
from training.learn.fit import Batch, Schedule, fit
from training.learn.posterior import CODE_UNIT
from training.learn.variational_stack import MemberDecoder, VAEStack
from training.measure.disentanglement import (
    Bins,
    equal_counts,
    equal_widths,
    information_gaps,
    shared_information,
)
from training.publish.card import DataCard, Metric, Port
from training.publish.export import Array, Graph, export, round_to_half
from training.publish.recipe import Claim, Progress, PublishedArray, Recipe, Trained

SEED = 3
STARTS = 3
BETAS = (0.1, 0.5, 2.0, 4.0)
MEMBERS = len(BETAS) * STARTS
"""Member `place of β · STARTS + start`."""

CODE_SIZE = 6
ENCODER = (64, 32)
DECODER = (32, 24)
SCHEDULE = Schedule(epochs=60, batch_size=128, learning_rate=5e-3)
WARM_UP_EPOCHS = 12

FACTOR_BINS = 10
CODE_BINS = 20
BEST_BETA = 2.0
"""The β at which the gap, a mean over starts, is claimed to be largest."""

INK = "ink, 0 paper to 1 full"
Z = Port("z", ("n", CODE_SIZE), CODE_UNIT, "the code; under the prior each axis is N(0, 1)")
MEMBER = Port(
    "member",
    ("n",),
    "",
    "which network: place of β, times the number of starts, plus the start",
    "int32",
)
X_HAT = Port("x_hat", ("n", SIDE * SIDE), INK, "decoded drawings, row-major 16×16")


def train(progress: Progress) -> Trained:
    """Minimise E[−log p(x|z)] + β KL (Higgins et al. 2017), the KL term warmed up."""
    data = factors()
    x = torch.from_numpy(data.dataset.train.x)
    torch.manual_seed(SEED)
    stack = VAEStack(MEMBERS, SIDE * SIDE, ENCODER, CODE_SIZE, DECODER)
    share_starts(stack)
    beta = torch.tensor(BETAS).repeat_interleave(STARTS)

    def loss(batch: Batch) -> Tensor:
        rows = x[batch.rows].expand(MEMBERS, -1, -1)
        eps = torch.randn(STARTS, len(batch.rows), CODE_SIZE, generator=batch.noise)
        warmth = min(1.0, (batch.epoch + 1) / WARM_UP_EPOCHS)
        reconstruction, kl = stack.elbo_terms(rows, eps.repeat(len(BETAS), 1, 1))
        return (reconstruction + warmth * beta[:, None] * kl.sum(2)).mean(1).sum()

    fit(stack, loss, len(x), SCHEDULE, SEED, progress)
    order_codes(stack, x)
    round_to_half(stack)
    codes, errors, nats = test_codes(stack, torch.from_numpy(data.dataset.test.x))
    shares, chance = measure(data, codes)
    order = by_luck(shares)
    stack.select(order)
    shares, errors, nats = shares[order], errors[order], nats[order]
    return Trained(
        data=DataCard.of(
            data.dataset,
            factors=ON_A_CARD,
        ),
        seed=SEED,
        parameters=sum(p.numel() for p in stack.parameters()) // MEMBERS,
        graphs={"decoders": decoders(stack)},
        arrays=arrays(shares, nats, errors),
        metrics=metrics(shares, nats, errors, chance),
        options={
            "betas": list(BETAS),
            "starts": STARTS,
            "best_beta": BEST_BETA,
            "models": MEMBERS,
            "code_size": CODE_SIZE,
            "encoder": list(ENCODER),
            "decoder": list(DECODER),
            "likelihood": "Bernoulli",
            "warm_up_epochs": WARM_UP_EPOCHS,
            "factor_bins": FACTOR_BINS,
            "code_bins": CODE_BINS,
            **asdict(SCHEDULE),
        },
    )


@torch.no_grad()
def share_starts(stack: VAEStack) -> None:
    """Give every β the first weights of the first β."""
    for parameter in stack.parameters():
        first = parameter[:STARTS]
        parameter.copy_(first.repeat(len(BETAS), *[1] * (first.dim() - 1)))


@torch.no_grad()
def order_codes(stack: VAEStack, x: Tensor) -> None:
    """Number each network's code from the axis that costs most nats to the one that costs least.

    An axis of a code has no number of its own; this one makes networks comparable.
    """
    _, kl = stack.elbo_terms(x.expand(MEMBERS, -1, -1), torch.zeros(MEMBERS, len(x), CODE_SIZE))
    stack.reorder(kl.mean(1).argsort(1, descending=True))


@torch.no_grad()
def test_codes(stack: VAEStack, x: Tensor) -> tuple[NDArray[np.float32], ...]:
    """One draw of z a test drawing `[m, n, k]`, squared error of μ's decode `[m]`, KL `[m, k]`."""
    rows = x.expand(MEMBERS, -1, -1)
    eps = torch.randn(MEMBERS, len(x), CODE_SIZE, generator=torch.Generator().manual_seed(SEED))
    mu, log_var = stack.encode(rows)
    _, kl = stack.elbo_terms(rows, eps)
    errors = (stack.decode(mu) - rows).square().mean((1, 2))
    return (mu + torch.exp(0.5 * log_var) * eps).numpy(), errors.numpy(), kl.mean(1).numpy()


def factor_bins(table: NDArray[np.float64]) -> list[Bins]:
    """Every factor in bins: each shape by itself, the others cut into ten of equal width."""
    shape, *others = table.T
    return [
        shape.astype(np.int64),
        *(
            equal_widths(values, *bounds, FACTOR_BINS)
            for values, bounds in zip(others, RANGES.values(), strict=True)
        ),
    ]


def measure(data: FactorData, codes: NDArray[np.float32]) -> tuple[NDArray[np.float64], float]:
    """Shares of each factor's entropy that each number tells, `[m, factors, k]`, on test drawings.

    Beside it the largest share that the same estimate finds in numbers that know nothing: the
    codes of one network, dealt out to the drawings at random.
    """
    known = factor_bins(data.factors["test"])
    binned = [
        [equal_counts(axis.astype(np.float64), CODE_BINS) for axis in member.T] for member in codes
    ]
    shares = np.stack([shared_information(known, axes) for axes in binned])
    rng = np.random.default_rng(SEED)
    shuffled = [rng.permutation(axis) for axis in binned[0]]
    return shares, float(shared_information(known, shuffled).max())


def by_luck(shares: NDArray[np.float64]) -> list[int]:
    """The members with their starts numbered from the largest mean gap at β = 2 to the smallest."""
    gaps = information_gaps(shares).mean(1).reshape(len(BETAS), STARTS)
    starts = np.argsort(-gaps[BETAS.index(BEST_BETA)])
    return [place * STARTS + int(start) for place in range(len(BETAS)) for start in starts]


def decoders(stack: VAEStack) -> Graph:
    """All decoders as one graph."""

    def sample(n: int, rng: np.random.Generator) -> tuple[Array, ...]:
        z = (1.5 * rng.standard_normal((n, CODE_SIZE))).astype(np.float32)
        return z, rng.integers(MEMBERS, size=n).astype(np.int32)

    return export(MemberDecoder(stack), (Z, MEMBER), (X_HAT,), sample, SEED)


def arrays(
    shares: NDArray[np.float64], nats: NDArray[np.float32], errors: NDArray[np.float32]
) -> dict[str, PublishedArray]:
    """What was measured of each network, by β and start."""

    def by_model(values: NDArray[np.floating]) -> NDArray[np.float32]:
        return values.reshape(len(BETAS), STARTS, *values.shape[1:]).astype(np.float32)

    return {
        "betas": PublishedArray(np.array(BETAS, np.float32), "", "the values of β"),
        "shares": PublishedArray(
            by_model(shares),
            "share of the factor's entropy",
            "mutual information of factor and code number, by β, start, factor, number",
        ),
        "nats": PublishedArray(
            by_model(nats),
            "nats a drawing",
            "mean KL of each number of the code, by β, start, number",
        ),
        "errors_test": PublishedArray(
            by_model(errors),
            "squared ink a pixel",
            "mean squared error on test drawings, by β and start",
        ),
    }


def metrics(
    shares: NDArray[np.float64],
    nats: NDArray[np.float32],
    errors: NDArray[np.float32],
    chance: float,
) -> dict[str, Metric]:
    """Gaps as `beta-2.mig`, the mean over starts, with `_lowest` and `_highest`; and so on."""
    gaps = information_gaps(shares).reshape(len(BETAS), STARTS, len(FACTORS))
    told = shares.max(2).reshape(gaps.shape)
    unit = "share of entropy"
    measured = {
        "chance.share": Metric(
            chance,
            unit,
            "test",
            "largest share found where there is none: numbers of a code dealt "
            "to the drawings at random",
        )
    }
    best = gaps[BETAS.index(BEST_BETA)]
    for start in range(STARTS):
        for number, factor in enumerate(FACTORS):
            measured[f"beta-{BEST_BETA:g}.start-{start + 1}.test.{factor}.gap"] = Metric(
                float(best[start, number]), unit, "test", f"gap of the factor {factor}"
            )
    for place, beta in enumerate(BETAS):
        key = f"beta-{beta:g}"
        rows = slice(place * STARTS, (place + 1) * STARTS)
        for name, values, of, about in (
            ("mig", gaps[place].mean(1), unit, "mutual information gap, mean over four factors"),
            ("kl", nats[rows].sum(1), "nats a drawing", "KL(q(z|x) ‖ N(0, I))"),
            (
                "reconstruction_mse",
                errors[rows],
                "squared ink a pixel",
                "mean squared difference between a drawing and its reconstruction",
            ),
            *(
                (f"{factor}.gap", gaps[place, :, number], unit, f"gap of the factor {factor}")
                for number, factor in enumerate(FACTORS)
            ),
            *(
                (
                    f"{factor}.told",
                    told[place, :, number],
                    unit,
                    f"share of the factor {factor} told by the number that tells most of it",
                )
                for number, factor in enumerate(FACTORS)
            ),
        ):
            for suffix, value, how in (
                ("", np.mean(values), "mean"),
                ("_lowest", np.min(values), "lowest"),
                ("_highest", np.max(values), "highest"),
            ):
                measured[f"{key}.test.{name}{suffix}"] = Metric(
                    float(value), of, "test", f"{about}; {how} of {STARTS} starts"
                )
    return measured


def mig(m: Mapping[str, float], beta: float, suffix: str = "") -> float:
    """A mean gap out of the metrics."""
    return m[f"beta-{beta:g}.test.mig{suffix}"]


RECIPE = Recipe(
    title="Twelve β-VAEs and four known factors",
    description=f"dense β-VAEs with a code of {CODE_SIZE} numbers, trained on drawings of a sprite "
    f"at {len(BETAS)} values of β, from {STARTS} starts each",
    honesty="trained model",
    train=train,
    claims=(
        Claim(
            f"the mean gap is largest at β = {BEST_BETA:g}",
            lambda m: max(BETAS, key=lambda beta: mig(m, beta)) == BEST_BETA,
        ),
        Claim(
            f"from every start, β = {BEST_BETA:g} has a larger gap than the mean of β = 0.1",
            lambda m: mig(m, BEST_BETA, "_lowest") > mig(m, BETAS[0]),
        ),
        Claim(
            "the largest β reconstructs worse than the smallest, whatever the start",
            lambda m: (
                m["beta-4.test.reconstruction_mse_lowest"]
                > m["beta-0.1.test.reconstruction_mse_highest"]
            ),
        ),
        Claim(
            "at the largest β the code hardly tells the shape any more",
            lambda m: m["beta-4.test.shape.told_highest"] < 0.1,
        ),
        Claim(
            "by chance the estimate finds less than 2 % of a factor",
            lambda m: m["chance.share"] < 0.02,
        ),
    ),
)
