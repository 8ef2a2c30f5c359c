"""`normals-only`: detectors whose training data hold a share of faults (note 6).

On currents with one fault that recurs, on currents with five kinds of faults, and on digits, of
which each in turn plays the fault. A training set has the same size whatever its share of faults.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from training.data.currents import FAULTS, PHASES, SAMPLES, Recording, currents, recording
from training.data.dataset import Floats
from training.data.digits import digits
from training.learn.fit import Batch, Schedule, fit, share_of
from training.learn.losses import error_of_all
from training.learn.stack import AutoencoderStack
from training.measure.detectors import (
    Field,
    Score,
    area_under_curve,
    mahalanobis,
    pca_residual,
    threshold,
)
from training.publish.card import DataCard
from training.publish.experiment import Comparison, Experiment, MeasureFields, Values
from training.publish.recipe import Claim, Progress, Recipe, Trained

FIRST_SEED = 61
TRAIN = 500
HELD_OUT = 500
TEST = 500
"""Examples to train on, and normal ones for the threshold and to count false alarms."""

MOST_FAULTS, STRANGE = 100, 70
"""Faults to spoil the training set with, and others to be caught."""

PER_CENT = (0, 2, 5, 10, 20)
"""Of the training set that are faults."""

SHARE = 0.01
"""Of false alarms that the threshold is set for."""

SEVERITY = 0.5
RECURRING = FAULTS[0]
THINNED = 4
"""Every so many samples of a window are kept, so that many networks can be trained."""

CLASSES = 10
SEEDS = {"recurring": 5, "mixed": 5, "digits": CLASSES}
NUMBERS = 8
HIDDEN = (40,)
SCHEDULE = Schedule(epochs=60, batch_size=50, learning_rate=1.5e-2)
DROPPED = 0.1
"""Share of the training set with the largest errors of the crude model that cleaning drops."""

COST = 0.05
"""By how much less area a detector counts as spoiled."""

MORE = 1.0
"""By how many points a rate of false alarms counts as too high: what was asked for once more."""


@dataclass(frozen=True)
class Trial:
    """Normal examples `[n, d]`, faults to spoil the training with, and other faults."""

    normal: Floats
    spoiling: Floats
    held_out: Floats
    test: Floats
    strange: Floats

    def training_set(self, per_cent: int) -> Floats:
        """The same number of examples, of which so many per cent are faults."""
        faults = per_cent * TRAIN // 100
        return np.concatenate([self.spoiling[:faults], self.normal[: TRAIN - faults]])


@cache
def machines(seed: int) -> tuple[Floats, Floats, Floats, Recording]:
    """Normal windows for training, threshold and test, and the machines that faults happen to."""
    parts = (("train", TRAIN), ("validation", HELD_OUT), ("test", TEST))
    train, held_out, test = (
        thinned(recording(count, part, seed).windows()) for part, count in parts
    )
    return train, held_out, test, recording(MOST_FAULTS + STRANGE, "faulty", seed)


def currents_trial(seed: int, faults: Sequence[str]) -> Trial:
    """Windows of machines of their own; the faults follow each other in turn."""
    train, held_out, test, broken = machines(seed)
    kinds = np.stack([thinned(broken.faulty(fault, SEVERITY)) for fault in faults])
    machine = np.arange(MOST_FAULTS + STRANGE)
    faulty = kinds[machine % len(faults), machine]
    return Trial(train, faulty[:MOST_FAULTS], held_out, test, faulty[MOST_FAULTS:])


def thinned(windows: Floats) -> Floats:
    """Every fourth sample of windows `[n, 384]`, `[n, 96]`."""
    return windows.reshape(len(windows), PHASES, SAMPLES)[:, :, ::THINNED].reshape(len(windows), -1)


def digits_trial(fault: int) -> Trial:
    """All digits, shuffled; those of one class are the faults."""
    splits = digits(FIRST_SEED + fault).splits().values()
    x = np.concatenate([split.x for split in splits])
    labels = np.concatenate([split.labels for split in splits])
    normal, strange = x[labels != fault], x[labels == fault]
    parts = np.split(normal[: TRAIN + HELD_OUT + TEST], [TRAIN, TRAIN + HELD_OUT])
    return Trial(
        parts[0], strange[:MOST_FAULTS], parts[1], parts[2], strange[MOST_FAULTS:][:STRANGE]
    )


def trials_of(setting: str) -> list[Trial]:
    """One for each seed."""
    if setting == "digits":
        return [digits_trial(fault) for fault in range(CLASSES)]
    faults = (RECURRING,) if setting == "recurring" else FAULTS
    return [currents_trial(FIRST_SEED + seed, faults) for seed in range(SEEDS[setting])]


def cleaned(rows: Floats, crude: Score) -> Floats:
    """Without the tenth that a crude model finds strangest."""
    errors = crude(rows)
    kept = len(rows) - round(DROPPED * len(rows))
    return rows[np.sort(np.argsort(errors)[:kept])]


def trained(rows: Floats, *, ink: bool, seed: int, progress: Progress) -> AutoencoderStack:
    """One autoencoder for each training set of rows `[m, n, d]`."""
    x = torch.from_numpy(rows)
    torch.manual_seed(seed)
    stack = AutoencoderStack(x.shape[2], HIDDEN, [NUMBERS] * len(x), ink=ink)

    def loss(batch: Batch) -> Tensor:
        chosen = x.index_select(1, batch.rows)
        return error_of_all(stack(chosen), chosen)

    fit(stack, loss, x.shape[1], SCHEDULE, seed, progress)
    return stack


@torch.no_grad()
def errors_of(stack: AutoencoderStack, x: Floats) -> Field:
    """Mean squared error of each member on rows of its own `[m, n, d]`, `[m, n]`."""
    rows = torch.from_numpy(x)
    errors: Field = (stack(rows) - rows).square().mean(2).double().numpy()
    return errors


def judged(train: Field, held_out: Field, test: Field, strange: Field) -> list[float]:
    """From one detector's scores, in the order of `MEASURES`."""
    own, other = threshold(train, SHARE), threshold(held_out, SHARE)
    return [
        float(area_under_curve(test, strange)),
        100 * float(np.mean(test > own)),
        100 * float(np.mean(test > other)),
        100 * float(np.mean(strange > own)),
    ]


MEASURES = ("auc", "alarms_training", "alarms", "caught_training")
SERIES = ("autoencoder", "cleaned", "pca", "mahalanobis")


def measured(setting: str, progress: Progress) -> Values:
    """`[measures, series, shares, seeds]`."""
    trials = trials_of(setting)
    members = [(share, trial) for share in PER_CENT for trial in trials]
    spoiled = [trial.training_set(share) for share, trial in members]
    parts = [
        np.stack([getattr(trial, part) for _, trial in members])
        for part in ("held_out", "test", "strange")
    ]
    found = np.empty((len(members), len(SERIES), len(MEASURES)))
    planes = [pca_residual(rows, NUMBERS) for rows in spoiled]
    sets = (spoiled, [cleaned(*both) for both in zip(spoiled, planes, strict=True)])
    for series, training_sets in enumerate(sets):
        x = np.stack(training_sets)
        stack = trained(
            x, ink=setting == "digits", seed=FIRST_SEED,
            progress=share_of(progress, series / 2, (series + 1) / 2),
        )  # fmt: skip
        scores = [errors_of(stack, x), *(errors_of(stack, part) for part in parts)]
        found[:, series] = [judged(*of) for of in zip(*scores, strict=True)]
    for member, (rows, plane) in enumerate(zip(spoiled, planes, strict=True)):
        for series, score in ((2, plane), (3, mahalanobis(rows))):
            found[member, series] = judged(score(rows), *(score(part[member]) for part in parts))
    values = np.full((len(MEASURES), len(SERIES), len(PER_CENT), max(SEEDS.values())), np.nan)
    by_share = found.reshape(len(PER_CENT), len(trials), len(SERIES), len(MEASURES))
    values[..., : len(trials)] = by_share.transpose(3, 2, 0, 1)
    return values


def comparisons() -> Sequence[Comparison]:
    """What the note says of a few per cent, of cleaning, and of thresholds from training."""
    kinds = (("recurring", "one fault"), ("digits", "one digit"))
    return (
        *(
            Comparison(
                f"5% of {fault} cost the network over {COST} of the area", "auc",
                ("autoencoder", "0"), ("autoencoder", "5"), setting, least=COST,
            )
            for setting, fault in kinds
        ),
        Comparison(
            f"5% of mixed faults change it by no more than {COST}", "auc",
            ("autoencoder", "0"), ("autoencoder", "5"), "mixed", most=COST,
        ),
        *(
            Comparison(
                f"with 5% of {fault}, cleaning gives area back", "auc",
                ("cleaned", "5"), ("autoencoder", "5"), setting,
            )
            for setting, fault in kinds
        ),
        *(
            Comparison(
                f"clean {what}: training’s threshold rings for over one in a hundred more",
                "alarms",
                ("autoencoder", "0"), ("autoencoder", "0"), setting,
                least=MORE, worse_measure="alarms_training",
            )
            for setting, what in (("recurring", "currents"), ("digits", "digits"))
        ),
    )  # fmt: skip


def fields() -> Sequence[MeasureFields]:
    """Of `MEASURES`."""

    def per_cent(name: str, label: str, better: Literal["lower", "higher"]) -> MeasureFields:
        return {
            "name": name, "label": label, "unit": "%", "better": better,
            "scale": "linear", "decimals": 1,
        }  # fmt: skip

    return (
        {
            "name": "auc", "label": "area under the ROC", "unit": "", "better": "higher",
            "scale": "linear", "decimals": 3,
        },
        per_cent("alarms_training", "false alarms, training threshold", "lower"),
        per_cent("alarms", "false alarms, held-out threshold", "lower"),
        per_cent("caught_training", "caught, training threshold", "higher"),
    )  # fmt: skip


def train(progress: Progress) -> Trained:
    """Train all shares and seeds of a setting at once, and judge what training never saw."""
    ends = np.linspace(0, 1, len(SEEDS) + 1)
    values = np.stack(
        [
            measured(setting, share_of(progress, ends[place], ends[place + 1]))
            for place, setting in enumerate(SEEDS)
        ]
    )
    tried = Experiment(
        axis={"label": "faults in the training set", "scale": "linear"},
        conditions=[
            {"name": str(share), "label": f"{share}%", "value": share} for share in PER_CENT
        ],
        series=[
            {"name": "autoencoder", "label": "autoencoder", "rival": False},
            {"name": "cleaned", "label": "after cleaning", "rival": False},
            {"name": "pca", "label": "PCA", "rival": True},
            {"name": "mahalanobis", "label": "Mahalanobis", "rival": True},
        ],
        measures=fields(),
        settings=[
            {"name": "recurring", "label": "currents, one fault"},
            {"name": "mixed", "label": "currents, five faults"},
            {"name": "digits", "label": "digits, one of the ten"},
        ],
        values=values,
        rule="a few per cent of faults in the training set may blind a detector, cleaning helps, "
        "and a threshold from training may ring all day",
        comparisons=comparisons(),
    )
    return Trained(
        data=DataCard.of(currents(TRAIN, HELD_OUT, TEST, FIRST_SEED)),
        seed=FIRST_SEED,
        parameters=0,
        graphs={},
        arrays=tried.arrays(),
        metrics=tried.metrics(),
        options={
            **tried.options(),
            "seeds": SEEDS["recurring"],
            "digits": SEEDS["digits"],
            "train": TRAIN,
            "held_out": HELD_OUT,
            "test": TEST,
            "strange": STRANGE,
            "share": SHARE,
            "severity": SEVERITY,
            "fault": RECURRING,
            "thinned": THINNED,
            "numbers": NUMBERS,
            "dropped": DROPPED,
            "cost": COST,
            **asdict(SCHEDULE),
        },
    )


RECIPE = Recipe(
    title="Faults among the training data",
    description="dense autoencoders with codes of eight numbers, PCA and Mahalanobis distance, "
    "trained on currents or digits of which up to a fifth are faults",
    honesty="trained model",
    train=train,
    claims=(
        Claim(
            "one digit in twenty takes the area below 0.7 on average",
            lambda m: m["digits.auc.autoencoder.5"] < 0.7,
        ),
        Claim(
            "where a fifth are faults, a digit that plays the fault is redrawn better than others",
            lambda m: m["digits.auc.autoencoder.20"] < 0.5,
        ),
        Claim(
            "with one fault in twenty, the threshold from training catches a third or less of what "
            "it catches after clean training",
            lambda m: all(
                m[f"{setting}.caught_training.autoencoder.5"]
                <= m[f"{setting}.caught_training.autoencoder.0"] / 3
                for setting in ("recurring", "digits")
            ),
        ),
        Claim(
            "Mahalanobis distance is ahead on currents, whatever the share",
            lambda m: all(
                m[f"{setting}.auc.mahalanobis.{share}"] > m[f"{setting}.auc.autoencoder.{share}"]
                for setting in ("recurring", "mixed")
                for share in PER_CENT
            ),
        ),
        Claim(
            "after cleaning, a threshold from training rings several times too often, if less than "
            "what was dropped are faults",
            lambda m: all(
                m[f"{setting}.alarms_training.cleaned.{share}"] > 500 * SHARE
                for setting in SEEDS
                for share in PER_CENT[:3]
            ),
        ),
        Claim(
            "the rates of false alarms scatter as chance would have it, by chi-squared at 95 %",
            lambda m: (
                0.24 < m["recurring.alarms.mahalanobis.0_deviation"] < 1.15  # of 0.69 points
            ),
        ),
    ),
)
