"""`digits-holes`: plain and variational autoencoders of digits at random codes (F8).

Twins of the same widths, start and batches, with codes of three sizes and from several seeds. The
judge is the published `digits-judge`, trained again: it takes half a second.
"""

from collections.abc import Mapping
from dataclasses import asdict

import numpy as np
import torch
from torch import Tensor

from training.data import rng
from training.data.dataset import Dataset, Floats
from training.data.digits import digits
from training.learn.cloud_stack import TwinStack
from training.learn.fit import Batch, Schedule, fit
from training.learn.judge import Judge, train_judge
from training.learn.stack import ChosenMember
from training.measure.paths import line, unlike_pairs
from training.measure.response import directions_in_use, half_change_shares
from training.publish.card import DataCard, Metric, Port
from training.publish.export import Array, export, round_to_half
from training.publish.recipe import Claim, Progress, PublishedArray, Recipe, Trained
from training.recipes.families.digit_codes import PIXELS, X_HAT, images

SEED = 7
SIZES = (2, 4, 16)
"""Four is about as many as a variational decoder of digits listens to, whatever it is given: with
it, plain and variational codes are compared at like numbers in use."""

SEEDS = 5
SHOWN_SEEDS = 3
"""The first trainings, which a reader can look into; the others are only measured."""

KINDS = ("ae", "vae")
HIDDEN = (48, 24)
SCHEDULE = Schedule(epochs=120, batch_size=64, learning_rate=4e-3)
WARM_UP_EPOCHS = 20
THROWS = 1000
THROW_SEED = 7
STREAM_THROWS = rng.STREAM_DRAW + 8
"""As in figures/holes/maths.ts."""

RESPONSE_CODES = 300
"""Throws at which the decoders' slopes are taken."""

WAYS = 400
WAY_STEPS = 64
WAY_SEED = 15
"""Straight ways between test digits of unlike classes, on which the drawing's change is timed."""

SHOWN_CODES = 400
"""Training digits whose places in the codes of two numbers are published."""

CODE_STEP = 1 / 24
"""Published codes of training digits are whole multiples of this, offset by 128."""

Z = Port(
    "z",
    ("n", max(SIZES)),
    "standard deviations of the throws",
    "the code, with zeros behind its own numbers; a plain model's training codes have mean 0 "
    "and covariance I, a variational one's prior is N(0, I)",
)
MEMBER = Port(
    "member",
    ("n",),
    "",
    "which decoder: kind, then shown seed, then size, as in `options`",
    "int32",
)


def train(progress: Progress) -> Trained:
    """Train all members at once, then count what the judge accepts."""
    dataset = digits()
    x = images(dataset, "train")
    torch.manual_seed(SEED)
    stack = TwinStack(PIXELS, HIDDEN, SIZES * SEEDS)

    def loss(batch: Batch) -> Tensor:
        rows = x[batch.rows].expand(len(stack), -1, -1)
        eps = torch.randn(len(stack), len(batch.rows), max(SIZES), generator=batch.noise)
        reconstruction, kl = stack.losses(rows, eps)
        return (reconstruction + min(1.0, (batch.epoch + 1) / WARM_UP_EPOCHS) * kl).sum()

    fit(stack, loss, len(x), SCHEDULE, SEED, progress)
    stack.whiten_plain_codes(x)
    stack.clear_padding()
    round_to_half(stack)
    judge = train_judge(dataset)
    verdicts = shares(stack, judge, THROW_SEED)
    shown = [place for place in range(len(stack)) if seed_of(place) < SHOWN_SEEDS]
    subset = stack.subset(shown)
    decoder = ChosenMember(subset, (len(subset.weights) - 1,), subset.code_layer + 1)
    return Trained(
        data=DataCard.of(dataset),
        seed=SEED,
        parameters=stack.parameter_count(SIZES.index(max(SIZES))),
        graphs={"decoder": export(decoder, (Z, MEMBER), (X_HAT,), sample_calls, SEED)},
        arrays=arrays(stack, x, verdicts["accepted_share"]),
        metrics=metrics(stack, dataset, judge, verdicts),
        options={
            "sizes": list(SIZES),
            "seed_count": SEEDS,
            "shown_seeds": SHOWN_SEEDS,
            "kinds": list(KINDS),
            "hidden": list(HIDDEN),
            "warm_up_epochs": WARM_UP_EPOCHS,
            "throws": THROWS,
            "throw_seed": THROW_SEED,
            "code_step": CODE_STEP,
            **asdict(SCHEDULE),
        },
    )


def sample_calls(n: int, generator: np.random.Generator) -> tuple[Array, ...]:
    """Codes and members to check the exported decoder with."""
    z = 2 * generator.standard_normal((n, max(SIZES)))
    members = generator.integers(len(KINDS) * SHOWN_SEEDS * len(SIZES), size=n)
    return z.astype(np.float32), members.astype(np.int32)


def seed_of(place: int) -> int:
    """Which training a member of the whole stack belongs to."""
    return place // len(SIZES) % SEEDS


def throws(size: int, seed: int) -> Floats:
    """1,000 codes from N(0, I), float32 `[throws, size]`; the page throws the same."""
    return rng.normal(seed, STREAM_THROWS, THROWS * size).reshape(THROWS, size)


@torch.no_grad()
def decodes(stack: TwinStack, codes: Mapping[int, Floats]) -> Floats:
    """Each size's codes `[n, size]` through every member: ink, float32 `[members, n, 64]`."""
    z = torch.zeros(len(stack), len(next(iter(codes.values()))), max(SIZES))
    for member, size in enumerate(stack.code_sizes):
        z[member, :, :size] = torch.from_numpy(codes[size])
    result: Floats = stack.decode(z).numpy()
    return result


def by_kind(values: list[float]) -> Floats:
    """A number of each member as float32 `[kinds, seeds, sizes]`."""
    return np.array(values, np.float32).reshape(len(KINDS), SEEDS, len(SIZES))


@torch.no_grad()
def in_use(stack: TwinStack) -> Floats:
    """How many directions of its code each decoder answers to, at the first throws."""
    z = torch.zeros(len(stack), RESPONSE_CODES, max(SIZES))
    for member, size in enumerate(stack.code_sizes):
        z[member, :, :size] = torch.from_numpy(throws(size, THROW_SEED)[:RESPONSE_CODES])
    slopes = [
        torch.func.jvp(stack.decode, (z,), (torch.eye(max(SIZES))[axis].expand_as(z),))[1]
        for axis in range(max(SIZES))
    ]
    jacobians = torch.stack(slopes, -1).double().numpy()
    return by_kind(
        [
            directions_in_use(member[..., :size])
            for member, size in zip(jacobians, stack.code_sizes, strict=True)
        ]
    )


@torch.no_grad()
def half_changes(stack: TwinStack, dataset: Dataset) -> Floats:
    """The median over the ways of the share in which half of the change happens, by member."""
    codes = stack.encode(images(dataset, "test").expand(len(stack), -1, -1)).double().numpy()
    pairs = unlike_pairs(dataset.test.labels, WAYS, WAY_SEED)
    steps = np.linspace(0, 1, WAY_STEPS + 1)
    medians = []
    ends = codes[:, pairs[:, 0]], codes[:, pairs[:, 1]]
    z = np.stack([line(*ends, float(t)) for t in steps], axis=2).astype(np.float32)
    drawn = stack.decode(torch.from_numpy(z).flatten(1, 2)).double().numpy()
    for member in drawn:
        paths = member.reshape(WAYS, WAY_STEPS + 1, PIXELS)
        medians.append(float(np.median(half_change_shares(paths))))
    return by_kind(medians)


def shares(stack: TwinStack, judge: Judge, seed: int) -> dict[str, Floats]:
    """Shares of 1,000 throws by what the judge says of them, each `[kinds, seeds, sizes]`."""
    drawn = decodes(stack, {size: throws(size, seed) for size in SIZES})
    sure = np.stack([judge.sure(member) for member in drawn])
    near = np.stack([judge.near(member) for member in drawn])
    verdicts = {"accepted_share": sure & near, "unsure_share": ~sure, "far_share": ~near}
    return {name: by_kind(table.mean(1).tolist()) for name, table in verdicts.items()}


@torch.no_grad()
def metrics(
    stack: TwinStack, dataset: Dataset, judge: Judge, verdicts: Mapping[str, Floats]
) -> dict[str, Metric]:
    """Shares and errors as `code-16.vae.accepted_share`, means over the seeds and their spread."""
    test = images(dataset, "test").expand(len(stack), -1, -1)
    mu, log_var = stack.posterior(test)
    redrawn = stack.decode(mu)
    variance = ((mu.var(1, correction=0) + log_var.exp().mean(1)) * stack.used[:, 0]).sum(1)
    measured = {
        "accepted_share": (
            verdicts["accepted_share"],
            "share of throws",
            "none",
            f"{THROWS:,} random codes that decode to a drawing that the judge accepts",
        ),
        "unsure_share": (
            verdicts["unsure_share"],
            "share of throws",
            "none",
            f"{THROWS:,} random codes whose drawing the classifier is not sure enough of",
        ),
        "far_share": (
            verdicts["far_share"],
            "share of throws",
            "none",
            f"{THROWS:,} random codes whose drawing lies too far from any training digit",
        ),
        "directions_in_use": (
            in_use(stack),
            "directions",
            "none",
            "directions of the code that hold at least a hundredth of the decoder's response",
        ),
        "half_change": (
            half_changes(stack, dataset),
            "share of the way",
            "test",
            "shortest share of a straight way between two digits in which half of the drawing's "
            f"change happens, median of {WAYS} ways",
        ),
        "reconstruction_accepted_share": (
            by_kind([judge.accepted_share(member.numpy()) for member in redrawn]),
            "share of digits",
            "test",
            "test digits whose reconstruction the judge accepts",
        ),
        "reconstruction_mse": (
            by_kind((redrawn - test).square().mean((1, 2)).tolist()),
            "squared ink a pixel",
            "test",
            "mean squared difference between a digit and its reconstruction",
        ),
    }
    result: dict[str, Metric] = {}
    for name, (table, unit, split, about) in measured.items():
        for k, kind in enumerate(KINDS):
            for s, size in enumerate(SIZES):
                values, key = table[k, :, s], f"code-{size}.{kind}.{name}"
                result[key] = Metric(
                    float(values.mean()), unit, split, f"{about}, mean of {SEEDS} seeds"
                )
                for word, value in (
                    ("lowest", values.min()),
                    ("highest", values.max()),
                    ("deviation", values.std(ddof=1)),
                ):
                    result[f"{key}_{word}"] = Metric(
                        float(value), unit, split, f"{about}, {word} of {SEEDS} seeds"
                    )
    kl = by_kind((-0.5 * (1 + log_var - mu.square() - log_var.exp()).sum(2).mean(1)).tolist())
    spread = by_kind(variance.tolist())[KINDS.index("vae")]
    for s, size in enumerate(SIZES):
        result[f"code-{size}.vae.kl"] = Metric(
            float(kl[KINDS.index("vae"), :, s].mean()),
            "nats an example",
            "test",
            f"KL(q(z|x) ‖ N(0, I)), mean of {SEEDS} seeds",
        )
        result[f"code-{size}.vae.aggregate_variance"] = Metric(
            float(spread[:, s].mean()) / size,
            "prior variances",
            "test",
            "variance of a code number under the aggregate posterior, mean over the numbers and "
            f"{SEEDS} seeds",
        )
    for size in SIZES:
        result[f"code-{size}.accepted_gap"] = Metric(
            gap({key: metric.value for key, metric in result.items()}, size),
            "share of throws",
            "none",
            "accepted share of the variational models less that of the plain ones",
        )
    return result


@torch.no_grad()
def arrays(stack: TwinStack, x: Tensor, accepted: Floats) -> dict[str, PublishedArray]:
    """The measured shares, and where the training digits lie in the codes of two numbers."""
    flat = [
        member
        for member, size in enumerate(stack.code_sizes)
        if size == 2 and seed_of(member) < SHOWN_SEEDS
    ]
    codes = stack.encode(x[:SHOWN_CODES].expand(len(stack), -1, -1))[flat, :, :2]
    levels = (codes / CODE_STEP).round().add(128).clamp(0, 255)
    return {
        "accepted_shares": PublishedArray(
            accepted, "share of throws", "accepted share by kind, seed and size"
        ),
        "codes_train": PublishedArray(
            levels.numpy().astype(np.uint8),
            f"{CODE_STEP:.4f} standard deviations, plus 128",
            "the first training digits in the codes of two numbers, by kind and shown seed; for "
            "a variational model the mean",
        ),
    }


def gap(m: Mapping[str, float], size: int) -> float:
    """By how much the variational models' accepted share is larger."""
    return m[f"code-{size}.vae.accepted_share"] - m[f"code-{size}.ae.accepted_share"]


RECIPE = Recipe(
    title="What random codes decode to",
    description="plain autoencoders of digits and variational ones of the same widths, start and "
    "batches, with codes of 2, 4 and 16 numbers, from five seeds each",
    honesty="trained model",
    train=train,
    claims=(
        Claim(
            "with 16 numbers, every variational model is accepted more often than any plain one",
            lambda m: (
                m["code-16.vae.accepted_share_lowest"] > m["code-16.ae.accepted_share_highest"]
            ),
        ),
        Claim("with 4 numbers the gap is smaller than with 16", lambda m: gap(m, 4) < gap(m, 16)),
        Claim(
            "with 16 numbers every plain decoder answers to more of them than any variational",
            lambda m: (
                m["code-16.ae.directions_in_use_lowest"]
                > m["code-16.vae.directions_in_use_highest"]
            ),
        ),
    ),
)
