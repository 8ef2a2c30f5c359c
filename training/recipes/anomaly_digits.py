"""`anomaly-digits`: detectors of a digit that was never shown, for each of the ten (F17)."""

from dataclasses import asdict

import numpy as np

from training.data.digits import FULL_INK, digits
from training.learn.fit import Schedule, share_of
from training.publish.card import DataCard, Metric
from training.publish.recipe import Claim, Progress, PublishedArray, Recipe, Trained
from training.recipes.families.anomaly import (
    BASE_RATE,
    LEVELS,
    SEEDS,
    SHARE,
    Network,
    Scores,
    Trial,
    alarm_metrics,
    auc_metrics,
    export_shown,
    lead_metrics,
    score_all,
    score_arrays,
    train_stack,
)
from training.recipes.families.digit_codes import INK

CLASSES = 10
FIRST_SPLIT = 1797
TRAIN, HELD_OUT, UNSEEN = 960, 320, 170
"""Digits of the nine known classes to train on, in validation and in test, and of the other."""

NETWORK = Network(
    hidden=(40,),
    numbers=8,
    ink=True,
    schedule=Schedule(epochs=60, batch_size=64, learning_rate=8e-3, weight_decay=1e-3),
    seed=7,
)
SHOWN = 8
"""Digits of each unseen class that a reader can look at."""


def trial(seed: int, unseen: int) -> Trial:
    """A split of the digits, in which one class has no place; all of that class are strange."""
    splits = digits(FIRST_SPLIT + seed).splits()
    known = {name: split.x[split.labels != unseen] for name, split in splits.items()}
    strange = np.concatenate([split.x[split.labels == unseen] for split in splits.values()])
    return Trial(
        known["train"][:TRAIN],
        known["validation"][:HELD_OUT],
        known["test"][:HELD_OUT],
        lambda _: strange[:UNSEEN],
    )


def train(progress: Progress) -> Trained:
    """Train all classes and splits at once, then let every detector judge what it has not seen."""
    trials = [trial(seed, unseen) for seed in range(SEEDS) for unseen in range(CLASSES)]
    stack = train_stack(trials, NETWORK, share_of(progress, 0, 0.6))
    scores = score_all(trials, 1, stack, {}, share_of(progress, 0.6, 1))
    shown = range(CLASSES)
    unseen = np.stack([trials[digit].strange(0)[:SHOWN] for digit in shown])
    return Trained(
        data=DataCard.of(digits(FIRST_SPLIT)),
        seed=FIRST_SPLIT,
        parameters=stack.parameter_count(0),
        graphs={
            "autoencoder": export_shown(stack, shown, unseen.reshape(-1, 64), INK, NETWORK.seed)
        },
        arrays={
            **score_arrays(scores, shown),
            "digits": PublishedArray(
                np.rint(unseen * FULL_INK).astype(np.uint8),
                f"{INK}, times {FULL_INK}",
                "the first digits of each class, which the network without it never saw",
            ),
        },
        metrics=metrics(scores),
        options={
            "full_ink": FULL_INK,
            "detectors": list(scores.detectors),
            "seeds": SEEDS,
            "numbers": NETWORK.numbers,
            "hidden": list(NETWORK.hidden),
            "levels": LEVELS,
            "share": SHARE,
            "base_rate": BASE_RATE,
            **asdict(NETWORK.schedule),
        },
    )


def metrics(scores: Scores) -> dict[str, Metric]:
    """Areas as `unseen-3.pca.auc`, and over all ten classes as `unseen.…`."""
    auc = scores.auc.reshape(SEEDS, CLASSES, -1)
    result: dict[str, Metric] = {}
    for digit in range(CLASSES):
        result |= auc_metrics(f"unseen-{digit}", auc[:, digit], scores.detectors)
        result |= alarm_metrics(f"unseen-{digit}", scores, digit, 0)
    over_all = auc.mean(axis=1)
    result |= auc_metrics("unseen", over_all, scores.detectors)
    result |= lead_metrics("unseen", over_all, scores.detectors)
    return result


RECIPE = Recipe(
    title="A digit that was never shown",
    description="dense autoencoders, 64 → 40 → 8 and back, each trained without one of the ten "
    "digits, in five splits, and three detectors without a network",
    honesty="trained model",
    train=train,
    claims=(
        Claim(
            "over the ten classes the plain error is ahead of PCA, the strongest rival, in every "
            "split",
            lambda m: (
                m["unseen.autoencoder.lead_lowest"] > 0
                and m["unseen.best_rival.auc"] == m["unseen.pca.auc"]
            ),
        ),
        Claim(
            "weighing the error does not help here",
            lambda m: m["unseen.weighed.auc_highest"] < m["unseen.autoencoder.auc_lowest"],
        ),
    ),
)
