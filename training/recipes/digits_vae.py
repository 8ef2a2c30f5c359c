"""`digits-vae`: the variational relative of `digits-ae`, with the same widths."""

from dataclasses import asdict

import torch
from torch import Tensor

from training.data.digits import digits
from training.learn.fit import Batch, Schedule, fit
from training.learn.losses import elbo_terms
from training.learn.networks import DenseVAE
from training.learn.posterior import code_port, elbo_metrics, posterior_ports
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
SCHEDULE = Schedule(epochs=200, batch_size=64, learning_rate=2e-3)
BETA = 1.0
WARM_UP_EPOCHS = 20


def train(progress: Progress) -> Trained:
    """Maximise the ELBO of the training digits, its KL term warmed up (Bowman et al. 2016)."""
    dataset = digits()
    x = images(dataset, "train")
    torch.manual_seed(SEED)
    model = DenseVAE(PIXELS, HIDDEN, CODE_SIZE)

    def loss(batch: Batch) -> Tensor:
        rows = x[batch.rows]
        eps = torch.randn(len(rows), CODE_SIZE, generator=batch.noise)
        beta = BETA * min(1.0, (batch.epoch + 1) / WARM_UP_EPOCHS)
        reconstruction, kl = elbo_terms(model, rows, eps)
        return (reconstruction + beta * kl).mean()

    fit(model, loss, len(x), SCHEDULE, SEED, progress)
    round_to_half(model)
    codes, metrics = measure(model, dataset)
    metrics |= elbo_metrics(model, images(dataset, "test"), CODE_SIZE, "test", SEED)
    return publishable(
        model,
        dataset,
        code=code_port(CODE_SIZE),
        encoder_outputs=posterior_ports(CODE_SIZE),
        codes=codes,
        metrics=beside_pca(metrics, dataset),
        seed=SEED,
        options={
            "hidden": list(HIDDEN),
            "code_size": CODE_SIZE,
            "beta": BETA,
            "warm_up_epochs": WARM_UP_EPOCHS,
            **asdict(SCHEDULE),
        },
    )


RECIPE = Recipe(
    title="Digits as clouds in the plane",
    description="a dense variational autoencoder with a two-dimensional code, trained on "
    "handwritten digits",
    honesty="trained model",
    train=train,
    claims=BEATS_PCA,
)
