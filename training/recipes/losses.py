"""`losses`: one network under four losses, with outliers in what it learns from (note 3).

Waveforms with spikes train in the page, too; digits with pixels turned to their opposite, whose
outputs are ink from 0 to 1 so that cross-entropy applies, were trained at the build.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from training.data.dataset import Dataset, Floats, Split
from training.data.digits import SIDE, digits
from training.data.outliers import NEVER, SHARES, signs, spoiled, spoiled_from
from training.data.signals import signals
from training.learn.fit import share_of
from training.live.declaration import Knob, LiveModel, Term, learning_rate
from training.live.networks import RealAutoencoder
from training.live.produce import LiveData
from training.live.side_by_side import train_side_by_side
from training.live.step import flat_loss
from training.live.trials import LiveCondition, run_trials
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
"""The absolute loss is rounded off within about this: where its slope jumps, the least rounding
error sends two runs apart, and a run in the page would not end where the build's did."""

HARMONICS = 2
EVERY = 4
"""Of the 128 samples of a waveform one in four is taken."""
SAMPLES = 128 // EVERY
SPIKE = 3.0
"""Height of an outlier, up or down; the first harmonic has amplitude 1."""
STEP = 0.025
LOWEST = 3.2
"""Waveforms are shipped as steps of `STEP` above −`LOWEST`; shares of outliers are such steps."""
CODES = {"signals": 4, "digits": 6}

PIXELS = SIDE * SIDE
LOSSES = {
    "squared": "squared",
    "cross-entropy": "cross-entropy",
    "huber": "Huber",
    "absolute": "absolute",
}
"""Names and labels. Squared error is what is left of the others' weights."""
WEIGHTS = [name for name in LOSSES if name != "squared"]
CONDITIONS = [f"{round(100 * share)}" for share in SHARES]
SETTINGS = {"signals": "waveforms", "digits": "digits"}
BLUR = 0.05
"""What counts as no sharper: a share of the contrast of the originals."""


def magnitude(x: Tensor) -> Tensor:
    """|x|; the kernels of the page have no sign, which the slope of `abs` would need."""
    return torch.where(x > 0, x, -x)


def hit(share: Tensor, first: Tensor) -> Tensor:
    """1 where a number is an outlier at this share, else 0; between two shares a part."""
    past = (share - first) / STEP + 1
    return torch.relu(past) - torch.relu(past - 1)


def huber(missed: Tensor) -> Tensor:
    """The Huber loss over δ: e²/2δ for errors e up to δ, then |e| − δ/2 (Huber 1964)."""
    size = magnitude(missed)
    return torch.where(size > DELTA, size - DELTA / 2, missed.square() / (2 * DELTA))


def absolute(missed: Tensor) -> Tensor:
    """The absolute loss with its corner rounded off: √(e² + ρ²) − ρ."""
    return (missed.square() + ROUNDED**2).sqrt() - ROUNDED


def contrast(x: Tensor, side: int) -> Tensor:
    """Mean absolute difference between neighbours, of rows of `side` numbers each."""
    rows = x.reshape(-1, side)
    left, _ = torch.split(rows, [side - 1, 1], 1)
    _, right = torch.split(rows, [1, side - 1], 1)
    across = magnitude(right - left).mean()
    if side == x.shape[1]:
        return across
    upper, _ = torch.split(x, [x.shape[1] - side, side], 1)
    _, lower = torch.split(x, [side, x.shape[1] - side], 1)
    return (across + magnitude(lower - upper).mean()) / 2


def measured(x_hat: Tensor, clean: Tensor, side: int) -> dict[str, Tensor]:
    """Errors to what the inputs were without outliers, and how much of its contrast is drawn."""
    x_hat = x_hat.detach()
    missed = x_hat - clean
    return {
        "error": missed.square().mean(1).mean(),
        "absolute_error": magnitude(missed).mean(1).mean(),
        "sharpness": contrast(x_hat, side) / contrast(clean, side),
    }


def of_waveforms(
    network: nn.Module, x: Tensor, eps: Tensor, knobs: Mapping[str, Tensor]
) -> dict[str, Tensor]:
    """x `[n, 64]`: waveforms, and from which share on, up or down, each sample is a spike."""
    clean, luck = torch.split(x, [SAMPLES, SAMPLES], 1)
    first = magnitude(luck)
    seen = clean + SPIKE * hit(knobs["share"], first) * luck / first
    assert isinstance(network, RealAutoencoder)
    x_hat = network.decode(network.encode(seen))
    missed = x_hat - seen
    squared = 1 - knobs["huber"] - knobs["absolute"]
    losses = (
        squared * missed.square()
        + knobs["huber"] * huber(missed)
        + knobs["absolute"] * absolute(missed)
    )
    return {"loss": losses.mean(1).mean(), **measured(x_hat, clean, SAMPLES)}


def of_pixels(logits: Tensor, x: Tensor, weights: Mapping[str, Tensor]) -> Tensor:
    """The loss of each pixel whose ink is the sigmoid of `logits`; `weights` by name."""
    x_hat = torch.sigmoid(logits)
    missed = x_hat - x
    squared = 1 - weights["cross-entropy"] - weights["huber"] - weights["absolute"]
    return (
        squared * missed.square()
        + weights["cross-entropy"] * (functional.softplus(logits) - x * logits)
        + weights["huber"] * huber(missed)
        + weights["absolute"] * absolute(missed)
    )


def of_digits(
    network: nn.Module, x: Tensor, eps: Tensor, knobs: Mapping[str, Tensor]
) -> dict[str, Tensor]:
    """x `[n, 128]`: ink, and from which share on each pixel is turned to its opposite."""
    clean, first = torch.split(x, [PIXELS, PIXELS], 1)
    seen = clean + hit(knobs["share"], first) * (1 - 2 * clean)
    assert isinstance(network, RealAutoencoder)
    logits = network.decode(network.encode(seen))
    losses = of_pixels(logits, seen, knobs)
    return {"loss": losses.mean(1).mean(), **measured(torch.sigmoid(logits), clean, SIDE)}


TERMS = (
    Term("loss", "", "the loss that is chosen, on inputs with outliers, mean over their numbers"),
    Term("error", "", "squared error to the inputs without outliers, mean over their numbers"),
    Term("absolute_error", "", "absolute error to the inputs without outliers"),
    Term("sharpness", "share of the original's", "mean difference between neighbours"),
)
SHARE = Knob("share", 0.0, 0.0, SHARES[-1], "linear", "share of outliers among the numbers")


def weight(name: str) -> Knob:
    """How much of a loss there is in what is minimised."""
    return Knob(name, 0.0, 0.0, 1.0, "linear", f"weight of the {LOSSES[name]} loss; 0 is squared")


def waveforms_model() -> LiveModel:
    """32 → 16 → 4 → 16 → 32, in the page and at the build."""
    return LiveModel(
        network=RealAutoencoder(SAMPLES, (16,), CODES["signals"]),
        loss=of_waveforms,
        terms=TERMS,
        input_size=2 * SAMPLES,
        batch_size=32,
        steps=600,
        lr=learning_rate(1e-2),
        inference={},
        knobs=(SHARE, weight("huber"), weight("absolute")),
    )


def digits_model() -> LiveModel:
    """64 → 24 → 6 → 24 → 64, whose outputs are the numbers before a sigmoid."""
    return LiveModel(
        network=RealAutoencoder(PIXELS, (24,), CODES["digits"]),
        loss=of_digits,
        terms=TERMS,
        input_size=2 * PIXELS,
        batch_size=32,
        steps=300,
        lr=learning_rate(1e-2),
        inference={},
        knobs=(SHARE, *(weight(name) for name in WEIGHTS)),
    )


def waveforms() -> Dataset:
    """Waveforms in steps of `STEP`, beside each the signed share from which on it is a spike."""
    made = signals(HARMONICS, 256, 256, 1)
    return replace(
        made,
        description=f"waveforms of {HARMONICS} harmonics with random phases, {SAMPLES} samples, "
        f"noise of 0.05; in training up to {SHARES[-1]:.0%} spikes of height {SPIKE:g}",
        train=_beside(made.train, 61),
        validation=_beside(made.validation, None),
        test=_beside(made.test, None),
    )


def _beside(split: Split, stream: int | None) -> Split:
    clean = np.rint(split.x[:, ::EVERY] / STEP) * STEP
    luck = np.full_like(clean, NEVER)
    if stream is not None:
        luck = spoiled_from(clean.shape, FIRST_SEED, stream)
        luck *= signs(clean.shape, FIRST_SEED, stream + 1)
    return Split(np.concatenate([clean, luck], axis=1).astype(np.float32), split.labels)


def pixels() -> dict[str, Floats]:
    """Training and validation digits, beside each pixel the share from which on it is turned."""
    data = digits()
    first = spoiled_from(data.train.x.shape, FIRST_SEED, 63)
    never = np.full_like(data.validation.x, NEVER)
    return {
        "train": np.concatenate([data.train.x, first], axis=1),
        "validation": np.concatenate([data.validation.x, never], axis=1),
    }


def live_data() -> LiveData:
    """The waveforms as whole steps."""
    data = waveforms()
    what = f"{SAMPLES} samples, then as many signed shares from which on a sample is a spike"
    train, validation = (
        PublishedArray(
            np.rint((split.x + LOWEST) / STEP).astype(np.uint8), f"steps of {STEP}", what
        )
        for split in (data.train, data.validation)
    )
    offset = PublishedArray(
        np.full(2 * SAMPLES, LOWEST, np.float32), "", "what the lowest step is below zero"
    )
    return LiveData(DataCard.of(data), train, validation, STEP, offset)


def knobs_of(loss: str, share: float, names: Sequence[str]) -> dict[str, float]:
    """The knobs under which `loss` is minimised at this share of outliers."""
    return {"share": share, **{name: float(name == loss) for name in names}}


def digits_terms(progress: Progress) -> Floats:
    """The terms on held-out digits `[losses, shares, seeds, T]`, of the stack of all runs."""
    model, data = digits_model(), pixels()
    runs = [
        (seed, knobs_of(loss, share, WEIGHTS))
        for loss in LOSSES
        for share in SHARES
        for seed in range(FIRST_SEED, FIRST_SEED + SEEDS)
    ]
    knobs = {knob.name: [own[knob.name] for _, own in runs] for knob in model.knobs}
    seeds = [seed for seed, _ in runs]
    params = train_side_by_side(model, data["train"], seeds, knobs, progress)
    x = torch.from_numpy(data["validation"])
    terms = torch.func.vmap(flat_loss(model), in_dims=(0, None, None, 0))
    with torch.no_grad():
        scalars = {name: torch.tensor(values) for name, values in knobs.items()}
        found: Floats = terms(torch.from_numpy(params), x, x[:, :0], scalars)[1].numpy()
    return found.reshape(len(LOSSES), len(SHARES), SEEDS, len(TERMS))


def rivals(setting: str, train: Floats, clean: Floats) -> list[dict[str, float]]:
    """The measures of PCA and of PCA by the Huber loss; `train` has the outliers."""
    side = SAMPLES if setting == "signals" else SIDE
    size = CODES[setting]
    principal = PrincipalComponents(train, size)(torch.from_numpy(clean))
    robust = torch.from_numpy(HuberComponents(train, size, DELTA)(clean)).float()
    judged = [measured(x_hat, torch.from_numpy(clean), side) for x_hat in (principal, robust)]
    return [{name: float(value) for name, value in found.items()} for found in judged]


def with_outliers(setting: str, x: Floats, share: float) -> Floats:
    """The training rows as a network sees them at this share."""
    clean, luck = np.split(x, 2, axis=1)
    wrong = clean + SPIKE * np.sign(luck) if setting == "signals" else 1 - clean
    return np.where(spoiled(share, np.abs(luck)), wrong, clean)


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
    for loss in LOSSES:
        weights = {name: torch.tensor(float(name == loss)) for name in WEIGHTS}
        (slope,) = torch.autograd.grad(of_pixels(logit, torch.tensor(1.0), weights), logit)
        found[f"slope.{loss}"] = Metric(
            float(slope), "1", "train", f"slope of the {LOSSES[loss]} loss at a sure, wrong pixel"
        )
    ink = torch.sigmoid(logit.detach())
    return {**found, "slope.ink": Metric(float(ink), "ink", "train", "what that pixel draws")}


def train(progress: Progress) -> Trained:
    """Waveforms under three losses, digits under four, all shares and seeds at once."""
    data, model = live_data(), waveforms_model()
    losses = [name for name in LOSSES if name != "cross-entropy"]
    trials = run_trials(
        model,
        data,
        range(FIRST_SEED, FIRST_SEED + SEEDS),
        [
            LiveCondition("signals", loss, name, knobs_of(loss, share, ("huber", "absolute")))
            for loss in losses
            for name, share in zip(CONDITIONS, SHARES, strict=True)
        ],
        share_of(progress, 0, 0.6),
    )
    values = np.full((2, len(MEASURES), len(SERIES), len(SHARES), SEEDS), np.nan)
    _fill(values[0], losses, trials.terms.reshape(len(losses), len(SHARES), SEEDS, len(TERMS)))
    _fill(values[1], list(LOSSES), digits_terms(share_of(progress, 0.6, 0.95)))
    seen = {"train": data.x_train(), "validation": data.x_validation()}
    for place, (setting, split) in enumerate((("signals", seen), ("digits", pixels()))):
        clean = np.split(split["validation"], 2, axis=1)[0]
        for column, share in enumerate(SHARES):
            wrong = with_outliers(setting, split["train"], share)
            for row, found in enumerate(rivals(setting, wrong, clean), len(LOSSES)):
                values[place, :, row, column, 0] = [found[one["name"]] for one in MEASURES]
    tried = Experiment(
        axis={"label": "outliers in training (%)", "scale": "linear"},
        conditions=[
            {"name": name, "label": name, "value": 100 * share}
            for name, share in zip(CONDITIONS, SHARES, strict=True)
        ],
        series=SERIES,
        measures=MEASURES,
        values=values,
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
        digit_steps=digits_model().steps,
    )


def _fill(values: Values, losses: Sequence[str], terms: Floats) -> None:
    """Puts terms `[losses, shares, seeds, T]` among the values of one setting."""
    names = [term.name for term in TERMS]
    for row, loss in enumerate(losses):
        for place, measure in enumerate(MEASURES):
            column = terms[row, ..., names.index(measure["name"])]
            values[place, list(LOSSES).index(loss)] = column


RECIPE = Recipe(
    title="Four losses, with outliers and without",
    description="small autoencoders on waveforms with spikes and on digits with turned pixels, "
    "under squared error, cross-entropy, Huber and absolute loss, five seeds each, and PCA by "
    "squares and by the Huber loss",
    honesty="trains live",
    train=train,
)
