"""`sparse-codes`: sprites as four of 64 units, and what each unit answers to (F27).

Beside the sparse codes stand two rivals of equal error: dense codes of the same build, and PCA.
The drawings and their factors are those of `factors_beta`, and so are bins and estimate.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from torch import Tensor

from training.data.factors import FACTORS, ON_A_CARD, SIDE, FactorData, factors
from training.learn.fit import Batch, Schedule, fit, share_of
from training.learn.sparse_stack import SparseStack, loudest
from training.measure.disentanglement import (
    Bins,
    entropy,
    equal_counts,
    information_gaps,
    mutual_information,
    shared_information,
)
from training.publish.card import DataCard, Metric
from training.publish.recipe import Claim, Progress, PublishedArray, Recipe, Trained
from training.recipes.factors_beta import CODE_BINS, INK, factor_bins

SEED = 27
SEEDS = 3
UNITS = 64
SPEAKING = 4
ACROSS = 8
"""Units stand in a square: from left to right by the position that they answer to."""

DENSE_SIZES = (14, 16, 18)
"""Sizes of the dense rivals; the one whose error is nearest to the sparse codes' is compared."""

SCHEDULE = Schedule(epochs=40, batch_size=128, learning_rate=3e-3)
FIRST_SPEAKING = 32
SILENCING_EPOCHS = 12
"""So many may speak at first, fewer and fewer until this epoch: else many units are never heard
(Makhzani & Frey 2014, section 4.2.1)."""

COLUMN_STEP = 1 / 256
"""Columns are rounded to whole multiples of this, offset by 128, before they are measured."""

SHOWN = 200
"""Test drawings that a reader can look at."""

SILENT = 1e-3
"""A unit that fewer test drawings than this share wake is counted as silent."""

PIXELS = SIDE * SIDE
Field = NDArray[np.float64]


@dataclass(frozen=True)
class Sparse:
    """The sparse networks as they are published; member is seed."""

    columns: Tensor
    """`[seeds, units, d]`."""
    thresholds: Tensor
    """`[seeds, 1, units]`."""
    rest: Tensor
    """`[seeds, 1, d]`."""

    def code(self, x: Tensor) -> Tensor:
        """x `[n, d]` → the loudness of the units that speak, `[seeds, n, units]`."""
        heard = (x - self.rest) @ self.columns.mT + self.thresholds
        return loudest(torch.relu(heard), SPEAKING)

    def draw(self, code: Tensor) -> Tensor:
        """A code → x̂ `[seeds, n, d]`."""
        return self.rest + code @ self.columns


def train(progress: Progress) -> Trained:
    """Train the sparse codes, then dense ones; fit PCA; measure what each tells of the factors."""
    data = factors()
    x, test = (torch.from_numpy(split.x) for split in (data.dataset.train, data.dataset.test))
    sparse = published(train_stack(x, (UNITS,) * SEEDS, SPEAKING, share_of(progress, 0, 0.6)))
    sparse = arranged(sparse, x, data.factors["train"])
    dense = train_stack(
        x, [size for size in DENSE_SIZES for _ in range(SEEDS)], None, share_of(progress, 0.6, 0.9)
    )
    known = factor_bins(data.factors["test"])
    with torch.no_grad():
        codes = sparse.code(test)
        errors = (sparse.draw(codes) - test).square().mean((1, 2)).numpy()
        dense_codes = dense.loudness(test.expand(len(dense.used), -1, -1), dense.columns())
        dense_errors = (
            (dense.draw(dense_codes, dense.columns()) - test).square().mean((1, 2)).numpy()
        )
    by_size = dense_errors.reshape(len(DENSE_SIZES), SEEDS)
    place = int(np.argmin(np.abs(by_size.mean(1) - errors.mean())))
    size = DENSE_SIZES[place]
    chosen = dense_codes[place * SEEDS : (place + 1) * SEEDS, :, :size].numpy()
    numbers, pca_codes, pca_error = equal_pca(data, float(errors.mean()))
    shares = {
        "sparse": told(known, codes.numpy()),
        "dense": told(known, chosen),
        "pca": told(known, pca_codes[None]),
    }
    awake = codes.numpy() > 0
    return Trained(
        data=DataCard.of(
            data.dataset,
            factors=ON_A_CARD,
        ),
        seed=SEED,
        parameters=UNITS * (PIXELS + 1) + PIXELS,
        graphs={},
        arrays=arrays(sparse, data, shares, awake, known),
        metrics=metrics(
            shares,
            {"sparse": errors, "dense": by_size[place], "pca": np.array([pca_error])},
            {"dense": size, "pca": numbers},
            speaking(known, awake),
            awake,
        ),
        options={
            "seed_count": SEEDS,
            "units": UNITS,
            "speaking": SPEAKING,
            "dense_size": size,
            "pca_size": numbers,
            "column_step": COLUMN_STEP,
            "code_bins": CODE_BINS,
            "silencing_epochs": SILENCING_EPOCHS,
            **asdict(SCHEDULE),
        },
    )


def train_stack(
    x: Tensor, units: tuple[int, ...] | list[int], speaking: int | None, progress: Progress
) -> SparseStack:
    """Networks that minimise the squared error of drawings `x` `[n, d]`."""
    torch.manual_seed(SEED)
    stack = SparseStack(x.mean(0), units, speaking)

    def loss(batch: Batch) -> Tensor:
        rows = x[batch.rows].expand(len(units), -1, -1)
        x_hat: Tensor = stack(rows, still_speaking(stack.speaking, batch.epoch))
        errors = (x_hat - rows).square()
        return errors.sum(2).mean(1).sum()

    fit(stack, loss, len(x), SCHEDULE, SEED, progress)
    return stack


def still_speaking(wanted: int, epoch: int) -> int:
    """How many units may speak in this epoch; a dense code lets all of them."""
    gone = min(1.0, epoch / SILENCING_EPOCHS)
    return max(wanted, round(FIRST_SPEAKING + gone * (wanted - FIRST_SPEAKING)))


@torch.no_grad()
def published(stack: SparseStack) -> Sparse:
    """The networks with columns rounded as they are published."""
    columns = (stack.columns() / COLUMN_STEP).round()
    if columns.abs().max() > 127:
        raise ValueError(f"a column reaches {columns.abs().max() * COLUMN_STEP}, more than 8 bits")
    return Sparse(columns * COLUMN_STEP, stack.thresholds.clone(), stack.rest.clone())


@torch.no_grad()
def arranged(sparse: Sparse, x: Tensor, table: Field) -> Sparse:
    """Units numbered row by row of a square, for the eye.

    Its columns go by the mean position of the training drawings that wake a unit, and within a
    column units go by their mean rotation; a unit that none wakes comes last.
    """
    awake = (sparse.code(x) > 0).numpy().astype(np.float64)
    times = awake.sum(1)
    means = np.einsum("snu,nf->suf", awake, table) / np.maximum(times, 1)[..., None]
    means[times == 0] = np.inf
    rotation, position = FACTORS.index("rotation"), FACTORS.index("position")
    orders = []
    for own in means:
        by_position = np.argsort(own[:, position], kind="stable").reshape(ACROSS, -1)
        columns = [part[np.argsort(own[part, rotation], kind="stable")] for part in by_position]
        orders.append(np.stack(columns, axis=1).ravel())
    order = torch.from_numpy(np.stack(orders))
    return Sparse(
        sparse.columns.take_along_dim(order[:, :, None], 1),
        sparse.thresholds.take_along_dim(order[:, None, :], 2),
        sparse.rest,
    )


def equal_pca(data: FactorData, error: float) -> tuple[int, NDArray[np.float32], float]:
    """The fewest principal components that leave no more error; their test codes and error."""
    x = data.dataset.test.x
    pca = PCA().fit(data.dataset.train.x)
    codes = pca.transform(x)
    for numbers in range(1, PIXELS + 1):
        redrawn = codes[:, :numbers] @ pca.components_[:numbers] + pca.mean_
        left = float(np.mean((redrawn - x) ** 2))
        if left <= error:
            break
    return numbers, codes[:, :numbers], left


def told(known: list[Bins], codes: NDArray[np.float32]) -> Field:
    """Codes `[m, n, k]` → shares of each factor's entropy that each number tells, `[m, 4, k]`."""
    return np.stack(
        [
            shared_information(
                known, [equal_counts(axis.astype(np.float64), CODE_BINS) for axis in member.T]
            )
            for member in codes
        ]
    )


def speaking(known: list[Bins], awake: NDArray[np.bool_]) -> Field:
    """I(awake; factor) / H(awake): what of a unit's speaking a factor explains, `[m, 4, units]`.

    A unit that never speaks, or always, has 0.
    """
    result = np.zeros((len(awake), len(known), awake.shape[2]))
    for member, rows in enumerate(awake.astype(np.int64)):
        for unit, bits in enumerate(rows.T):
            own = entropy(bits)
            if own > 0:
                result[member, :, unit] = [mutual_information(f, bits) / own for f in known]
    return result


def arrays(
    sparse: Sparse,
    data: FactorData,
    shares: Mapping[str, Field],
    awake: NDArray[np.bool_],
    known: list[Bins],
) -> dict[str, PublishedArray]:
    """The networks, some drawings, and what was measured on all test drawings."""
    shown = data.dataset.test.x[:SHOWN]
    waking = np.concatenate(
        [
            np.stack([awake[:, bins == place].mean(1) for place in range(bins.max() + 1)], axis=2)
            for bins in known
        ],
        axis=2,
    )
    return {
        "columns": PublishedArray(
            (sparse.columns / COLUMN_STEP + 128).round().numpy().astype(np.uint8),
            f"{COLUMN_STEP:.6f}, plus 128",
            "what each unit listens for and draws, by seed, unit and pixel",
        ),
        "thresholds": PublishedArray(
            sparse.thresholds[:, 0].numpy(), INK, "added to what each unit hears, by seed and unit"
        ),
        "rest": PublishedArray(
            sparse.rest[:, 0].numpy(), INK, "what is drawn when no unit speaks, by seed and pixel"
        ),
        "images_test": PublishedArray(
            np.rint(255 * shown).astype(np.uint8), "ink / 255", "the first test drawings"
        ),
        "factors_test": PublishedArray(
            data.factors["test"][:SHOWN].astype(np.float32),
            "number of the shape, pixels, radians, pixels",
            "shape, size, rotation and position of these drawings",
        ),
        "waking": PublishedArray(
            np.rint(255 * waking).astype(np.uint8),
            "share / 255",
            "share of the test drawings in a bin of a factor that wake a unit, by seed, unit and "
            "bin: three shapes, then ten bins each of size, rotation and position",
        ),
        **{
            f"{name}_shares": PublishedArray(
                values.astype(np.float32),
                "share of the factor's entropy",
                "mutual information of factor and code number, by seed, factor and number",
            )
            for name, values in shares.items()
        },
    }


def metrics(
    shares: Mapping[str, Field],
    errors: Mapping[str, NDArray[np.floating]],
    sizes: Mapping[str, int],
    spoken: Field,
    awake: NDArray[np.bool_],
) -> dict[str, Metric]:
    """As `sparse.test.told`, means over the seeds, with `_lowest` and `_highest`."""
    unit = "share of entropy"
    result: dict[str, Metric] = {}

    def measured(name: str, values: Field, of: str, about: str) -> None:
        for suffix, value, how in (
            ("", values.mean(), "mean"),
            ("_lowest", values.min(), "lowest"),
            ("_highest", values.max(), "highest"),
        ):
            result[f"{name}{suffix}"] = Metric(
                float(value), of, "test", f"{about}; {how} of {len(values)} trainings"
            )

    for name, table in shares.items():
        measured(
            f"{name}.test.mig",
            information_gaps(table).mean(1),
            unit,
            "mutual information gap, mean over four factors",
        )
        measured(
            f"{name}.test.told",
            table.max(2).mean(1),
            unit,
            "share of a factor told by the number that tells most of it, mean over four factors",
        )
        measured(
            f"{name}.test.reconstruction_mse",
            np.asarray(errors[name], np.float64),
            "squared ink a pixel",
            "mean squared difference between a drawing and its reconstruction",
        )
    for name, size in sizes.items():
        result[f"{name}.numbers"] = Metric(
            float(size), "numbers", "test", "numbers in a code of about the sparse codes' error"
        )
    for number, factor in enumerate(FACTORS):
        measured(
            f"sparse.test.{factor}.spoken",
            spoken[:, number].mean(1),
            "share of the unit's entropy",
            f"share of whether a unit speaks that the factor {factor} explains, mean over units",
        )
    measured(
        "sparse.test.rate",
        np.median(awake.mean(1), axis=1),
        "share of drawings",
        "share of drawings that wake a unit, median over units",
    )
    measured(
        "sparse.test.silent",
        (awake.mean(1) < SILENT).sum(1).astype(np.float64),
        "units",
        f"units that fewer than {SILENT:.1%} of the drawings wake",
    )
    return result


RECIPE = Recipe(
    title="Four of 64 units",
    description=f"k-sparse autoencoders of sprites with {UNITS} units, of which {SPEAKING} may "
    f"speak, from {SEEDS} seeds, and dense codes and PCA of about the same error",
    honesty="trained model",
    train=train,
    claims=(
        Claim(
            "four units that speak leave as little error as four times as many numbers of PCA",
            lambda m: m["pca.numbers"] >= 4 * SPEAKING,
        ),
        Claim(
            "the dense rival's error is within a tenth of the sparse codes'",
            lambda m: (
                abs(m["dense.test.reconstruction_mse"] / m["sparse.test.reconstruction_mse"] - 1)
                < 0.1
            ),
        ),
        Claim(
            "the best unit of a sparse code tells less of a factor than the best number of either "
            "rival, whatever the seed",
            lambda m: (
                m["sparse.test.told_highest"]
                < min(m["dense.test.told_lowest"], m["pca.test.told_lowest"])
            ),
        ),
        Claim(
            "no factor alone explains half of when a unit speaks",
            lambda m: max(m[f"sparse.test.{factor}.spoken_highest"] for factor in FACTORS) < 0.5,
        ),
        Claim("few units are silent", lambda m: m["sparse.test.silent_highest"] <= UNITS / 8),
    ),
)
