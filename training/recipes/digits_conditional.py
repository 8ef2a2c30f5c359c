"""`digits-conditional`: conditional VAEs of digits and unconditional twins, at four β (F24).

All are trained side by side. At each β, told the class or not, they begin from the same five sets
of weights and see the same digits and the same noise. A twin is the same network with zeros in
place of the class. The rivals are linear: the mean of a class and two directions, those of the
class itself or those that all classes share, with a Gaussian over them; and, for a digit that is
to be drawn as another, the nearest real one of that class.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from training.data.dataset import Dataset, Floats, Split
from training.data.digits import SIDE, digits
from training.learn.conditional_stack import ConditionalDecoder, ConditionalStack
from training.learn.fit import Batch, Schedule, fit, share_of
from training.learn.judge import train_judge
from training.learn.posterior import code_port
from training.measure.hand import TRAITS, hand, kept
from training.publish.card import DataCard, Metric, Port
from training.publish.export import Array, Graph, export, round_to_half
from training.publish.recipe import Claim, Progress, PublishedArray, Recipe, Trained
from training.recipes.families.anomaly import MEMBER, spread
from training.recipes.families.conditional import (
    LINEAR,
    SEEDS,
    TEST_NOISE,
    THROWS,
    Drawn,
    LinearRival,
    acceptance,
    codes,
    common_arrays,
    common_metrics,
    common_options,
    draws,
    linear_rivals,
    new_members,
    one_hot,
    probe_accuracies,
    shared_noise,
    warmth,
)
from training.recipes.families.digit_codes import CODE_SIZE, PIXELS, X_HAT, images

SEED = 7
BETAS = (0.1, 0.3, 1.0, 3.0)
CLASSES = 10
ENCODER = (48, 24)
SCHEDULE = Schedule(epochs=100, batch_size=64, learning_rate=8e-3)
RIVALS = (*LINEAR, "nearest")

C = Port("c", ("n", CLASSES), "", "the class, one for the digit that is asked for and else zero")


def train(progress: Progress) -> Trained:
    """Train all members at once, then measure them beside the rivals."""
    dataset = digits()
    stack = train_stack(dataset, share_of(progress, 0, 0.7))
    rivals = linear_rivals(dataset, limits=(0, 1))
    judge = train_judge(dataset)
    told = probe_accuracies(stack, dataset.train, dataset.test)
    progress(0.8)
    drawn = acceptance(stack, ConditionalStack.decode, rivals, judge, dataset.test)
    hands = {
        name: hands_kept(stack, rivals, dataset.train, split)
        for name, split in (("validation", dataset.validation), ("test", dataset.test))
    }
    best = int(hands["validation"].ours.mean((1, 2)).argmax())
    shown = [place * SEEDS for place in range(len(BETAS))]
    return Trained(
        data=DataCard.of(dataset),
        seed=SEED,
        parameters=sum(p.numel() for p in stack.parameters()) // stack.members,
        graphs={"decoder": decoder(stack.subset(shown))},
        arrays=arrays(stack, rivals, dataset, told, drawn, hands["test"]),
        metrics=metrics(dataset, told, drawn, hands["test"], best),
        options={
            **common_options(BETAS),
            "chosen_beta": BETAS[best],
            "rivals": list(RIVALS),
            "traits": list(TRAITS),
            "encoder": list(ENCODER),
            "decoder": list(reversed(ENCODER)),
            "likelihood": "Bernoulli",
            **asdict(SCHEDULE),
        },
    )


def train_stack(dataset: Dataset, progress: Progress) -> ConditionalStack:
    """Minimise E[−log p(x|z, c)] + β KL, the KL term warmed up."""
    x = images(dataset, "train")
    c = one_hot(dataset.train.labels, CLASSES)
    stack, beta = new_members(BETAS, PIXELS, CLASSES, ENCODER, SEED)

    def loss(batch: Batch) -> Tensor:
        eps = shared_noise(len(batch.rows), stack.members, batch.noise)
        nats, kl = stack.elbo_terms(x[batch.rows], c[batch.rows], eps)
        return (nats + warmth(batch.epoch) * beta * kl).mean(1).sum()

    fit(stack, loss, len(x), SCHEDULE, SEED, progress)
    round_to_half(stack)
    return stack


@dataclass(frozen=True)
class Hands:
    """What is kept of each trait when a digit is drawn as another.

    `ours` `[β, seeds, traits]`, `rivals` `[rivals, traits]`.
    """

    ours: Floats
    rivals: Floats


def hands_kept(
    stack: ConditionalStack,
    rivals: Mapping[str, LinearRival],
    known: Split,
    split: Split,
) -> Hands:
    """Draw each digit of a split as all others, with the mean of its code."""
    written = hand(split.x, SIDE)

    def measure(redrawn: Sequence[Floats]) -> NDArray[np.float64]:
        return kept(written, np.stack([hand(x, SIDE) for x in redrawn]), split.labels)

    told = stack.subset(range(len(BETAS) * SEEDS))
    means, _ = codes(told, split, TEST_NOISE)
    by_class = [draws(told, ConditionalStack.decode, means, digit) for digit in range(CLASSES)]
    ours = [measure([x[member] for x in by_class]) for member in range(told.members)]
    linear = [
        measure([rival.decode(z, digit) for digit in range(CLASSES)])
        for rival in rivals.values()
        for z in [rival.encode(split.x, split.labels)]
    ]
    nearest = measure(
        [nearest_of(split.x, known.x[known.labels == digit]) for digit in range(CLASSES)]
    )
    return Hands(
        np.array(ours, np.float32).reshape(len(BETAS), SEEDS, -1),
        np.array([*linear, nearest], np.float32),
    )


def nearest_of(x: Floats, candidates: Floats) -> Floats:
    """For each row the nearest of the candidates, itself."""
    distances = torch.cdist(torch.from_numpy(x), torch.from_numpy(candidates))
    found: Floats = candidates[distances.argmin(1).numpy()]
    return found


def decoder(shown: ConditionalStack) -> Graph:
    """The decoders of the first seed, a member for each β."""

    def sample(n: int, generator: np.random.Generator) -> tuple[Array, ...]:
        z = (2 * generator.standard_normal((n, CODE_SIZE))).astype(np.float32)
        c = np.eye(CLASSES, dtype=np.float32)[generator.integers(CLASSES, size=n)]
        return z, c, generator.integers(shown.members, size=n).astype(np.int32)

    return export(
        ConditionalDecoder(shown, ink=True),
        (code_port(CODE_SIZE), C, MEMBER),
        (X_HAT,),
        sample,
        SEED,
    )


def arrays(
    stack: ConditionalStack,
    rivals: Mapping[str, LinearRival],
    dataset: Dataset,
    told: NDArray[np.float64],
    drawn: Drawn,
    hands: Hands,
) -> dict[str, PublishedArray]:
    """What the figure shows beside the drawings."""
    return common_arrays(stack, rivals, dataset.train, dataset.test, told, drawn) | {
        "kept": PublishedArray(
            hands.ours,
            "share of variance",
            "slant, width and ink kept by test digits drawn as others, by β and seed",
        ),
        "rivals_kept": PublishedArray(hands.rivals, "share of variance", "the same, by rival"),
    }


def metrics(
    dataset: Dataset, told: NDArray[np.float64], drawn: Drawn, hands: Hands, best: int
) -> dict[str, Metric]:
    """All that the text quotes, with its spread over the seeds."""
    result = common_metrics(BETAS, dataset.test, told, drawn)
    for place, beta in enumerate(BETAS):
        for trait, name in enumerate(TRAITS):
            about = f"variance of the {name} that is kept when a digit is drawn as another"
            key, of_hand = f"beta-{beta:g}.conditional.{name}", hands.ours[place, :, trait]
            result |= spread(key, of_hand, "share of variance", about)
    for rival, values in zip(RIVALS, hands.rivals, strict=True):
        for name, value in zip(TRAITS, values, strict=True):
            result[f"{rival}.{name}"] = Metric(
                float(value),
                "share of variance",
                "test",
                f"{name} kept by digits drawn by `{rival}`",
            )
    return result | job_metrics(drawn.accepted.mean(2) / THROWS, hands, best)


def job_metrics(shares: NDArray[np.float64], hands: Hands, best: int) -> dict[str, Metric]:
    """Both jobs at the β that was chosen on validation, beside the best rival of each."""
    asked, count = shares[best], len(BETAS)
    rivals = shares[count : count + 2]
    winner = rivals[rivals.mean(1).argmax()]
    hand_kept = hands.ours[best].mean(1)
    rival_kept = hands.rivals.mean(1)
    unit, about = "share of throws", "random codes accepted as the digit asked for"
    result = spread("asked.accepted", asked, unit, about)
    result |= spread("asked.best_rival.accepted", winner, unit, f"{about}, best linear rival")
    result |= spread("asked.lead", asked - winner, unit, f"{about}, less those of that rival")
    unit, about = "share of variance", "slant, width and ink kept by digits drawn as others, mean"
    result |= spread("hand.kept", hand_kept, unit, about)
    result |= spread("hand.lead", hand_kept - rival_kept.max(), unit, f"{about}, less the best")
    result["chosen_beta"] = Metric(
        BETAS[best], "1", "validation", "the β at which most of a hand is kept by validation digits"
    )
    result["hand.best_rival.kept"] = Metric(
        float(rival_kept.max()), unit, "test", f"{about}, by the rival that keeps most"
    )
    return result


def hand_of(m: Mapping[str, float], rival: str) -> float:
    """What a rival keeps of a hand, mean of the traits."""
    return sum(m[f"{rival}.{trait}"] for trait in TRAITS) / len(TRAITS)


RECIPE = Recipe(
    title="Digits on request",
    description="conditional VAEs of digits, 64 + 10 → 48 → 24 → 2 and back, and unconditional "
    "twins, at four β from five seeds, beside class means with two directions",
    honesty="trained model",
    train=train,
    claims=(
        Claim(
            "at β up to 1 less is read from the code of any model that is told the class than from "
            "that of any that is not",
            lambda m: all(
                m[f"beta-{beta:g}.conditional.neighbours_highest"]
                < m[f"beta-{beta:g}.plain.neighbours_lowest"]
                for beta in BETAS[:3]
            ),
        ),
        Claim(
            "at β = 0.1 every model's code tells more of the class than luck, and on average less "
            "than a third",
            lambda m: (
                m["beta-0.1.conditional.neighbours_lowest"] > m["chance"] + 0.03
                and m["beta-0.1.conditional.neighbours"] < 1 / 3
            ),
        ),
        Claim(
            "what is read falls as β rises, and is luck at 1 and above",
            lambda m: (
                all(
                    m[f"beta-{one:g}.conditional.neighbours"]
                    > m[f"beta-{other:g}.conditional.neighbours"]
                    for one, other in pairwise(BETAS[:3])
                )
                and all(
                    abs(m[f"beta-{beta:g}.conditional.neighbours"] - m["chance"]) < 0.03
                    for beta in BETAS[2:]
                )
            ),
        ),
        Claim(
            "at β = 1 the means tell more of the class than the drawn codes, in every training",
            lambda m: (
                m["beta-1.conditional.neighbours_of_means_lowest"]
                > m["beta-1.conditional.neighbours_highest"]
            ),
        ),
        Claim("of the four β, validation digits choose 0.3", lambda m: m["chosen_beta"] == 0.3),
        Claim(
            "there, means with own directions are accepted more often in every training",
            lambda m: (
                m["asked.lead_highest"] < 0 and m["asked.best_rival.accepted"] == m["own.accepted"]
            ),
        ),
        Claim(
            "own directions keep no slant, and shared ones more of a hand than the network does",
            lambda m: (
                m["own.slant"] < 0
                and m["hand.lead"] < 0
                and m["hand.best_rival.kept"] > max(hand_of(m, "own"), hand_of(m, "nearest"))
            ),
        ),
        Claim(
            "at β = 3 styles hardly differ, and no slant is kept",
            lambda m: (
                m["beta-3.conditional.variety_highest"] < 0.05
                and abs(m["beta-3.conditional.slant"]) < 0.01
            ),
        ),
    ),
)
