"""`digits-ae`: a plain autoencoder that squeezes the 64 pixels of a digit into two numbers."""

from dataclasses import asdict

import torch
from torch import Tensor

from training.data.digits import digits
from training.learn.fit import Batch, Schedule, fit
from training.learn.losses import squared_error
from training.learn.networks import DenseAutoencoder
from training.publish.card import Port
from training.publish.export import round_to_half
from training.publish.recipe import Progress, Recipe, Trained
from training.recipes.families.digit_codes import (
    BEATS_PCA,
    CODE_SIZE,
    PIXELS,
    beside_pca,
    images,
    measure,
    publishable,
)

SEED = 7
HIDDEN = (128, 64)
CODE_PENALTY = 0.01
"""Weight of ‖z‖² in the loss. A pull this small costs no accuracy and keeps the few odd digits from
fleeing so far that all others become a dot in the middle of the map."""

SCHEDULE = Schedule(epochs=200, batch_size=64, learning_rate=2e-3, weight_decay=1e-2)

Z = Port(
    "z",
    ("n", CODE_SIZE),
    "standard deviations of the training codes",
    "the code; training codes have mean 0 and deviation 1 along each axis",
)


def train(progress: Progress) -> Trained:
    """Minimise ‖x − x̂‖² + λ‖z‖² over the training digits."""
    dataset = digits()
    x = images(dataset, "train")
    torch.manual_seed(SEED)
    model = DenseAutoencoder(PIXELS, HIDDEN, CODE_SIZE)

    def loss(batch: Batch) -> Tensor:
        rows = x[batch.rows]
        z = model.encode(rows)
        penalty = CODE_PENALTY * z.square().sum(1)
        return (squared_error(model.decode(z), rows) + penalty).mean()

    fit(model, loss, len(x), SCHEDULE, SEED, progress)
    model.standardize_code(x)
    round_to_half(model)
    codes, metrics = measure(model, dataset)
    return publishable(
        model,
        dataset,
        code=Z,
        encoder_outputs=(Z,),
        codes=codes,
        metrics=beside_pca(metrics, dataset),
        seed=SEED,
        options={
            "hidden": list(HIDDEN),
            "code_size": CODE_SIZE,
            "code_penalty": CODE_PENALTY,
            **asdict(SCHEDULE),
        },
    )


RECIPE = Recipe(
    title="Digits through a waist of two numbers",
    description="a dense autoencoder with a two-dimensional code, trained on handwritten digits",
    honesty="trained model",
    train=train,
    claims=BEATS_PCA,
)
