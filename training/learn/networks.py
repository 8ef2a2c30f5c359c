"""The book's networks, in the papers' words: encode, reparameterize, decode.

Hidden layers use SiLU: smooth, so that a training step exported to the browser follows PyTorch's.
"""

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn


def dense_layers(sizes: Sequence[int]) -> nn.Sequential:
    """Linear layers of the given sizes with SiLU after each."""
    layers: list[nn.Module] = []
    for inputs, outputs in pairwise(sizes):
        layers += [nn.Linear(inputs, outputs), nn.SiLU()]
    return nn.Sequential(*layers)


def dense_decoder(sizes: Sequence[int]) -> nn.Sequential:
    """Linear layers of the given sizes with SiLU between them and none at the end."""
    return nn.Sequential(*list(dense_layers(sizes))[:-1])


class DenseAutoencoder(nn.Module):
    """x → z → x̂ for flat images with ink 0..1; z is a plain point.

    `hidden` lists the encoder's widths; the decoder mirrors them.
    """

    def __init__(self, input_size: int, hidden: Sequence[int], code_size: int) -> None:
        super().__init__()
        self.body = dense_layers([input_size, *hidden])
        self.to_code = nn.Linear(hidden[-1], code_size)
        self.decoder = dense_decoder([code_size, *reversed(hidden), input_size])

    def encode(self, x: Tensor) -> Tensor:
        """x `[n, input_size]` → z `[n, code_size]`."""
        z: Tensor = self.to_code(self.body(x))
        return z

    def decode(self, z: Tensor) -> Tensor:
        """z `[n, code_size]` → x̂ `[n, input_size]`, 0..1."""
        return torch.sigmoid(self.decoder(z))

    def forward(self, x: Tensor) -> Tensor:
        """x → x̂."""
        return self.decode(self.encode(x))

    def standardize_code(self, x: Tensor) -> None:
        """Rescale the code to mean 0 and deviation 1 over `x`, leaving x̂ as it was.

        The units of a plain code are arbitrary; this gives them a meaning. The change is folded
        into the layers on both sides of the code.
        """
        entry = self.decoder[0]
        assert isinstance(entry, nn.Linear)
        with torch.no_grad():
            z = self.encode(x)
            mean, deviation = z.mean(0), z.std(0, correction=0)
            entry.bias.add_(entry.weight @ mean)
            entry.weight.mul_(deviation)
            self.to_code.bias.copy_((self.to_code.bias - mean) / deviation)
            self.to_code.weight.div_(deviation[:, None])


class VariationalAutoencoder(nn.Module):
    """x → N(μ, σ²) → z → x̂ with a diagonal Gaussian posterior (Kingma & Welling 2013).

    A subclass sets `body`, `to_mean`, `to_log_variance` and `decoder`; `decoder` ends in logits,
    as the Bernoulli likelihood wants them.
    """

    body: nn.Module
    to_mean: nn.Module
    to_log_variance: nn.Module
    decoder: nn.Module

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """x `[n, …]` → μ and log σ², each `[n, code_size]`."""
        h = self.body(x)
        return self.to_mean(h), self.to_log_variance(h)

    def reparameterize(self, mu: Tensor, log_var: Tensor, eps: Tensor) -> Tensor:
        """z = μ + σ ε, with ε from N(0, I) (Kingma & Welling 2013, section 2.4)."""
        return mu + torch.exp(0.5 * log_var) * eps

    def decode_logits(self, z: Tensor) -> Tensor:
        """z `[n, code_size]` → log-odds of ink, in the shape of x."""
        logits: Tensor = self.decoder(z)
        return logits

    def decode(self, z: Tensor) -> Tensor:
        """z `[n, code_size]` → x̂ in the shape of x, 0..1."""
        return torch.sigmoid(self.decode_logits(z))

    def forward(self, x: Tensor, eps: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """x, ε → logits of x̂, μ, log σ²."""
        mu, log_var = self.encode(x)
        return self.decode_logits(self.reparameterize(mu, log_var, eps)), mu, log_var


class DenseVAE(VariationalAutoencoder):
    """The variational relative of `DenseAutoencoder`, of the same widths."""

    def __init__(self, input_size: int, hidden: Sequence[int], code_size: int) -> None:
        super().__init__()
        self.body = dense_layers([input_size, *hidden])
        self.to_mean = nn.Linear(hidden[-1], code_size)
        self.to_log_variance = nn.Linear(hidden[-1], code_size)
        self.decoder = dense_decoder([code_size, *reversed(hidden), input_size])


class PatchVAE(VariationalAutoencoder):
    """A VAE for `[n, 1, 32, 32]`: features of each 4×4 patch, then dense layers, there and back.

    The patches don't overlap: a convolution as wide as its stride (Dosovitskiy et al. 2021). A
    training step costs a fifth of what it does with three strided convolutions each way, and the
    drawings come out no worse.
    """

    SIDE, PATCH = 32, 4

    def __init__(
        self, patch_features: int, hidden: int, decoder_hidden: Sequence[int], code_size: int
    ) -> None:
        super().__init__()
        patches = (self.SIDE // self.PATCH) ** 2
        self.body = nn.Sequential(
            nn.Conv2d(1, patch_features, kernel_size=self.PATCH, stride=self.PATCH),
            nn.SiLU(),
            nn.Flatten(),
            nn.Linear(patches * patch_features, hidden),
            nn.SiLU(),
        )
        self.to_mean = nn.Linear(hidden, code_size)
        self.to_log_variance = nn.Linear(hidden, code_size)
        self.decoder = nn.Sequential(
            *dense_decoder([code_size, *decoder_hidden, self.SIDE**2]),
            nn.Unflatten(1, (1, self.SIDE, self.SIDE)),
        )


class ShapeClassifier(nn.Module):
    """A small convolutional classifier of `[n, 1, 32, 32]` drawings, the judge of decodes."""

    def __init__(self, classes: int, channels: int = 8) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(1, channels, kernel_size=4, stride=2, padding=1),
            nn.SiLU(),
            nn.Conv2d(channels, 2 * channels, kernel_size=4, stride=2, padding=1),
            nn.SiLU(),
            nn.Flatten(),
            nn.Linear(2 * channels * 8 * 8, classes),
        )

    def forward(self, x: Tensor) -> Tensor:
        """x → logits `[n, classes]`."""
        logits: Tensor = self.layers(x)
        return logits


def parameter_count(module: nn.Module) -> int:
    """How many numbers training sets."""
    return sum(parameter.numel() for parameter in module.parameters())
