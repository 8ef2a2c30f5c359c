"""`identity`: a waist widened until it copies everything, faults included (note 7).

Linear autoencoders, for which the residual is (I − UUᵀ)x, and others with hidden layers, trained on
normal waveforms only. The code's size is a mask over one network.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import pi
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score
from torch import Tensor, nn

from training.data import rng
from training.data.signals import signals
from training.live.declaration import Floats, Knob, LiveModel, Term, learning_rate
from training.live.produce import LiveData, evaluation_feeds
from training.live.step import WithParameters
from training.live.trials import LiveCondition, Trials, run_trials
from training.measure.pca import PrincipalComponents
from training.publish.card import DataCard
from training.publish.experiment import Comparison, Experiment, MeasureFields, Values
from training.publish.recipe import Claim, Progress, PublishedArray, Recipe, Trained

SEEDS = (7, 8, 9, 10, 11)
SAMPLES = 16
"""Of a waveform, over one period."""

HARMONICS = 2
NOISE = 0.2
"""Standard deviation of the noise on each sample; the first harmonic has amplitude 1."""

FAULT = 1.0
"""What a fault adds to one sample, up or down: a spike."""

FITTING = 2 * HARMONICS
"""The size that fits: two numbers a harmonic, the sine's and the cosine's share."""

WIDEST = 20
SIZES = (1, 2, FITTING, 6, 8, 12, SAMPLES, WIDEST)

HIDDEN = 24
STEPS = 1000
TOLERANCE = 0.1
"""Share by which a measured error and theory's may differ."""

TRAIN, VALIDATION = 512, 256
LEVEL = 1 / 48
"""Samples are rounded to it, and travel with the page as bytes."""

ORDER: list[int] = rng.permutation(1, rng.STREAM_DRAW, SAMPLES).tolist()
"""The fixed permutation by which samples are shuffled."""


class MaskedAutoencoder(nn.Module):
    """Two autoencoders of 16 samples; a mask lets some of the 20 places of the code through."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Linear(SAMPLES, WIDEST, bias=False)
        self.decoder = nn.Linear(WIDEST, SAMPLES, bias=False)
        self.body = nn.Linear(SAMPLES, HIDDEN)
        self.to_code = nn.Linear(HIDDEN, WIDEST)
        self.from_code = nn.Linear(WIDEST, HIDDEN)
        self.to_samples = nn.Linear(HIDDEN, SAMPLES)

    def forward(self, x: Tensor, mask: Tensor, curved: Tensor) -> Tensor:
        """x `[n, 16]`, mask `[20]` → x̂ `[n, 16]`, linear or, with `curved` = 1, not."""
        straight = self.decoder(self.encoder(x) * mask)
        code = self.to_code(torch.tanh(self.body(x))) * mask
        bent = self.to_samples(torch.tanh(self.from_code(code)))
        x_hat: Tensor = (1 - curved) * straight + curved * bent
        return x_hat


def mask_of(size: Tensor) -> Tensor:
    """1 for the first `size` places of the code, 0 for the others, `[20]`."""
    return (size - torch.arange(WIDEST, dtype=torch.float32)).clamp(0.0, 1.0)


def errors(
    network: nn.Module, x: Tensor, eps: Tensor, knobs: Mapping[str, Tensor]
) -> dict[str, Tensor]:
    """The error of normal windows, which is minimised, and of what should not come back.

    ε `[n, 32]`: noise of the windows' spread, and numbers of which the largest of a row says where
    a spike is put, its sign in which direction.
    """
    assert isinstance(network, MaskedAutoencoder)
    mask = mask_of(knobs["size"])
    noise, places = torch.split(eps, [SAMPLES, SAMPLES], 1)
    shuffled = torch.index_select(x, 1, torch.tensor(ORDER))
    seen = {
        "normal": x,
        "fault": x + spikes(places),
        "noise": noise * SPREAD,
        "shuffled": shuffled,
    }
    found = {
        name: (network(values, mask, knobs["curved"]) - values).square().mean(1).mean()
        for name, values in seen.items()
    }
    return {"loss": found["normal"], **found}


SPREAD = float(np.sqrt(sum(1 / (2 * h) for h in range(1, HARMONICS + 1)) + NOISE**2))
"""Standard deviation of a sample: harmonics of amplitude 1/√h, and the noise."""


def spikes(places: Tensor) -> Tensor:
    """`FAULT` up or down at one sample of each row `[n, 16]`, where |ε| is largest."""
    size = torch.maximum(places, -places)
    largest = size
    for shift in (1, 2, 4, 8):
        parts = torch.split(largest, [shift, SAMPLES - shift], 1)
        largest = torch.maximum(largest, torch.cat([parts[1], parts[0]], 1))
    here = ((size - largest) * 1e6 + 1).clamp(0.0, 1.0)
    sign = (places * 1e6).clamp(-1.0, 1.0)
    return FAULT * here * sign


MODEL = LiveModel(
    network=MaskedAutoencoder(),
    loss=errors,
    terms=(
        Term("loss", "mean squared error", "(x̂ − x)² of normal windows"),
        Term("normal", "mean squared error", "(x̂ − x)² of normal windows"),
        Term("fault", "mean squared error", "of windows with a spike at one sample"),
        Term("noise", "mean squared error", "of noise with the spread of the windows"),
        Term("shuffled", "mean squared error", "of windows whose samples are shuffled"),
    ),
    input_size=SAMPLES,
    batch_size=32,
    steps=STEPS,
    lr=learning_rate(1e-2),
    inference={},
    knobs=(
        Knob("size", FITTING, 1.0, WIDEST, "linear", "numbers in the code"),
        Knob("curved", 0.0, 0.0, 1.0, "linear", "0: linear, 1: with hidden layers"),
    ),
    noise_size=2 * SAMPLES,
    switches=("curved",),
)
SETTINGS = {"linear": 0.0, "curved": 1.0}


def live_data() -> LiveData:
    """Every eighth sample of waveforms of two harmonics, as bytes."""
    made = signals(HARMONICS, TRAIN, VALIDATION, 1, NOISE)
    every = made.train.x.shape[1] // SAMPLES
    arrays = [
        PublishedArray(
            (np.rint(split.x[:, ::every] / LEVEL) + 128).clip(0, 255).astype(np.uint8),
            "levels", "waveforms",
        )
        for split in (made.train, made.validation)
    ]  # fmt: skip
    return LiveData(
        DataCard(
            made.name, made.label,
            f"{made.description}; every {every}th of them is kept",
            {"train": TRAIN, "validation": VALIDATION},
        ),
        train=arrays[0],
        validation=arrays[1],
        scale=LEVEL,
        offset=PublishedArray(
            np.full(SAMPLES, 128 * LEVEL, np.float32), "", "what the byte 128 stands for"
        ),
    )  # fmt: skip


def conditions() -> list[LiveCondition]:
    """Every size in both settings."""
    return [
        LiveCondition(setting, "autoencoder", str(size), {"size": float(size), "curved": curved})
        for setting, curved in SETTINGS.items()
        for size in SIZES
    ]


def kept(size: int) -> NDArray[np.float64]:
    """UUᵀ `[16, 16]` of the best linear code of that size, its mean where the best is not unique.

    A harmonic's sine and cosine vary alike, and so do all directions of the noise.
    """
    time = 2 * pi * np.arange(SAMPLES) / SAMPLES
    planes = [
        np.stack([wave(h * time) for wave in (np.cos, np.sin)]) * np.sqrt(2 / SAMPLES)
        for h in range(1, HARMONICS + 1)
    ]
    rest = np.eye(SAMPLES) - sum(plane.T @ plane for plane in planes)
    found, left = np.zeros((SAMPLES, SAMPLES)), float(size)
    for projection, rank in (*((p.T @ p, 2) for p in planes), (rest, SAMPLES - FITTING)):
        share = min(left / rank, 1.0)
        found += share * projection
        left -= share * rank
    return found


def expected(size: int) -> NDArray[np.float64]:
    """The terms `[T]` at the best linear code: |(I − UUᵀ)x|² on the mean, over 16 samples."""
    time = 2 * pi * np.arange(SAMPLES) / SAMPLES
    apart = time[:, None] - time
    normal = sum(np.cos(h * apart) / (2 * h) for h in range(1, HARMONICS + 1))
    normal = normal + NOISE**2 * np.eye(SAMPLES)
    spike = FAULT**2 / SAMPLES * np.eye(SAMPLES)
    noise = SPREAD**2 * np.eye(SAMPLES)
    lost = np.eye(SAMPLES) - kept(size)
    found = [
        float(np.trace(lost @ covariance)) / SAMPLES
        for covariance in (normal, normal, normal + spike, noise, normal[np.ix_(ORDER, ORDER)])
    ]
    return np.array(found)


def fed(x: Floats) -> tuple[Floats, Floats]:
    """The windows of a split and the noise that the page measures them with."""
    feeds = evaluation_feeds(MODEL, x)
    return feeds["x"], feeds["eps"]


@torch.no_grad()
def pca_terms(data: LiveData) -> Values:
    """The terms and the AUC of principal components, `[sizes, T + 1]`."""
    x, eps = (torch.from_numpy(values) for values in fed(data.x_validation()))
    faulty = x + spikes(eps[:, SAMPLES:])
    shuffled, noise = x[:, ORDER], eps[:, :SAMPLES] * SPREAD
    found = []
    for size in SIZES:
        pca = PrincipalComponents(data.x_train(), min(size, SAMPLES))
        scores = [(pca(v) - v).square().mean(1).numpy() for v in (x, x, faulty, noise, shuffled)]
        found.append([*(float(score.mean()) for score in scores), auc(scores[1], scores[2])])
    return np.array(found)


@torch.no_grad()
def network_aucs(params: Floats, data: LiveData) -> Values:
    """Of the trained networks, `params` `[conditions, seeds, N]`: `[conditions, seeds]`."""
    x, eps = (torch.from_numpy(values) for values in fed(data.x_validation()))
    faulty = x + spikes(eps[:, SAMPLES:])

    def scores(network: nn.Module, x: Tensor, size: float, curved: float) -> Tensor:
        knobs = (mask_of(torch.tensor(size)), torch.tensor(curved))
        score: Tensor = (network(x, *knobs) - x).square().mean(1)
        return score

    call = WithParameters(MODEL.network, MODEL.parameters, scores)
    return np.array(
        [
            [
                auc(
                    *(
                        call(torch.from_numpy(one), v, *condition.knobs.values()).numpy()
                        for v in (x, faulty)
                    )
                )
                for one in of_seeds
            ]
            for condition, of_seeds in zip(conditions(), params, strict=True)
        ]
    )


def auc(normal: Floats, fault: Floats) -> float:
    """The share of pairs in which the faulty window has the larger error.

    Errors count in millionths: what is smaller is rounding, and no detector.
    """
    scores = np.rint(np.concatenate([normal, fault]) * 1e6)
    return float(roc_auc_score(np.repeat([0, 1], [len(normal), len(fault)]), scores))


def comparisons() -> Sequence[Comparison]:
    """What the note says: of theory, and of either kind of network."""
    fits, wide = ("autoencoder", str(FITTING)), ("autoencoder", str(WIDEST))
    middle = str(SIZES[SIZES.index(FITTING) + 2])
    return [
        Comparison(
            f"linear, {middle} numbers: faults leave the error of theory", "fault",
            ("autoencoder", middle), ("theory", middle), "linear", most=TOLERANCE, relative=True,
        ),
        *(
            one
            for setting, name in (("linear", "linear"), ("curved", "hidden layers"))
            for one in (
                Comparison(
                    f"{name}: wider than the input, normal windows come back better", "normal",
                    wide, fits, setting, relative=True,
                ),
                Comparison(
                    f"{name}: the detector has gone blind", "auc", fits, wide, setting, least=0.1
                ),
                Comparison(
                    f"{name}: noise comes back, with half of its error at most", "noise",
                    wide, fits, setting, least=0.5, relative=True,
                ),
            )
        ),
    ]  # fmt: skip


def values_of(trials: Trials, data: LiveData) -> Values:
    """Measurements `[settings, measures, series, sizes, seeds]`, theory and PCA among them."""
    shape = len(SETTINGS), len(SIZES), len(SEEDS)
    terms = trials.terms.reshape(*shape, -1).transpose(0, 3, 1, 2)
    aucs = network_aucs(trials.params, data).reshape(shape)
    found = np.full((len(SETTINGS), 5, 3, len(SIZES), len(SEEDS)), np.nan)
    found[:, :4, 0], found[:, 4, 0] = terms[:, 1:], aucs
    found[0, :4, 1, :, 0] = np.array([expected(size) for size in SIZES])[:, 1:].T
    found[:, :, 2, :, 0] = pca_terms(data)[:, 1:].T
    return found


def train(progress: Progress) -> Trained:
    """Train every size from every seed in one stack, and set theory and PCA beside it."""
    data = live_data()
    trials = run_trials(MODEL, data, SEEDS, conditions(), progress)
    named: Sequence[tuple[str, str, Literal["lower", "higher"]]] = (
        ("normal", "error of normal windows", "lower"),
        ("fault", "error of faults", "higher"),
        ("noise", "error of noise", "lower"),
        ("shuffled", "error of shuffled windows", "lower"),
        ("auc", "AUC", "higher"),
    )
    measures: list[MeasureFields] = [
        {
            "name": name, "label": label, "unit": "", "better": better, "scale": "linear",
            "decimals": 3,
        }
        for name, label, better in named
    ]  # fmt: skip
    tried = Experiment(
        axis={"label": "numbers in the code", "scale": "linear"},
        conditions=[{"name": str(size), "label": str(size), "value": size} for size in SIZES],
        series=[
            {"name": "autoencoder", "label": "autoencoder", "rival": False},
            {"name": "theory", "label": "theory", "rival": False},
            {"name": "pca", "label": "PCA", "rival": True},
        ],
        measures=measures,
        settings=[
            {"name": "linear", "label": "linear"},
            {"name": "curved", "label": "hidden layers"},
        ],
        values=values_of(trials, data),
        rule="a code that is wide enough lets faults through, and noise as well",
        comparisons=comparisons(),
        split="validation",
        live=trials.live,
    )  # fmt: skip
    return trials.trained(tried, samples=SAMPLES, fitting=FITTING)


RECIPE = Recipe(
    title="A waist as wide as the input",
    description="linear autoencoders and others of 16 samples with codes of 1 to 20 numbers, "
    "trained on normal waveforms: what comes back of faults, noise and shuffled samples",
    honesty="trains live",
    train=train,
    claims=(
        Claim(
            "the AUC is best near the size that fits, in either setting",
            lambda m: all(
                m[f"{setting}.auc.autoencoder.{FITTING}"]
                > max(m[f"{setting}.auc.autoencoder.{size}"] for size in (1, SAMPLES, WIDEST))
                for setting in SETTINGS
            ),
        ),
    ),
)
