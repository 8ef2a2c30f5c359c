"""Conditions of an experiment, each trained from several seeds; any of them trains in the page.

One live model serves all: a condition sets knobs of its loss. Start, batches and noise depend on
the seed alone, so that a reader's run of a condition ends where the build's run of that seed did.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from training.live.declaration import Floats, LiveModel
from training.live.produce import LiveData, build_graphs, evaluation_feeds, live_section
from training.live.side_by_side import train_side_by_side
from training.live.step import at_step, flat_loss
from training.publish.card import Metric
from training.publish.experiment import Experiment, LiveConditionFields
from training.publish.export import Graph
from training.publish.recipe import Progress, PublishedArray, Trained

HISTORY_POINTS = 12
"""Stretches of a run that have a point each in the published loss curves."""


@dataclass(frozen=True)
class LiveCondition:
    """What is trained under one condition of an experiment: the knobs that it sets.

    `setting`, `series` and `condition` are names of the experiment's fields.
    """

    setting: str
    series: str
    condition: str
    knobs: Mapping[str, float]


@dataclass(frozen=True)
class Trials:
    """All conditions trained from all seeds: what to publish, and what came out.

    `terms` `[conditions, seeds, T]` are the terms of the loss on the validation split at the end,
    `params` `[conditions, seeds, N]` the weights there; `live` is for the experiment of that name.
    """

    model: LiveModel
    data: LiveData
    graphs: Mapping[str, Graph]
    arrays: Mapping[str, PublishedArray]
    options: Mapping[str, Any]
    terms: Floats
    params: Floats
    live: Sequence[LiveConditionFields]

    def trained(
        self, tried: Experiment, metrics: Mapping[str, Metric] | None = None, **options: Any
    ) -> Trained:
        """All that an experiment publishes: what is measured, and what trains in the page."""
        return Trained(
            data=self.data.card,
            seed=self.options["seeds"][0],
            parameters=self.model.state_size,
            graphs=self.graphs,
            arrays={**self.arrays, **tried.arrays()},
            metrics={**tried.metrics(), **(metrics or {})},
            options={**self.options, **tried.options(), **options},
        )


def run_trials(
    model: LiveModel,
    data: LiveData,
    seeds: Sequence[int],
    conditions: Sequence[LiveCondition],
    progress: Progress,
) -> Trials:
    """Export and check the graphs, train every condition from every seed, and measure.

    Raises ValueError if conditions set other knobs than the first one or one out of its range;
    ExportError and DivergedError as `train_live` does.
    """
    names = _knobs(model, conditions)
    graphs = build_graphs(model, data.x_train(), seeds[0])
    progress(0.3)
    knobs = {name: [one.knobs[name] for one in conditions for _ in seeds] for name in names}
    held_out = _HeldOut(
        model, data, {name: values[:: len(seeds)] for name, values in knobs.items()}
    )
    history = _History(model, held_out, len(conditions))
    params = train_side_by_side(
        model,
        data.x_train(),
        [seed for _ in conditions for seed in seeds],
        knobs,
        lambda share: progress(0.3 + 0.6 * share),
        history.watch,
        slice(None, None, len(seeds)),
    ).reshape(len(conditions), len(seeds), model.state_size)
    ends = [held_out.terms(torch.from_numpy(params[:, place])) for place in range(len(seeds))]
    return Trials(
        model=model,
        data=data,
        graphs=graphs,
        arrays={**data.arrays(), **history.arrays(ends[0])},
        options={"live": live_section(model, data), "seeds": list(seeds)},
        terms=np.stack(ends, axis=1),
        params=params,
        live=[
            {
                "setting": one.setting,
                "series": one.series,
                "condition": one.condition,
                "knobs": dict(one.knobs),
                "entry": entry,
            }
            for entry, one in enumerate(conditions)
        ],
    )


def _knobs(model: LiveModel, conditions: Sequence[LiveCondition]) -> list[str]:
    known = {knob.name: knob for knob in model.knobs}
    names = list(conditions[0].knobs)
    for one in conditions:
        where = f"condition “{one.condition}” of “{one.series}”"
        if sorted(one.knobs) != sorted(names):
            raise ValueError(f"{where}: expected the knobs {names}, found {list(one.knobs)}")
        for name, value in one.knobs.items():
            if name not in known:
                raise ValueError(f"{where}: expected one of {list(known)}, found “{name}”")
            if not known[name].minimum <= value <= known[name].maximum:
                raise ValueError(f"{where}: {name} = {value} is out of its range")
    return names


class _HeldOut:
    """The terms of the loss on the validation split, one run for each condition."""

    def __init__(
        self, model: LiveModel, data: LiveData, knobs: Mapping[str, Sequence[float]]
    ) -> None:
        feeds = evaluation_feeds(model, data.x_validation())
        self.x = torch.from_numpy(feeds["x"])
        self.eps = torch.from_numpy(feeds["eps"]).float() if "eps" in feeds else self.x[:, :0]
        count = len(next(iter(knobs.values())))
        scalars = {
            knob.name: torch.tensor(
                knobs.get(knob.name, [knob.default] * count), dtype=torch.float32
            )
            for knob in model.knobs
        }
        self.knobs = at_step(model, scalars, torch.full((count,), float(model.steps)))
        self.loss = torch.func.vmap(flat_loss(model), in_dims=(0, None, None, 0))

    @torch.no_grad()
    def terms(self, params: Tensor) -> Floats:
        """Of parameters `[conditions, N]`, `[conditions, T]`."""
        found: Floats = self.loss(params, self.x, self.eps, self.knobs)[1].numpy()
        return found


class _History:
    """The loss curves of the first seed's runs, one for each condition."""

    def __init__(self, model: LiveModel, held_out: _HeldOut, conditions: int) -> None:
        self.model = model
        self.held_out = held_out
        self.width = -(-model.steps // HISTORY_POINTS)
        self.validation: list[Floats] = []
        self.training = np.zeros((conditions, -(-model.steps // self.width), len(model.terms)))

    def watch(self, step: int, params: Tensor, terms: Tensor) -> None:
        """Of these runs, the parameters `[conditions, N]` before a step and its terms."""
        if step % self.width == 0:
            self.validation.append(self.held_out.terms(params))
        length = min(self.width, self.model.steps - step // self.width * self.width)
        self.training[:, step // self.width] += terms.numpy() / length

    def arrays(self, end: Floats) -> dict[str, PublishedArray]:
        """The curves `[conditions, points, T]`; `end` are the terms after the last step."""
        unit = self.model.terms[0].unit
        terms = ", ".join(term.name for term in self.model.terms)
        steps = [*range(0, self.model.steps, self.width), self.model.steps]
        training = np.concatenate([self.training, self.training[:, -1:]], axis=1)
        return {
            "history_steps": PublishedArray(
                np.array(steps, np.int32), "steps", "where the loss curves are sampled"
            ),
            "history_train": PublishedArray(
                training.astype(np.float32), unit,
                f"{terms} by condition, mean over {self.width} training batches from that step",
            ),
            "history_validation": PublishedArray(
                np.stack([*self.validation, end], axis=1).astype(np.float32), unit,
                f"{terms} by condition on the validation split, with the parameters there",
            ),
        }  # fmt: skip
