"""`digits-anatomy`: the same small autoencoder of digits at ten sizes of its code (F1, F2).

Ten sizes and three seeds are trained together; the first seed's networks are published.
"""

from collections.abc import Mapping
from dataclasses import asdict
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor

from training.data.dataset import Dataset, Floats
from training.data.digit_frame import digit_frame
from training.data.digits import FULL_INK, SIDE, digits
from training.data.house import house
from training.learn.fit import Batch, Schedule, fit
from training.learn.losses import error_of_all
from training.learn.networks import DenseAutoencoder, parameter_count
from training.learn.stack import AutoencoderStack, ChosenMember
from training.measure.metrics import mean_squared_error
from training.measure.pca import PrincipalComponents
from training.publish.card import DataCard, Metric, Port
from training.publish.export import (
    Array,
    Call,
    Graph,
    export,
    gaussian_sampler,
    round_to_half,
    uniform_sampler,
)
from training.publish.recipe import Claim, Progress, PublishedArray, Recipe, Trained
from training.recipes.families.digit_codes import INK, PIXELS, X_HAT, X, images

SEED = 7
SIZES = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32)
SEEDS = 3
HIDDEN = 40
SCHEDULE = Schedule(epochs=120, batch_size=64, learning_rate=8e-3, weight_decay=1e-3)
DRAWN_SIZE = 8
"""The size whose encoder and decoder are published by themselves, for F1."""

SEARCHES = 15
SEARCH_STEPS = 400
SEARCH_RATE = 0.05

CODE_UNIT = "standard deviations of the training codes"
CELLS = "activation"
MEMBER = Port("member", ("n",), "", "which network: its place in `sizes`", "int32")
LAYERS = (
    Port("hidden_f", ("n", HIDDEN), CELLS, "the encoder's hidden layer, after SiLU"),
    Port("z", ("n", max(SIZES)), CODE_UNIT, "the code, with zeros behind its own numbers"),
    Port("hidden_g", ("n", HIDDEN), CELLS, "the decoder's hidden layer, after SiLU"),
    X_HAT,
)
Z = Port(
    "z",
    ("n", DRAWN_SIZE),
    CODE_UNIT,
    "the code; training codes have mean 0 and deviation 1 along each axis",
)


def train(progress: Progress) -> Trained:
    """Minimise ‖x − x̂‖² over the training digits, for all sizes and seeds at once."""
    dataset = digits()
    x = images(dataset, "train")
    torch.manual_seed(SEED)
    stack = AutoencoderStack(PIXELS, (HIDDEN,), SIZES * SEEDS, ink=True)

    def loss(batch: Batch) -> Tensor:
        rows = x[batch.rows].expand(len(stack), -1, -1)
        return error_of_all(stack(rows), rows)

    fit(stack, loss, len(x), SCHEDULE, SEED, progress)
    stack.standardize_codes(x.expand(len(stack), -1, -1))
    round_to_half(stack)
    published = stack.subset(range(len(SIZES)))
    errors = {split: errors_of(stack, dataset, split) for split in ("validation", "test")}
    rivals = pca_errors(dataset)
    alone = published.member(SIZES.index(DRAWN_SIZE))
    counts = [published.parameter_count(index) for index in range(len(SIZES))]
    return Trained(
        data=DataCard.of(dataset, frame=digit_frame(dataset.train.x)),
        seed=SEED,
        parameters=parameter_count(alone),
        graphs=graphs(published, dataset),
        arrays=arrays(dataset, errors["test"], rivals, counts),
        metrics={**metrics(errors, rivals, counts), **house_metrics(alone, dataset)},
        options={
            "sizes": list(SIZES),
            "hidden": HIDDEN,
            "seeds": SEEDS,
            "code_size": DRAWN_SIZE,
            **asdict(SCHEDULE),
        },
    )


@torch.no_grad()
def errors_of(stack: AutoencoderStack, dataset: Dataset, split: str) -> Floats:
    """Mean squared error on a split, float32 `[seeds, sizes]`."""
    x = images(dataset, split)
    errors = (stack(x.expand(len(stack), -1, -1)) - x).square().mean((1, 2))
    result: Floats = errors.reshape(SEEDS, len(SIZES)).numpy()
    return result


@torch.no_grad()
def pca_errors(dataset: Dataset) -> Floats:
    """Test error of PCA with 1 … 32 components, float32 `[32]`."""
    x = images(dataset, "test")
    return np.array(
        [
            mean_squared_error(
                PrincipalComponents(dataset.train.x, size)(x).numpy(), dataset.test.x
            )
            for size in range(1, max(SIZES) + 1)
        ],
        np.float32,
    )


def graphs(stack: AutoencoderStack, dataset: Dataset) -> dict[str, Graph]:
    """All ten networks with the activations of every layer, and one of them in two halves.

    The first is checked on digits: random ink drives hidden layers far beyond what they ever
    hold, where float32 itself is coarser than the tolerance.
    """
    alone = stack.member(SIZES.index(DRAWN_SIZE))

    def sample(n: int, rng: np.random.Generator) -> tuple[Array, ...]:
        members = rng.integers(len(SIZES), size=n).astype(np.int32)
        return dataset.test.x[rng.integers(len(dataset.test), size=n)], members

    return {
        "layers": export(
            ChosenMember(stack, range(len(LAYERS))), (X, MEMBER), LAYERS, sample, SEED
        ),
        f"encoder_{DRAWN_SIZE}": export(
            Call(alone, "encode"), (X,), (Z,), uniform_sampler((X,)), SEED
        ),
        f"decoder_{DRAWN_SIZE}": export(
            Call(alone, "decode"), (Z,), (X_HAT,), gaussian_sampler((Z,)), SEED
        ),
    }


def arrays(
    dataset: Dataset, errors: Floats, rivals: Floats, counts: list[int]
) -> dict[str, PublishedArray]:
    """Test digits, and what was measured at each size."""
    squared = "squared ink a pixel"
    return {
        "labels_test": PublishedArray(
            dataset.test.labels, "digit", "the digit that each test image shows"
        ),
        "images_test": PublishedArray(
            np.rint(dataset.test.x * FULL_INK).astype(np.uint8).reshape(-1, SIDE, SIDE),
            f"{INK}, times {FULL_INK}",
            f"test digits; divide by {FULL_INK} for the encoder",
        ),
        "sizes": PublishedArray(np.array(SIZES, np.int32), "numbers", "the code sizes"),
        "parameters": PublishedArray(
            np.array(counts, np.int32), "numbers", "what training set in the network of each size"
        ),
        "errors_test": PublishedArray(
            errors,
            squared,
            "mean squared error on the test digits, by seed and size; the first "
            "seed's networks are the published ones",
        ),
        "pca_errors_test": PublishedArray(
            rivals, squared, "the same of principal components, 1 … 32 of them"
        ),
    }


def metrics(errors: Mapping[str, Floats], rivals: Floats, counts: list[int]) -> dict[str, Metric]:
    """Errors and sizes as `code-8.test.reconstruction_mse`, for prose and claims."""
    unit = "squared ink a pixel"
    about = "mean squared difference between a digit and its reconstruction"
    measured: dict[str, Metric] = {}
    for place, size in enumerate(SIZES):
        key = f"code-{size}"
        for split, table in errors.items():
            measured[f"{key}.{split}.reconstruction_mse"] = Metric(
                float(table[0, place]), unit, split, about
            )
        seeds = errors["test"][:, place]
        for name, value in (("lowest", seeds.min()), ("highest", seeds.max())):
            measured[f"{key}.test.reconstruction_mse_{name}"] = Metric(
                float(value), unit, "test", f"{about}, the {name} of {SEEDS} seeds"
            )
        measured[f"{key}.test.pca_reconstruction_mse"] = Metric(
            float(rivals[size - 1]), unit, "test", f"{about}, by PCA"
        )
        measured[f"{key}.parameters"] = Metric(
            counts[place], "numbers", "train", "weights and biases that training set"
        )
        measured[f"{key}.compression"] = Metric(
            PIXELS / size, "pixels a number", "all", "pixels of a digit for each number kept"
        )
    ahead = [
        size
        for place, size in enumerate(SIZES)
        if errors["test"][:, place].max() < rivals[size - 1]
    ]
    measured["test.largest_size_ahead_of_pca"] = Metric(
        max(ahead, default=0),
        "numbers",
        "test",
        f"the largest code with which all {SEEDS} seeds beat PCA with as many numbers",
    )
    return measured


def house_metrics(model: DenseAutoencoder, dataset: Dataset) -> dict[str, Metric]:
    """The error of a house by way of the encoder, and by the best code that a search finds.

    The search follows the slope of the error down from the encoder's code and from random ones.
    """
    x = torch.from_numpy(house(digit_frame(dataset.train.x)))
    with torch.no_grad():
        starts = [
            model.encode(x[None]),
            torch.randn(SEARCHES, DRAWN_SIZE, generator=torch.Generator().manual_seed(SEED)),
        ]
    z = torch.cat(starts).requires_grad_()
    optimiser = torch.optim.Adam([z], lr=SEARCH_RATE)
    found = []
    for _ in range(SEARCH_STEPS + 1):
        errors = (model.decode(z) - x).square().mean(1)
        found.append(errors.detach())
        optimiser.zero_grad()
        errors.sum().backward()  # type: ignore[no-untyped-call]
        optimiser.step()
    about = "mean squared difference between a drawing of a house and"
    unit = "squared ink a pixel"
    return {
        "house.encoder_mse": Metric(
            float(found[0][0]), unit, "none", f"{about} its reconstruction"
        ),
        "house.search_mse": Metric(
            float(torch.stack(found).min()),
            unit,
            "none",
            f"{about} the best that the decoder makes of any code, by a search from "
            f"{SEARCHES + 1} places",
        ),
    }


def all_below(m: Mapping[str, float], sizes: tuple[int, ...]) -> bool:
    """Whether every seed beats PCA at all of these sizes."""
    return all(
        m[f"code-{size}.test.reconstruction_mse_highest"]
        < m[f"code-{size}.test.pca_reconstruction_mse"]
        for size in sizes
    )


def falls(m: Mapping[str, float], sizes: tuple[int, ...]) -> bool:
    """Whether the best of one size is beaten by the worst of the next."""
    return all(
        m[f"code-{more}.test.reconstruction_mse_highest"]
        < m[f"code-{less}.test.reconstruction_mse_lowest"]
        for less, more in pairwise(sizes)
    )


RECIPE = Recipe(
    title="Digits through ten waists",
    description=f"a dense autoencoder, 64 → {HIDDEN} → code → {HIDDEN} → 64, trained on "
    "handwritten digits at ten sizes of its code",
    honesty="trained model",
    train=train,
    claims=(
        Claim(
            "up to 12 numbers, a larger code reconstructs better, whatever the seed",
            lambda m: falls(m, SIZES[:7]),
        ),
        Claim(
            "up to 12 numbers, every seed beats PCA with as many", lambda m: all_below(m, SIZES[:7])
        ),
        Claim(
            "of a house, a search of the code finds a better drawing than the encoder does",
            lambda m: m["house.search_mse"] < m["house.encoder_mse"],
        ),
    ),
)
