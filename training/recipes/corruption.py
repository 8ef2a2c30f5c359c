"""`corruption`: how much to spoil the input, by the denoising error and by a later task (note 8).

On digits under noise and with blanked pixels, and on Gaussian rows, of which theory knows the
error that a linear denoiser cannot go below.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from training.data import gaussian
from training.data.dataset import Dataset, Floats
from training.data.digits import digits
from training.learn.fit import Batch, Schedule, fit, share_of
from training.learn.spoiler import Spoiler
from training.learn.stack import AutoencoderStack
from training.measure.linear_denoiser import LinearDenoiser, wiener_error
from training.measure.metrics import mean_squared_error
from training.measure.probe import centred, labelled_rows, right
from training.publish.card import DataCard, Metric
from training.publish.experiment import Comparison, Experiment, Values
from training.publish.recipe import Claim, Progress, Recipe, Trained

FIRST_SEED = 23
SEEDS = 5
STRENGTHS = (0.0, 0.1, 0.2, 0.4, 0.8)
FIXED = 0.4
"""The strength at which all are compared, whatever they were trained with."""

KINDS = ("noise", "blanked")
MEASURES = ("error", "fixed", "probe")
SERIES = ("network", "linear", "raw", "theory")

LABELS = 5
"""A class, that the probe gets to see."""

DRAWS = 5
"""Of labels, each measured with every seed; the mean counts."""

STRENGTH_OF_PROBE = 1.0
"""Weight of the labelled examples against ½‖W‖²: what chapter 8's probes chose on such codes."""

SPOILT_COPIES = 4
"""Of each held-out example, over which an error is the mean."""

TOLERANCE = 0.05
"""How near the trained linear denoisers come to theory, as a share of it."""


@dataclass(frozen=True)
class Network:
    """The autoencoders of a data set, and how they are trained."""

    hidden: tuple[int, ...]
    size: int
    ink: bool
    schedule: Schedule


ON_DIGITS = Network((48,), 16, True, Schedule(epochs=40, batch_size=64, learning_rate=1.6e-2))
ON_GAUSSIAN = Network((), 8, False, Schedule(epochs=60, batch_size=256, learning_rate=1e-2))


def trained(
    data: Dataset, network: Network, spoil: Spoiler, progress: Progress
) -> AutoencoderStack:
    """Denoising autoencoders, one for each corruption and seed; `SEEDS` in a row differ in nothing
    but the seed, and those of a seed start alike and see the same batches."""
    x = torch.from_numpy(data.train.x)
    torch.manual_seed(FIRST_SEED)
    members = len(spoil)
    stack = AutoencoderStack(x.shape[1], network.hidden, [network.size] * members, ink=network.ink)
    with torch.no_grad():
        for parameter in stack.parameters():
            parameter.copy_(parameter[:SEEDS].repeat(members // SEEDS, 1, 1))

    def loss(batch: Batch) -> Tensor:
        clean = x[batch.rows]
        drawn = stack(spoil(clean, batch.noise))
        summed = functional.mse_loss(drawn, clean.expand_as(drawn), reduction="sum")
        return summed / clean.numel()

    fit(stack, loss, len(x), network.schedule, FIRST_SEED, progress)
    return stack


@dataclass(frozen=True)
class Setting:
    """Trained denoisers of one data set under one kind of corruption."""

    name: str
    label: str
    data: Dataset
    network: Network
    kind: str
    stack: AutoencoderStack
    members: NDArray[np.int64]
    """Places in the stack, by strength and seed."""

    def of(self, strength: int) -> AutoencoderStack:
        """The members of a strength, one a seed."""
        return self.stack.subset(self.members[strength].tolist())

    def linear(self, strength: float) -> LinearDenoiser:
        """The best linear denoiser for a strength, from the training split."""
        make = LinearDenoiser.under_noise if self.kind == "noise" else LinearDenoiser.under_blanks
        return make(self.data.train.x, self.network.size, strength)

    def theory(self, trained_with: float, met: float) -> float:
        """The error that Wiener's gains leave; NaN where the data are not Gaussian."""
        if self.data.name != "gaussian":
            return np.nan
        return wiener_error(gaussian.variances(), self.network.size, trained_with, met)


def settings(progress: Progress) -> tuple[Setting, ...]:
    """Train all denoisers: those of digits as one stack, in which both kinds of corruption share
    the members without any."""
    images, rows = digits(), gaussian.gaussian()
    every = tuple(np.repeat(STRENGTHS, SEEDS).tolist())
    both = Spoiler(every, every[SEEDS:])
    on_digits = trained(images, ON_DIGITS, both, share_of(progress, 0, 0.8))
    on_gaussian = trained(rows, ON_GAUSSIAN, Spoiler(every), share_of(progress, 0.8, 1))
    places = np.arange(len(both)).reshape(-1, SEEDS)
    noisy = places[: len(STRENGTHS)]
    blanked = np.concatenate([places[:1], places[len(STRENGTHS) :]])
    return (
        Setting("noise", "digits, noise", images, ON_DIGITS, "noise", on_digits, noisy),
        Setting("blanked", "digits, blanked", images, ON_DIGITS, "blanked", on_digits, blanked),
        Setting("gaussian", "Gaussian rows", rows, ON_GAUSSIAN, "noise", on_gaussian, noisy),
    )


@torch.no_grad()
def measured(setting: Setting) -> dict[str, Values]:
    """By held-out split, `[measures, series, strengths, seeds]`; what has no seeds stands once."""
    shape = (len(MEASURES), len(SERIES), len(STRENGTHS), SEEDS)
    found = {split: np.full(shape, np.nan) for split in ("validation", "test")}
    for place, strength in enumerate(STRENGTHS):
        network, linear = setting.of(place), setting.linear(strength)
        for split, values in found.items():
            clean = np.tile(setting.data.splits()[split].x, (SPOILT_COPIES, 1))
            for measure, met in enumerate((strength, FIXED)):
                x, chance = torch.from_numpy(clean), torch.Generator().manual_seed(FIRST_SEED)
                (spoilt,) = Spoiler(**{setting.kind: (met,)})(x, chance)
                errors = (network(spoilt.expand(SEEDS, -1, -1)) - x).square().mean((1, 2))
                values[measure, 0, place] = errors.numpy()
                denoised = linear.denoise(spoilt.numpy()).astype(np.float32)
                values[measure, 1, place, 0] = mean_squared_error(denoised, clean)
                values[measure, 3, place, 0] = setting.theory(strength, met)
        inputs = [split.x for split in setting.data.splits().values()]
        codes = [network.encode(torch.from_numpy(x).expand(SEEDS, -1, -1)).numpy() for x in inputs]
        for seed in range(SEEDS):
            shares = probed(setting.data, [z[seed] for z in codes])
            for values, share in zip(found.values(), shares, strict=True):
                values[2, 0, place, seed] = share
        shares = probed(setting.data, [linear.encode(x).astype(np.float32) for x in inputs])
        for values, share in zip(found.values(), shares, strict=True):
            values[2, 1, place, 0] = share
    for values, share in zip(found.values(), probed(setting.data, inputs), strict=True):
        values[2, 2, :, 0] = share
    return found


def probed(data: Dataset, features: Sequence[Floats]) -> NDArray[np.float64]:
    """Share of validation and of test examples named rightly, a mean over the draws of labels."""
    labels = [split.labels for split in data.splits().values()]
    scaled = centred(*features)
    shares = [
        right(scaled, labels, labelled_rows(labels[0], LABELS, draw), STRENGTH_OF_PROBE)
        for draw in range(DRAWS)
    ]
    mean: NDArray[np.float64] = np.mean(shares, axis=0)
    return mean


def best(validation: Values, measure: str) -> float:
    """The strength that the networks' mean over the seeds chooses on validation."""
    means = validation[MEASURES.index(measure), 0].mean(axis=1)
    return STRENGTHS[int(means.argmax() if measure == "probe" else means.argmin())]


def comparisons(setting: str, label: str, validation: Values) -> Sequence[Comparison]:
    """What the note says, of one setting of digits; strengths are those that validation chose."""
    own, others = best(validation, "probe"), best(validation, "fixed")
    weak, strong = f"{STRENGTHS[1]:g}", f"{STRENGTHS[-1]:g}"
    return [
        Comparison(
            f"{label}, the denoising error rises from strength {weak} to {strong}", "error",
            ("network", weak), ("network", strong), setting,
        ),
        Comparison(
            f"{label}, the probe is better at its best strength, {own:g}, than without", "probe",
            ("network", f"{own:g}"), ("network", "0"), setting,
        ),
        Comparison(
            f"{label}, and better than at {others:g}, best for the error at {FIXED:g}", "probe",
            ("network", f"{own:g}"), ("network", f"{others:g}"), setting,
        ),
    ]  # fmt: skip


def theory_gap(values: Values) -> float:
    """How far the trained linear denoisers' mean errors are from theory at most, as a share."""
    errors, expected = values[:2, 0].mean(axis=2), values[:2, 3, :, 0]
    return float(np.abs(errors / expected - 1).max())


def train(progress: Progress) -> Trained:
    """Train, measure on both held-out splits, choose on the one and tell of the other."""
    every = settings(share_of(progress, 0, 0.7))
    found = []
    for number, setting in enumerate(every):
        found.append(measured(setting))
        progress(0.7 + 0.3 * (number + 1) / len(every))
    values = np.stack([one["test"] for one in found])
    chosen = {
        setting.name: {measure: best(one["validation"], measure) for measure in MEASURES}
        for setting, one in zip(every, found, strict=True)
    }
    tried = Experiment(
        axis={"label": "strength of the corruption", "scale": "linear"},
        conditions=[
            {"name": f"{one:g}", "label": f"{one:g}", "value": one} for one in STRENGTHS
        ],
        series=[
            {"name": "network", "label": "autoencoder", "rival": False},
            {"name": "linear", "label": "best linear", "rival": True},
            {"name": "raw", "label": "raw input", "rival": True},
            {"name": "theory", "label": "theory", "rival": False},
        ],
        measures=[
            {
                "name": "error", "label": "error at its own strength", "unit": "",
                "better": "lower", "scale": "log", "decimals": 4,
            },
            {
                "name": "fixed", "label": f"error at strength {FIXED:g}", "unit": "",
                "better": "lower", "scale": "log", "decimals": 4,
            },
            {
                "name": "probe", "label": "named rightly by the probe", "unit": "",
                "better": "higher", "scale": "linear", "decimals": 3,
            },
        ],
        settings=[{"name": one.name, "label": one.label} for one in every],
        values=values,
        rule="choose the strength by the later task, as the error of denoising rises with it",
        comparisons=[
            finding
            for name, label, one in zip(KINDS, ("noise", "blanks"), found, strict=False)
            for finding in comparisons(name, label, one["validation"])
        ],
    )  # fmt: skip
    return Trained(
        data=DataCard.of(every[0].data),
        seed=FIRST_SEED,
        parameters=every[0].stack.parameter_count(0),
        graphs={},
        arrays=tried.arrays(),
        metrics={
            **tried.metrics(),
            **{
                f"{name}.best_{measure}": Metric(
                    strength, "strength", "validation", f"the best strength by {measure}"
                )
                for name, by_measure in chosen.items()
                for measure, strength in by_measure.items()
            },
            "gaussian.theory_gap": Metric(
                theory_gap(values[2]), "share", "test", "largest distance of errors from theory"
            ),
        },
        options={
            **tried.options(),
            "seeds": SEEDS,
            "fixed": FIXED,
            "labels": LABELS,
            "draws": DRAWS,
            "tolerance": TOLERANCE,
            "numbers": gaussian.SIZE,
            "digits": asdict(ON_DIGITS),
            "gaussian": asdict(ON_GAUSSIAN),
        },
    )


RECIPE = Recipe(
    title="How much to spoil the input",
    description="denoising autoencoders of digits under noise or with blanked pixels, and linear "
    "ones of Gaussian rows, in five strengths from five seeds; linear probes on their codes",
    honesty="trained model",
    train=train,
    claims=(
        Claim(
            "trained linear denoisers come as near to theory as is said",
            lambda m: m["gaussian.theory_gap"] <= TOLERANCE,
        ),
        Claim(
            "at one strength for all, those that were trained with it have the least error",
            lambda m: all(m[f"{name}.best_fixed"] == FIXED for name in (*KINDS, "gaussian")),
        ),
        Claim(
            "the task wants noise of 0.4 and of the blanks the least",
            lambda m: m["noise.best_probe"] == 0.4 and m["blanked.best_probe"] == 0.1,
        ),
        Claim(
            "at these strengths the network leads neither the best linear denoiser nor the raw "
            "pixels by one in a hundred",
            lambda m: all(
                m[f"{name}.probe.network.{strength}"] < m[f"{name}.probe.{rival}.{strength}"] + 0.01
                for name, strength in (("noise", "0.4"), ("blanked", "0.1"))
                for rival in ("linear", "raw")
            ),
        ),
        Claim(
            "in error the network is ahead of the best linear denoiser at every strength",
            lambda m: all(
                m[f"{name}.error.network.{one:g}"] < m[f"{name}.error.linear.{one:g}"]
                for name in KINDS
                for one in STRENGTHS
            ),
        ),
        Claim(
            "with most of the pixels blanked the probe loses by it",
            lambda m: m["blanked.probe.network.0.8"] < m["blanked.probe.network.0"] - 0.01,
        ),
    ),
)
