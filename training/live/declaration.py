"""How a trainable model is declared: its network, its loss terms, and what the reader may turn."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import prod
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from training.data import rng
from training.live.carriable import NotCarriable
from training.publish.card import Port

Floats: TypeAlias = NDArray[np.float32]
Integers: TypeAlias = NDArray[np.int32]

Loss: TypeAlias = Callable[[nn.Module, Tensor, Tensor, Mapping[str, Tensor]], dict[str, Tensor]]
"""(network, x `[n, d]`, ε `[n, noise_size]`, knobs by name) → scalar terms, the minimised first."""

STEP = "step"
"""Among its knobs a scheduled loss finds under this name how many steps were made before."""

Run: TypeAlias = Callable[..., dict[str, Tensor]]
"""(network, one tensor an input) → tensors by name."""

ADAM_EPS = 1e-8
"""Adam's ε, the default of `torch.optim.Adam`."""


@dataclass(frozen=True)
class Knob:
    """A hyper-parameter that may be turned while the model trains; a scalar input of the step."""

    name: str
    default: float
    minimum: float
    maximum: float
    scale: Literal["linear", "log"]
    description: str

    def __post_init__(self) -> None:
        if not self.minimum <= self.default <= self.maximum:
            raise ValueError(
                f"knob {self.name}: default {self.default} is outside "
                f"{self.minimum} … {self.maximum}"
            )
        if self.scale == "log" and self.minimum <= 0:
            raise ValueError(
                f"knob {self.name}: a log scale needs a positive minimum, found {self.minimum}"
            )


def learning_rate(default: float, minimum: float = 1e-4, maximum: float = 1.0) -> Knob:
    """Adam's step size, the knob that every live model has."""
    return Knob("lr", default, minimum, maximum, "log", "learning rate of Adam")


@dataclass(frozen=True)
class Term:
    """One number of the loss curve."""

    name: str
    unit: str
    description: str


@dataclass(frozen=True)
class Inference:
    """A graph that reads the flat parameters, so that any moment of training can be looked at.

    Inputs and outputs are `[n, size]`; `run(network, *inputs)` returns the outputs by name.
    """

    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    run: Run


@dataclass(frozen=True)
class Parameter:
    """One tensor of the flat state."""

    name: str
    shape: tuple[int, ...]
    fan_in: int

    @property
    def size(self) -> int:
        """How many numbers it holds."""
        return prod(self.shape)


@dataclass(frozen=True)
class LiveModel:
    """Everything that training needs, in torch or in the page.

    `loss` returns the terms of `terms` in their order; the first is minimised. `noise_size` is
    how many standard normals a sample needs at each step (0 for a plain autoencoder, whose `loss`
    gets an empty ε). `steps` is a full run. A `scheduled` loss changes on the way: it is told the
    step, and where it is only looked at, that of the end of a run. `switches` name knobs that are 0
    or 1 in an experiment and leave part of the network idle: the build trains the runs of each
    setting in a stack of their own, without that part.
    """

    network: nn.Module
    loss: Loss
    terms: tuple[Term, ...]
    input_size: int
    batch_size: int
    steps: int
    lr: Knob
    inference: Mapping[str, Inference]
    knobs: tuple[Knob, ...] = ()
    noise_size: int = 0
    scheduled: bool = False
    switches: tuple[str, ...] = ()
    parameters: tuple[Parameter, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "parameters", _parameters(self.network))

    @property
    def state_size(self) -> int:
        """N, the number of trained numbers."""
        return sum(parameter.size for parameter in self.parameters)

    def defaults(self) -> dict[str, float]:
        """The value of every knob, learning rate included, before anyone turns it."""
        return {knob.name: knob.default for knob in (self.lr, *self.knobs)}

    def initial_weights(self, seed: int) -> Floats:
        """Flat untrained parameters `[N]` of this seed, as the page makes them too."""
        shapes = [parameter.shape for parameter in self.parameters]
        fan_ins = [parameter.fan_in for parameter in self.parameters]
        return rng.initial_weights(seed, shapes, fan_ins)


def _parameters(network: nn.Module) -> tuple[Parameter, ...]:
    parameters = []
    for name, tensor in network.named_parameters():
        owner = network.get_submodule(name.rpartition(".")[0])
        if not isinstance(owner, nn.Linear):
            raise NotCarriable(
                name.rpartition(".")[0], owner, "initial weights are known for nn.Linear only"
            )
        parameters.append(Parameter(name, tuple(tensor.shape), owner.in_features))
    return tuple(parameters)
