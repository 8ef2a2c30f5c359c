"""What the recipes on waveforms share: ports, PCA's errors, and the non-linear networks (F3)."""

from collections.abc import Sequence
from dataclasses import asdict

import numpy as np
import torch
from torch import Tensor

from training.data.dataset import Dataset, Floats
from training.data.signals import NOISE, SAMPLES, signals
from training.learn.fit import Batch, Schedule, fit
from training.learn.losses import error_of_all
from training.learn.stack import AutoencoderStack, ChosenMember
from training.measure.metrics import mean_squared_error
from training.measure.pca import PrincipalComponents
from training.publish.card import DataCard, Metric, Port
from training.publish.export import Array, export, round_to_half
from training.publish.recipe import Claim, Progress, PublishedArray, Recipe, Trained

SEED = 11
COMPONENTS = 16
"""PCA is shown with up to this many components; the most complex waveforms need 12."""

CODE_SIZES = (1, 2, 3, 4, 5, 6)
"""The sizes of the non-linear codes: one number a harmonic is what the data are made of."""

HIDDEN = (20, 20)
SCHEDULE = Schedule(epochs=18, batch_size=32, learning_rate=5e-3)
SQUARED = "squared amplitude a sample"
ABOUT = "mean squared difference between a waveform and its reconstruction"

X = Port("x", ("n", SAMPLES), "amplitude; the first harmonic has 1", "waveforms")
MEMBER = Port("member", ("n",), "", "which network: its place in `members`", "int32")
Z = Port(
    "z",
    ("n", max(CODE_SIZES)),
    "standard deviations of the training codes",
    "the code, with zeros behind its own numbers",
)
X_HAT = Port("x_hat", ("n", SAMPLES), "amplitude", "reconstructions")


@torch.no_grad()
def pca_errors(pca: PrincipalComponents, x: Floats) -> Floats:
    """Mean squared error on x `[n, 128]` with the first 0, 1, … components, float32."""
    z = pca.encode(torch.from_numpy(x))
    most = z.shape[1]
    kept = [torch.cat([z[:, :k], torch.zeros(len(z), most - k)], 1) for k in range(most + 1)]
    return np.array([mean_squared_error(pca.decode(part).numpy(), x) for part in kept], np.float32)


def card_of(datasets: Sequence[Dataset], complexities: Sequence[int]) -> DataCard:
    """All the data of a recipe on one card; the splits are of one complexity."""
    sizes = {name: len(split) for name, split in datasets[0].splits().items()}
    names = ", ".join(str(complexity) for complexity in complexities)
    return DataCard(
        "signals",
        datasets[0].label,
        f"waveforms of {names} harmonics with amplitudes 1/√h and random phases, {SAMPLES} "
        f"samples of one period, noise of deviation {NOISE:g}; a set for each number of harmonics",
        sizes,
        details={"complexities": list(complexities), "noise": NOISE},
    )


def train_networks(complexities: Sequence[int], progress: Progress) -> Trained:
    """Train a network for each complexity and code size, on the waveforms of that complexity."""
    datasets = [signals(complexity) for complexity in complexities]
    members = [(complexity, size) for complexity in complexities for size in CODE_SIZES]
    per_member = [complexities.index(complexity) for complexity, _ in members]
    torch.manual_seed(SEED)
    stack = AutoencoderStack(SAMPLES, HIDDEN, [size for _, size in members], ink=False)
    x = torch.from_numpy(np.stack([dataset.train.x for dataset in datasets]))

    def loss(batch: Batch) -> Tensor:
        rows = x[:, batch.rows][per_member]
        return error_of_all(stack(rows), rows)

    fit(stack, loss, x.shape[1], SCHEDULE, SEED, progress)
    stack.standardize_codes(x[per_member])
    round_to_half(stack)
    test = np.concatenate([dataset.test.x for dataset in datasets])

    def sample(n: int, rng: np.random.Generator) -> tuple[Array, ...]:
        return (
            test[rng.integers(len(test), size=n)],
            rng.integers(len(stack), size=n).astype(np.int32),
        )

    return Trained(
        data=card_of(datasets, complexities),
        seed=SEED,
        parameters=sum(stack.parameter_count(index) for index in range(len(stack))),
        graphs={
            "networks": export(
                ChosenMember(stack, (stack.code_layer, len(stack.weights) - 1)),
                (X, MEMBER),
                (Z, X_HAT),
                sample,
                SEED,
            )
        },
        arrays={
            "members": PublishedArray(
                np.array(members, np.int32),
                "harmonics, numbers",
                "of each network: the complexity that it was trained on and the size of its code",
            )
        },
        metrics=network_metrics(stack, members, datasets, per_member),
        options={"hidden": list(HIDDEN), "code_sizes": list(CODE_SIZES), **asdict(SCHEDULE)},
    )


@torch.no_grad()
def network_metrics(
    stack: AutoencoderStack,
    members: Sequence[tuple[int, int]],
    datasets: Sequence[Dataset],
    per_member: Sequence[int],
) -> dict[str, Metric]:
    """Errors as `complexity-3.code-2.test.reconstruction_mse`, with PCA's beside them."""
    metrics = {}
    pcas = [PrincipalComponents(dataset.train.x, max(CODE_SIZES)) for dataset in datasets]
    for split in ("validation", "test"):
        x = np.stack([dataset.splits()[split].x for dataset in datasets])
        rows = torch.from_numpy(x)[list(per_member)]
        errors = (stack(rows) - rows).square().mean((1, 2)).tolist()
        rivals = [pca_errors(pca, waves) for pca, waves in zip(pcas, x, strict=True)]
        for (complexity, size), data, error in zip(members, per_member, errors, strict=True):
            key = f"complexity-{complexity}.code-{size}.{split}"
            metrics[f"{key}.reconstruction_mse"] = Metric(error, SQUARED, split, ABOUT)
            metrics[f"{key}.pca_reconstruction_mse"] = Metric(
                float(rivals[data][size]), SQUARED, split, f"{ABOUT}, by PCA"
            )
    return metrics


def networks_recipe(complexities: tuple[int, int]) -> Recipe:
    """The recipe of the networks for two complexities."""
    first, second = complexities
    return Recipe(
        title=f"Waveforms of {first} or {second} harmonics through narrow waists",
        description="dense autoencoders with 1 to 6 numbers in the code, a network for each "
        "number of harmonics and each code size",
        honesty="trained model",
        train=lambda progress: train_networks(complexities, progress),
        claims=(
            Claim(
                "with fewer numbers than twice the harmonics, every network beats PCA with as many",
                lambda m: all(
                    m[f"complexity-{c}.code-{k}.test.reconstruction_mse"]
                    < m[f"complexity-{c}.code-{k}.test.pca_reconstruction_mse"]
                    for c in complexities
                    for k in CODE_SIZES
                    if k < 2 * c
                ),
            ),
        ),
    )
