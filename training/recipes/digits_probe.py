"""`digits-probe`: what a few labels are worth on a code that was learnt without any (F20).

Plain and denoising autoencoders of digits from five seeds; a linear probe on their codes, on as
many principal components, on the raw pixels, and a network of the encoder's size that is trained
from scratch on the labelled digits alone. Everything that could be chosen, the noise, the probe's
strength, how long to train from scratch, was chosen on the validation digits.
"""

from dataclasses import asdict
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from training.data.dataset import Dataset, Floats
from training.data.digits import digits
from training.learn.fit import Batch, Schedule, fit, share_of
from training.learn.stack import AutoencoderStack
from training.measure.pca import PrincipalComponents
from training.measure.probe import centred, labelled_rows, right
from training.publish.card import DataCard, Metric, Port
from training.publish.export import Call, export, round_to_half, uniform_sampler
from training.publish.recipe import Claim, Progress, PublishedArray, Recipe, Trained
from training.recipes.families.digit_codes import PIXELS, X, images

SEED = 7
SEEDS = 5
"""Trainings of each kind; a draw of labels meets one of them in turn."""

HIDDEN = (128,)
CODE_SIZE = 32
NOISE = 0.8
"""Standard deviation of the noise on each pixel's ink that the denoising ones learn to remove."""

SCHEDULE = Schedule(epochs=100, batch_size=64, learning_rate=4e-3)
LABELS = (1, 2, 5, 10, 20, 50)
DRAWS = 10
STRENGTHS = (0.1, 1.0)
"""Of a probe: the weight of the labelled digits against ½‖W‖²."""

SCRATCH_STEPS = tuple(range(10, 101, 10))
SCRATCH_RATE = 1e-2
WAYS = ("denoising", "code", "pca", "raw", "scratch")
SIMPLE = ("pca", "raw", "scratch")
"""What one would use without an autoencoder."""

NAMES = {
    "denoising": "a linear probe on the denoising autoencoder's code",
    "code": "a linear probe on the plain autoencoder's code",
    "pca": f"a linear probe on {CODE_SIZE} principal components",
    "raw": "a linear probe on the raw pixels",
    "scratch": "a network of the encoder's size, trained on the labelled digits alone",
}

Z = Port("z", ("n", CODE_SIZE), "", "the code")


def train(progress: Progress) -> Trained:
    """Encoders first, then the probes on each draw of labels."""
    dataset = digits()
    stack = encoders(dataset, share_of(progress, 0, 0.5))
    round_to_half(stack)
    accuracies, strengths = measure(stack, dataset, share_of(progress, 0.5, 1))
    shown = {"denoising": stack.member(SEEDS), "code": stack.member(0)}
    graphs = {
        name: export(Call(one, "encode"), (X,), (Z,), pixels, SEED) for name, one in shown.items()
    }
    components = PrincipalComponents(dataset.train.x, CODE_SIZE)
    return Trained(
        data=DataCard.of(dataset),
        seed=SEED,
        parameters=sum(
            p.numel()
            for p in (*shown["code"].body.parameters(), *shown["code"].to_code.parameters())
        ),
        graphs={**graphs, "pca": export(Call(components, "encode"), (X,), (Z,), pixels, SEED)},
        arrays={
            "accuracies": PublishedArray(
                accuracies.astype(np.float32),
                "share of test digits",
                "named rightly, by way, labels a class and draw of labels",
            ),
            "strengths": PublishedArray(
                strengths.astype(np.float32),
                "of ½‖W‖²",
                "weight of the labelled digits' cross-entropy, by way of a probe and labels a "
                "class: the better on validation",
            ),
        },
        metrics=metrics(accuracies),
        options={
            "ways": list(WAYS),
            "labels": list(LABELS),
            "draws": DRAWS,
            "seed_count": SEEDS,
            "noise": NOISE,
            "hidden": list(HIDDEN),
            "code_size": CODE_SIZE,
            **asdict(SCHEDULE),
        },
    )


pixels = uniform_sampler((X,))


def encoders(dataset: Dataset, progress: Progress) -> AutoencoderStack:
    """Members 0 … 4 plain, 5 … 9 denoising; each pair starts alike and sees the same batches."""
    x = images(dataset, "train")
    torch.manual_seed(SEED)
    stack = AutoencoderStack(PIXELS, HIDDEN, [CODE_SIZE] * 2 * SEEDS, ink=True)
    with torch.no_grad():
        for parameter in stack.parameters():
            parameter[SEEDS:] = parameter[:SEEDS]
    spoilt = NOISE * (torch.arange(2 * SEEDS) >= SEEDS).float()[:, None, None]

    def loss(batch: Batch) -> Tensor:
        clean = x[batch.rows].expand(len(stack), -1, -1)
        noise = torch.randn(clean.shape, generator=batch.noise)
        errors: Tensor = stack(clean + spoilt * noise) - clean
        return errors.square().mean((1, 2)).sum()

    fit(stack, loss, len(x), SCHEDULE, SEED, progress)
    return stack


@torch.no_grad()
def features(stack: AutoencoderStack, dataset: Dataset) -> dict[str, list[list[Floats]]]:
    """By way and seed: the features of train, validation and test; one seed where none matters."""
    splits = [images(dataset, name) for name in dataset.splits()]
    codes = [stack.encode(x.expand(len(stack), -1, -1)).numpy() for x in splits]
    components = PrincipalComponents(dataset.train.x, CODE_SIZE)
    return {
        "denoising": [[z[SEEDS + seed] for z in codes] for seed in range(SEEDS)],
        "code": [[z[seed] for z in codes] for seed in range(SEEDS)],
        "pca": [[components.encode(x).numpy() for x in splits]],
        "raw": [[x.numpy() for x in splits]],
    }


def measure(
    stack: AutoencoderStack, dataset: Dataset, progress: Progress
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Test accuracy by way, labels and draw, `[5, 6, 10]`; the probes' strengths `[4, 6]`."""
    known = [split.labels for split in dataset.splits().values()]
    by_way = {
        way: [centred(*of_seed) for of_seed in seeds]
        for way, seeds in features(stack, dataset).items()
    }
    found = np.empty((len(WAYS), len(LABELS), DRAWS))
    chosen = np.empty((len(by_way), len(LABELS)))
    for n, per_class in enumerate(LABELS):
        rows = [labelled_rows(dataset.train.labels, per_class, draw) for draw in range(DRAWS)]
        for way, seeds in by_way.items():
            scores = np.array(
                [
                    [right(seeds[draw % len(seeds)], known, rows[draw], c) for draw in range(DRAWS)]
                    for c in STRENGTHS
                ]
            )
            best = scores[:, :, 0].mean(axis=1).argmax()
            found[WAYS.index(way), n] = scores[best, :, 1]
            chosen[WAYS.index(way), n] = STRENGTHS[best]
        found[WAYS.index("scratch"), n] = from_scratch(dataset, np.stack(rows))
        progress((n + 1) / len(LABELS))
    return found, chosen


def from_scratch(dataset: Dataset, rows: NDArray[np.int32]) -> NDArray[np.float64]:
    """Test accuracy of a network for each draw `rows` `[draws, n]`, trained on these digits."""
    x = images(dataset, "train")[torch.from_numpy(rows).long()]
    labels = torch.from_numpy(dataset.train.labels[rows]).long()
    torch.manual_seed(SEED)
    widths = (PIXELS, *HIDDEN, CODE_SIZE, len(dataset.classes))
    members = [
        nn.Sequential(
            nn.Linear(widths[0], widths[1]),
            nn.SiLU(),
            nn.Linear(*widths[1:3]),
            nn.Linear(*widths[2:]),
        )
        for _ in range(len(rows))
    ]
    weights, _ = torch.func.stack_module_state(members)
    base = members[0]

    def run(state: dict[str, Tensor], rows: Tensor) -> Tensor:
        one = partial(torch.func.functional_call, base)
        logits: Tensor = torch.func.vmap(one, in_dims=(0, 0 if rows.dim() == 3 else None))(
            state, rows
        )
        return logits

    optimiser = torch.optim.Adam(weights.values(), lr=SCRATCH_RATE)
    scores = []
    for step in range(1, max(SCRATCH_STEPS) + 1):
        optimiser.zero_grad()
        logits = run(weights, x)
        loss = functional.cross_entropy(logits.flatten(0, 1), labels.flatten()) * len(members)
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        if step in SCRATCH_STEPS:
            with torch.no_grad():
                scores.append(
                    [
                        (
                            run(weights, images(dataset, name)).argmax(2).numpy() == split.labels
                        ).mean(1)
                        for name, split in dataset.splits().items()
                        if name != "train"
                    ]
                )
    table = np.array(scores)
    chosen: NDArray[np.float64] = table[table[:, 0].mean(axis=1).argmax(), 1]
    return chosen


def metrics(accuracies: NDArray[np.float64]) -> dict[str, Metric]:
    """`labels-1.denoising.accuracy` and its spread; what the code gains over the raw pixels."""
    unit, split = "share of digits", "test"
    result: dict[str, Metric] = {}
    for n, per_class in enumerate(LABELS):
        for way, values in zip(WAYS, accuracies[:, n], strict=True):
            about = f"digits named rightly by {NAMES[way]}, {per_class} labels a class"
            result |= spread(f"labels-{per_class}.{way}.accuracy", values, unit, split, about)
        gain = accuracies[WAYS.index("denoising"), n] - accuracies[WAYS.index("raw"), n]
        about = (
            f"accuracy on the denoising code less that on raw pixels, {per_class} labels a class"
        )
        result |= spread(f"labels-{per_class}.gain", gain, unit, split, about)
        means = {way: accuracies[WAYS.index(way), n].mean() for way in SIMPLE}
        rival = max(SIMPLE, key=means.__getitem__)
        best = accuracies[WAYS.index(rival), n]
        about = f"digits named rightly by the best of the simple ways, {per_class} labels a class"
        result |= spread(f"labels-{per_class}.best_rival.accuracy", best, unit, split, about)
        lead = accuracies[WAYS.index("denoising"), n] - best
        about = f"accuracy on the denoising code less that of {NAMES[rival]}, {per_class} a class"
        result |= spread(f"labels-{per_class}.lead", lead, unit, split, about)
        result[f"labels-{per_class}.gain_wins"] = Metric(
            float((gain > 0).sum()), "draws", split, f"of {DRAWS} in which the code is better"
        )
    ahead = [per_class for per_class in LABELS if result[f"labels-{per_class}.gain"].value < 0]
    first = min(ahead, default=max(LABELS))
    about = "at the fewest labels at which raw pixels beat the denoising code on average"
    result["raw_ahead_from"] = Metric(first, "labels a class", split, about)
    result["raw_ahead_labels"] = Metric(first * 10, "labels", split, about)
    return result


def spread(
    key: str, values: NDArray[np.float64], unit: str, split: str, about: str
) -> dict[str, Metric]:
    """The mean over the draws, and how far they lie apart."""
    measured = {
        key: ("mean", values.mean()),
        f"{key}_lowest": ("lowest", values.min()),
        f"{key}_highest": ("highest", values.max()),
        f"{key}_deviation": ("deviation", values.std(ddof=1)),
    }
    return {
        name: Metric(float(value), unit, split, f"{about}, {word} of {DRAWS} draws of labels")
        for name, (word, value) in measured.items()
    }


RECIPE = Recipe(
    title="Few labels",
    description="plain and denoising autoencoders of digits from five seeds, and linear probes on "
    "their codes, on principal components and on raw pixels, for 1 to 50 labels a class",
    honesty="trained model",
    train=train,
    claims=(
        Claim(
            "with one label a class the denoising code beats raw pixels in nine of ten draws",
            lambda m: m["labels-1.gain_wins"] >= 9,
        ),
        Claim(
            "with fifty labels a class it does so in five of ten at most",
            lambda m: m["labels-50.gain_wins"] <= 5,
        ),
        Claim(
            "raw pixels are ahead on average from twenty labels a class on, and not before",
            lambda m: m["raw_ahead_from"] == 20 and m["labels-50.gain"] < 0,
        ),
        Claim(
            "the best of the simple ways is PCA at one label a class and raw pixels at fifty",
            lambda m: (
                m["labels-1.best_rival.accuracy"] == m["labels-1.pca.accuracy"]
                and m["labels-50.best_rival.accuracy"] == m["labels-50.raw.accuracy"]
            ),
        ),
        Claim(
            "with one label a class every way is worse than the denoising code on average",
            lambda m: all(
                m[f"labels-1.{way}.accuracy"] < m["labels-1.denoising.accuracy"] for way in WAYS[1:]
            ),
        ),
    ),
)
