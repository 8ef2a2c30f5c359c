"""Trains a live model from a seed: in torch, and with its exported step graph in onnxruntime.

Both start from the same weights and see the same batches and noise, which depend on the seed
alone (`training/data/rng.py`); so does the page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from onnx import ModelProto

from training.data import rng
from training.live.declaration import ADAM_EPS, Floats, Integers, LiveModel
from training.live.graphs import STATE
from training.live.step import at_step, flat_loss
from training.publish.export import inference_session

STEPS_PER_CALL = 25
"""How many steps one call of the step graph makes; any number gives the same."""


class DivergedError(FloatingPointError):
    """A loss or a parameter became NaN or infinite."""


@dataclass(frozen=True)
class State:
    """All that the next step depends on: parameters and Adam's two moments, `[N]`, steps done."""

    params: Floats
    adam_m: Floats
    adam_v: Floats
    step: int

    @classmethod
    def untrained(cls, model: LiveModel, seed: int) -> State:
        """The start of a run: random weights of this seed, moments of zero."""
        params = model.initial_weights(seed)
        return cls(params, np.zeros_like(params), np.zeros_like(params), 0)


@dataclass(frozen=True)
class Run:
    """A finished stretch of training: its last state and the terms of every step `[steps, T]`."""

    state: State
    losses: Floats


@dataclass(frozen=True)
class Call:
    """What K steps see: rows of the training set `[K, B]` and noise `[K, B, noise_size]`."""

    index: Integers
    eps: Floats


def calls(
    model: LiveModel, samples: int, seed: int, first_step: int, steps: int, per_call: int
) -> Iterator[Call]:
    """The batches and the noise of `steps` steps from `first_step`, `per_call` steps at a time."""
    for start in range(first_step, first_step + steps, per_call):
        count = min(per_call, first_step + steps - start)
        index = rng.batches(seed, start, count, samples, model.batch_size)
        eps = rng.step_noise(seed, start, count, model.batch_size * model.noise_size)
        yield Call(index, eps.reshape(count, model.batch_size, model.noise_size))


def train_in_torch(
    model: LiveModel, x: Floats, seed: int, steps: int, knobs: Mapping[str, float] | None = None
) -> Run:
    """`steps` steps of `torch.optim.Adam` on `x` `[M, D]`; changes nothing in `model`.

    `knobs` replaces defaults, `lr` among them.
    """
    values = model.defaults() | dict(knobs or {})
    start = State.untrained(model, seed)
    params = torch.tensor(start.params, requires_grad=True)
    optimiser = torch.optim.Adam([params], lr=values["lr"], eps=ADAM_EPS)
    loss = flat_loss(model)
    scalars = {knob.name: torch.tensor(values[knob.name]) for knob in model.knobs}
    x_all = torch.from_numpy(x)
    losses: list[Floats] = []
    for call in calls(model, len(x), seed, 0, steps, STEPS_PER_CALL):
        for rows, eps in zip(call.index, call.eps, strict=True):
            batch = x_all[torch.from_numpy(rows)]
            now = at_step(model, scalars, torch.tensor(float(len(losses))))
            minimised, terms = loss(params, batch, torch.from_numpy(eps), now)
            optimiser.zero_grad()
            minimised.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            losses.append(terms.detach().numpy())
    moments = optimiser.state[params]
    state = State(
        params.detach().numpy(), moments["exp_avg"].numpy(), moments["exp_avg_sq"].numpy(), steps
    )
    return Run(state, np.stack(losses))


class StepSession:
    """The exported step graph in onnxruntime, one thread, as the page has it."""

    def __init__(self, model: LiveModel, graph: ModelProto, x: Floats) -> None:
        self.model = model
        self.x = x
        self.session = inference_session(graph.SerializeToString())

    def run(self, state: State, call: Call, knobs: Mapping[str, float]) -> Run:
        """As many steps as `call` holds. Raises DivergedError if a result is not finite."""
        scalars = {name: np.float32(value) for name, value in knobs.items()}
        feeds = {name: getattr(state, name) for name in STATE[:3]}
        feeds |= {
            "step": np.float32(state.step),
            "index": call.index,
            "x_all": self.x,
            "adam_eps": np.float32(ADAM_EPS),
            **scalars,
        }
        if self.model.noise_size:
            feeds["eps"] = call.eps
        params, adam_m, adam_v, step, losses = self.session.run(
            None, {name: np.asarray(value) for name, value in feeds.items()}
        )
        if not (np.isfinite(losses).all() and np.isfinite(params).all()):
            raise DivergedError(f"not finite between steps {state.step} and {int(step)}")
        return Run(State(params, adam_m, adam_v, int(step)), losses)

    def train(
        self,
        seed: int,
        steps: int,
        knobs: Mapping[str, float] | None = None,
        per_call: int = STEPS_PER_CALL,
        watch: Callable[[State], None] | None = None,
    ) -> Run:
        """`steps` steps from the untrained state of `seed`; `watch` sees the state of each call."""
        state = State.untrained(self.model, seed)
        values = self.model.defaults() | dict(knobs or {})
        losses = []
        for call in calls(self.model, len(self.x), seed, 0, steps, per_call):
            if watch:
                watch(state)
            run = self.run(state, call, values)
            state = run.state
            losses.append(run.losses)
        if watch:
            watch(state)
        return Run(state, np.concatenate(losses))
