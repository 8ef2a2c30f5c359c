"""`rare-currents`: more windows of a rare fault, by a conditional VAE or by simple means (F21).

A seed has ordinary windows and thirty of each fault. One conditional VAE learns from all of these.
Either it draws faults outright, or what it makes of an ordinary window as faulty, less what it
makes of it as whole, is grafted on that window. These, jittered copies of the thirty, or SMOTE's
points between them are added to the thirty; then a classifier learns to tell the fault from
ordinary windows, and is asked about faults that nothing has seen. What could be chosen was chosen
on three other seeds.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from training.data import rng
from training.data.currents import FAULTS, PHASES, SAMPLING_RATE, currents, recording
from training.data.dataset import Floats
from training.learn.conditional_stack import ConditionalStack
from training.learn.fit import Batch, Schedule, fit, share_of
from training.learn.stack import ChosenMember
from training.measure.detectors import Field
from training.measure.rare_class import (
    STREAM_NOISE,
    Moments,
    discriminant,
    jittered,
    nearest,
    parents,
    recall,
    smote,
)
from training.publish.card import DataCard, Metric, Port
from training.publish.export import Array, Graph, export, round_to_half
from training.publish.recipe import Claim, Progress, PublishedArray, Recipe, Trained
from training.recipes.families.anomaly import spread
from training.recipes.families.coarse_currents import MEANED, WIDTH, coarse

FIRST_SEED = 61
SEEDS = 10
ORDINARY, HELD_OUT, FAULTY = 1000, 1000, 500
"""Windows of whole machines to learn from and for the threshold, and faulty ones that are asked."""

OWNED, MORE = 30, 300
"""Recordings of each fault that one owns, and what one might wish for."""

ADDED = (30, 60, 120, 240)
FALSE_ALARMS = 0.01
SEVERITIES = dict(zip(FAULTS, (0.05, 0.1, 0.2, 0.4, 0.4), strict=True))

LAST_COMMON = 5
"""Of the bins of the currents' sum in a spectrum: to 250 Hz."""

FLOOR = 1e-3
"""Below which amplitudes look alike, per unit."""

CLASSES = 1 + len(FAULTS)
SLOTS = ORDINARY // len(FAULTS)
"""Rows of each fault in a family."""

ENCODER, NUMBERS, DECODER = (64, 48), 8, (48, 64)
SCHEDULE = Schedule(epochs=48, batch_size=64, learning_rate=6e-3)
SEED = 7

NOISE, SCALE = 0.005, 0.2
"""Of jittered copies: deviation per unit, and largest share by which one is larger or smaller."""

RIDGE = 1e-4
WAYS = ("graft", "drawn", "jitter", "smote", "weights", "nothing", "real")
"""What is added: by the VAE, by simple means, nothing with both classes weighing the same, nothing
and every window weighing the same, or real recordings up to 300."""

NEW = WAYS[:4]
COLUMNS = (
    *((way, added) for way in NEW for added in ADDED),
    *((way, 0) for way in WAYS[4:6]),
    (WAYS[6], MORE - OWNED),
)
"""What is added, and how much: the columns of the published table."""

SHOWN_ORDINARY = 60
"""Ordinary windows that the page makes faulty."""

FINE = 200
CODE_STEPS = 64
"""Published windows and codes are whole multiples of 1/200 and 1/64."""


def spectrum(x: Field | Floats) -> Field:
    """log₁₀ amplitudes of coarse windows `[n, 96]`: of the space vector, whose negative frequencies
    turn backwards, and of the currents' sum up to 250 Hz; float64 `[n, 38]`."""
    phases = np.asarray(x, np.float64).reshape(len(x), PHASES, -1)
    samples = phases.shape[2]
    turns = np.exp(2j * np.pi / PHASES * np.arange(PHASES))
    vector = 2 / PHASES * np.einsum("k,nkt->nt", turns, phases)
    taper = np.hanning(samples)
    turning = np.abs(np.fft.fft(taper * vector, axis=1))
    common = np.abs(np.fft.rfft(taper * phases.sum(axis=1), axis=1))[:, : LAST_COMMON + 1]
    amplitudes: Field = np.log10(np.concatenate([turning, common], axis=1) * 2 / samples + FLOOR)
    return amplitudes


@dataclass(frozen=True)
class Draw:
    """The windows of one seed, coarse: ordinary ones, and for each fault those that one may own
    and those that are asked about."""

    seed: int

    @cached_property
    def ordinary(self) -> Floats:
        """To learn from `[1000, 96]`."""
        return coarse(recording(ORDINARY, "train", self.seed).windows())

    @cached_property
    def held_out(self) -> Floats:
        """For the threshold."""
        return coarse(recording(HELD_OUT, "validation", self.seed).windows())

    @cached_property
    def faulty(self) -> Mapping[str, Floats]:
        """Windows of 800 machines under each fault, those that may be owned first."""
        machines = recording(MORE + FAULTY, "faulty", self.seed)
        return {fault: coarse(machines.faulty(fault, s)) for fault, s in SEVERITIES.items()}

    def owned(self, fault: str) -> Floats:
        """The thirty recordings of a fault."""
        return self.faulty[fault][:OWNED]

    def asked(self, fault: str) -> Floats:
        """Those that the classifier is asked about."""
        return self.faulty[fault][MORE:]


Drawings = Mapping[str, Field]
"""By way, the windows that are added at most, `[240, 96]`; fewer are the first of these."""


def train(progress: Progress) -> Trained:
    """Train all VAEs at once, draw, and let the classifiers learn from what was drawn."""
    draws = [Draw(FIRST_SEED + seed) for seed in range(SEEDS)]
    stack = train_stack(draws, share_of(progress, 0, 0.6))
    table = measure(draws, stack, share_of(progress, 0.6, 1))
    return Trained(
        data=replace(
            DataCard.of(currents(ORDINARY, HELD_OUT, FAULTY, seed=FIRST_SEED)),
            splits={
                "train": ORDINARY + OWNED * len(FAULTS),
                "validation": HELD_OUT,
                "test": FAULTY * len(FAULTS),
            },
        ),
        seed=FIRST_SEED,
        parameters=sum(p.numel() for p in stack.parameters()) // stack.members,
        graphs={"decoder": export_decoder(stack)},
        arrays=arrays(draws[0], stack, table),
        metrics=metrics(table),
        options={
            "faults": list(FAULTS),
            "severities": list(SEVERITIES.values()),
            "owned": OWNED,
            "more": MORE,
            "added": list(ADDED),
            "ways": list(WAYS),
            "sees": list(CLASSIFIERS),
            "columns": [list(column) for column in COLUMNS],
            "asked": FAULTY,
            "ordinary": ORDINARY,
            "held_out": HELD_OUT,
            "false_alarms": FALSE_ALARMS,
            "seeds": SEEDS,
            "fine": FINE,
            "code_steps": CODE_STEPS,
            "noise": NOISE,
            "scale": SCALE,
            "ridge": RIDGE,
            "floor": FLOOR,
            "numbers": NUMBERS,
            "hidden": list(ENCODER),
            "sampling_rate": SAMPLING_RATE / MEANED,
            **asdict(SCHEDULE),
        },
    )


def family(draw: Draw) -> Floats:
    """What a VAE learns from, `[2000, 96]`: ordinary windows, and the few faulty ones repeated to
    be as many."""
    turns = np.arange(SLOTS) % OWNED
    return np.concatenate([draw.ordinary, *(draw.owned(fault)[turns] for fault in FAULTS)])


def classes() -> Tensor:
    """One-hot classes of a family's rows: ordinary, then each fault."""
    places = np.repeat(np.arange(CLASSES), [ORDINARY, *[SLOTS] * len(FAULTS)])
    return torch.eye(CLASSES)[torch.from_numpy(places)]


def train_stack(draws: list[Draw], progress: Progress) -> ConditionalStack:
    """A conditional VAE a seed. The likelihood is a Gaussian of calibrated variance: ½ d log MSE
    (Rybkin, Daniilidis & Levine 2021, equation 5)."""
    x = torch.from_numpy(np.stack([family(draw) for draw in draws]))
    c = classes()
    torch.manual_seed(SEED)
    stack = ConditionalStack(len(x), WIDTH, CLASSES, ENCODER, NUMBERS, DECODER)

    def loss(batch: Batch) -> Tensor:
        rows, told = x.index_select(1, batch.rows), c[batch.rows]
        mu, log_var = stack.encode(rows, told)
        eps = torch.randn(mu.shape, generator=batch.noise)
        x_hat = stack.logits(mu + torch.exp(0.5 * log_var) * eps, told)
        errors = (x_hat - rows).square().mean((1, 2))
        kl = -0.5 * (1 + log_var - mu.square() - torch.exp(log_var)).sum(2).mean(1)
        total: Tensor = (0.5 * WIDTH * torch.log(errors) + kl).sum()
        return total

    fit(stack, loss, x.shape[1], SCHEDULE, SEED, progress)
    round_to_half(stack)
    return stack


@torch.no_grad()
def posterior(alone: ConditionalStack, whole: Floats) -> tuple[Field, Field]:
    """μ and σ of ordinary windows, each `[n, 8]`."""
    mu, log_var = alone.encode(torch.from_numpy(whole)[None], told(0, len(whole)))
    return mu[0].double().numpy(), torch.exp(0.5 * log_var)[0].double().numpy()


def told(place: int, count: int) -> Tensor:
    """One class for all of `count` rows."""
    return torch.eye(CLASSES)[[place]].expand(count, -1)


@torch.no_grad()
def made_faulty(alone: ConditionalStack, draw: Draw, place: int) -> dict[str, Field]:
    """Ordinary windows made faulty in both ways, `[240, 96]` each, at codes from their posteriors.

    A graft keeps what the VAE does not draw of the window, its noise and the ripple.
    """
    chosen = parents(draw.seed, ORDINARY, max(ADDED))
    steps = drawn_codes(alone, draw)
    z = torch.from_numpy((steps / CODE_STEPS).astype(np.float32))[None]
    faulty, whole = (alone.logits(z, told(c, len(steps)))[0].double().numpy() for c in (place, 0))
    return {"graft": draw.ordinary[chosen] + faulty - whole, "drawn": faulty}


def drawn_codes(alone: ConditionalStack, draw: Draw) -> NDArray[np.int32]:
    """The codes of all windows that are made faulty, in published steps, `[240, 8]`."""
    count = max(ADDED)
    chosen = parents(draw.seed, ORDINARY, count)
    mu, sigma = posterior(alone, draw.ordinary)
    eps = rng.normal(draw.seed, STREAM_NOISE, count * NUMBERS).reshape(count, NUMBERS)
    return np.rint(CODE_STEPS * (mu[chosen] + sigma[chosen] * eps)).astype(np.int32)


def added_windows(draw: Draw, fault: str, alone: ConditionalStack) -> Drawings:
    """All that may be added to the thirty."""
    mine = draw.owned(fault)
    return {
        **made_faulty(alone, draw, 1 + FAULTS.index(fault)),
        "jitter": jittered(mine, max(ADDED), NOISE, SCALE, draw.seed),
        "smote": smote(mine, max(ADDED), draw.seed),
        "real": draw.faulty[fault][OWNED:MORE].astype(np.float64),
    }


def measure(draws: list[Draw], stack: ConditionalStack, progress: Progress) -> NDArray[np.int32]:
    """How many of 500 real faults are caught, `[sees, faults, columns, seeds]`."""
    table = np.zeros((len(CLASSIFIERS), len(FAULTS), len(COLUMNS), SEEDS), np.int32)
    for seed, draw in enumerate(draws):
        alone = stack.subset([seed])
        learners = [
            learner(features(draw.ordinary), features(draw.held_out))
            for learner, features in CLASSIFIERS.values()
        ]
        for f, fault in enumerate(FAULTS):
            parts = added_windows(draw, fault, alone)
            for place, (_, features) in enumerate(CLASSIFIERS.values()):
                new = {way: features(x) for way, x in parts.items()}
                mine, asked = features(draw.owned(fault)), features(draw.asked(fault))
                table[place, f, :, seed] = learners[place].caught(mine, new, asked)
        progress((seed + 1) / SEEDS)
    return table


def window(x: Field | Floats) -> Field:
    """The currents themselves, float64 `[n, 96]`."""
    return np.asarray(x, np.float64)


@dataclass(frozen=True)
class Linear:
    """A linear classifier, learnt from ordinary rows and some of a fault."""

    ordinary: Field
    held_out: Field

    @cached_property
    def moments(self) -> Moments:
        """Of the ordinary rows."""
        return Moments.of(self.ordinary)

    def caught(self, mine: Field, new: Drawings, asked: Field) -> list[int]:
        """Faults caught, for each of `COLUMNS`; weights are balanced but for `nothing`."""
        counts = []
        for way, added in COLUMNS:
            rows = np.concatenate([mine, new[way][:added]]) if added else mine
            learnt = Moments.of(rows)
            v = discriminant(self.moments, learnt, RIDGE, balanced=way != "nothing")
            share = recall(self.held_out @ v, asked @ v, FALSE_ALARMS)
            counts.append(round(FAULTY * share))
        return counts


@dataclass(frozen=True)
class Nearest:
    """A row is as faulty as it is further from the nearest ordinary row than from the nearest
    faulty one, by the quotient. Weights mean nothing to it."""

    ordinary: Field
    held_out: Field

    def caught(self, mine: Field, new: Drawings, asked: Field) -> list[int]:
        """Faults caught, for each of `COLUMNS`."""
        rows = np.concatenate([self.held_out, asked])
        own = np.concatenate([self.whole, nearest(asked, self.ordinary, [ORDINARY])[0]])
        to_mine = nearest(rows, mine, [len(mine)])[0]
        found = {way: nearest(rows, x, (*ADDED, len(x))) for way, x in new.items()}
        counts = []
        for way, added in COLUMNS:
            to_fault = to_mine
            if added:
                place = ADDED.index(added) if added in ADDED else -1
                to_fault = np.minimum(to_mine, found[way][place])
            scores = own / to_fault
            share = recall(scores[:HELD_OUT], scores[HELD_OUT:], FALSE_ALARMS)
            counts.append(round(FAULTY * share))
        return counts

    @cached_property
    def whole(self) -> Field:
        """Squared distances of the held-out rows to the nearest ordinary one."""
        distances: Field = nearest(self.held_out, self.ordinary, [ORDINARY])[0]
        return distances


Learner: TypeAlias = type[Linear] | type[Nearest]
Features: TypeAlias = Callable[[Field | Floats], Field]

CLASSIFIERS: Mapping[str, tuple[Learner, Features]] = {
    "window": (Linear, window),
    "spectrum": (Linear, spectrum),
    "nearest": (Nearest, spectrum),
}
"""By what one sees of them in the figure; nearest neighbours are those of the spectra."""


def export_decoder(stack: ConditionalStack) -> Graph:
    """The decoder of the first seed."""
    shown = stack.subset([0])

    def sample(n: int, generator: np.random.Generator) -> tuple[Array, ...]:
        codes = generator.standard_normal((n, NUMBERS + CLASSES)).astype(np.float32)
        return codes, np.zeros(n, np.int32)

    return export(
        ChosenMember(shown.decoder, (len(shown.decoder.weights) - 1,)),
        (
            Port(
                "z_and_class",
                ("n", NUMBERS + CLASSES),
                "",
                "the code, then the class: one for it and else zero; whole machines first",
            ),
            Port("member", ("n",), "", "always 0", "int32"),
        ),
        (Port("x_hat", ("n", WIDTH), "rated amplitudes", "windows, 32 samples a phase"),),
        sample,
        SEED,
    )


def arrays(
    draw: Draw, stack: ConditionalStack, table: NDArray[np.int32]
) -> dict[str, PublishedArray]:
    """What was measured, and what the page draws from: windows and codes of the first seed."""
    alone = stack.subset([0])
    mu, sigma = posterior(alone, draw.ordinary[:SHOWN_ORDINARY])
    mine = np.stack([draw.owned(fault) for fault in FAULTS])
    unit = f"prior standard deviations, times {CODE_STEPS}"
    return {
        "caught": PublishedArray(
            table,
            f"of {FAULTY} real faults",
            "caught at one false alarm in a hundred, by what the classifier sees, fault, what "
            "was added, seed",
        ),
        "owned": PublishedArray(
            fine(mine),
            f"rated amplitudes, times {FINE}",
            "the 30 recordings of each fault, first seed, coarse",
        ),
        "ordinary": PublishedArray(
            fine(draw.ordinary[:SHOWN_ORDINARY]),
            f"rated amplitudes, times {FINE}",
            "ordinary windows of the first seed, coarse",
        ),
        "codes": PublishedArray(
            np.rint(CODE_STEPS * np.stack([mu, sigma])).astype(np.int32),
            unit,
            "μ and σ of these",
        ),
        "drawn_codes": PublishedArray(
            drawn_codes(alone, draw),
            unit,
            "codes that were decoded for the classifiers, first seed",
        ),
    }


def fine(windows: Floats) -> NDArray[np.int32]:
    """Windows as they are published."""
    return np.rint(FINE * windows).astype(np.int32)


def metrics(table: NDArray[np.int32]) -> dict[str, Metric]:
    """Shares caught as `window.sensor-gain.graft-240.caught`, with spread over the seeds, and what
    each way gains over class weights alone, as `.gain`."""
    result: dict[str, Metric] = {}
    shares = table / FAULTY
    alone = COLUMNS.index(("weights", 0))
    unit = "share of faults"
    for sees, of_faults in zip(CLASSIFIERS, shares, strict=True):
        for fault, of_columns in zip(FAULTS, of_faults, strict=True):
            key = f"{sees}.{fault.replace(' ', '-')}"
            for (way, added), values in zip(COLUMNS, of_columns, strict=True):
                if way in NEW and added < max(ADDED):
                    continue
                name = f"{key}.{way}-{added}" if way in NEW else f"{key}.{way}"
                about = "real faults caught at one false alarm in a hundred"
                result |= spread(f"{name}.caught", values, unit, about)
                about = "the same, less that with class weights alone"
                result |= spread(f"{name}.gain", values - of_columns[alone], unit, about)
            simple = [COLUMNS.index((way, max(ADDED))) for way in NEW[2:]]
            simple += [COLUMNS.index((way, 0)) for way in WAYS[4:6]]
            best = max(simple, key=lambda column: of_columns[column].mean())
            rival = of_columns[best]
            about = "caught with the best of the simple ways, 240 added"
            result |= spread(f"{key}.best_rival.caught", rival, unit, about)
            lead = of_columns[COLUMNS.index(("graft", max(ADDED)))] - rival
            about = "caught with 240 grafts, less that with the best simple way"
            result |= spread(f"{key}.lead", lead, unit, about)
    return result


RECIPE = Recipe(
    title="More of a rare fault",
    description="conditional VAEs of coarse windows, 96 → 64 → 48 → 8 and back, ten seeds, that "
    "make ordinary windows faulty; classifiers that learn from thirty real faults and these",
    honesty="trained model",
    train=train,
    claims=(
        Claim(
            "a classifier of spectra catches fewer gains with 240 drawn windows than without, in "
            "every seed",
            lambda m: m["spectrum.sensor-gain.drawn-240.gain_highest"] < 0,
        ),
        Claim(
            "three hundred real ones are worth more than thirty with 240 grafts, in every seed",
            lambda m: all(
                m[f"{sees}.sensor-gain.real.caught_lowest"]
                > m[f"{sees}.sensor-gain.graft-240.caught_highest"]
                for sees in ("window", "spectrum")
            ),
        ),
        Claim(
            "nowhere are grafts ahead of the best simple way in every seed",
            lambda m: all(
                m[f"{sees}.{fault.replace(' ', '-')}.lead_lowest"] <= 0
                for sees in CLASSIFIERS
                for fault in FAULTS
            ),
        ),
    ),
)
