"""What every variational autoencoder of the book publishes: its code's ports and its ELBO."""

import torch
from torch import Tensor

from training.learn.losses import elbo_terms
from training.learn.networks import VariationalAutoencoder
from training.publish.card import Metric, Port

CODE_UNIT = "prior standard deviations"
NOISE_SAMPLES = 16
"""Draws of ε per example behind a reported ELBO."""


def code_port(code_size: int) -> Port:
    """The decoder's input."""
    return Port("z", ("n", code_size), CODE_UNIT, "the code; under the prior each axis is N(0, 1)")


def posterior_ports(code_size: int) -> tuple[Port, Port]:
    """The encoder's outputs, μ and log σ²."""
    return (
        Port("mu", ("n", code_size), CODE_UNIT, "mean of the posterior"),
        Port(
            "log_var",
            ("n", code_size),
            "logarithm of squared prior standard deviations",
            "natural logarithm of the posterior's variance along each axis",
        ),
    )


def elbo_metrics(
    model: VariationalAutoencoder, x: Tensor, code_size: int, split: str, seed: int
) -> dict[str, Metric]:
    """Both terms of the ELBO of `x`, a mean over its examples and 16 draws of ε."""
    generator = torch.Generator().manual_seed(seed)
    reconstruction = kl = 0.0
    with torch.no_grad():
        for _ in range(NOISE_SAMPLES):
            eps = torch.randn(len(x), code_size, generator=generator)
            terms = elbo_terms(model, x, eps)
            reconstruction += float(terms[0].mean()) / NOISE_SAMPLES
            kl += float(terms[1].mean()) / NOISE_SAMPLES
    unit = "nats an example"
    return {
        f"{split}.reconstruction_nats": Metric(
            reconstruction,
            unit,
            split,
            "expected cross-entropy of the pixels, −E[log p(x|z)], z drawn from the posterior",
        ),
        f"{split}.kl": Metric(kl, unit, split, "KL(q(z|x) ‖ N(0, I))"),
        f"{split}.elbo": Metric(
            -reconstruction - kl, unit, split, "evidence lower bound, E[log p(x|z)] − KL"
        ),
    }
