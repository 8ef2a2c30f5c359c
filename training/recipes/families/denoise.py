"""What the recipes of denoisers share (F18): a stack of denoising autoencoders beside filters.

An example is a window or a picture; networks and spectra see it in rows of fixed length.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import product
from operator import itemgetter
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.signal import savgol_coeffs
from torch import Tensor

from training.data import rng
from training.data.dataset import Floats
from training.learn.fit import Batch, Schedule, fit
from training.learn.losses import error_of_all
from training.learn.stack import AutoencoderStack, ChosenMember
from training.measure.filters import (
    Field,
    Spectrum,
    despiked,
    gain_db,
    moving_average,
    savitzky_golay,
)
from training.publish.card import Metric, Port
from training.publish.export import Array, Graph, export, round_to_half
from training.publish.recipe import Progress, PublishedArray

METHODS = ("network", "wiener", "pca", "savgol", "average", "despiked")
KINDS = ("white", "spikes")
SEEDS = 5
SPIKES = 0.05
"""Share of samples that a spike hits; its height gives the whole noise the stated deviation."""

AVERAGES = (1, 3, 5, 7, 9, 11, 15)
SAVGOL_WIDTHS = (5, 7, 9, 11, 15, 21)
ORDER = 2
DESPIKED_WIDTHS = (3, 5, 7, 9, 11, 13)
LIMITS = (1.0, 1.5, 2.0, 3.0)
RESTS = (0.05, 0.1, 0.15, 0.25)
"""Of the filter against spikes: the limit beyond which a sample sticks out, and the noise that is
left when spikes are gone, in deviations of the whole noise."""

STREAM_NOISE = rng.STREAM_DRAW + 9
"""As in figures/denoise/figure.tsx."""

SEED = 7
MEASURED_SEED = 1000
"""Noise of validation and test; training draws its own."""


@dataclass(frozen=True)
class Trial:
    """Clean training rows `[n, d]`, and clean examples to choose and to measure on."""

    train: Floats
    validation: Field
    test: Field


@dataclass(frozen=True)
class Domain:
    """How examples become rows and back, along which axes filters run, and the noises."""

    rows: Callable[[Field], Field]
    examples: Callable[[Field], Field]
    axes: tuple[int, ...]
    levels: tuple[float, ...]
    trained: float
    """The deviation of the white noise that networks are trained with."""
    kept: int
    """Directions of the spectrum that are known to the filters."""
    unit: str


@dataclass(frozen=True)
class Network:
    """The widths of a recipe's denoising autoencoders, and how they are trained."""

    hidden: tuple[int, ...]
    numbers: int
    ink: bool
    schedule: Schedule


@dataclass(frozen=True)
class Despiker:
    """What an engineer does about spikes: replaces what sticks out, and smooths the rest by
    Wiener's filter. Like that it is told how strong the noise is."""

    width: int
    limit: float
    rest: float

    def without_spikes(self, noisy: Field, level: float, axes: Sequence[int]) -> Field:
        """Examples as the first of the two steps leaves them."""
        return despiked(noisy, self.width, self.limit * level, axes)

    def smooth(self, rid: Field, level: float, domain: Domain, spectrum: Spectrum) -> Field:
        """The second step, on what the first has left."""
        return domain.examples(spectrum.wiener(domain.rows(rid), self.rest * level))


@dataclass(frozen=True)
class Knobs:
    """What was chosen on validation, at the noise that networks are trained with: white, and
    spikes for the filter that is made for them."""

    average: int
    savgol: int
    pca: int
    despiked: Despiker


def noise(shape: tuple[int, ...], kind: str, seed: int, deviation: float) -> Field:
    """Noise of a kind of `KINDS`: the same numbers for the same seed, scaled by the deviation."""
    count = int(np.prod(shape))
    if kind == "white":
        return deviation * rng.normal(seed, STREAM_NOISE, count).astype(np.float64).reshape(shape)
    chance = rng.uniform(seed, STREAM_NOISE, count).reshape(shape)
    height = deviation / np.sqrt(SPIKES)
    return np.where(chance < SPIKES / 2, height, np.where(chance < SPIKES, -height, 0.0))


def train_stack(
    trials: Sequence[Trial], domain: Domain, network: Network, progress: Progress
) -> AutoencoderStack:
    """One network a trial, minimising ‖x − g(f(x + s ε))‖² with fresh ε in every step."""
    x = torch.from_numpy(np.stack([trial.train for trial in trials]))
    torch.manual_seed(SEED)
    stack = AutoencoderStack(
        x.shape[2], network.hidden, [network.numbers] * len(trials), ink=network.ink
    )

    def loss(batch: Batch) -> Tensor:
        rows = x.index_select(1, batch.rows)
        eps = torch.randn(rows.shape, generator=batch.noise)
        return error_of_all(stack(rows + domain.trained * eps), rows)

    fit(stack, loss, x.shape[1], network.schedule, SEED, progress)
    round_to_half(stack)
    return stack


@torch.no_grad()
def denoised(stack: AutoencoderStack, member: int, rows: Field) -> Field:
    """What one member makes of noisy rows."""
    alone = stack.subset([member])
    result: Field = alone(torch.from_numpy(rows.astype(np.float32))[None])[0].double().numpy()
    return result


def choose(trial: Trial, domain: Domain, spectrum: Spectrum) -> Knobs:
    """The best width of each filter and number of components on the validation examples."""
    clean = trial.validation
    noisy = clean + noise(clean.shape, "white", MEASURED_SEED + 1, domain.trained)
    rows = domain.rows(noisy)

    def best(candidates: Sequence[int], clean_by: Callable[[int], Field]) -> int:
        return max(candidates, key=lambda knob: gain_db(clean, noisy, clean_by(knob)))

    spiky = clean + noise(clean.shape, "spikes", MEASURED_SEED + 1, domain.trained)

    def despikers() -> Iterator[tuple[float, Despiker]]:
        for width, limit in product(DESPIKED_WIDTHS, LIMITS):
            rid = Despiker(width, limit, 0).without_spikes(spiky, domain.trained, domain.axes)
            for rest in RESTS:
                each = Despiker(width, limit, rest)
                smooth = each.smooth(rid, domain.trained, domain, spectrum)
                yield gain_db(clean, spiky, smooth), each

    return Knobs(
        best(AVERAGES, lambda width: moving_average(noisy, width, domain.axes)),
        best(SAVGOL_WIDTHS, lambda width: savitzky_golay(noisy, width, ORDER, domain.axes)),
        best(
            range(2, domain.kept + 1, 2),
            lambda numbers: domain.examples(spectrum.project(rows, numbers)),
        ),
        max(despikers(), key=itemgetter(0))[1],
    )


def gains(
    trials: Sequence[Trial],
    domain: Domain,
    stack: AutoencoderStack,
    spectra: Sequence[Spectrum],
    knobs: Sequence[Knobs],
) -> Floats:
    """Decibels that each method gains on test examples, `[seeds, kinds, levels, methods]`."""
    table = np.empty((len(trials), len(KINDS), len(domain.levels), len(METHODS)), np.float32)
    for seed, (trial, spectrum, knob) in enumerate(zip(trials, spectra, knobs, strict=True)):
        clean = trial.test
        for k, kind in enumerate(KINDS):
            for place, level in enumerate(domain.levels):
                noisy = clean + noise(clean.shape, kind, MEASURED_SEED, level)
                rows = domain.rows(noisy)
                rid = knob.despiked.without_spikes(noisy, level, domain.axes)
                cleaned = (
                    domain.examples(denoised(stack, seed, rows)),
                    domain.examples(spectrum.wiener(rows, level)),
                    domain.examples(spectrum.project(rows, knob.pca)),
                    savitzky_golay(noisy, knob.savgol, ORDER, domain.axes),
                    moving_average(noisy, knob.average, domain.axes),
                    knob.despiked.smooth(rid, level, domain, spectrum),
                )
                table[seed, k, place] = [gain_db(clean, noisy, each) for each in cleaned]
    return table


def metrics(table: Floats, domain: Domain) -> dict[str, Metric]:
    """Gains as `white.level-20.network.gain`, levels in hundredths; leads over the best rival."""
    result: dict[str, Metric] = {}
    for k, kind in enumerate(KINDS):
        for place, level in enumerate(domain.levels):
            key = f"{kind}.level-{100 * level:.0f}"
            here = table[:, k, place].astype(np.float64)
            for method, values in zip(METHODS, here.T, strict=True):
                about = "growth of the ratio of signal to noise"
                result |= spread(f"{key}.{method}.gain", values, about)
            best = 1 + int(here[:, 1:].mean(axis=0).argmax())
            result |= spread(f"{key}.best_rival.gain", here[:, best], "that of the best rival")
            lead = here[:, 0] - here[:, best]
            result |= spread(f"{key}.lead", lead, "growth by the network less that of the rival")
    return result


def spread(name: str, values: Field, about: str) -> dict[str, Metric]:
    """Mean, lowest and highest over the seeds."""
    found = (("", "mean", values.mean()), ("_lowest", "lowest", values.min()))
    return {
        f"{name}{ending}": Metric(float(value), "dB", "test", f"{about}, {word} of {len(values)}")
        for ending, word, value in (*found, ("_highest", "highest", values.max()))
    }


def export_network(
    stack: AutoencoderStack, domain: Domain, examples: Field, progress: Progress
) -> Graph:
    """The first member as a graph, checked on noisy examples."""
    rows = domain.rows(examples + noise(examples.shape, "white", SEED, domain.trained))
    width = rows.shape[1]

    def sample(n: int, generator: np.random.Generator) -> tuple[Array, ...]:
        chosen = rows[generator.integers(len(rows), size=n)].astype(np.float32)
        return chosen, np.zeros(n, np.int32)

    subset = stack.subset([0])
    progress(1)
    return export(
        ChosenMember(subset, (len(subset.weights) - 1,)),
        (
            Port("x", ("n", width), domain.unit, "noisy rows"),
            Port("member", ("n",), "", "always 0", "int32"),
        ),
        (Port("x_hat", ("n", width), domain.unit, "the clean rows that the network sees"),),
        sample,
        SEED,
    )


def arrays(
    table: Floats, spectrum: Spectrum, knobs: Knobs, domain: Domain
) -> dict[str, PublishedArray]:
    """Gains, and what the page's filters need."""

    def half(values: Field) -> NDArray[np.float32]:
        return values.astype(np.float16).astype(np.float32)

    return {
        "gains": PublishedArray(table, "dB", "by seed, kind of noise, level, method"),
        "mean": PublishedArray(half(spectrum.mean), domain.unit, "of the clean training rows"),
        "variances": PublishedArray(
            spectrum.variances.astype(np.float32),
            f"({domain.unit})²",
            "of the clean training rows along the directions, largest first",
        ),
        "directions": PublishedArray(
            half(spectrum.directions), "", "principal directions of the clean training rows"
        ),
        "average_weights": PublishedArray(
            np.full(knobs.average, 1 / knobs.average, np.float32), "", "of the moving average"
        ),
        "savgol_weights": PublishedArray(
            savgol_coeffs(knobs.savgol, ORDER).astype(np.float32), "", "of Savitzky and Golay"
        ),
    }


def options(domain: Domain, network: Network, knobs: Knobs, fine: int) -> dict[str, Any]:
    """What the figure needs to know; published examples are whole multiples of 1/`fine`."""
    return {
        "methods": list(METHODS),
        "kinds": list(KINDS),
        "levels": list(domain.levels),
        "trained": domain.trained,
        "seeds": SEEDS,
        "spikes": SPIKES,
        "fine": fine,
        "knobs": asdict(knobs),
        "numbers": network.numbers,
        "hidden": list(network.hidden),
        **asdict(network.schedule),
    }
