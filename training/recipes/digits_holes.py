"""`digits-holes`: plain and variational autoencoders of digits at random codes (F8).

Twins of the same widths, start and batches, with codes of two sizes and from several seeds. The
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
from training.learn.cloud_stack import ChosenDecoder, TwinStack
from training.learn.fit import Batch, Schedule, fit
from training.learn.judge import Judge, train_judge
from training.publish.card import DataCard, Metric, Port
from training.publish.export import Array, export, round_to_half
from training.publish.recipe import Claim, Progress, PublishedArray, Recipe, Trained
from training.recipes.families.digit_codes import PIXELS, X_HAT, images

SEED = 7
SIZES = (2, 16)
SEEDS = 5
KINDS = ("ae", "vae")
HIDDEN = (48, 24)
SCHEDULE = Schedule(epochs=120, batch_size=64, learning_rate=4e-3)
WARM_UP_EPOCHS = 20
THROWS = 1000
THROW_SEED = 7
STREAM_THROWS = rng.STREAM_DRAW + 8
"""As in figures/holes/maths.ts."""

SHOWN_CODES = 400
"""Training digits whose places in the codes of two numbers are published."""

CODE_STEP = 1 / 24
"""Published codes of training digits are whole multiples of this, offset by 128."""

Z = Port("z", ("n", max(SIZES)), "standard deviations of the throws",
         "the code, with zeros behind its own numbers; a plain model's training codes have mean 0 "
         "and covariance I, a variational one's prior is N(0, I)")
MEMBER = Port("member", ("n",), "", "which decoder: kind, then seed, then size, as in `options`",
              "int32")


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
    decoder = ChosenDecoder(stack)
    return Trained(
        data=DataCard.of(dataset),
        seed=SEED,
        parameters=stack.parameter_count(SIZES.index(max(SIZES))),
        graphs={"decoder": export(decoder, (Z, MEMBER), (X_HAT,), sample_calls, SEED)},
        arrays=arrays(stack, x, shares(stack, judge, THROW_SEED)),
        metrics=metrics(stack, dataset, judge),
        options={"sizes": list(SIZES), "seed_count": SEEDS, "kinds": list(KINDS),
                 "hidden": list(HIDDEN), "warm_up_epochs": WARM_UP_EPOCHS, "throws": THROWS,
                 "throw_seed": THROW_SEED, "code_step": CODE_STEP, **asdict(SCHEDULE)},
    )


def sample_calls(n: int, generator: np.random.Generator) -> tuple[Array, ...]:
    """Codes and members to check the exported decoder with."""
    z = 2 * generator.standard_normal((n, max(SIZES)))
    members = generator.integers(len(KINDS) * SEEDS * len(SIZES), size=n)
    return z.astype(np.float32), members.astype(np.int32)


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


def shares(stack: TwinStack, judge: Judge, seed: int) -> Floats:
    """Accepted share of 1,000 throws, `[kinds, seeds, sizes]`."""
    drawn = decodes(stack, {size: throws(size, seed) for size in SIZES})
    return by_kind([judge.accepted_share(member) for member in drawn])


@torch.no_grad()
def metrics(stack: TwinStack, dataset: Dataset, judge: Judge) -> dict[str, Metric]:
    """Shares and errors as `code-16.vae.accepted_share`, means over the seeds and their spread."""
    test = images(dataset, "test").expand(len(stack), -1, -1)
    mu, log_var = stack.posterior(test)
    redrawn = stack.decode(mu)
    measured = {
        "accepted_share": (
            shares(stack, judge, THROW_SEED), "share of throws", "none",
            f"{THROWS:,} random codes that decode to a drawing that the judge accepts"),
        "reconstruction_accepted_share": (
            by_kind([judge.accepted_share(member.numpy()) for member in redrawn]),
            "share of digits", "test", "test digits whose reconstruction the judge accepts"),
        "reconstruction_mse": (
            by_kind((redrawn - test).square().mean((1, 2)).tolist()), "squared ink a pixel",
            "test", "mean squared difference between a digit and its reconstruction"),
    }
    result: dict[str, Metric] = {}
    for name, (table, unit, split, about) in measured.items():
        for k, kind in enumerate(KINDS):
            for s, size in enumerate(SIZES):
                values, key = table[k, :, s], f"code-{size}.{kind}.{name}"
                result[key] = Metric(float(values.mean()), unit, split,
                                     f"{about}, mean of {SEEDS} seeds")
                for word, value in (("lowest", values.min()), ("highest", values.max()),
                                    ("deviation", values.std(ddof=1))):
                    result[f"{key}_{word}"] = Metric(float(value), unit, split,
                                                     f"{about}, {word} of {SEEDS} seeds")
    kl = by_kind((-0.5 * (1 + log_var - mu.square() - log_var.exp()).sum(2).mean(1)).tolist())
    for s, size in enumerate(SIZES):
        result[f"code-{size}.vae.kl"] = Metric(
            float(kl[KINDS.index("vae"), :, s].mean()), "nats an example", "test",
            f"KL(q(z|x) ‖ N(0, I)), mean of {SEEDS} seeds")
    return result


@torch.no_grad()
def arrays(stack: TwinStack, x: Tensor, accepted: Floats) -> dict[str, PublishedArray]:
    """The measured shares, and where the training digits lie in the codes of two numbers."""
    flat = [member for member, size in enumerate(stack.code_sizes) if size == 2]
    codes = stack.encode(x[:SHOWN_CODES].expand(len(stack), -1, -1))[flat, :, :2]
    levels = (codes / CODE_STEP).round().add(128).clamp(0, 255)
    return {
        "accepted_shares": PublishedArray(
            accepted, "share of throws", "accepted share by kind, seed and size"),
        "codes_train": PublishedArray(
            levels.numpy().astype(np.uint8), f"{CODE_STEP:.4f} standard deviations, plus 128",
            "the first training digits in the codes of two numbers, by kind and seed; for a "
            "variational model the mean"),
    }


RECIPE = Recipe(
    title="What random codes decode to",
    description="plain autoencoders of digits and variational ones of the same widths, start and "
    "batches, with codes of 2 and of 16 numbers, from five seeds each",
    honesty="trained model",
    train=train,
    claims=(
        Claim("with 16 numbers, every variational model is accepted more often than any plain one",
              lambda m: m["code-16.vae.accepted_share_lowest"]
              > m["code-16.ae.accepted_share_highest"]),
    ),
)
