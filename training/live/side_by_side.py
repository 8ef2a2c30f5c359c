"""Trains a live model from several seeds and at several settings of its knobs at once, in torch.

Each layer of all runs is one matrix product. A run's start, batches and noise are those that its
seed gives it anywhere else, so its end is that of the exported step, but for rounding.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from training.learn.adam import AdamW
from training.live.declaration import ADAM_EPS, Floats, LiveModel
from training.live.loops import STEPS_PER_CALL, DivergedError, calls
from training.live.spared import Gradient, gradient
from training.live.step import at_step, flat_loss
from training.publish.recipe import Progress


def train_side_by_side(
    model: LiveModel,
    x: Floats,
    seeds: Sequence[int],
    knobs: Mapping[str, Sequence[float]],
    progress: Progress,
    watch: Callable[[int, Tensor, Tensor], None] | None = None,
    watched: slice = slice(None),
) -> Floats:
    """The parameters `[runs, N]` after `model.steps` steps on `x` `[M, D]`, one run for each of
    `seeds`; `knobs` holds as many values of some of the model's knobs.

    `watch` sees of each step its number from 0, and of the runs `watched` the parameters before it
    and the terms `[runs, T]` of their batches. Raises DivergedError if a parameter is not finite in
    the end.
    """
    params = torch.from_numpy(np.stack([model.initial_weights(seed) for seed in seeds]))
    optimiser = AdamW([params], model.lr.default, eps=ADAM_EPS)  # no decay: plain Adam
    scalars = {
        knob.name: torch.tensor(knobs.get(knob.name, [knob.default] * len(seeds)))
        for knob in model.knobs
    }
    gradients = _Gradients(model, scalars)
    x_all = torch.from_numpy(x)
    kinds = sorted(set(seeds))
    of_run = torch.tensor([kinds.index(seed) for seed in seeds])
    seen = [calls(model, len(x), seed, 0, model.steps, STEPS_PER_CALL) for seed in kinds]
    done = 0
    for together in zip(*seen, strict=True):
        rows = torch.from_numpy(np.stack([call.index for call in together], 1))[:, of_run]
        eps = torch.from_numpy(np.stack([call.eps for call in together], 1))[:, of_run]
        steps = torch.arange(done, done + len(rows), dtype=torch.float32)
        before = []
        for k, step in enumerate(steps):
            if watch:
                before.append(params[watched].clone())
            params.grad = gradients(params, x_all[rows[k]], eps[k], step.expand(len(seeds)))
            optimiser.step()
        if watch:
            kept = torch.stack(before)
            terms = _terms(
                model, kept, x_all[rows[:, watched]], eps[:, watched],
                {name: values[watched] for name, values in scalars.items()}, steps,
            )  # fmt: skip
            for k in range(len(rows)):
                watch(done + k, kept[k], terms[k])
        done += len(rows)
        progress(done / model.steps)
    result: Floats = params.numpy()
    if not np.isfinite(result).all():
        raise DivergedError(f"not finite after {model.steps} steps")
    return result


class _Gradients:
    """The gradient of all runs, group by group; each group is traced at its first step."""

    def __init__(self, model: LiveModel, knobs: Mapping[str, Tensor]) -> None:
        self.model = model
        self.knobs = knobs
        self.groups = _groups(model, knobs)
        self.traced: list[Gradient] = []

    @torch.no_grad()
    def __call__(self, params: Tensor, x: Tensor, eps: Tensor, step: Tensor) -> Tensor:
        """As `training.live.spared.Gradient`."""
        found = torch.empty_like(params)
        for place, runs in enumerate(self.groups):
            arguments = params[runs], x[runs], eps[runs], step[runs]
            if place == len(self.traced):
                knobs = {name: values[runs] for name, values in self.knobs.items()}
                self.traced.append(gradient(self.model, knobs, arguments))
            found[runs] = self.traced[place](*arguments)
        return found


def _groups(model: LiveModel, knobs: Mapping[str, Tensor]) -> Sequence[slice | Tensor]:
    """The numbers of the runs that have all switches of the model in common."""
    if not model.switches:
        return [slice(None)]  # not as numbers: what they choose would be copied
    settings = torch.stack([knobs[name] for name in model.switches], 1)
    _, group = torch.unique(settings, dim=0, return_inverse=True)
    return [torch.nonzero(group == number)[:, 0] for number in range(int(group.max()) + 1)]


@torch.no_grad()
def _terms(
    model: LiveModel,
    params: Tensor,
    x: Tensor,
    eps: Tensor,
    knobs: Mapping[str, Tensor],
    steps: Tensor,
) -> Tensor:
    """The terms `[k, runs, T]` of k steps of some runs, with the parameters `[k, runs, N]` before
    each; `knobs` `[runs]`, `steps` `[k]`."""
    every = torch.func.vmap(flat_loss(model))

    def at(p: Tensor, seen: Tensor, noise: Tensor, step: Tensor) -> Tensor:
        terms: Tensor = every(p, seen, noise, at_step(model, knobs, step.expand(len(p))))[1]
        return terms

    terms: Tensor = torch.func.vmap(at)(params, x, eps, steps)
    return terms
