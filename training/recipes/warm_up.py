"""`warm-up`: code numbers that fall asleep, and whether a warm-up of the KL wakes them (note 4).

On Gaussian points with a linear network, where it is known what the noise switches off; on digits;
and on digits whose decoder sees the row above the one that it draws, so that it can do without.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import log, pi
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from training.data.digits import SIDE, digits
from training.data.exact_gaussian import exact_gaussian
from training.live.declaration import STEP, Knob, LiveModel, Term, learning_rate
from training.live.produce import LiveData
from training.live.trials import LiveCondition, Trials, run_trials
from training.publish.card import DataCard
from training.publish.experiment import Comparison, Experiment, MeasureFields, Values
from training.publish.recipe import Claim, Progress, PublishedArray, Recipe, Trained

SEEDS = (7, 8, 9, 10, 11)
VARIANCES = (4.0, 2.0, 1.0, 0.5, 1 / 16, 1 / 16, 1 / 16, 1 / 16)
"""Of the Gaussian points; a code of four numbers has room for the directions that stand out."""

POINT = len(VARIANCES)
PIXELS = SIDE * SIDE
CODE = 4
HIDDEN = 16
TRAIN, VALIDATION = 400, 200
GREYS = 4
"""Levels of ink above paper; fewer than in the scan, as the images travel with the page."""

STEPS = 800
NOISES = (0.35, 0.7, 1.4)
"""The decoder's s², each between two of the variances."""

LEARNED = "learned"
WARM_UPS = {"none": 0.0, "half": 0.5}
"""Share of the run over which β rises from 0 to 1."""

SETTINGS = {
    "linear": {"pixels": 0.0, "seen": 0.0},
    "digits": {"pixels": 1.0, "seen": 0.0},
    "rows": {"pixels": 1.0, "seen": 1.0},
}
AWAKE = 0.05
"""Nats of KL from which a code number counts as awake."""

TOLERANCE = 0.15
"""Nats by which two divergences may differ and count as the same."""


class TwoVaes(nn.Module):
    """A linear VAE for points beside one for digits; the loss says which of them is trained.

    The decoder of digits draws a picture row by row with the same weights, from the code, the
    number of the row and, if it may see it, the row above.
    """

    def __init__(self) -> None:
        super().__init__()
        self.to_mean = nn.Linear(POINT, CODE, bias=False)
        self.to_log_variance = nn.Linear(1, CODE, bias=False)
        self.decoder = nn.Linear(CODE, POINT, bias=False)
        self.pixels_body = nn.Linear(PIXELS, HIDDEN)
        self.pixels_to_mean = nn.Linear(HIDDEN, CODE)
        self.pixels_to_log_variance = nn.Linear(HIDDEN, CODE)
        self.row_from_above = nn.Linear(SIDE, HIDDEN)
        self.row_from_code = nn.Linear(CODE, HIDDEN, bias=False)
        self.row_from_number = nn.Linear(1, SIDE * HIDDEN, bias=False)
        self.row_out = nn.Linear(HIDDEN, SIDE)
        self.log_noise = nn.Linear(1, 1, bias=False)

    def points(self, x: Tensor, eps: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """x `[n, 8]` → squared error `[n]`, μ `[n, 4]` and log σ² `[1, 4]`, which no x changes."""
        mu = self.to_mean(x)
        log_var = self.to_log_variance(torch.ones(1, 1))
        x_hat = self.decoder(mu + torch.exp(log_var / 2) * eps)
        return (x_hat - x).square().sum(1), mu, log_var

    def pictures(self, x: Tensor, eps: Tensor, seen: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """x `[n, 64]` → squared error `[n]`, μ and log σ² `[n, 4]`."""
        hidden = torch.tanh(self.pixels_body(x))
        mu, log_var = self.pixels_to_mean(hidden), self.pixels_to_log_variance(hidden)
        z = mu + torch.exp(log_var / 2) * eps
        first, _ = torch.split(x, [SIDE, PIXELS - SIDE], 1)
        upper, _ = torch.split(x, [PIXELS - SIDE, SIDE], 1)
        above = (torch.cat([0 * first, upper], 1) * seen).reshape(-1, SIDE)
        from_above = self.row_from_above(above).reshape(-1, SIDE, HIDDEN)
        from_number = self.row_from_number(torch.ones(1, 1)).reshape(1, SIDE, HIDDEN)
        from_code = self.row_from_code(z).reshape(-1, 1, HIDDEN)
        hidden = torch.tanh(from_above + (from_code + from_number)).reshape(-1, HIDDEN)
        x_hat = self.row_out(hidden).reshape(-1, PIXELS)
        return (x_hat - x).square().sum(1), mu, log_var


def negative_elbo(
    network: nn.Module, x: Tensor, eps: Tensor, knobs: Mapping[str, Tensor]
) -> dict[str, Tensor]:
    """The negative ELBO with Gaussian pixels of variance s², its KL weighted by β on the way.

    β rises linearly from 0 to 1 over the first `warm_up` steps (Bowman et al. 2016, section 3.1).
    """
    assert isinstance(network, TwoVaes)
    pixels, learned = knobs["pixels"], knobs["learned"]
    points, pictures = torch.split(x, [POINT, PIXELS], 1)
    of_points = network.points(points, eps)
    of_pictures = network.pictures(pictures, eps, knobs["seen"])
    error, mu, log_var = (
        (1 - pixels) * one + pixels * other
        for one, other in zip(of_points, of_pictures, strict=True)
    )
    free = network.log_noise(torch.ones(1, 1)).sum()
    log_noise = (1 - learned) * knobs["log_noise"] + learned * free
    size = (1 - pixels) * POINT + pixels * PIXELS
    kls = (-0.5 * (1 + log_var - mu.square() - torch.exp(log_var))).mean(0)
    reconstruction = error.mean() * torch.exp(-log_noise) / 2 + size / 2 * (log_noise + log(2 * pi))
    beta = ((knobs[STEP] + 1) / knobs["warm_up"]).clamp(0.0, 1.0)
    ranked = in_order(torch.split(kls, 1))
    return {
        "loss": reconstruction + beta * kls.sum(),
        "divergence": kls.sum(),
        "awake": ((kls - AWAKE) * 1e5).clamp(0.0, 1.0).sum(),
        "error": error.mean(),
        **{f"kl_{place}": value.sum() for place, value in enumerate(ranked, 1)},
    }


def in_order(values: Sequence[Tensor]) -> list[Tensor]:
    """The four values, the largest first, by five comparisons."""
    found = list(values)
    for one, other in ((0, 1), (2, 3), (0, 2), (1, 3), (1, 2)):
        a, b = found[one], found[other]
        found[one], found[other] = torch.maximum(a, b), torch.minimum(a, b)
    return found


MODEL = LiveModel(
    network=TwoVaes(),
    loss=negative_elbo,
    terms=(
        Term("loss", "nats", "negative ELBO, the KL times β of the step"),
        Term("divergence", "nats", "KL(q(z|x) ‖ N(0, I)), mean over the samples"),
        Term("awake", "numbers", f"code numbers with a KL of more than {AWAKE:g} nats"),
        Term("error", "squared error", "‖x̂ − x‖², mean over the samples"),
        *(Term(f"kl_{place}", "nats", f"{place}. largest KL of a code number")
          for place in range(1, CODE + 1)),
    ),
    input_size=POINT + PIXELS,
    batch_size=16,
    steps=STEPS,
    lr=learning_rate(1.2e-2),
    inference={},
    knobs=(
        Knob("pixels", 0.0, 0.0, 1.0, "linear", "0: Gaussian points, 1: digits"),
        Knob("seen", 0.0, 0.0, 1.0, "linear", "1: the decoder sees the row above"),
        Knob("log_noise", log(0.7), -3.0, 3.0, "linear", "log s², the variance of pixel noise"),
        Knob("learned", 0.0, 0.0, 1.0, "linear", "1: s² is learned"),
        Knob("warm_up", 1.0, 1.0, STEPS, "linear", "steps until β is 1"),
    ),
    noise_size=CODE,
    scheduled=True,
)  # fmt: skip


def live_data() -> LiveData:
    """Points and digits beside each other in rows of 72, of the same largest variance."""
    points, pictures = exact_gaussian(VARIANCES, TRAIN, VALIDATION, VALIDATION), digits()
    greys = [
        np.rint(split.x[:count] * GREYS)
        for split, count in ((pictures.train, TRAIN), (pictures.validation, VALIDATION))
    ]
    scale = np.sqrt(VARIANCES[0] / np.linalg.eigvalsh(np.cov(greys[0].T))[-1]) / GREYS
    arrays = [
        PublishedArray(
            np.hstack([np.rint(128 + split.x / scale).clip(0, 255), levels * GREYS]).astype(
                np.uint8
            ),
            "levels", "points of 8 coordinates, then pictures of 8×8 pixels",
        )
        for split, levels in zip((points.train, points.validation), greys, strict=True)
    ]  # fmt: skip
    middle = np.concatenate([np.full(POINT, 128.0), greys[0].mean(axis=0) * GREYS]) * scale
    return LiveData(
        DataCard(
            "gaussian and digits", "synthetic and real",
            f"{points.description}; and {pictures.description}, in {GREYS + 1} levels of grey, "
            "centred, and scaled to the same largest variance of any direction",
            {"train": TRAIN, "validation": VALIDATION},
        ),
        train=arrays[0],
        validation=arrays[1],
        scale=float(scale),
        offset=PublishedArray(middle.astype(np.float32), "", "mean of the training rows"),
    )  # fmt: skip


def conditions() -> list[LiveCondition]:
    """Every warm-up at every noise, in every setting."""
    return [
        LiveCondition(
            setting, warm_up, noise_name(noise),
            {
                **knobs,
                "log_noise": log(noise) if noise else 0.0,
                "learned": float(noise is None),
                "warm_up": max(1.0, share * STEPS),
            },
        )
        for setting, knobs in SETTINGS.items()
        for warm_up, share in WARM_UPS.items()
        for noise in (*NOISES, None)
    ]  # fmt: skip


def noise_name(noise: float | None) -> str:
    """Of a condition; None is learned."""
    return LEARNED if noise is None else f"{noise:g}"


def expected(variances: NDArray[np.float64], noise: float | None) -> NDArray[np.float64]:
    """The terms `[T]` at the best linear VAE of data with `variances` `[d]`, the largest first.

    A direction of variance λ > s² carries ½ log(λ/s²) nats and is redrawn with an error of s², any
    other is switched off (Lucas et al. 2019, section 4; Tipping & Bishop 1999). Learned, s² is the
    mean of the variances for which the code has no room.
    """
    s2 = float(variances[CODE:].mean()) if noise is None else noise
    kls = np.log(np.maximum(variances[:CODE], s2) / s2) / 2
    error = np.minimum(variances[:CODE], s2).sum() + variances[CODE:].sum()
    loss = error / (2 * s2) + len(variances) / 2 * log(2 * pi * s2) + kls.sum()
    return np.array([loss, kls.sum(), (kls > AWAKE).sum(), error, *kls])


def spectra(data: LiveData) -> dict[str, NDArray[np.float64]]:
    """The variances that the linear theory needs in each setting, the largest first.

    Of what a decoder that sees the row above has still to be told: the rest of a regression of
    each row on the one above, the same for all rows, as the decoder's weights are.
    """
    pictures = data.x_train()[:, POINT:].astype(np.float64)
    rows = pictures.reshape(-1, SIDE, SIDE)
    above = np.concatenate([np.zeros_like(rows[:, :1]), rows[:, :-1]], 1).reshape(-1, SIDE)
    told = above @ np.linalg.lstsq(above, rows.reshape(-1, SIDE), rcond=None)[0]
    return {
        "linear": np.array(VARIANCES),
        "digits": _variances(pictures),
        "rows": _variances(pictures - told.reshape(pictures.shape)),
    }


def _variances(x: NDArray[np.float64]) -> NDArray[np.float64]:
    found: NDArray[np.float64] = np.linalg.eigvalsh(np.cov(x.T, bias=True)).astype(np.float64)[::-1]
    return found


def comparisons() -> Sequence[Comparison]:
    """What the note says, at the middle one of the noises."""
    middle, smaller = noise_name(NOISES[1]), noise_name(NOISES[0])
    warm, cold, theory = ("half", middle), ("none", middle), ("theory", middle)
    return [
        Comparison(
            "linear: a warm-up wakes no number that theory switches off",
            "awake", warm, theory, "linear", most=0.0,
        ),
        Comparison(
            "linear: with and without it, the divergence is the same",
            "divergence", warm, cold, "linear", most=TOLERANCE,
        ),
        Comparison("linear: a smaller s² wakes one", "awake", ("none", smaller), cold, "linear"),
        Comparison("linear: a learned s² wakes one", "awake", ("none", LEARNED), cold, "linear"),
        Comparison("digits: a warm-up wakes one", "awake", warm, cold, "digits"),
        Comparison("row above seen: a warm-up wakes one", "awake", warm, cold, "rows"),
    ]  # fmt: skip


def values_of(trials: Trials, data: LiveData) -> Values:
    """Measurements, theory and PCA as an experiment wants them."""
    noises = (*NOISES, None)
    trained = trials.terms.reshape(
        len(SETTINGS), len(WARM_UPS), len(noises), len(SEEDS), len(MODEL.terms)
    ).transpose(0, 4, 1, 2, 3)
    simple = np.full((len(SETTINGS), len(MODEL.terms), 2, len(noises), len(SEEDS)), np.nan)
    for place, (setting, variances) in enumerate(spectra(data).items()):
        by_noise = np.array([expected(variances, noise) for noise in noises])
        simple[place, :, 0 if setting == "linear" else 1, :, 0] = by_noise.T
    found: Values = np.concatenate([trained, simple], axis=2)
    return found


def measure(
    name: str, label: str, unit: str, better: Literal["lower", "higher"], decimals: int = 2
) -> MeasureFields:
    """A term of the loss as it is shown."""
    return {
        "name": name, "label": label, "unit": unit, "better": better, "scale": "linear",
        "decimals": decimals,
    }  # fmt: skip


def train(progress: Progress) -> Trained:
    """Train every condition from every seed in one stack, and set theory beside it."""
    data = live_data()
    trials = run_trials(MODEL, data, SEEDS, conditions(), progress)
    tried = Experiment(
        axis={"label": "pixel noise s²", "scale": "names"},
        conditions=[
            {"name": noise_name(noise), "label": noise_name(noise), "value": None}
            for noise in (*NOISES, None)
        ],
        series=[
            {"name": "none", "label": "no warm-up", "rival": False},
            {"name": "half", "label": "warm-up over half", "rival": False},
            {"name": "theory", "label": "theory", "rival": False},
            {"name": "pca", "label": "PCA’s variances", "rival": True},
        ],
        measures=[
            measure("loss", "negative ELBO", "nats", "lower"),
            measure("divergence", "divergence", "nats", "higher"),
            measure("awake", "code numbers awake", "", "higher", decimals=1),
            measure("error", "squared error", "", "lower"),
            *(
                measure(f"kl_{place}", f"divergence of number {place}", "nats", "higher")
                for place in range(1, CODE + 1)
            ),
        ],
        settings=[
            {"name": "linear", "label": "linear"},
            {"name": "digits", "label": "digits"},
            {"name": "rows", "label": "row above seen"},
        ],
        values=values_of(trials, data),
        rule="a warm-up wakes what sleeps by accident; what the noise switches off only a smaller "
        "s² wakes",
        comparisons=comparisons(),
        split="validation",
        live=trials.live,
    )  # fmt: skip
    return trials.trained(tried, awake=AWAKE)


RECIPE = Recipe(
    title="Warming up the KL",
    description="VAEs with Gaussian pixels, with and without a warm-up of the KL, at several "
    "pixel noises: linear ones, on digits, and with the row above in sight; five seeds each",
    honesty="trains live",
    train=train,
    claims=(
        Claim(
            "on digits, a warm-up lowers the negative ELBO at the middle noise",
            lambda m: m["digits.loss.half.0.7"] < m["digits.loss.none.0.7"],
        ),
        Claim(
            "where the decoder sees the row above, it gains less than a nat",
            lambda m: abs(m["rows.loss.half.0.7"] - m["rows.loss.none.0.7"]) < 1,
        ),
        Claim(
            "at the largest noise, where the decoder sees the row above, nothing wakes",
            lambda m: m["rows.awake.half.1.4"] == 0,
        ),
    ),
)
