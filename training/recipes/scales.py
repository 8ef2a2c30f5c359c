"""`scales`: the same small networks on readings of unlike units, raw and brought to scale (note 2).

How the readings are brought to scale is a part of the loss, so that one graph serves all
conditions and a reader may switch while it trains.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from torch import Tensor, nn

from training.data.dataset import Floats, Split
from training.data.readings import (
    DAMPERS,
    DRAUGHT,
    FASTEST,
    FEATURES,
    FLUTTER,
    FRICTION,
    GROWTH,
    HALL,
    SLOWEST,
    STEPS,
    TORQUE,
    UNITS,
    VIBRATION,
    WARMTH,
    readings,
)
from training.live.declaration import Knob, LiveModel, Term, learning_rate
from training.live.produce import LiveData
from training.live.trials import LiveCondition, run_trials
from training.publish.card import DataCard, Metric
from training.publish.experiment import (
    Comparison,
    Experiment,
    MeasureFields,
    SeriesFields,
    Values,
)
from training.publish.recipe import Claim, Progress, PublishedArray, Recipe, Trained

FIRST_SEED = 7
SEEDS = 5
CODE = 2
HIDDEN = 16
CONDITIONS = {
    "raw": "raw",
    "z-score": "z-score",
    "min-max": "by range",
    "log": "logarithm",
}
"""Names and labels, in the order of the knob `scaling`."""

HIGHEST = 4.0
"""The exponential of the inverse logarithm is cut here: e⁴ times the reading's typical value."""

Matrix = NDArray[np.float64]


class BendableAutoencoder(nn.Module):
    """x `[n, 4]` → z `[n, 2]` → x̂, whose hidden layers can be bent: a linear map at 0, tanh at 1.

    A parameter is the same whatever the bend, so that straight and bent networks train alike.
    """

    def __init__(self) -> None:
        super().__init__()
        size = len(FEATURES)
        self.body = nn.Linear(size, HIDDEN)
        self.to_code = nn.Linear(HIDDEN, CODE)
        self.from_code = nn.Linear(CODE, HIDDEN)
        self.to_readings = nn.Linear(HIDDEN, size)

    def forward(self, x: Tensor, bend: Tensor) -> Tensor:
        """x → x̂, both scaled; `bend` is a scalar from 0 to 1."""
        code = self.to_code(_bent(self.body(x), bend))
        x_hat: Tensor = self.to_readings(_bent(self.from_code(code), bend))
        return x_hat


def _bent(h: Tensor, bend: Tensor) -> Tensor:
    return h + bend * (torch.tanh(h) - h)


def with_logarithm(split: Split) -> Floats:
    """The readings and the natural logarithm of the vibration, float32 `[n, 5]`."""
    return np.concatenate([split.x, np.log(split.x[:, 3:])], axis=1)


@dataclass(frozen=True)
class Scales:
    """How each condition brings readings to scale; all of it from the training split.

    `means` and `variances` `[5]` are of the readings and of the logarithm; row k of `factors`
    `[4, 4]` holds what the condition k multiplies each centred feature with. All are shrunk or
    stretched as a whole until the sum of the variances is 4, which changes no proportion between
    features, but lets one learning rate serve all conditions.
    """

    means: Matrix
    variances: Matrix
    factors: Matrix

    @classmethod
    def of(cls, x: Floats) -> Scales:
        """From readings with logarithm `[n, 5]`."""
        exact = x.astype(np.float64)
        deviations, ranges = exact.std(0), np.ptp(exact, axis=0)
        columns = [_columns(condition) for condition in CONDITIONS]
        divisors = (np.ones(5), deviations, ranges, deviations)
        rows = []
        for own, divisor in zip(columns, divisors, strict=True):
            factors = 1 / divisor[own]
            total = np.square(factors * deviations[own]).sum()
            rows.append(factors * np.sqrt(len(FEATURES) / total))
        return cls(exact.mean(0), exact.var(0), np.stack(rows))

    def shares(self, condition: str) -> Matrix:
        """Of the total variance, and so of what a loss that draws the mean has, `[4]`."""
        place = list(CONDITIONS).index(condition)
        squares = np.square(self.factors[place]) * self.variances[_columns(condition)]
        shares: Matrix = squares / squares.sum()
        return shares

    def scaled(self, x: Floats, condition: str) -> Matrix:
        """Readings with logarithm `[n, 5]` as the network sees them, `[n, 4]`."""
        place, own = list(CONDITIONS).index(condition), _columns(condition)
        scaled: Matrix = (x.astype(np.float64)[:, own] - self.means[own]) * self.factors[place]
        return scaled

    def in_units(self, scaled: Matrix, condition: str) -> Matrix:
        """The inverse: readings `[n, 4]` in their own units."""
        place, own = list(CONDITIONS).index(condition), _columns(condition)
        found: Matrix = scaled / self.factors[place] + self.means[own]
        if condition == "log":
            found[:, 3] = np.exp(found[:, 3])
        return found


def _columns(condition: str) -> list[int]:
    return [0, 1, 2, 4 if condition == "log" else 3]


class ScaledLoss:
    """Squared error of scaled readings, and the errors in the readings' own units."""

    def __init__(self, scales: Scales) -> None:
        self.scales = scales

    def __call__(
        self, network: nn.Module, x: Tensor, eps: Tensor, knobs: Mapping[str, Tensor]
    ) -> dict[str, Tensor]:
        """x `[n, 5]`; the knob `scaling` is the condition's place, between two of them a blend."""
        means = torch.tensor(self.scales.means.tolist())
        variances = torch.tensor(self.scales.variances[: len(FEATURES)].tolist())
        away = knobs["scaling"] - torch.tensor([0.0, 1.0, 2.0, 3.0])
        weights = torch.relu(1 - torch.relu(away) - torch.relu(-away))
        factors = (weights[:, None] * torch.tensor(self.scales.factors.tolist())).sum(0)
        as_log = weights[3]
        steady, vibration, logarithm = torch.split(x - means, [3, 1, 1], 1)
        seen = torch.cat([steady, (1 - as_log) * vibration + as_log * logarithm], 1) * factors
        missed = network(seen, knobs["bend"]) - seen
        off, fourth = torch.split(missed.detach() / factors, [3, 1], 1)
        reading = vibration + means[3]
        within = torch.minimum(fourth + logarithm, torch.tensor(HIGHEST))
        grown = torch.exp(within + means[4]) - reading
        fourth = (1 - as_log) * fourth + as_log * grown
        squares = torch.cat([off, fourth], 1).square().mean(0)
        lost = squares / variances
        errors = squares.sqrt()
        size = torch.relu(fourth) + torch.relu(-fourth)
        return {
            "loss": missed.square().mean(1).mean(),
            **{f"lost_{name}": lost[place] for place, name in enumerate(FEATURES)},
            "relative": (size / reading).mean(),
            **{f"error_{name}": errors[place] for place, name in enumerate(FEATURES)},
        }


TERMS = (
    Term("loss", "", "squared error of the scaled readings, mean over samples and features"),
    *(
        Term(f"lost_{name}", "share of its variance", f"squared error of the {name}")
        for name in FEATURES
    ),
    Term("relative", "share of the reading", "absolute error of the vibration by its reading"),
    *(
        Term(f"error_{name}", unit, f"root of the mean squared error of the {name}")
        for name, unit in zip(FEATURES, UNITS, strict=True)
    ),
)


def live_model(scales: Scales) -> LiveModel:
    """4 → 16 → 2 → 16 → 4, on readings that the loss brings to scale."""
    return LiveModel(
        network=BendableAutoencoder(),
        loss=ScaledLoss(scales),
        terms=TERMS,
        input_size=len(FEATURES) + 1,
        batch_size=64,
        steps=1200,
        lr=learning_rate(1e-2),
        inference={},
        knobs=(
            Knob(
                "scaling", 1.0, 0.0, 3.0, "linear",
                "how readings are brought to scale: 0 raw, 1 z-score, 2 by range, 3 z-score after "
                "the logarithm of the vibration",
            ),
            Knob("bend", 1.0, 0.0, 1.0, "linear", "0 a linear network, 1 hidden layers of tanh"),
        ),
    )  # fmt: skip


def live_data() -> LiveData:
    """The training and validation readings, each with the logarithm of its vibration."""
    data = readings()
    what = "speed, torque, temperature, vibration, and its natural logarithm"
    unit = ", ".join((*UNITS, "1"))
    return LiveData(
        DataCard.of(data),
        PublishedArray(with_logarithm(data.train), unit, f"{what}; training"),
        PublishedArray(with_logarithm(data.validation), unit, f"{what}; validation"),
    )


BENDS = {"network": 1.0, "linear": 0.0}
SERIES: tuple[SeriesFields, ...] = (
    {"name": "network", "label": "network", "rival": False},
    {"name": "linear", "label": "linear network", "rival": False},
    {"name": "pca", "label": "PCA, theory", "rival": True},
)


def measures() -> list[MeasureFields]:
    """What is measured, by the names of the terms."""
    lost: list[MeasureFields] = [
        {
            "name": f"lost_{name}", "label": f"share of {name} variance lost", "unit": "",
            "better": "lower", "scale": scale, "decimals": 3,
        }
        for name, scale in _scales_of_axes()
    ]  # fmt: skip
    own: list[MeasureFields] = [
        {
            "name": f"error_{name}", "label": f"error of the {name}", "unit": unit,
            "better": "lower", "scale": scale, "decimals": decimals,
        }
        for (name, scale), unit, decimals in zip(
            _scales_of_axes(), UNITS, (0, 1, 1, 2), strict=True
        )
    ]  # fmt: skip
    relative: MeasureFields = {
        "name": "relative", "label": "vibration error as a share of the reading", "unit": "",
        "better": "lower", "scale": "log", "decimals": 3,
    }  # fmt: skip
    return [lost[2], lost[3], relative, lost[0], lost[1], *own]


def _scales_of_axes() -> Sequence[tuple[str, Literal["linear", "log"]]]:
    return [(name, "linear" if place < 2 else "log") for place, name in enumerate(FEATURES)]


def comparisons() -> Sequence[Comparison]:
    """What the note says."""
    network = {name: ("network", name) for name in CONDITIONS}
    return [
        Comparison(
            "z-scores keep more of the temperature than raw units", "lost_temperature",
            network["z-score"], network["raw"],
        ),
        Comparison(
            "and more of the long-tailed vibration than its range does", "lost_vibration",
            network["z-score"], network["min-max"],
        ),
        Comparison(
            "with logarithms the vibration is closer, as a share of the reading", "relative",
            network["log"], network["z-score"],
        ),
        Comparison(
            "and closer in mm/s", "error_vibration", network["log"], network["z-score"],
        ),
    ]  # fmt: skip


def pca_terms(
    scales: Scales, train: Floats, validation: Floats, condition: str
) -> Mapping[str, float]:
    """The terms but the loss, of two principal components of the scaled readings."""
    fitted = PCA(CODE, svd_solver="full").fit(scales.scaled(train, condition))
    rebuilt = fitted.inverse_transform(fitted.transform(scales.scaled(validation, condition)))
    exact = validation[:, : len(FEATURES)].astype(np.float64)
    off = scales.in_units(rebuilt, condition) - exact
    squares = np.square(off).mean(0)
    return {
        **{f"lost_{name}": squares[i] / scales.variances[i] for i, name in enumerate(FEATURES)},
        **{f"error_{name}": np.sqrt(squares[i]) for i, name in enumerate(FEATURES)},
        "relative": float(np.mean(np.abs(off[:, 3]) / exact[:, 3])),
    }


def train(progress: Progress) -> Trained:
    """Train all conditions, bent and linear, from all seeds at once; and PCA beside them."""
    data = live_data()
    x, held_out = data.x_train(), data.x_validation()
    scales = Scales.of(x)
    model = live_model(scales)
    trials = run_trials(
        model,
        data,
        range(FIRST_SEED, FIRST_SEED + SEEDS),
        [
            LiveCondition("all", series, condition, {"scaling": float(place), "bend": bend})
            for series, bend in BENDS.items()
            for place, condition in enumerate(CONDITIONS)
        ],
        progress,
    )
    fields = measures()
    tried = Experiment(
        axis={"label": "scaling", "scale": "names"},
        conditions=[
            {"name": name, "label": label, "value": None} for name, label in CONDITIONS.items()
        ],
        series=SERIES,
        measures=fields,
        values=_values(trials.terms, fields, scales, x, held_out),
        rule="z-scores keep the quiet features, ranges do not, and what spans decades wants its "
        "logarithm",
        comparisons=comparisons(),
        split="validation",
        live=trials.live,
    )
    return trials.trained(
        tried, {**shares(scales), **deviations(scales)}, seed_count=SEEDS, drive=drive()
    )


def _values(
    terms: Floats, fields: Sequence[MeasureFields], scales: Scales, x: Floats, held_out: Floats
) -> Values:
    names = [term.name for term in TERMS]
    own = [names.index(field["name"]) for field in fields]
    values = np.full((1, len(fields), len(SERIES), len(CONDITIONS), SEEDS), np.nan)
    trained = terms.reshape(len(BENDS), len(CONDITIONS), SEEDS, len(names))
    values[0, :, : len(BENDS)] = np.moveaxis(trained[..., own], -1, 0)
    for place, condition in enumerate(CONDITIONS):
        found = pca_terms(scales, x, held_out, condition)
        values[0, :, -1, place, 0] = [found[field["name"]] for field in fields]
    return values


def shares(scales: Scales) -> dict[str, Metric]:
    """What each feature has of the loss at the start, as `share.CONDITION.FEATURE`."""
    return {
        f"share.{condition}.{name}": Metric(
            float(share), "share", "train", f"variance of the {name} in the total, {label}"
        )
        for condition, label in CONDITIONS.items()
        for name, share in zip(FEATURES, scales.shares(condition), strict=True)
    }


def deviations(scales: Scales) -> dict[str, Metric]:
    """Of the raw readings, as `deviation.FEATURE`."""
    return {
        f"deviation.{name}": Metric(
            float(np.sqrt(variance)), unit, "train", f"standard deviation of the {name}"
        )
        for name, variance, unit in zip(FEATURES, scales.variances[:4], UNITS, strict=True)
    }


def drive() -> dict[str, float | Sequence[float]]:
    """The constants of the readings, for the text."""
    return {
        "slowest": SLOWEST, "fastest": FASTEST, "torque": TORQUE, "dampers": DAMPERS,
        "hall": HALL, "warmth": WARMTH, "friction": FRICTION, "draught": DRAUGHT,
        "vibration": VIBRATION, "growth": GROWTH, "flutter": FLUTTER, "resolutions": STEPS,
    }  # fmt: skip


RECIPE = Recipe(
    title="Readings brought to scale in four ways",
    description="small autoencoders with a code of two numbers, bent and linear, on speed, torque, "
    "temperature and vibration of fan drives, raw and scaled, five seeds each, and PCA",
    honesty="trains live",
    train=train,
    claims=(
        Claim(
            "raw, over half of the temperature and all of the vibration is lost in the mean",
            lambda m: all(
                m[f"lost_{name}.{series}.raw"] > least
                for name, least in (("temperature", 0.5), ("vibration", 1.0))
                for series in ("network", "linear")
            ),
        ),
        Claim(
            "scaled, the linear network loses what PCA loses, within a twentieth",
            lambda m: all(
                abs(m[f"lost_{name}.linear.{scaling}"] / m[f"lost_{name}.pca.{scaling}"] - 1) < 0.05
                for name in FEATURES
                for scaling in ("z-score", "min-max", "log")
            ),
        ),
    ),
)
