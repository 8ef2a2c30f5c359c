"""`losses`: one network under four losses, with outliers in what it learns from (note 3).

Waveforms with spikes, and digits with pixels turned to their opposite, whose outputs are ink from 0
to 1 so that cross-entropy applies. Both are 64 numbers and go through the same network.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from training.data.dataset import Floats
from training.data.digits import SIDE, digits
from training.data.outliers import NEVER, SHARES, signs, spoiled, spoiled_from
from training.data.signals import signals
from training.live.declaration import Knob, LiveModel, Term, learning_rate
from training.live.networks import RealAutoencoder
from training.live.produce import LiveData
from training.live.trials import LiveCondition, Trials, run_trials
from training.measure.pca import PrincipalComponents
from training.measure.robust_pca import HuberComponents
from training.publish.card import DataCard, Metric
from training.publish.experiment import Comparison, Experiment, MeasureFields, SeriesFields, Values
from training.publish.recipe import Progress, PublishedArray, Recipe, Trained

FIRST_SEED = 7
SEEDS = 5
DELTA = 0.15
"""Where the Huber loss turns from quadratic to linear: three deviations of the sensor's noise."""

ROUNDED = 0.02
"""The absolute loss is a Huber loss that turns linear here: where its slope jumps, the least
rounding error sends two runs apart, and a run in the page would not end where the build's did."""

NEVER_LINEAR = 100.0
"""More than any error: a Huber loss that turns linear here is squared error."""

HARMONICS = 2
SIZE = SIDE * SIDE
"""Pixels of a digit, and samples of a waveform: every other one of 128."""
SPIKE = 3.0
"""Height of an outlier, up or down; the first harmonic has amplitude 1."""
TRAIN, VALIDATION = 256, 128
STEP = 0.05
LOWEST = 3.2
"""Rows are shipped as steps of `STEP`, waveforms and shares of outliers above −`LOWEST`."""
GREYS = 5
"""Levels of ink above paper; fewer than in the scan, as the images travel with the page."""
CODE = 4
"""Numbers in the code; two harmonics span a plane of as many directions."""
HIDDEN = 16

LOSSES = {
    "squared": "squared",
    "cross-entropy": "cross-entropy",
    "huber": "Huber",
    "absolute": "absolute",
}
"""Names and labels."""
DELTAS = {"huber": DELTA, "absolute": ROUNDED}
CONDITIONS = [f"{round(100 * share)}" for share in SHARES]
SETTINGS = {"signals": "waveforms", "digits": "digits"}
LEARNED = {
    "signals": [name for name in LOSSES if name != "cross-entropy"],
    "digits": list(LOSSES),
}
BLUR = 0.05
"""What counts as no sharper: a share of the contrast of the originals."""


def magnitude(x: Tensor) -> Tensor:
    """|x|; the kernels of the page have no sign, which the slope of `abs` would need."""
    return torch.where(x > 0, x, -x)


def hit(share: Tensor, first: Tensor) -> Tensor:
    """1 where a number is an outlier at this share, else 0; between two shares a part."""
    past = (share - first) / STEP + 1
    return torch.relu(past) - torch.relu(past - 1)


def huber(missed: Tensor, delta: Tensor) -> Tensor:
    """Twice the Huber loss (Huber 1964): e² up to δ, then 2δ|e| − δ², so with a slope of 2δ."""
    size = magnitude(missed)
    return torch.where(size > delta, delta * (2 * size - delta), missed.square())


def loss_of(drawn: Tensor, logits: Tensor, x: Tensor, knobs: Mapping[str, Tensor]) -> Tensor:
    """The loss of each number x, of which `drawn` is made; `logits` is that before a sigmoid."""
    crossed = knobs["cross-entropy"]
    bernoulli = functional.softplus(logits) - x * logits
    return (1 - crossed) * huber(drawn - x, knobs["delta"]) + crossed * bernoulli


def contrast(x: Tensor) -> Tensor:
    """Mean absolute difference between neighbours in rows of eight and between those rows.

    Of a waveform these are samples one and eight places apart.
    """
    rows = x.reshape(-1, SIDE)
    left, _ = torch.split(rows, [SIDE - 1, 1], 1)
    _, right = torch.split(rows, [1, SIDE - 1], 1)
    upper, _ = torch.split(x, [SIZE - SIDE, SIDE], 1)
    _, lower = torch.split(x, [SIDE, SIZE - SIDE], 1)
    return (magnitude(right - left).mean() + magnitude(lower - upper).mean()) / 2


def measured(x_hat: Tensor, clean: Tensor) -> dict[str, Tensor]:
    """Errors to what the inputs were without outliers, and how much of its contrast is drawn."""
    x_hat = x_hat.detach()
    missed = x_hat - clean
    return {
        "error": missed.square().mean(1).mean(),
        "absolute_error": magnitude(missed).mean(1).mean(),
        "sharpness": contrast(x_hat) / contrast(clean),
    }


def with_outliers(
    network: nn.Module, x: Tensor, eps: Tensor, knobs: Mapping[str, Tensor]
) -> dict[str, Tensor]:
    """x `[n, 192]`: a waveform, a digit, and from which share on, up or down, each number of
    either is wrong."""
    assert isinstance(network, RealAutoencoder)
    ink = knobs["digits"]
    wave, pixels, luck = torch.split(x, [SIZE, SIZE, SIZE], 1)
    first = magnitude(luck)
    clean = wave + ink * (pixels - wave)
    off = (1 - ink) * SPIKE * luck / first + ink * (1 - 2 * clean)
    seen = clean + hit(knobs["share"], first) * off
    logits = network.decode(network.encode(seen))
    drawn = logits + ink * (torch.sigmoid(logits) - logits)
    return {
        "loss": loss_of(drawn, logits, seen, knobs).mean(1).mean(),
        **measured(drawn, clean),
    }


MODEL = LiveModel(
    network=RealAutoencoder(SIZE, (HIDDEN,), CODE),
    loss=with_outliers,
    terms=(
        Term("loss", "", "the loss that is chosen, on inputs with outliers, mean over numbers"),
        Term("error", "", "squared error to the inputs without outliers, mean over numbers"),
        Term("absolute_error", "", "absolute error to the inputs without outliers"),
        Term("sharpness", "share of the original's", "mean difference between neighbours"),
    ),
    input_size=3 * SIZE,
    batch_size=16,
    steps=300,
    lr=learning_rate(1e-2),
    inference={},
    # By default what the figure opens with, so that spikes and the loss's bend are compared with
    # torch's. Without them the loss falls to a 250th, and there rounding is 1e-5 of it.
    knobs=(
        Knob("digits", 0.0, 0.0, 1.0, "linear", "0: waveforms, 1: digits"),
        Knob("share", 0.1, 0.0, SHARES[-1], "linear", "share of outliers among the numbers"),
        Knob(
            "delta",
            DELTA,
            ROUNDED,
            NEVER_LINEAR,
            "log",
            "beyond this error, the loss is linear",
        ),
        Knob("cross-entropy", 0.0, 0.0, 1.0, "linear", "weight of cross-entropy"),
    ),
)


def live_data() -> LiveData:
    """Waveforms, digits, and which of their numbers are wrong, beside each other as steps."""
    waves, images = signals(HARMONICS, TRAIN, VALIDATION, 1), digits()
    luck = spoiled_from((TRAIN, SIZE), FIRST_SEED, 61) * signs((TRAIN, SIZE), FIRST_SEED, 62)
    what = "a waveform, a digit, and signed shares from which on their numbers are outliers"
    arrays = [
        PublishedArray(
            np.rint(
                np.hstack(
                    [
                        (wave.x[:, ::2] + LOWEST) / STEP,
                        np.rint(image.x[:count] * GREYS) / GREYS / STEP,
                        (wrong + LOWEST) / STEP,
                    ]
                )
            ).astype(np.uint8),
            f"steps of {STEP}", what,
        )
        for wave, image, count, wrong in (
            (waves.train, images.train, TRAIN, luck),
            (waves.validation, images.validation, VALIDATION, np.full((VALIDATION, SIZE), NEVER)),
        )
    ]  # fmt: skip
    offset = np.repeat(np.array([LOWEST, 0, LOWEST], np.float32), SIZE)
    return LiveData(
        DataCard(
            "signals and digits", "synthetic and real",
            f"waveforms of {HARMONICS} harmonics with random phases, {SIZE} samples, noise of "
            f"0.05; and {images.description}, in {GREYS + 1} levels of grey; in training up to "
            f"{SHARES[-1]:.0%} of the numbers are wrong",
            {"train": TRAIN, "validation": VALIDATION},
        ),
        train=arrays[0],
        validation=arrays[1],
        scale=STEP,
        offset=PublishedArray(offset, "", "what the lowest step is below zero"),
    )  # fmt: skip


def knobs_of(setting: str, loss: str, share: float) -> dict[str, float]:
    """The knobs under which `loss` is minimised at this share of outliers."""
    return {
        "digits": float(setting == "digits"),
        "share": share,
        "delta": DELTAS.get(loss, NEVER_LINEAR),
        "cross-entropy": float(loss == "cross-entropy"),
    }


def clean_and_seen(setting: str, x: Floats, share: float) -> tuple[Floats, Floats]:
    """Rows without outliers, and as a network sees them at this share, `[n, 64]` each."""
    wave, pixels, luck = np.split(x, 3, axis=1)
    clean = wave if setting == "signals" else pixels
    wrong = clean + SPIKE * np.sign(luck) if setting == "signals" else 1 - clean
    return clean, np.where(spoiled(share, np.abs(luck)), wrong, clean)


def rivals(setting: str, data: LiveData, share: float) -> list[dict[str, float]]:
    """The measures of PCA and of PCA by the Huber loss, fitted to rows with outliers."""
    _, train = clean_and_seen(setting, data.x_train(), share)
    clean, _ = clean_and_seen(setting, data.x_validation(), 0.0)
    held_out = torch.from_numpy(clean)
    principal = PrincipalComponents(train, CODE)(held_out)
    robust = torch.from_numpy(HuberComponents(train, CODE, DELTA)(clean)).float()
    judged = [measured(x_hat, held_out) for x_hat in (principal, robust)]
    return [{name: float(value) for name, value in found.items()} for found in judged]


RIVALS = {"pca": "PCA", "huber-pca": "Huber PCA"}
SERIES: tuple[SeriesFields, ...] = tuple(
    {"name": name, "label": label, "rival": name in RIVALS}
    for name, label in (LOSSES | RIVALS).items()
)
MEASURES: tuple[MeasureFields, ...] = (
    {
        "name": "error", "label": "squared error to the clean input", "unit": "",
        "better": "lower", "scale": "log", "decimals": 4,
    },
    {
        "name": "absolute_error", "label": "absolute error to the clean input", "unit": "",
        "better": "lower", "scale": "log", "decimals": 3,
    },
    {
        "name": "sharpness", "label": "contrast, as a share of the original's", "unit": "",
        "better": "higher", "scale": "linear", "decimals": 2,
    },
)  # fmt: skip


def comparisons() -> Sequence[Comparison]:
    """What the note says."""
    return [
        *(
            Comparison(
                f"on waveforms with {share} % spikes, the {LOSSES[loss]} loss is closer than the "
                "squared",
                "error", (loss, share), ("squared", share), "signals",
            )
            for loss in ("huber", "absolute")
            for share in ("5", "20")
        ),
        Comparison(
            "on digits, cross-entropy is closer than squared error after as many steps", "error",
            ("cross-entropy", "0"), ("squared", "0"), "digits",
        ),
        Comparison(
            "and no sharper", "sharpness",
            ("cross-entropy", "0"), ("squared", "0"), "digits", most=BLUR,
        ),
    ]  # fmt: skip


def slopes() -> dict[str, Metric]:
    """What autograd finds before the sigmoid, where ink is taken for paper: sure, and wrong."""
    found = {}
    logit = torch.tensor(-4.0, requires_grad=True)
    for loss, label in LOSSES.items():
        knobs = {name: torch.tensor(value) for name, value in knobs_of("digits", loss, 0).items()}
        value = loss_of(torch.sigmoid(logit), logit, torch.tensor(1.0), knobs)
        (slope,) = torch.autograd.grad(value, logit)
        found[f"slope.{loss}"] = Metric(
            float(slope), "1", "train", f"slope of the {label} loss at a sure, wrong pixel"
        )
    ink = torch.sigmoid(logit.detach())
    return {**found, "slope.ink": Metric(float(ink), "ink", "train", "what that pixel draws")}


def train(progress: Progress) -> Trained:
    """Waveforms under three losses, digits under four, all shares and seeds at once."""
    data = live_data()
    trials = run_trials(
        MODEL,
        data,
        range(FIRST_SEED, FIRST_SEED + SEEDS),
        [
            LiveCondition(setting, loss, name, knobs_of(setting, loss, share))
            for setting, losses in LEARNED.items()
            for loss in losses
            for name, share in zip(CONDITIONS, SHARES, strict=True)
        ],
        progress,
    )
    tried = Experiment(
        axis={"label": "outliers in training (%)", "scale": "linear"},
        conditions=[
            {"name": name, "label": name, "value": 100 * share}
            for name, share in zip(CONDITIONS, SHARES, strict=True)
        ],
        series=SERIES,
        measures=MEASURES,
        values=values_of(trials, data),
        settings=[{"name": name, "label": label} for name, label in SETTINGS.items()],
        rule="Huber and absolute losses bear outliers; cross-entropy trains more easily than "
        "squared error, and blurs as much",
        comparisons=comparisons(),
        split="validation",
        live=trials.live,
    )
    return trials.trained(
        tried,
        slopes(),
        seed_count=SEEDS,
        delta=DELTA,
        rounded=ROUNDED,
        spike=SPIKE,
        blur=BLUR,
    )


def values_of(trials: Trials, data: LiveData) -> Values:
    """Measurements and rivals, `[settings, measures, series, shares, seeds]`."""
    terms = [term.name for term in MODEL.terms]
    own = [terms.index(measure["name"]) for measure in MEASURES]
    values = np.full((2, len(MEASURES), len(SERIES), len(SHARES), SEEDS), np.nan)
    for one, of_seeds in zip(trials.live, trials.terms, strict=True):
        setting, loss = list(SETTINGS).index(one["setting"]), list(LOSSES).index(one["series"])
        values[setting, :, loss, CONDITIONS.index(one["condition"])] = of_seeds[:, own].T
    for place, name in enumerate(SETTINGS):
        for column, share in enumerate(SHARES):
            for row, found in enumerate(rivals(name, data, share), len(LOSSES)):
                values[place, :, row, column, 0] = [found[one["name"]] for one in MEASURES]
    return values


RECIPE = Recipe(
    title="Four losses, with outliers and without",
    description="small autoencoders on waveforms with spikes and on digits with turned pixels, "
    "under squared error, cross-entropy, Huber and absolute loss, five seeds each, and PCA by "
    "squares and by the Huber loss",
    honesty="trains live",
    train=train,
)
