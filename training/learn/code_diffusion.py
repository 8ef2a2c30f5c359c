"""A small diffusion model on codes: denoisers for several autoencoders, trained side by side.

A code z is mixed with noise as α z + σ ε with α² + σ² = 1. The level λ = log(α/σ), half of the
logarithm of the ratio of signal to noise, tells how much; the denoiser guesses z from the mixture
and λ, and so knows the score of the mixture (Vincent 2011).
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from training.learn.stack import ChosenMember
from training.learn.variational_stack import DenseStack

NOISIEST, CLEANEST = -4.0, 3.0
"""λ of the first and of the last step: hardly any signal, σ = 0.05."""


def noise_levels(steps: int) -> NDArray[np.float32]:
    """λ of each step, rising evenly, float32 `[steps]`."""
    levels: NDArray[np.float32] = np.linspace(NOISIEST, CLEANEST, steps).astype(np.float32)
    return levels


def amounts(level: Tensor) -> tuple[Tensor, Tensor]:
    """α and σ of a level: α² is the logistic function of 2λ."""
    return torch.sigmoid(2 * level).sqrt(), torch.sigmoid(-2 * level).sqrt()


class DenoiserStack(nn.Module):
    """m denoisers (mixture, λ) → z of codes with `size` numbers, two hidden layers each."""

    def __init__(self, members: int, size: int, hidden: int) -> None:
        super().__init__()
        self.layers = DenseStack(members, [size + 2, hidden, hidden, size])

    def forward(self, mixed: Tensor, level: Tensor) -> Tensor:
        """`[m, n, size]`, λ `[m, n]` → the guess at the clean code, `[m, n, size]`."""
        alpha, sigma = amounts(level)
        clean: Tensor = self.layers(torch.cat([mixed, told(level)], -1))
        guessed: Tensor = guess(mixed, clean, alpha[..., None], sigma[..., None])
        return guessed

    def loss(self, clean: Tensor, level: Tensor, eps: Tensor) -> Tensor:
        """Squared error of the guess over the noise's variance, a mean, summed over members.

        Divided by σ²/α², it is the squared error of the noise (Ho et al. 2020, equation 14), with
        a floor for the cleanest levels, where it would be all that counts.
        """
        alpha, sigma = amounts(level)
        mixed = alpha[..., None] * clean + sigma[..., None] * eps
        errors = (self(mixed, level) - clean).square().mean(-1)
        weight = (alpha / sigma).square().clamp(max=20.0)
        loss: Tensor = (weight * errors).mean(1).sum()
        return loss


def told(level: Tensor) -> Tensor:
    """What a denoiser is told of the level, `[…, 2]`, both about −1..1."""
    return torch.stack([level / 4, torch.tanh(level)], -1)


def guess(mixed: Tensor, raw: Tensor, alpha: Tensor, sigma: Tensor) -> Tensor:
    """The guess at the clean code: α · mixture is the best linear one, the network adds the rest.

    For codes of mean 0 and covariance I the best linear guess is exactly α · mixture.
    """
    return alpha * mixed + sigma * raw


def pull(mixed: Tensor, clean: Tensor, level: float, following: float | None) -> Tensor:
    """One step towards the next level, without fresh noise (Song et al. 2021, DDIM, equation 12).

    After the last step, whose `following` is None, the guess itself is the code.
    """
    if following is None:
        return clean
    alpha, sigma = amounts(torch.tensor(level))
    alpha_next, sigma_next = amounts(torch.tensor(following))
    return alpha_next * clean + sigma_next * (mixed - alpha * clean) / sigma


class ChosenDenoiser(nn.Module):
    """The denoisers as one graph: each row goes through the member that it names."""

    def __init__(self, stack: DenoiserStack) -> None:
        super().__init__()
        self.chosen = ChosenMember(stack.layers, (len(stack.layers.weights) - 1,))

    def forward(self, z: Tensor, level: Tensor, member: Tensor) -> Tensor:
        """z `[n, size]`, level `[n]`, member int32 `[n]` → clean `[n, size]`."""
        (raw,) = self.chosen(torch.cat([z, told(level)], -1), member)
        alpha, sigma = amounts(level)
        return guess(z, raw, alpha[:, None], sigma[:, None])
