"""`anomaly-tumours`: detectors of malignant tumours, trained on benign ones only (F17)."""

from dataclasses import asdict

import numpy as np

from training.data.dataset import Floats
from training.data.tumours import FEATURES, SOURCE, tumours
from training.learn.fit import Schedule, share_of
from training.publish.card import DataCard
from training.publish.recipe import Claim, Progress, PublishedArray, Recipe, Trained
from training.recipes.families.anomaly import (
    BASE_RATE,
    LEVELS,
    SEEDS,
    SHARE,
    Network,
    Trial,
    alarm_metrics,
    auc_metrics,
    export_shown,
    lead_metrics,
    score_all,
    score_arrays,
    train_stack,
)

VALIDATION, TEST = 80, 80
"""Benign tumours held out; the rest, 197, are trained on."""

NETWORK = Network(
    hidden=(24,),
    numbers=6,
    ink=False,
    schedule=Schedule(epochs=200, batch_size=32, learning_rate=5e-3, weight_decay=1e-2),
    seed=7,
)
SHOWN = 8
"""Malignant tumours that a reader can look at."""

UNIT = "standard deviations of the benign training tumours"


def trial(seed: int) -> Trial:
    """A split of the benign tumours; all malignant ones are strange. In z-scores by training."""
    benign, malignant = tumours()
    order = np.random.default_rng(seed).permutation(len(benign))
    test, validation, train = np.split(benign[order], [TEST, TEST + VALIDATION])
    mean, deviation = train.mean(axis=0), train.std(axis=0)

    def scaled(x: Floats) -> Floats:
        z: Floats = ((x - mean) / deviation).astype(np.float32)
        return z

    strange = scaled(malignant)
    return Trial(scaled(train), scaled(validation), scaled(test), lambda _: strange)


def train(progress: Progress) -> Trained:
    """Train all splits at once, then let every detector judge what it has not seen."""
    trials = [trial(seed) for seed in range(SEEDS)]
    stack = train_stack(trials, NETWORK, share_of(progress, 0, 0.6))
    scores = score_all(trials, 1, stack, {}, share_of(progress, 0.6, 1))
    auc, first = scores.auc[:, 0], trials[0]
    sizes = {"train": len(first.train), "validation": VALIDATION, "test": TEST}
    return Trained(
        data=DataCard("tumours", "real", SOURCE, sizes, ("benign", "malignant")),
        seed=0,
        parameters=stack.parameter_count(0),
        graphs={"autoencoder": export_shown(stack, [0], first.strange(0), UNIT, NETWORK.seed)},
        arrays={
            **score_arrays(scores, [0]),
            "tumours": PublishedArray(
                first.strange(0)[:SHOWN], UNIT, "the first malignant tumours of the table"
            ),
        },
        metrics={
            **auc_metrics("malignant", auc, scores.detectors),
            **lead_metrics("malignant", auc, scores.detectors),
            **alarm_metrics("malignant", scores, 0, 0),
        },
        options={
            "features": list(FEATURES),
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


RECIPE = Recipe(
    title="Malignant tumours among benign ones",
    description="dense autoencoders, 30 → 24 → 6 and back, trained on benign tumours only in five "
    "splits, and three detectors without a network",
    honesty="trained model",
    train=train,
    claims=(
        Claim(
            "the isolation forest, the strongest rival, is ahead of both errors on average",
            lambda m: (
                m["malignant.best_rival.auc"] == m["malignant.forest.auc"]
                and m["malignant.autoencoder.lead"] < 0
                and m["malignant.weighed.lead"] < 0
            ),
        ),
    ),
)
