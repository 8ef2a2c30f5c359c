"""Many small VAEs of one architecture trained side by side, as `stack.py` does for autoencoders.

They differ in their first weights, and in whatever the caller's loss treats differently: the
weight β of the KL term, say.
"""

from collections.abc import Sequence
from itertools import pairwise
from math import sqrt

import torch
from torch import Tensor, nn
from torch.nn import functional

from training.learn.stack import ChosenMember


class DenseStack(nn.Module):
    """m dense networks of the same `widths`, SiLU between layers and none at the end.

    Layer l holds weights `[m, out, in]` and biases `[m, 1, out]`.
    """

    def __init__(self, members: int, widths: Sequence[int]) -> None:
        super().__init__()
        self.weights = nn.ParameterList()
        self.biases = nn.ParameterList()
        for inputs, outputs in pairwise(widths):
            scale = 1 / sqrt(inputs)  # PyTorch's default for nn.Linear
            self.weights.append(scale * (2 * torch.rand(members, outputs, inputs) - 1))
            self.biases.append(scale * (2 * torch.rand(members, 1, outputs) - 1))

    def forward(self, values: Tensor) -> Tensor:
        """`[m, n, in]` → `[m, n, out]`."""
        for layer, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            values = self.after(layer, torch.baddbmm(bias, values, weight.mT))
        return values

    def after(self, layer: int, values: Tensor) -> Tensor:
        """What follows the linear part of a layer."""
        return functional.silu(values) if layer < len(self.weights) - 1 else values

    @torch.no_grad()
    def member(self, index: int) -> nn.Sequential:
        """One of the networks as ordinary layers."""
        layers: list[nn.Module] = []
        for weight, bias in zip(self.weights, self.biases, strict=True):
            linear = nn.Linear(weight.shape[2], weight.shape[1])
            linear.weight.copy_(weight[index])
            linear.bias.copy_(bias[index, 0])
            layers += [linear, nn.SiLU()]
        return nn.Sequential(*layers[:-1])


class VAEStack(nn.Module):
    """m variational autoencoders x → N(μ, σ²) → z → x̂ (Kingma & Welling 2013).

    `encoder` and `decoder` list the hidden widths on either side of the code.
    """

    def __init__(
        self,
        members: int,
        input_size: int,
        encoder: Sequence[int],
        code_size: int,
        decoder: Sequence[int],
    ) -> None:
        super().__init__()
        self.members = members
        self.code_size = code_size
        self.encoder = DenseStack(members, [input_size, *encoder, 2 * code_size])
        self.decoder = DenseStack(members, [code_size, *decoder, input_size])

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """x `[m, n, d]` → μ and log σ², each `[m, n, code_size]`."""
        mu, log_var = self.encoder(x).chunk(2, dim=-1)
        return mu, log_var

    def decode(self, z: Tensor) -> Tensor:
        """z `[m, n, code_size]` → x̂ `[m, n, d]`, 0..1."""
        return torch.sigmoid(self.decoder(z))

    def elbo_terms(self, x: Tensor, eps: Tensor) -> tuple[Tensor, Tensor]:
        """−log p(x|z) by one sample, `[m, n]`, and the KL of each number, `[m, n, code_size]`.

        Both in nats; Bernoulli pixels. The ELBO is minus the sum of both over the code
        (Kingma & Welling 2013, equation 10).
        """
        mu, log_var = self.encode(x)
        logits = self.decoder(mu + torch.exp(0.5 * log_var) * eps)
        nats = functional.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(-1)
        return nats, -0.5 * (1 + log_var - mu.square() - torch.exp(log_var))

    @torch.no_grad()
    def select(self, members: Sequence[int]) -> None:
        """Put the members in another order."""
        for parameter in self.parameters():
            parameter.copy_(parameter[list(members)].clone())

    @torch.no_grad()
    def reorder(self, order: Tensor) -> None:
        """Renumber the axes of the codes, leaving x̂ as it was.

        `order` int64 `[m, code_size]`: which of its axes becomes each member's first, second, …
        """
        into = torch.cat([order, order + self.code_size], 1)[:, :, None]
        weight, bias = self.encoder.weights[-1], self.encoder.biases[-1]
        weight.copy_(weight.take_along_dim(into, 1))
        bias.copy_(bias.take_along_dim(into.mT, 2))
        entry = self.decoder.weights[0]
        entry.copy_(entry.take_along_dim(order[:, None, :], 2))


class MemberDecoder(nn.Module):
    """The decoders of a stack as one graph: each row goes through the member that it names."""

    def __init__(self, stack: VAEStack) -> None:
        super().__init__()
        self.chosen = ChosenMember(stack.decoder, (len(stack.decoder.weights) - 1,))

    def forward(self, z: Tensor, member: Tensor) -> Tensor:
        """z `[n, code_size]`, member int32 `[n]` → x̂ `[n, d]`, 0..1."""
        return torch.sigmoid(self.chosen(z, member)[0])
