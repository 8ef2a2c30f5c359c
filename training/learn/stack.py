"""Many small autoencoders trained side by side, each layer of all of them in one matrix product.

They share everything but the size of the code (and the data, where a recipe wants that), so a
sweep over code sizes and seeds costs little more than its largest member.
"""

from collections.abc import Sequence
from itertools import pairwise
from math import sqrt
from typing import Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional

from training.learn.networks import DenseAutoencoder


class AutoencoderStack(nn.Module):
    """m autoencoders of the same hidden widths; the code of the i-th has `code_sizes[i]` numbers.

    Codes are padded with zeros to the largest. `hidden` lists the encoder's widths, the decoder
    mirrors them; hidden layers end in SiLU. With `ink` the output goes through a sigmoid, 0..1.
    Layer l holds weights `[m, out, in]` and biases `[m, 1, out]`.
    """

    def __init__(
        self, input_size: int, hidden: Sequence[int], code_sizes: Sequence[int], *, ink: bool
    ) -> None:
        super().__init__()
        self.hidden = tuple(hidden)
        self.code_sizes = tuple(code_sizes)
        self.ink = ink
        widest = max(code_sizes)
        widths = [input_size, *hidden, widest, *reversed(hidden), input_size]
        self.weights = nn.ParameterList()
        self.biases = nn.ParameterList()
        for layer, (inputs, outputs) in enumerate(pairwise(widths)):
            fan_ins = self.code_sizes if layer == self.code_layer + 1 else [inputs] * len(self)
            scale = torch.tensor([1 / sqrt(fan_in) for fan_in in fan_ins])[:, None, None]
            # PyTorch's default for nn.Linear, by the member's own number of inputs
            self.weights.append(scale * (2 * torch.rand(len(self), outputs, inputs) - 1))
            self.biases.append(scale * (2 * torch.rand(len(self), 1, outputs) - 1))
        used = torch.arange(widest) < torch.tensor(self.code_sizes)[:, None]
        self.register_buffer("used", used.float()[:, None, :])

    used: Tensor
    """1 where a member has that number in its code and 0 in the padding, `[m, 1, widest]`."""

    def __len__(self) -> int:
        return len(self.code_sizes)

    @property
    def code_layer(self) -> int:
        """The number of the layer whose output is the code."""
        return len(self.hidden)

    def after(self, layer: int, values: Tensor) -> Tensor:
        """What follows the linear part of a layer."""
        if layer == self.code_layer:
            return values
        if layer < len(self.weights) - 1:
            return functional.silu(values)
        return torch.sigmoid(values) if self.ink else values

    def run(self, values: Tensor, layers: range) -> Tensor:
        """All members through some of the layers; `[m, n, in]` → `[m, n, out]`."""
        for layer in layers:
            values = torch.baddbmm(self.biases[layer], values, self.weights[layer].mT)
            values = self.after(layer, values)
            if layer == self.code_layer:
                values = values * self.used
        return values

    def encode(self, x: Tensor) -> Tensor:
        """x `[m, n, d]` → z `[m, n, widest]`, zero in the padding."""
        return self.run(x, range(self.code_layer + 1))

    def decode(self, z: Tensor) -> Tensor:
        """z `[m, n, widest]` → x̂ `[m, n, d]`."""
        return self.run(z, range(self.code_layer + 1, len(self.weights)))

    def forward(self, x: Tensor) -> Tensor:
        """x `[m, n, d]` → x̂."""
        return self.decode(self.encode(x))

    @torch.no_grad()
    def standardize_codes(self, x: Tensor) -> None:
        """Give every code mean 0 and deviation 1 over `x` `[m, n, d]`, leaving x̂ as it was.

        The same as `DenseAutoencoder.standardize_code`; also clears the weights of the padding.
        """
        z = self.encode(x)
        mean = z.mean(1, keepdim=True)
        deviation = torch.where(self.used > 0, z.std(1, correction=0, keepdim=True), 1.0)
        into, out_of = self.code_layer, self.code_layer + 1
        self.biases[out_of].add_(mean @ self.weights[out_of].mT)
        self.weights[out_of].mul_(deviation * self.used)
        self.biases[into].sub_(mean).div_(deviation).mul_(self.used)
        self.weights[into].div_(deviation.mT).mul_(self.used.mT)

    def subset(self, members: Sequence[int]) -> "AutoencoderStack":
        """Some members as a stack of their own, in that order."""
        sizes = [self.code_sizes[member] for member in members]
        if max(sizes) != self.used.shape[2]:
            raise ValueError(f"a subset keeps the widest code, {self.used.shape[2]}; found {sizes}")
        chosen = AutoencoderStack(self.weights[0].shape[2], self.hidden, sizes, ink=self.ink)
        with torch.no_grad():
            for own, other in zip(
                (*chosen.weights, *chosen.biases), (*self.weights, *self.biases), strict=True
            ):
                own.copy_(other[list(members)])
        return chosen

    @torch.no_grad()
    def member(self, index: int) -> DenseAutoencoder:
        """One member as an ordinary autoencoder. Raises ValueError unless the output is ink."""
        if not self.ink:
            raise ValueError("DenseAutoencoder ends in a sigmoid, and this stack does not")
        size = self.code_sizes[index]
        alone = DenseAutoencoder(self.weights[0].shape[2], self.hidden, size)
        layers = [layer for layer in alone.modules() if isinstance(layer, nn.Linear)]
        for layer, weight, bias in zip(layers, self.weights, self.biases, strict=True):
            rows, columns = layer.weight.shape
            layer.weight.copy_(weight[index, :rows, :columns])
            layer.bias.copy_(bias[index, 0, :rows])
        return alone

    def parameter_count(self, index: int) -> int:
        """How many numbers training sets in one member, the padding left out."""
        d, k = self.weights[0].shape[2], self.code_sizes[index]
        widths = [d, *self.hidden, k, *reversed(self.hidden), d]
        return sum(inputs * outputs + outputs for inputs, outputs in pairwise(widths))


class Layered(Protocol):
    """Dense networks side by side: weights `[m, out, in]`, biases `[m, 1, out]`, layer by layer."""

    weights: nn.ParameterList
    biases: nn.ParameterList

    def after(self, layer: int, values: Tensor) -> Tensor:
        """What follows the linear part of a layer."""


class ChosenMember(nn.Module):
    """A stack as one graph: each row of a batch goes through the member that it names.

    `layers` are the numbers of those whose outputs are wanted; the way begins at layer `first`.
    """

    def __init__(self, stack: Layered, layers: Sequence[int], first: int = 0) -> None:
        super().__init__()
        self.stack = stack
        self.layers = tuple(layers)
        self.first = first

    def forward(self, x: Tensor, member: Tensor) -> tuple[Tensor, ...]:
        """What goes into the first layer `[n, width]`, member int32 `[n]` → the wanted outputs,
        `[n, width]` each. A code is padded with zeros."""
        outputs = []
        values = x
        for layer in range(self.first, len(self.stack.weights)):
            weight = torch.index_select(self.stack.weights[layer], 0, member)
            bias = torch.index_select(self.stack.biases[layer], 0, member).squeeze(1)
            values = torch.bmm(weight, values.unsqueeze(2)).squeeze(2) + bias
            values = self.stack.after(layer, values)
            if layer in self.layers:
                outputs.append(values)
        return tuple(outputs)
