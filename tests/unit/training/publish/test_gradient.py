"""Slopes as plain operators: the same numbers as autograd, for any batch, through the exporter."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from training.publish.card import Port
from training.publish.export import Array, export
from training.publish.gradient import traced

N = 5


class Slope(nn.Module):
    """∂/∂x of the sum of squares of what a network gives."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network.requires_grad_(False)

    def forward(self, x: Tensor) -> Tensor:
        def total(value: Tensor) -> Tensor:
            return torch.as_tensor(self.network(value)).square().sum()

        return torch.as_tensor(torch.func.grad(total)(x))


CONVOLUTIONS = {
    "plain": nn.Conv2d(2, 3, 3, padding=1),
    "strided": nn.Conv2d(2, 3, 4, stride=2, padding=1),
    "strided with a rest": nn.Conv2d(2, 3, 3, stride=2),
    "dilated": nn.Conv2d(2, 3, 3, dilation=2),
    "transposed": nn.ConvTranspose2d(2, 3, 4, stride=2, padding=1),
}


def autograd(module: Slope, x: Tensor) -> Tensor:
    """The slope by torch's own reverse mode, without a trace."""
    given = x.clone().requires_grad_()
    module.network(given).square().sum().backward()
    assert given.grad is not None
    return given.grad


@pytest.mark.parametrize("network", CONVOLUTIONS.values(), ids=CONVOLUTIONS)
def test_the_slope_of_a_convolution_is_autograds(network: nn.Module) -> None:
    module = Slope(network)
    graph = traced(module, (torch.rand(N, 2, 8, 8),))
    for rows in (1, 2, 9):
        x = torch.rand(rows, 2, 8, 8)
        torch.testing.assert_close(graph(x), autograd(module, x))


def test_activations_are_carried_and_exported() -> None:
    class Ramps(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return functional.silu(x) + functional.relu(x - 0.5) + torch.tanh(x)

    module = Slope(nn.Sequential(nn.Linear(3, 4), Ramps(), nn.Linear(4, 2)))

    def sample(n: int, generator: np.random.Generator) -> tuple[Array, ...]:
        return (generator.standard_normal((n, 3)).astype(np.float32),)

    graph = traced(module, (torch.rand(N, 3),))
    x = torch.randn(7, 3)
    torch.testing.assert_close(graph(x), autograd(module, x))
    port, slope = Port("x", ("n", 3), "", ""), Port("slope", ("n", 3), "", "")
    assert export(graph, (port,), (slope,), sample).max_abs_difference < 1e-5


def test_the_slope_of_a_convolutions_weights_is_refused() -> None:
    class OfWeights(nn.Module):
        def forward(self, x: Tensor, weight: Tensor) -> Tensor:
            def total(value: Tensor) -> Tensor:
                return functional.conv2d(x, value).square().sum()

            return torch.as_tensor(torch.func.grad(total)(weight))

    with pytest.raises(ValueError, match="only the slope by what goes into"):
        traced(OfWeights(), (torch.rand(N, 2, 8, 8), torch.rand(3, 2, 4, 4)))
