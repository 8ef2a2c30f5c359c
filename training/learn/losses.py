"""The terms of the losses, one number an example `[n]`; the caller decides what to average over."""

import torch
from torch import Tensor
from torch.nn import functional

from training.learn.networks import VariationalAutoencoder


def squared_error(x_hat: Tensor, x: Tensor) -> Tensor:
    """‖x − x̂‖² summed over all pixels of an example."""
    return (x_hat - x).square().flatten(1).sum(1)


def error_of_all(x_hat: Tensor, x: Tensor) -> Tensor:
    """‖x − x̂‖² of networks side by side, `[m, n, d]`, summed over them, mean over the batch.

    In one pass each way, where a difference, its square, a sum and a mean take two of each.
    """
    error: Tensor = functional.mse_loss(x_hat, x, reduction="sum") / x.shape[1]
    return error


def cross_entropy(logits: Tensor, x: Tensor) -> Tensor:
    """−log p(x|z) in nats under independent Bernoulli pixels, summed over pixels.

    `x` may be grey: then it is the expectation over binary images with that mean ink.
    """
    nats = functional.binary_cross_entropy_with_logits(logits, x, reduction="none")
    return nats.flatten(1).sum(1)


def gaussian_kl(mu: Tensor, log_var: Tensor) -> Tensor:
    """KL(N(μ, σ²) ‖ N(0, I)) in nats, summed over the code (Kingma & Welling 2013, appendix B)."""
    return -0.5 * (1 + log_var - mu.square() - torch.exp(log_var)).sum(1)


def elbo_terms(model: VariationalAutoencoder, x: Tensor, eps: Tensor) -> tuple[Tensor, Tensor]:
    """The two halves of the negative ELBO in nats: E[−log p(x|z)] by one sample, and the KL.

    ELBO = −(first + second) (Kingma & Welling 2013, equation 10).
    """
    logits, mu, log_var = model(x, eps)
    return cross_entropy(logits, x), gaussian_kl(mu, log_var)
