"""`shapes-vae`: a VAE whose plane of codes is shared out among four shapes.

Then drawings with wished properties are looked for in that plane, and in those of further
trainings: `families/shape_search.py`.
"""

from collections.abc import Mapping
from dataclasses import asdict

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from training.data.dataset import Dataset, Floats, Labels
from training.data.shapes import SIDE, shapes
from training.learn.fit import Batch, Schedule, fit, share_of
from training.learn.losses import elbo_terms
from training.learn.networks import PatchVAE, ShapeClassifier, parameter_count
from training.learn.posterior import CODE_UNIT, code_port, elbo_metrics, posterior_ports
from training.measure.metrics import (
    jump_between_neighbours,
    jump_between_strangers,
    mean_squared_error,
)
from training.publish.card import DataCard, Metric, Port
from training.publish.eight_bits import round_to_bytes
from training.publish.export import (
    Call,
    export,
    gaussian_sampler,
    round_to_half,
    uniform_sampler,
)
from training.publish.recipe import Claim, Progress, PublishedArray, Recipe, Trained
from training.recipes.families.shape_search import CLAIMS, NETWORKS, Searched, searched

SEED = 5
CODE_SIZE = 2
PATCH_FEATURES = 6
HIDDEN = 64
DECODER_HIDDEN = (32, 64)
SCHEDULE = Schedule(epochs=30, batch_size=64, learning_rate=1.5e-2)
BETA = 3.0
"""Of 1, 1.5, 2 and 3 that which brings all clouds together nearest to the prior; on validation it
costs one nat of 155."""
WARM_UP_EPOCHS = 8
CLASSIFIER_SCHEDULE = Schedule(epochs=5, batch_size=64, learning_rate=3e-3)

GRID_SIDE = 21
GRID_EXTENT = 2.5
"""The judged grid covers ±2.5 prior standard deviations: 97.5 % of the prior."""

SMALLEST_SHARE = 0.10
PUBLISHED_IMAGES = 260

INK = "ink, 0 paper to 1 full"
X = Port("x", ("n", 1, SIDE, SIDE), INK, "drawings")
X_HAT = Port("x_hat", ("n", 1, SIDE, SIDE), INK, "reconstructed or imagined drawings")


def train(progress: Progress) -> Trained:
    """Train the VAE and the judge, and measure who owns the plane."""
    dataset = shapes()
    x = torch.from_numpy(dataset.train.x)
    each = 0.8 / NETWORKS
    models = [
        train_vae(x, SEED + number, share_of(progress, number * each, (number + 1) * each))
        for number in range(NETWORKS)
    ]
    model = models[0]
    judge = train_judge(dataset, share_of(progress, 0.8, 0.85))
    found = searched(models, judge, dataset, share_of(progress, 0.85, 1.0))
    test = torch.from_numpy(dataset.test.x)
    with torch.no_grad():
        codes, log_var = model.encode(test)
        reconstruction = model.decode(codes).numpy()
        decodes = model.decode(grid_codes())
        every = [judge(each.decode(grid_codes())).argmax(1).numpy() for each in models]
        regions: Labels = every[0].astype(np.uint8)
        judged = judge(test).argmax(1).numpy()
    metrics = {
        "test.reconstruction_mse": Metric(
            mean_squared_error(reconstruction, dataset.test.x),
            "squared ink a pixel",
            "test",
            "mean squared difference between a drawing and its reconstruction",
        ),
        **elbo_metrics(model, test, CODE_SIZE, "test", SEED),
        "test.classifier_accuracy": Metric(
            float(np.mean(judged == dataset.test.labels)),
            "share of drawings",
            "test",
            "drawings whose class is seen by the classifier that judges the decodes",
        ),
        "test.aggregate_variance": Metric(
            float((codes.var(0, correction=0) + log_var.exp().mean(0)).mean()),
            "prior variances",
            "test",
            "variance of a code number under the aggregate posterior, mean over both",
        ),
        **region_metrics(regions, dataset.classes),
        "grid.nearer_by_mass": Metric(
            float(sum(is_mass_nearer(each, dataset.classes) for each in every)),
            "networks",
            "grid",
            f"of {NETWORKS}, in which the shares of mass lie nearer to a quarter each than those "
            "of cells: the largest less the smallest",
        ),
        **smoothness_metrics(decodes.numpy()),
        **found.metrics,
    }
    return publishable(model, dataset, codes.numpy(), regions, metrics, found)


def train_vae(x: Tensor, seed: int, progress: Progress) -> PatchVAE:
    """Maximise the ELBO of `x` with a weighted KL term, warmed up (Bowman et al. 2016).

    What comes back is rounded as it is published.
    """
    torch.manual_seed(seed)
    model = PatchVAE(PATCH_FEATURES, HIDDEN, DECODER_HIDDEN, CODE_SIZE)

    def loss(batch: Batch) -> Tensor:
        eps = torch.randn(len(batch.rows), CODE_SIZE, generator=batch.noise)
        beta = BETA * min(1.0, (batch.epoch + 1) / WARM_UP_EPOCHS)
        reconstruction, kl = elbo_terms(model, x[batch.rows], eps)
        return (reconstruction + beta * kl).mean()

    fit(model, loss, len(x), SCHEDULE, seed, progress)
    round_to_half(model)
    round_to_bytes(model.decoder)  # two graphs have it
    return model


def train_judge(dataset: Dataset, progress: Progress) -> ShapeClassifier:
    """Train the classifier on the drawings; it never sees a decode."""
    x = torch.from_numpy(dataset.train.x)
    labels = torch.from_numpy(dataset.train.labels).long()
    torch.manual_seed(SEED)
    judge = ShapeClassifier(len(dataset.classes))

    def loss(batch: Batch) -> Tensor:
        return functional.cross_entropy(judge(x[batch.rows]), labels[batch.rows])

    fit(judge, loss, len(x), CLASSIFIER_SCHEDULE, SEED, progress)
    round_to_bytes(judge)
    return judge


def grid_codes() -> Tensor:
    """Codes of the judged grid `[441, 2]`: rows of rising z₂, in each row rising z₁."""
    axis = torch.linspace(-GRID_EXTENT, GRID_EXTENT, GRID_SIDE)
    z1, z2 = torch.meshgrid(axis, axis, indexing="xy")
    return torch.stack([z1, z2], dim=-1).reshape(-1, CODE_SIZE)


def region_metrics(regions: Labels, classes: tuple[str, ...]) -> dict[str, Metric]:
    """The share of the grid in which the classifier sees each class: of its cells, of its mass."""
    grid = f"a {GRID_SIDE}×{GRID_SIDE} grid over ±{GRID_EXTENT} prior deviations"
    mass = (-0.5 * grid_codes().square().sum(1)).exp().double().numpy()
    mass /= mass.sum()
    return {
        **{
            f"grid.share_{name}": Metric(
                float(np.mean(regions == label)),
                "share of cells",
                "grid",
                f"cells of {grid} whose decode the classifier takes for a {name}",
            )
            for label, name in enumerate(classes)
        },
        **{
            f"grid.mass_{name}": Metric(
                float(mass[regions == label].sum()),
                "share of prior mass",
                "grid",
                f"cells of {grid}, each weighted by the density of N(0, I) at its middle, whose "
                f"decode the classifier takes for a {name}",
            )
            for label, name in enumerate(classes)
        },
    }


def is_mass_nearer(regions: Labels, classes: tuple[str, ...]) -> bool:
    """Whether weighing cells by the prior brings the shapes' shares closer together."""
    shares = {name: metric.value for name, metric in region_metrics(regions, classes).items()}
    return unevenness(shares, "grid.mass_") < unevenness(shares, "grid.share_")


def smoothness_metrics(decodes: Floats) -> dict[str, Metric]:
    """How much a step of one cell changes the drawing, beside two cells chosen at random."""
    images = decodes.reshape(GRID_SIDE, GRID_SIDE, SIDE * SIDE)
    neighbours = jump_between_neighbours(images)
    strangers = jump_between_strangers(images, np.random.default_rng(SEED))
    return {
        "grid.largest_pixel_jump": Metric(
            float(neighbours.max()),
            "ink",
            "grid",
            "largest change of any pixel between two neighbouring cells",
        ),
        "grid.mean_jump": Metric(
            float(neighbours.mean()),
            "ink",
            "grid",
            "mean change of a pixel between neighbouring cells",
        ),
        "grid.largest_mean_jump": Metric(
            float(neighbours.mean(axis=1).max()),
            "ink",
            "grid",
            "mean change of a pixel between the two neighbouring cells that differ most",
        ),
        "grid.mean_random_jump": Metric(
            float(strangers.mean()),
            "ink",
            "grid",
            "mean change of a pixel between two cells chosen at random",
        ),
    }


def publishable(
    model: PatchVAE,
    dataset: Dataset,
    codes: Floats,
    regions: Labels,
    metrics: Mapping[str, Metric],
    found: Searched,
) -> Trained:
    """Graphs, arrays and card."""
    z = code_port(CODE_SIZE)
    pictures = np.rint(dataset.test.x[:PUBLISHED_IMAGES, 0] * 255).astype(np.uint8)
    return Trained(
        data=DataCard.of(dataset),
        seed=SEED,
        parameters=parameter_count(model),
        graphs={
            "encoder": export(
                Call(model, "encode"), (X,), posterior_ports(CODE_SIZE), uniform_sampler((X,)), SEED
            ),
            "decoder": export(Call(model, "decode"), (z,), (X_HAT,), gaussian_sampler((z,)), SEED),
            **found.graphs,
        },
        arrays={
            "codes_test": PublishedArray(
                codes, CODE_UNIT, "posterior means of the test drawings, as in labels_test"
            ),
            "labels_test": PublishedArray(
                dataset.test.labels, "class", "the shape of each test drawing, by data.classes"
            ),
            "images_test": PublishedArray(
                pictures,
                "ink, 0 paper to 255 full",
                f"the first {PUBLISHED_IMAGES} test drawings; divide by 255 for the encoder",
            ),
            "regions": PublishedArray(
                regions.reshape(GRID_SIDE, GRID_SIDE),
                "class",
                "the shape that a classifier sees in the decode of each grid cell; rows of "
                "rising z2, in each row rising z1, by options.grid",
            ),
            **found.arrays,
        },
        metrics=metrics,
        options={
            "patch_features": PATCH_FEATURES,
            "hidden": HIDDEN,
            "decoder_hidden": list(DECODER_HIDDEN),
            "code_size": CODE_SIZE,
            "beta": BETA,
            "warm_up_epochs": WARM_UP_EPOCHS,
            "grid": {"side": GRID_SIDE, "extent": GRID_EXTENT},
            "search": found.options,
            **asdict(SCHEDULE),
        },
    )


def unevenness(m: Mapping[str, float], prefix: str) -> float:
    """How far the shares of the shapes lie apart: the largest less the smallest."""
    shares = [value for name, value in m.items() if name.startswith(prefix)]
    return max(shares) - min(shares)


RECIPE = Recipe(
    title="Four shapes share a plane",
    description="a variational autoencoder with a two-dimensional code, trained on "
    "drawings of circles, stars, flowers and cogs",
    honesty="trained model",
    train=train,
    claims=(
        Claim(
            "the classifier knows at least 98 % of the test drawings",
            lambda m: m["test.classifier_accuracy"] >= 0.98,
        ),
        Claim(
            f"every shape owns at least {SMALLEST_SHARE:.0%} of the grid",
            lambda m: (
                min(value for name, value in m.items() if name.startswith("grid.share_"))
                >= SMALLEST_SHARE
            ),
        ),
        Claim(
            "weighted by the prior, the shapes' shares lie nearer to a quarter each, in this and "
            "most other trainings",
            lambda m: (
                unevenness(m, "grid.mass_") < unevenness(m, "grid.share_")
                and m["grid.nearer_by_mass"] > NETWORKS / 2
            ),
        ),
        Claim(
            "even the two neighbouring cells that differ most differ less than two random cells "
            "do on average",
            lambda m: m["grid.largest_mean_jump"] < m["grid.mean_random_jump"],
        ),
        *CLAIMS,
    ),
)
