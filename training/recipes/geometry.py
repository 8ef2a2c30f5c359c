"""`geometry`: dense layers and convolutions of as many parameters (note 9).

On small drawings, on windows of a machine's current, and on both with the places shuffled in the
same way everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from training.data import rng
from training.data.currents import SAMPLES, currents
from training.data.dataset import Floats
from training.data.shapes import shapes
from training.live.declaration import Knob, LiveModel, Term, learning_rate
from training.live.produce import LiveData
from training.live.trials import LiveCondition, Trials, run_trials
from training.measure.pca import PrincipalComponents
from training.publish.card import DataCard, Metric
from training.publish.experiment import Comparison, Experiment, Values
from training.publish.recipe import Claim, Progress, PublishedArray, Recipe, Trained

SEEDS = (7, 8, 9, 10, 11)
SIDE = 8
"""Pixels along a drawing; drawn with four times as many and averaged."""

SIZE = SIDE * SIDE
"""Numbers of an example: pixels, or every other sample of one phase's current."""

GRID = SIDE // 2
PLACES = GRID * GRID
"""Where a convolution looks: every other pixel of every other row, or every fourth sample."""

WINDOW = 9
"""Of 3 by 3 pixels, or of nine samples."""

BLOCK = SIZE // PLACES
CODE = 8
CHANNELS = 8
HIDDEN = 17
"""So that both kinds have the same number of parameters but for two."""

STEPS = 1000
TRAIN, VALIDATION = 300, 150
GREYS = 15
"""Steps of ink; currents are rounded as finely, as both travel with the page."""

MIDDLE = 128
"""The byte of no current."""

ORDER: list[int] = rng.permutation(1, rng.STREAM_DRAW, SIZE).tolist()
"""The fixed permutation."""

NOWHERE = SIZE
"""The place of a column of zeros behind all others."""

LEVEL = 0.1
"""Share of the error by which two may differ and count as the same."""

CONDITIONS = {
    "shapes": ("drawings", {"windows": 0.0, "shuffled": 0.0}),
    "shapes-shuffled": ("drawings, shuffled", {"windows": 0.0, "shuffled": 1.0}),
    "currents": ("currents", {"windows": 1.0, "shuffled": 0.0}),
    "currents-shuffled": ("currents, shuffled", {"windows": 1.0, "shuffled": 1.0}),
}
KINDS = {"dense": 0.0, "convolution": 1.0}


class TwoAutoencoders(nn.Module):
    """64 numbers → 8 → 64, by dense layers or by convolutions; the loss says which is trained.

    A convolution is a dense layer that every place shares: what lies around the place goes in.
    """

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Linear(SIZE, HIDDEN)
        self.to_code = nn.Linear(HIDDEN, CODE)
        self.from_code = nn.Linear(CODE, HIDDEN)
        self.out = nn.Linear(HIDDEN, SIZE)
        self.window = nn.Linear(WINDOW, CHANNELS)
        self.places_to_code = nn.Linear(PLACES * CHANNELS, CODE)
        self.code_to_places = nn.Linear(CODE, PLACES * CHANNELS)
        self.block = nn.Linear(WINDOW * CHANNELS, BLOCK)

    def dense(self, x: Tensor) -> Tensor:
        """x → x̂, `[n, 64]`."""
        z = self.to_code(torch.tanh(self.body(x)))
        x_hat: Tensor = self.out(torch.tanh(self.from_code(z)))
        return x_hat

    def convolution(self, x: Tensor, windows: Tensor) -> Tensor:
        """x → x̂, `[n, 64]`: in the plane, or along time with `windows` = 1."""
        seen = (1 - windows) * columns(x, PIXELS_SEEN) + windows * columns(x, SAMPLES_SEEN)
        features = torch.tanh(self.window(seen.reshape(-1, WINDOW)))
        z = self.places_to_code(features.reshape(-1, PLACES * CHANNELS))
        drawn = torch.tanh(self.code_to_places(z))
        rows = shifted(drawn.reshape(-1, GRID, CHANNELS), 1).reshape(-1, PLACES, 3 * CHANNELS)
        line = shifted(drawn.reshape(-1, PLACES, CHANNELS), 1)
        around = (1 - windows) * shifted(rows, GRID) + windows * shifted(line, 3)
        x_hat: Tensor = self.block(around.reshape(-1, WINDOW * CHANNELS)).reshape(-1, SIZE)
        return x_hat


def shifted(values: Tensor, by: int) -> Tensor:
    """Each of the places `[m, places, c]` beside those `by` before and after it, `[m, places, 3c]`.

    Beyond the ends lies 0.
    """
    first, middle, last = torch.split(values, [by, values.shape[1] - 2 * by, by], 1)
    nothing = 0 * first.detach()
    before, after = [nothing, first, middle], [middle, last, nothing]
    return torch.cat([torch.cat(before, 1), values, torch.cat(after, 1)], 2)


def columns(x: Tensor, places: Sequence[int]) -> Tensor:
    """Some columns of x `[n, 64]` in this order; 0 for `NOWHERE`."""
    with_nothing = torch.cat([x, 0 * torch.split(x, [1, SIZE - 1], 1)[0]], 1)
    return torch.index_select(with_nothing, 1, torch.tensor(places))


def in_blocks() -> NDArray[np.int64]:
    """The pixels `[64]` of a drawing, block by block of 2 by 2, as a convolution draws them."""
    pixels = np.arange(SIZE).reshape(GRID, 2, GRID, 2)
    return pixels.transpose(0, 2, 1, 3).ravel()


def _pixels_seen() -> list[int]:
    """Of each place, the 3 by 3 pixels around it, in the order of `in_blocks`."""
    where = np.argsort(in_blocks()).reshape(SIDE, SIDE)
    padded = np.pad(where, 1, constant_values=NOWHERE)
    windows = [
        padded[2 * row : 2 * row + 3, 2 * column : 2 * column + 3]
        for row in range(GRID)
        for column in range(GRID)
    ]
    return [int(place) for place in np.ravel(windows)]


def _samples_seen() -> list[int]:
    """Of each place, nine samples around the four that it draws."""
    found = [BLOCK * place + offset for place in range(PLACES) for offset in range(-2, WINDOW - 2)]
    return [sample if 0 <= sample < SIZE else NOWHERE for sample in found]


PIXELS_SEEN, SAMPLES_SEEN = _pixels_seen(), _samples_seen()


def share_left(
    network: nn.Module, x: Tensor, eps: Tensor, knobs: Mapping[str, Tensor]
) -> dict[str, Tensor]:
    """‖x̂ − x‖² as a share of the variance of what is trained, mean over the samples."""
    assert isinstance(network, TwoAutoencoders)
    windows, shuffled = knobs["windows"], knobs["shuffled"]
    drawing, window = torch.split(x, [SIZE, SIZE], 1)
    chosen = (1 - windows) * drawing + windows * window
    chosen = (1 - shuffled) * chosen + shuffled * columns(chosen, ORDER)
    kind = knobs["convolution"]
    x_hat = (1 - kind) * network.dense(chosen) + kind * network.convolution(chosen, windows)
    return {"loss": (x_hat - chosen).square().mean(1).mean()}


MODEL = LiveModel(
    network=TwoAutoencoders(),
    loss=share_left,
    terms=(Term("loss", "share", "squared error as a share of the variance"),),
    input_size=2 * SIZE,
    batch_size=16,
    steps=STEPS,
    lr=learning_rate(1e-2),
    inference={},
    knobs=(
        Knob("convolution", 1.0, 0.0, 1.0, "linear", "0: dense layers, 1: convolutions"),
        Knob("windows", 0.0, 0.0, 1.0, "linear", "0: drawings, 1: windows of a current"),
        Knob("shuffled", 0.0, 0.0, 1.0, "linear", "1: all places are shuffled in the same way"),
    ),
    switches=("convolution",),
)


def parameters() -> dict[str, int]:
    """How many numbers each kind trains."""
    sizes = {one.name: one.size for one in MODEL.parameters}
    dense = ("body.", "to_code.", "from_code.", "out.")
    of_dense = sum(size for name, size in sizes.items() if name.startswith(dense))
    return {"dense": of_dense, "convolution": sum(sizes.values()) - of_dense}


def live_data() -> LiveData:
    """Drawings beside windows, centred and of variance 1 on the mean over either's 64 numbers."""
    drawn, flowing = shapes(TRAIN, VALIDATION, 1), currents(TRAIN, VALIDATION, 1)
    grey = [
        np.rint(GREYS * _small(split.x)[:, in_blocks()])
        for split in (drawn.train, drawn.validation)
    ]
    phase = [split.x[:, :SAMPLES:2] for split in (flowing.train, flowing.validation)]
    deviation = float(np.sqrt(grey[0].var(axis=0).mean()))
    gain = deviation / float(np.sqrt(phase[0].var(axis=0).mean()))
    levels = [
        np.hstack([one, np.rint(MIDDLE + gain * other)])
        for one, other in zip(grey, phase, strict=True)
    ]
    arrays = [
        PublishedArray(one.astype(np.uint8), "levels", "a drawing's pixels, then a window")
        for one in levels
    ]
    return LiveData(
        DataCard(
            "shapes and currents", "drawn by the program, and simulated",
            f"{drawn.description}, averaged to {SIDE}×{SIDE} pixels; and every other sample of "
            f"phase a of {flowing.description}; rounded",
            {"train": TRAIN, "validation": VALIDATION},
        ),
        train=arrays[0],
        validation=arrays[1],
        scale=1 / deviation,
        offset=PublishedArray(
            (levels[0].mean(axis=0) / deviation).astype(np.float32), "", "mean of the training rows"
        ),
    )  # fmt: skip


def _small(drawings: Floats) -> Floats:
    """`[n, 1, 32, 32]` → `[n, 64]`, the mean ink of each block of 4 by 4."""
    wide = drawings.shape[-1] // SIDE
    small: Floats = drawings.reshape(-1, SIDE, wide, SIDE, wide).mean((2, 4)).reshape(-1, SIZE)
    return small


def conditions() -> list[LiveCondition]:
    """Both kinds of network on all data."""
    return [
        LiveCondition("all", kind, name, {"convolution": convolution, **knobs})
        for kind, convolution in KINDS.items()
        for name, (_, knobs) in CONDITIONS.items()
    ]


@torch.no_grad()
def pca_left(data: LiveData, first: int) -> float:
    """What as many components leave on validation of the 64 columns from `first`."""
    train, x = (v[:, first : first + SIZE] for v in (data.x_train(), data.x_validation()))
    held_out = torch.from_numpy(x)
    return float((PrincipalComponents(train, CODE)(held_out) - held_out).square().mean())


def values_of(trials: Trials, data: LiveData) -> Values:
    """`[1, 1, series, conditions, seeds]`; PCA does not see the order of the columns."""
    found = np.full((1, 1, len(KINDS) + 1, len(CONDITIONS), len(SEEDS)), np.nan)
    found[0, 0, :-1] = trials.terms[..., 0].reshape(len(KINDS), len(CONDITIONS), len(SEEDS))
    found[0, 0, -1, :, 0] = [
        pca_left(data, int(SIZE * k["windows"])) for _, k in CONDITIONS.values()
    ]
    return found


def comparisons() -> Sequence[Comparison]:
    """What the note says, of drawings and of currents."""
    return [
        one
        for name, called in (("shapes", "drawings"), ("currents", "currents"))
        for one in (
            Comparison(
                f"{called}: shuffling changes nothing for dense layers", "loss",
                ("dense", f"{name}-shuffled"), ("dense", name), most=LEVEL, relative=True,
            ),
            Comparison(
                f"{called}: convolutions leave less than dense layers", "loss",
                ("convolution", name), ("dense", name), relative=True,
            ),
            Comparison(
                f"{called}: convolutions leave less in order than shuffled", "loss",
                ("convolution", name), ("convolution", f"{name}-shuffled"), relative=True,
            ),
        )
    ]  # fmt: skip


def train(progress: Progress) -> Trained:
    """Train both kinds on all data from every seed in one stack, and set PCA beside them."""
    data = live_data()
    trials = run_trials(MODEL, data, SEEDS, conditions(), progress)
    tried = Experiment(
        axis={"label": "data", "scale": "names"},
        conditions=[
            {"name": name, "label": label, "value": None}
            for name, (label, _) in CONDITIONS.items()
        ],
        series=[
            {"name": "dense", "label": "dense", "rival": False},
            {"name": "convolution", "label": "convolutions", "rival": False},
            {"name": "pca", "label": "PCA", "rival": True},
        ],
        measures=[
            {
                "name": "loss", "label": "share of variance left", "unit": "", "better": "lower",
                "scale": "linear", "decimals": 3,
            }
        ],
        values=values_of(trials, data),
        rule="dense layers do not mind shuffled places; convolutions do, and where places lie in "
        "order they are ahead",
        comparisons=comparisons(),
        split="validation",
        live=trials.live,
    )  # fmt: skip
    return trials.trained(
        tried,
        {
            f"parameters.{kind}": Metric(count, "parameters", "train", f"trained, {kind}")
            for kind, count in parameters().items()
        },
        code=CODE,
        train=TRAIN,
    )


RECIPE = Recipe(
    title="Dense layers and convolutions",
    description="autoencoders of drawings and of a machine's current, in order and shuffled, "
    "with dense layers or convolutions of as many parameters, five seeds each",
    honesty="trains live",
    train=train,
    claims=(
        Claim(
            "both kinds have the same number of parameters but for a few",
            lambda m: abs(m["parameters.dense"] - m["parameters.convolution"]) <= 2,
        ),
    ),
)
