"""One optimiser step as a pure function of tensors: loss, gradient and Adam on a flat state."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call, grad_and_value

from training.live.declaration import STEP, LiveModel, Parameter

BETA1, BETA2 = 0.9, 0.999
"""Decay of Adam's two moments, the defaults of `torch.optim.Adam`."""


class WithParameters(nn.Module):
    """Calls `run(network, *arguments)` with flat parameters `[N]` in place of the network's own.

    The network is deliberately not a registered submodule: its parameters are inputs here.
    """

    call: nn.Module

    def __init__(
        self, network: nn.Module, parameters: Sequence[Parameter], run: Callable[..., Any]
    ) -> None:
        super().__init__()
        self.parameters_in_order = tuple(parameters)
        object.__setattr__(self, "call", _Call(network, run))

    def forward(self, params: Tensor, *arguments: Any) -> Any:
        """Flat parameters, then what `run` takes."""
        sizes = [parameter.size for parameter in self.parameters_in_order]
        tensors = {
            f"network.{parameter.name}": piece.reshape(parameter.shape)
            for parameter, piece in zip(
                self.parameters_in_order, torch.split(params, sizes), strict=True
            )
        }
        return functional_call(self.call, tensors, arguments)


class _Call(nn.Module):
    """Gives a plain function of a network the shape that `functional_call` wants."""

    def __init__(self, network: nn.Module, run: Callable[..., Any]) -> None:
        super().__init__()
        self.network = network
        self.run = run

    def forward(self, *arguments: Any) -> Any:
        return self.run(self.network, *arguments)


def flat_loss(model: LiveModel) -> Callable[..., tuple[Tensor, Tensor]]:
    """(params `[N]`, x, ε, knobs) → the minimised scalar and all terms `[T]`.

    Among the knobs of a scheduled loss is the step (`at_step`).
    """
    call = WithParameters(model.network, model.parameters, model.loss)

    def loss(
        params: Tensor, x: Tensor, eps: Tensor, knobs: Mapping[str, Tensor]
    ) -> tuple[Tensor, Tensor]:
        terms = call(params, x, eps, knobs)
        expected = [term.name for term in model.terms]
        if list(terms) != expected:
            raise ValueError(f"loss terms: expected {expected}, found {list(terms)}")
        return terms[expected[0]], torch.stack(list(terms.values()))

    return loss


def at_step(
    model: LiveModel, knobs: Mapping[str, Tensor], step: Tensor | None = None
) -> dict[str, Tensor]:
    """The knobs, and with them the step if the loss is scheduled: the last, if none is given."""
    if not model.scheduled:
        return dict(knobs)
    return {**knobs, STEP: torch.tensor(float(model.steps)) if step is None else step}


def adam(
    params: Tensor, gradient: Tensor, m: Tensor, v: Tensor, step: Tensor, lr: Tensor, eps: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Adam (Kingma & Ba 2015, algorithm 1) in the order of operations of `torch.optim.Adam`.

    `step` is the 1-based float32 step. Bias corrections are float64, as torch computes them in
    Python floats: in float32, 1 − 0.999ᵗ loses four digits. `eps` must be an input, because the
    exporter's optimiser folds the addition of a constant as small as 1e-8.
    """
    m = m + (gradient - m) * (1 - BETA1)
    v = v * BETA2 + gradient * gradient * (1 - BETA2)
    exact_step = step.double()
    correction1 = 1 - torch.exp(exact_step * math.log(BETA1))
    correction2 = 1 - torch.exp(exact_step * math.log(BETA2))
    denominator = v.sqrt() / correction2.sqrt().float() + eps
    params = params - (lr.double() / correction1).float() * (m / denominator)
    return params, m, v


class TrainingStep(nn.Module):
    """forward(state and inputs) → next state and the terms of the loss before the step.

    Inputs: params, adam_m, adam_v `[N]`, step scalar (steps done), index int32 `[B]`,
    x_all `[M, D]`, lr, adam_eps, the model's knobs and, if it wants noise, eps `[B, noise_size]`.
    Outputs: params, adam_m, adam_v, step, losses `[T]`.
    """

    def __init__(self, model: LiveModel) -> None:
        super().__init__()
        self.knobs = tuple(knob.name for knob in model.knobs)
        self.loss = flat_loss(model)
        self.at_step = partial(at_step, model)

    def forward(
        self,
        params: Tensor,
        m: Tensor,
        v: Tensor,
        step: Tensor,
        index: Tensor,
        x_all: Tensor,
        lr: Tensor,
        adam_eps: Tensor,
        *knobs_and_eps: Tensor,
    ) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        """One step of Adam."""
        x = torch.index_select(x_all, 0, index)
        knobs, eps = split_noise(self.knobs, knobs_and_eps, x)
        knobs = self.at_step(knobs, step)
        gradient, (_, losses) = grad_and_value(self.loss, has_aux=True)(params, x, eps, knobs)
        step = step + 1
        params, m, v = adam(params, gradient, m, v, step, lr, adam_eps)
        return params, m, v, step, losses


def split_noise(
    names: Sequence[str], knobs_and_eps: Sequence[Tensor], x: Tensor
) -> tuple[dict[str, Tensor], Tensor]:
    """The knobs by name, and ε: what follows them, or `[n, 0]` for a model without noise."""
    knobs = dict(zip(names, knobs_and_eps, strict=False))
    eps = knobs_and_eps[len(names)] if len(knobs_and_eps) > len(names) else x[:, :0]
    return knobs, eps
