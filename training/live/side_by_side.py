"""Trains a live model from several seeds and at several settings of its knobs at once, in torch.

Each layer of all runs is one matrix product. A run's start, batches and noise are those that its
seed gives it anywhere else, so its end is that of the exported step, but for rounding.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from training.live.declaration import ADAM_EPS, Floats, LiveModel
from training.live.loops import STEPS_PER_CALL, DivergedError, calls
from training.live.step import at_step, flat_loss
from training.publish.recipe import Progress


def train_side_by_side(
    model: LiveModel,
    x: Floats,
    seeds: Sequence[int],
    knobs: Mapping[str, Sequence[float]],
    progress: Progress,
    watch: Callable[[int, Tensor, Tensor], None] | None = None,
) -> Floats:
    """The parameters `[runs, N]` after `model.steps` steps on `x` `[M, D]`, one run for each of
    `seeds`; `knobs` holds as many values of some of the model's knobs.

    `watch` sees of each step its number from 0, the parameters before it and the terms `[runs, T]`
    of its batches. Raises DivergedError if a parameter is not finite in the end.
    """
    start = np.stack([model.initial_weights(seed) for seed in seeds])
    params = torch.tensor(start, requires_grad=True)
    optimiser = torch.optim.Adam([params], lr=model.lr.default, eps=ADAM_EPS, fused=True)
    scalars = {
        knob.name: torch.tensor(knobs.get(knob.name, [knob.default] * len(seeds)))
        for knob in model.knobs
    }
    loss = flat_loss(model)

    losses = torch.func.vmap(loss)
    x_all = torch.from_numpy(x)
    kinds = sorted(set(seeds))
    of_run = torch.tensor([kinds.index(seed) for seed in seeds])
    seen = [calls(model, len(x), seed, 0, model.steps, STEPS_PER_CALL) for seed in kinds]
    done = 0
    for together in zip(*seen, strict=True):
        rows = torch.from_numpy(np.stack([call.index for call in together]))[of_run]
        eps = torch.from_numpy(np.stack([call.eps for call in together]))[of_run]
        for k in range(rows.shape[1]):
            optimiser.zero_grad()
            now = at_step(model, scalars, torch.full((len(seeds),), float(done + k)))
            minimised, terms = losses(params, x_all[rows[:, k]], eps[:, k], now)
            if watch:
                watch(done + k, params.detach(), terms.detach())
            minimised.sum().backward()  # type: ignore[no-untyped-call]
            optimiser.step()
        done += rows.shape[1]
        progress(done / model.steps)
    result: Floats = params.detach().numpy()
    if not np.isfinite(result).all():
        raise DivergedError(f"not finite after {model.steps} steps")
    return result
