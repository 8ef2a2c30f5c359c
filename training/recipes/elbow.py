"""`elbow`: the error of autoencoders against the size of their code, doubled each time (note 1).

On digits, and on waveforms of which it is known how many numbers tell them apart.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
import torch
from torch import Tensor

from training.data.dataset import Dataset, Floats
from training.data.digits import digits
from training.data.signals import signals
from training.learn.fit import Batch, Schedule, fit, share_of
from training.learn.losses import error_of_all
from training.learn.stack import AutoencoderStack
from training.measure.knee import knee
from training.measure.metrics import mean_squared_error
from training.measure.pca import PrincipalComponents
from training.publish.card import DataCard, Metric
from training.publish.experiment import Comparison, Experiment, Values
from training.publish.recipe import Claim, Progress, Recipe, Trained

FIRST_SEED = 31
SEEDS = 5
SIZES = (2, 4, 8, 16, 32, 64)
HARMONICS = 3
WAVEFORMS = 1024
"""So few that a network can learn some of them by heart."""

LEVEL = 0.05
"""What counts as level: a share of the error for each doubling of the code."""


@dataclass(frozen=True)
class Setting:
    """One of the two data sets, and how its networks are made and trained."""

    name: str
    label: str
    data: Dataset
    hidden: tuple[int, ...]
    ink: bool
    schedule: Schedule


def settings() -> tuple[Setting, ...]:
    """Digits, and waveforms of three harmonics."""
    return (
        Setting(
            "signals", "waveforms", signals(HARMONICS, WAVEFORMS), (32, 32), False,
            Schedule(epochs=50, batch_size=64, learning_rate=6e-3),
        ),
        Setting(
            "digits", "digits", digits(), (48,), True,
            Schedule(epochs=80, batch_size=64, learning_rate=8e-3),
        ),
    )  # fmt: skip


def measured(setting: Setting, progress: Progress) -> Values:
    """Mean squared errors `[series, sizes, seeds]`: of validation, of training, and of PCA on
    validation, which has no seeds. NaN where nothing was measured."""
    x = torch.from_numpy(setting.data.train.x)
    torch.manual_seed(FIRST_SEED)
    stack = AutoencoderStack(x.shape[1], setting.hidden, SIZES * SEEDS, ink=setting.ink)

    def loss(batch: Batch) -> Tensor:
        rows = x[batch.rows].expand(len(stack), -1, -1)
        return error_of_all(stack(rows), rows)

    fit(stack, loss, len(x), setting.schedule, FIRST_SEED, progress)
    found = np.full((3, len(SIZES), SEEDS), np.nan)
    for place, split in enumerate((setting.data.validation, setting.data.train)):
        found[place] = errors_of(stack, split.x).reshape(SEEDS, len(SIZES)).T
    found[2, :, 0] = pca_errors(setting.data)
    return found


@torch.no_grad()
def errors_of(stack: AutoencoderStack, x: Floats) -> Floats:
    """Mean squared error of each member on x `[n, d]`, float32 `[m]`."""
    rows = torch.from_numpy(x)
    error: Floats = (stack(rows.expand(len(stack), -1, -1)) - rows).square().mean((1, 2)).numpy()
    return error


@torch.no_grad()
def pca_errors(data: Dataset) -> list[float]:
    """Of PCA with as many components, on validation; NaN where these are as many as the inputs.
    Nothing but rounding is left there, at which a log axis would have no room for the rest."""
    x = data.validation.x
    return [
        mean_squared_error(PrincipalComponents(data.train.x, size)(torch.from_numpy(x)).numpy(), x)
        if size < x.shape[1]
        else np.nan
        for size in SIZES
    ]


def comparisons() -> Sequence[Comparison]:
    """What the note says of each data set."""
    return [
        finding
        for setting, name, bend in (("signals", "on waveforms", 8), ("digits", "on digits", 16))
        for doublings in [np.log2(SIZES[-1] / bend)]
        for finding in (
            Comparison(
                f"{name}, validation falls up to {bend} numbers", "error",
                ("validation", str(bend)), ("validation", str(bend // 2)),
                setting, least=LEVEL, relative=True,
            ),
            Comparison(
                f"{name}, it is level from there on", "error",
                ("validation", str(SIZES[-1])), ("validation", str(bend)),
                setting, most=float(doublings * LEVEL), relative=True,
            ),
            Comparison(
                f"{name}, the training error goes on falling", "error",
                ("training", str(SIZES[-1])), ("training", str(bend)),
                setting, relative=True,
            ),
        )
    ]  # fmt: skip


def bends(values: Values) -> dict[str, Metric]:
    """The size at the bend by the book's rule, of each seed's validation errors.

    The rule asks for the chord of the curve as drawn, so the axis of sizes has a say: `bend` is for
    this experiment's axis, on which each doubling is a step, `even_bend` for chapter 3's, on which
    each number is one.
    """
    axes: dict[str, tuple[Sequence[float], str]] = {
        "bend": (np.log2(SIZES).tolist(), "doublings evenly spaced"),
        "even_bend": (SIZES, "numbers evenly spaced"),
    }
    found = {}
    for place, setting in enumerate(("signals", "digits")):
        for bend, (axis, spaced) in axes.items():
            turns = [axis.index(knee(axis, errors.tolist())) for errors in values[place, 0, 0].T]
            for name, turn in (("lowest", min(turns)), ("highest", max(turns))):
                found[f"{setting}.{bend}_{name}"] = Metric(
                    SIZES[turn],
                    "numbers",
                    "validation",
                    f"the {name} size at the bend, of the seeds, {spaced}",
                )
    return found


def train(progress: Progress) -> Trained:
    """Train all sizes and seeds on one data set at once, and measure."""
    both = settings()
    values = np.stack(
        [
            measured(setting, share_of(progress, place / len(both), (place + 1) / len(both)))
            for place, setting in enumerate(both)
        ]
    )[:, None]
    tried = Experiment(
        axis={"label": "numbers in the code", "scale": "log"},
        conditions=[{"name": str(size), "label": str(size), "value": size} for size in SIZES],
        series=[
            {"name": "validation", "label": "validation", "rival": False},
            {"name": "training", "label": "training", "rival": False},
            {"name": "pca", "label": "PCA, validation", "rival": True},
        ],
        measures=[
            {
                "name": "error", "label": "mean squared error", "unit": "", "better": "lower",
                "scale": "log", "decimals": 4,
            }
        ],
        settings=[{"name": setting.name, "label": setting.label} for setting in both],
        values=values,
        rule="the error on validation falls and then levels off, that of training goes on falling",
        comparisons=comparisons(),
        split="validation",
    )  # fmt: skip
    data = both[0].data
    return Trained(
        data=DataCard.of(data, true_size=HARMONICS),
        seed=FIRST_SEED,
        parameters=0,
        graphs={},
        arrays=tried.arrays(),
        metrics={**tried.metrics(), **bends(values)},
        options={
            **tried.options(),
            "seeds": SEEDS,
            "level": LEVEL,
            **{setting.name: asdict(setting.schedule) for setting in both},
        },
    )


RECIPE = Recipe(
    title="Error against the size of the code",
    description="dense autoencoders with codes of 2, 4, … 64 numbers, on waveforms of three "
    "harmonics and on digits, five seeds each, and PCA",
    honesty="trained model",
    train=train,
    claims=(
        Claim(
            "on waveforms the error is level from eight numbers on, in every seed",
            lambda m: m["rule-2.effect_highest"] <= LEVEL * np.log2(SIZES[-1] / 8),
        ),
        Claim(
            "the bend by the book's rule is the same in every seed",
            lambda m: all(
                m[f"{name}.{bend}_lowest"] == m[f"{name}.{bend}_highest"]
                for name in ("signals", "digits")
                for bend in ("bend", "even_bend")
            ),
        ),
        Claim(
            "on waveforms the bend lies elsewhere where numbers are evenly spaced; on digits not",
            lambda m: (
                m["signals.bend_lowest"] < m["signals.even_bend_lowest"]
                and m["digits.bend_lowest"] == m["digits.even_bend_lowest"]
            ),
        ),
        Claim(
            "on digits it is not level from sixteen on, in any seed",
            lambda m: m["rule-5.effect_lowest"] > LEVEL * np.log2(SIZES[-1] / 16),
        ),
        Claim(
            "on waveforms PCA is ahead from eight numbers on",
            lambda m: all(
                m[f"signals.error.pca.{size}"] < m[f"signals.error.validation.{size}"]
                for size in SIZES[2:]
            ),
        ),
        Claim(
            "the errors of training go on falling, and validation's do not rise",
            lambda m: all(
                m[f"{name}.error.{series}.64"] < m[f"{name}.error.{series}.16"]
                for name in ("signals", "digits")
                for series in ("training", "validation")
            ),
        ),
    ),
)
