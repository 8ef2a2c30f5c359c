"""`digits-interpolate`: four ways from one digit to another, and what is met half-way (F15).

Plain autoencoders and their variational twins, as in `digits_holes`, from several seeds; the
middles of 2,000 pairs of unlike test digits go before the judge.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict

import numpy as np
import torch
from numpy.typing import NDArray

from training.data.dataset import Dataset, Floats
from training.data.digits import FULL_INK, SIDE, digits
from training.learn.cloud_stack import TwinStack
from training.learn.fit import Batch, Schedule, fit
from training.learn.judge import Judge, nearest_distance, train_judge
from training.learn.networks import parameter_count
from training.learn.posterior import code_port
from training.measure.paths import arc, line, unlike_pairs
from training.publish.card import DataCard, Metric, Port
from training.publish.export import Call, export, gaussian_sampler, round_to_half
from training.publish.recipe import Claim, Progress, PublishedArray, Recipe, Trained
from training.recipes.families.digit_codes import INK, PIXELS, X_HAT, images

SEED = 7
CODE_SIZE = 16
SEEDS = 5
HIDDEN = (48, 24)
SCHEDULE = Schedule(epochs=120, batch_size=64, learning_rate=4e-3)
WARM_UP_EPOCHS = 20
PAIRS = 2000
PAIR_SEED = 15
WAYS = ("pixels", "ae-line", "vae-line", "vae-arc")
"""The ways that the figure shows; `ae-arc` is measured beside them."""

EXAMPLES_PER_CLASS = 12
"""Test digits of each class that a reader can choose from."""

AE_CODE = Port(
    "z",
    ("n", CODE_SIZE),
    "deviations of the training codes",
    "the plain code; training codes have mean 0 and covariance I",
)

Middles = Mapping[str, Floats]
"""By way, the drawings half-way between the pairs, float32 `[pairs, 64]`."""


def train(progress: Progress) -> Trained:
    """Train all twins at once, then judge the middles."""
    dataset = digits()
    x = images(dataset, "train")
    torch.manual_seed(SEED)
    stack = TwinStack(PIXELS, HIDDEN, (CODE_SIZE,) * SEEDS)

    def loss(batch: Batch) -> torch.Tensor:
        rows = x[batch.rows].expand(len(stack), -1, -1)
        eps = torch.randn(len(stack), len(batch.rows), CODE_SIZE, generator=batch.noise)
        reconstruction, kl = stack.losses(rows, eps)
        return (reconstruction + min(1.0, (batch.epoch + 1) / WARM_UP_EPOCHS) * kl).sum()

    fit(stack, loss, len(x), SCHEDULE, SEED, progress)
    stack.whiten_plain_codes(x)
    round_to_half(stack)
    with torch.no_grad():
        codes: Floats = stack.encode(images(dataset, "test").expand(len(stack), -1, -1)).numpy()
    judge = train_judge(dataset)
    pairs = unlike_pairs(dataset.test.labels, PAIRS, PAIR_SEED)
    middles = [middles_of(stack, dataset, codes, pairs, seed) for seed in range(SEEDS)]
    typical = pairs[typical_pair(middles[0], judge)]
    ae, vae = stack.member(0), stack.member(SEEDS)
    z = code_port(CODE_SIZE)
    return Trained(
        data=DataCard.of(dataset),
        seed=SEED,
        parameters=parameter_count(ae),
        graphs={
            "decoder_ae": export(
                Call(ae, "decode"), (AE_CODE,), (X_HAT,), gaussian_sampler((AE_CODE,)), SEED
            ),
            "decoder_vae": export(
                Call(vae, "decode"), (z,), (X_HAT,), gaussian_sampler((z,)), SEED
            ),
        },
        arrays=arrays(dataset, codes, shown_examples(dataset, typical), middles, judge),
        metrics=metrics(dataset, stack, codes, pairs, middles, judge),
        options={
            "code_size": CODE_SIZE,
            "hidden": list(HIDDEN),
            "seed_count": SEEDS,
            "pairs": PAIRS,
            "pair_seed": PAIR_SEED,
            "ways": list(WAYS),
            "warm_up_epochs": WARM_UP_EPOCHS,
            **asdict(SCHEDULE),
        },
    )


@torch.no_grad()
def middles_of(
    stack: TwinStack, dataset: Dataset, codes: Floats, pairs: NDArray[np.int64], seed: int
) -> Middles:
    """Half-way drawings of every way, with the twins of one seed."""

    def decoded(member: int, way: Callable[..., NDArray[np.float64]]) -> Floats:
        a, b = (codes[member, pairs[:, end]].astype(np.float64) for end in (0, 1))
        z = torch.from_numpy(way(a, b, 0.5).astype(np.float32))
        drawn: Floats = stack.member(member).decode(z).numpy()
        return drawn

    ae, vae = seed, SEEDS + seed
    return {
        "pixels": dataset.test.x[pairs].mean(axis=1),
        "ae-line": decoded(ae, line),
        "ae-arc": decoded(ae, arc),
        "vae-line": decoded(vae, line),
        "vae-arc": decoded(vae, arc),
    }


def typical_pair(middles: Middles, judge: Judge) -> int:
    """The pair nearest to the median in all that is measured of its four middles.

    Confidence and distance of each middle are ranked among all pairs, 0..1; the pair is the one
    whose rank that lies furthest from ½ lies nearest to it.
    """
    measured = [
        values
        for way in WAYS
        for values in (
            judge.probabilities(middles[way]).max(1),
            nearest_distance(middles[way], judge.known),
        )
    ]
    ranks = np.stack([values.argsort().argsort() / (len(values) - 1) for values in measured])
    return int(np.abs(ranks - 0.5).max(axis=0).argmin())


def shown_examples(dataset: Dataset, typical: NDArray[np.int64]) -> NDArray[np.int64]:
    """Numbers of the published test digits: the typical pair, then some of each class."""
    labels = dataset.test.labels
    others = [
        np.setdiff1d(np.flatnonzero(labels == k), typical)[:EXAMPLES_PER_CLASS]
        for k in range(len(dataset.classes))
    ]
    return np.concatenate([typical, *others])


def arrays(
    dataset: Dataset, codes: Floats, shown: NDArray[np.int64], middles: list[Middles], judge: Judge
) -> dict[str, PublishedArray]:
    """What the figure draws from."""
    order = "in the order of labels; the typical pair first"
    accepted = np.array(
        [[judge.accepted_share(by_way[way]) for way in WAYS] for by_way in middles], np.float32
    )
    return {
        "labels": PublishedArray(dataset.test.labels[shown], "digit", "of some test digits"),
        "images": PublishedArray(
            np.rint(dataset.test.x[shown] * FULL_INK).astype(np.uint8).reshape(-1, SIDE, SIDE),
            f"{INK}, times {FULL_INK}",
            f"those test digits, {order}",
        ),
        "codes_ae": PublishedArray(codes[0, shown], AE_CODE.unit, f"their plain codes, {order}"),
        "codes_vae": PublishedArray(
            codes[SEEDS, shown],
            "prior standard deviations",
            f"their means of the variational twin, {order}",
        ),
        "accepted_shares": PublishedArray(
            accepted,
            "share of pairs",
            "pairs whose middle is accepted, by seed and way; the "
            "first seed's decoders are published",
        ),
    }


def metrics(
    dataset: Dataset,
    stack: TwinStack,
    codes: Floats,
    pairs: NDArray[np.int64],
    middles: list[Middles],
    judge: Judge,
) -> dict[str, Metric]:
    """Accepted shares as `vae-arc.accepted_share`, means over the seeds and their spread."""
    about = f"of {PAIRS:,} pairs of unlike test digits, those whose middle the judge accepts"
    tables: dict[str, tuple[list[float], str, str]] = {
        f"{way}.accepted_share": (
            [judge.accepted_share(by_way[way]) for by_way in middles],
            "share of pairs",
            about,
        )
        for way in middles[0]
    }
    for lead, trail in (("vae-arc", "vae-line"), ("vae-line", "ae-line"), ("ae-arc", "ae-line")):
        gains = np.subtract(
            tables[f"{lead}.accepted_share"][0], tables[f"{trail}.accepted_share"][0]
        )
        tables[f"{lead}.lead_over_{trail}"] = (
            gains.tolist(),
            "share of pairs",
            f"accepted share of {lead} less that of {trail}",
        )
    means = codes[SEEDS:].astype(np.float64)
    ends = [means[:, pairs[:, end]] for end in (0, 1)]
    for name, z in (("code", means), ("line-middle", (ends[0] + ends[1]) / 2)):
        tables[f"vae.{name}_length"] = (
            [float(np.median(np.linalg.norm(member, axis=1))) for member in z],
            "prior standard deviations",
            f"median distance of a {name.replace('-', ' ')} from the origin, test digits",
        )
    test = images(dataset, "test").expand(len(stack), -1, -1)
    with torch.no_grad():
        redrawn = stack.decode(torch.from_numpy(codes))
        errors = (redrawn - test).square().mean((1, 2)).tolist()
    for kind, first in (("ae", 0), ("vae", SEEDS)):
        members = range(first, first + SEEDS)
        tables[f"{kind}.reconstruction_mse"] = (
            [errors[i] for i in members],
            "squared ink a pixel",
            "mean squared difference between a digit and its reconstruction",
        )
        tables[f"{kind}.reconstruction_accepted_share"] = (
            [judge.accepted_share(redrawn[i].numpy()) for i in members],
            "share of digits",
            "test digits whose reconstruction the judge accepts",
        )
    result: dict[str, Metric] = {}
    for name, (values, unit, description) in tables.items():
        for suffix, value, how in (
            ("", np.mean(values), "mean"),
            ("_lowest", min(values), "lowest"),
            ("_highest", max(values), "highest"),
        ):
            result[f"{name}{suffix}"] = Metric(
                float(value), unit, "test", f"{description}; {how} of {SEEDS} seeds"
            )
    return result


def ahead(m: Mapping[str, float], better: str, worse: str) -> bool:
    """Whether one way's worst seed is accepted more often than another's best."""
    return m[f"{better}.accepted_share_lowest"] > m[f"{worse}.accepted_share_highest"]


RECIPE = Recipe(
    title="Half-way between two digits",
    description="plain autoencoders of digits and their variational twins, with codes of "
    f"{CODE_SIZE} numbers, and the drawings half-way between pairs of test digits",
    honesty="trained model",
    train=train,
    claims=(
        Claim(
            "either code's straight line is accepted more often than the cross-fade, always",
            lambda m: ahead(m, "ae-line", "pixels") and ahead(m, "vae-line", "pixels"),
        ),
        Claim(
            "each variational code's line is accepted more often than its plain twin's",
            lambda m: m["vae-line.lead_over_ae-line_lowest"] > 0,
        ),
        Claim(
            "in each variational code the arc is accepted more often than the line",
            lambda m: m["vae-arc.lead_over_vae-line_lowest"] > 0,
        ),
    ),
)
