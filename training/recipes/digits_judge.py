"""`digits-judge`: says of a drawing whether it looks like a digit; never sees an autoencoder."""

from dataclasses import asdict

import numpy as np

from training.data.digits import FULL_INK, SIDE, digits
from training.learn import judge
from training.learn.judge import train_judge
from training.learn.networks import parameter_count
from training.publish.card import DataCard, Metric, Port
from training.publish.export import export, uniform_sampler
from training.publish.recipe import Claim, Progress, PublishedArray, Recipe, Trained
from training.recipes.families.digit_codes import INK, PIXELS, X

PROBABILITY = Port("probability", ("n", 10), "share", "of each digit, in the order 0 to 9")


def train(progress: Progress) -> Trained:
    """Train the classifier on the training digits and set both limits on the validation digits."""
    dataset = digits()
    fixed = train_judge(dataset)
    progress(0.8)
    metrics = {
        "least_probability": Metric(
            fixed.least_probability,
            "share",
            "validation",
            "the classifier must give its first choice at least this probability",
        ),
        "largest_distance": Metric(
            fixed.largest_distance,
            "ink",
            "validation",
            "the nearest training digit may be at most this far, in Euclidean distance",
        ),
    }
    for name in ("validation", "test"):
        split = dataset.splits()[name]
        right = fixed.probabilities(split.x).argmax(1) == split.labels
        metrics[f"{name}.accuracy"] = Metric(
            float(right.mean()), "share of digits", name, "digits whose class it names rightly"
        )
        metrics[f"{name}.accepted_share"] = Metric(
            fixed.accepted_share(split.x), "share of digits", name, "real digits that it accepts"
        )
    return Trained(
        data=DataCard.of(dataset),
        seed=judge.SEED,
        parameters=parameter_count(fixed.classifier),
        graphs={
            "classifier": export(
                fixed.classifier, (X,), (PROBABILITY,), uniform_sampler((X,)), judge.SEED
            )
        },
        arrays={
            "images_train": PublishedArray(
                np.rint(dataset.train.x * FULL_INK).astype(np.uint8).reshape(-1, SIDE, SIDE),
                f"{INK}, times {FULL_INK}",
                "training digits",
            ),
            "labels_train": PublishedArray(
                dataset.train.labels, "digit", "the digit that each training image shows"
            ),
        },
        metrics=metrics,
        options={
            "hidden": judge.HIDDEN,
            "pixels": PIXELS,
            "refused": judge.REFUSED,
            "full_ink": FULL_INK,
            **asdict(judge.SCHEDULE),
        },
    )


RECIPE = Recipe(
    title="A judge of drawn digits",
    description="a small classifier of real digits and the training digits themselves: a drawing "
    "is accepted if the one is sure of its class and one of the others is near",
    honesty="trained model",
    train=train,
    claims=(
        Claim(
            "it names at least 95 % of the test digits rightly",
            lambda m: m["test.accuracy"] >= 0.95,
        ),
        Claim(
            "it accepts at least nine in ten of the test digits, which it has never seen",
            lambda m: m["test.accepted_share"] >= 0.9,
        ),
    ),
)
