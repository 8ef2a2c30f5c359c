"""From the declaration of a live model to all that is published: graphs, arrays, metrics, card.

The step graph is checked against `torch.optim.Adam` over hundreds of steps, every other graph
against torch on random parameters; then the step graph itself trains over several seeds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
import onnx
import torch

from training.data import rng
from training.live.declaration import ADAM_EPS, Floats, Inference, Knob, LiveModel
from training.live.fields import KnobFields, LiveSection
from training.live.graphs import (
    evaluation,
    export_inference,
    export_step,
    params_port,
    reader,
    step_inputs,
    step_outputs,
)
from training.live.loops import (
    STEPS_PER_CALL,
    Run,
    State,
    StepSession,
    train_in_torch,
)
from training.publish.card import DataCard, Metric, Port
from training.publish.export import TOLERANCE, ExportError, Graph, Reference, inference_session
from training.publish.recipe import Progress, PublishedArray, Trained

REFERENCE_STEPS = 500
"""Steps over which the exported step is compared with torch."""

LOSS_TOLERANCE = 1e-5
"""Largest allowed relative difference of any step's loss from torch's."""

PARAMETER_TOLERANCE = 1e-4
"""Largest allowed difference of a parameter from torch's after the reference steps."""

GRAPH_BYTES = 40_000
"""Largest allowed size of all graphs of one model together, before packing."""

HISTORY_CALLS = 4
"""A point of the published loss curve stands for this many calls of the step graph."""

Look: TypeAlias = Callable[..., dict[str, Floats]]
"""(graph name, params `[N]`, inputs by name) → outputs by name."""

Measure: TypeAlias = Callable[[Look, Floats], dict[str, Metric]]
"""Measurements of a moment of training."""


@dataclass(frozen=True)
class LiveData:
    """The samples as they are shipped; the network sees `array × scale − offset`, in float32."""

    card: DataCard
    train: PublishedArray
    validation: PublishedArray
    scale: float = 1.0
    offset: PublishedArray | None = None

    def x_train(self) -> Floats:
        """What the network trains on, `[M, D]`."""
        return self._x(self.train)

    def x_validation(self) -> Floats:
        """What it is measured on while it trains, `[n, D]`."""
        return self._x(self.validation)

    def _x(self, array: PublishedArray) -> Floats:
        x = array.values.astype(np.float32) * np.float32(self.scale)
        return x - self.offset.values.astype(np.float32) if self.offset else x

    def arrays(self) -> dict[str, PublishedArray]:
        """What to publish."""
        offset = {"offset": self.offset} if self.offset else {}
        return {"x_train": self.train, "x_validation": self.validation, **offset}


@dataclass(frozen=True)
class Watched:
    """Numbers that a figure plots over the default run, beside its loss: `history_NAME`."""

    look: Callable[[Look, Floats], Floats]
    unit: str
    description: str


@dataclass(frozen=True)
class LivePlan:
    """What a recipe adds to its declaration: data, measurements, seeds and further arrays."""

    model: LiveModel
    data: LiveData
    measure: Measure
    seeds: tuple[int, ...] = (7, 8, 9)
    arrays: Mapping[str, PublishedArray] = field(default_factory=dict)
    metrics: Mapping[str, Metric] = field(default_factory=dict)
    watched: Mapping[str, Watched] = field(default_factory=dict)


def train_live(plan: LivePlan, progress: Progress) -> Trained:
    """Export, check, train over all seeds, measure. Raises ExportError or DivergedError."""
    model, x = plan.model, plan.data.x_train()
    seed = plan.seeds[0]
    graphs = build_graphs(model, x, seed)
    progress(0.4)
    look = look_through(graphs)
    trainer = StepSession(model, graphs["step"].model, x)
    watched: list[State] = []
    run = trainer.train(seed, model.steps, watch=watched.append)
    progress(0.7)
    finals = [run.state, *(trainer.train(s, model.steps).state for s in plan.seeds[1:])]
    return Trained(
        data=plan.data.card,
        seed=seed,
        parameters=model.state_size,
        graphs=graphs,
        arrays={**plan.data.arrays(), **history(plan, look, watched, run), **plan.arrays},
        metrics={**seed_metrics(plan, look, finals), **plan.metrics},
        options={"live": live_section(model, plan.data), "seeds": list(plan.seeds)},
    )


def look_through(graphs: Mapping[str, Graph]) -> Look:
    """Runs any of the graphs by name in onnxruntime."""
    sessions = {
        name: inference_session(graph.model.SerializeToString()) for name, graph in graphs.items()
    }

    def look(name: str, params: Floats, **inputs: Floats) -> dict[str, Floats]:
        names = [port.name for port in graphs[name].outputs]
        return dict(
            zip(names, sessions[name].run(names, {"params": params, **inputs}), strict=True)
        )

    return look


def build_graphs(model: LiveModel, x: Floats, seed: int) -> dict[str, Graph]:
    """All graphs, checked. Raises ExportError if one differs from torch or they are too large."""
    graphs = {"step": checked_step(model, export_step(model), x, seed)}
    for name, inference in {"evaluate": evaluation(model), **model.inference}.items():
        graphs[name] = checked_inference(model, inference, name)
    total = sum(graph.model.ByteSize() for graph in graphs.values())
    if total > GRAPH_BYTES:
        raise ExportError(f"the graphs take {total} bytes, more than {GRAPH_BYTES}")
    return graphs


def checked_step(model: LiveModel, graph: onnx.ModelProto, x: Floats, seed: int) -> Graph:
    """Compare the reference steps with torch and keep torch's answer for the tests."""
    onnx.checker.check_model(graph, full_check=True)
    expected = train_in_torch(model, x, seed, REFERENCE_STEPS)
    found = StepSession(model, graph, x).train(seed, REFERENCE_STEPS)
    difference = parameter_difference(found, expected)
    if not difference <= PARAMETER_TOLERANCE or not loss_difference(found, expected) <= (
        LOSS_TOLERANCE
    ):
        raise ExportError(
            f"after {REFERENCE_STEPS} steps parameters differ from torch.optim.Adam by "
            f"{difference:.3g} and losses by {loss_difference(found, expected):.3g}"
        )
    return Graph(
        graph,
        step_inputs(model),
        step_outputs(model),
        difference,
        (step_reference(model, seed, expected),),
        PARAMETER_TOLERANCE,
    )


def step_reference(model: LiveModel, seed: int, run: Run) -> Reference:
    """Torch's reference steps; the seed gives start, batches and noise by the RNG twins."""
    knobs = {name: np.array(value, np.float32) for name, value in model.defaults().items()}
    return Reference(
        {"seed": np.array(seed, np.int64), **knobs},
        {"losses": run.losses, "params_out": run.state.params},
    )


def parameter_difference(found: Run, expected: Run) -> float:
    """Largest absolute difference of a parameter."""
    return float(np.abs(found.state.params - expected.state.params).max())


def loss_difference(found: Run, expected: Run) -> float:
    """Largest relative difference of the minimised loss at any step."""
    reference = expected.losses[:, 0]
    return float(np.max(np.abs(found.losses[:, 0] - reference) / np.abs(reference)))


def checked_inference(model: LiveModel, inference: Inference, name: str) -> Graph:
    """Export one graph that looks at a state and compare it with torch on random inputs.

    `TOLERANCE` is relative to the largest output where that exceeds 1: losses may be 44 nats.
    """
    graph = export_inference(model, inference)
    onnx.checker.check_model(graph, full_check=True)
    ports = (params_port(model), *inference.inputs)
    run, module = inference_session(graph.SerializeToString()), reader(model, inference)
    worst, scale, references = 0.0, 1.0, []
    for n in (1, 7, 64):
        feeds = {port.name: _random(port, n, number) for number, port in enumerate(ports)}
        feeds["params"] = model.initial_weights(n)
        with torch.no_grad():
            outputs = module(*(torch.from_numpy(feed) for feed in feeds.values()))
        expected = {
            port.name: output.numpy()
            for port, output in zip(inference.outputs, outputs, strict=True)
        }
        found = run.run(list(expected), feeds)
        for torch_output, output in zip(expected.values(), found, strict=True):
            scale = max(scale, float(np.abs(torch_output).max()))
            worst = max(worst, float(np.abs(output - torch_output).max()))
        if n < 64:
            references.append(Reference(dict(feeds), dict(expected)))
    result = Graph(graph, ports, inference.outputs, worst, tuple(references), TOLERANCE * scale)
    if not worst <= result.tolerance:
        raise ExportError(f"graph '{name}' differs from torch by {worst:.3g}")
    return result


def _random(port: Port, n: int, stream: int) -> Floats:
    shape = tuple(n if isinstance(side, str) else side for side in port.shape)
    values = rng.uniform(n, rng.STREAM_DRAW + stream, int(np.prod(shape)))
    return values.astype(np.float32).reshape(shape)


def evaluation_feeds(
    model: LiveModel, x: Floats, knobs: Mapping[str, float] | None = None
) -> dict[str, Floats]:
    """Inputs of the evaluation of `x`; its noise is the stream `STREAM_DRAW` of seed 0."""
    values = model.defaults() | dict(knobs or {})
    feeds = {
        "x": x,
        **{knob.name: np.full((), values[knob.name], np.float32) for knob in model.knobs},
    }
    if model.noise_size:
        noise = rng.normal(0, rng.STREAM_DRAW, len(x) * model.noise_size)
        feeds["eps"] = noise.reshape(len(x), model.noise_size)
    return feeds


def history(
    plan: LivePlan, look: Look, watched: list[State], run: Run
) -> dict[str, PublishedArray]:
    """The default run's loss curves and its last parameters, which the first frame shows."""
    model = plan.model
    states = watched[::HISTORY_CALLS]
    feeds = evaluation_feeds(model, plan.data.x_validation())
    validation = np.stack([look("evaluate", s.params, **feeds)["losses"] for s in states])
    window = HISTORY_CALLS * STEPS_PER_CALL
    steps = np.array([state.step for state in states], np.int32)
    training = np.stack(
        [run.losses[min(step, model.steps - 1) : step + window].mean(axis=0) for step in steps]
    )
    unit = model.terms[0].unit
    terms = ", ".join(term.name for term in model.terms)
    more = {
        f"history_{name}": PublishedArray(
            np.stack([quantity.look(look, state.params) for state in states]),
            quantity.unit,
            quantity.description,
        )
        for name, quantity in plan.watched.items()
    }
    return {
        **more,
        "history_steps": PublishedArray(steps, "steps", "where the loss curves are sampled"),
        "history_train": PublishedArray(
            training, unit, f"{terms}, mean over the {window} training batches from that step"
        ),
        "history_validation": PublishedArray(
            validation, unit, f"{terms} on the validation split, with the parameters there"
        ),
        "params_trained": PublishedArray(
            run.state.params, "", "flat parameters at the end of the run of the default seed"
        ),
    }


def seed_metrics(plan: LivePlan, look: Look, finals: list[State]) -> dict[str, Metric]:
    """The plan's measurements: of the default seed, before training, and the range over seeds."""
    model = plan.model
    runs = [plan.measure(look, state.params) for state in finals]
    untrained = plan.measure(look, State.untrained(model, plan.seeds[0]).params)
    metrics = dict(runs[0])
    for name, metric in runs[0].items():
        values = [run[name].value for run in runs]
        about = f"{metric.description}; {{}} of {len(values)} seeds"
        for kind, value in (("lowest", min(values)), ("highest", max(values))):
            metrics[f"{name}.{kind}"] = Metric(value, metric.unit, metric.split, about.format(kind))
        metrics[f"{name}.untrained"] = Metric(
            untrained[name].value,
            metric.unit,
            metric.split,
            f"{metric.description}; before training",
        )
    return metrics


def live_section(model: LiveModel, data: LiveData) -> LiveSection:
    """What the page's trainer needs to know (`site_assets/engine/trainer.ts`)."""
    return {
        "state_size": model.state_size,
        "parameters": [
            {"name": parameter.name, "shape": list(parameter.shape), "fan_in": parameter.fan_in}
            for parameter in model.parameters
        ],
        "input_size": model.input_size,
        "noise_size": model.noise_size,
        "batch_size": model.batch_size,
        "steps": model.steps,
        "adam_eps": ADAM_EPS,
        "knobs": [knob_json(knob) for knob in (model.lr, *model.knobs)],
        "terms": [
            {"name": term.name, "unit": term.unit, "description": term.description}
            for term in model.terms
        ],
        "data": {
            "train": "x_train",
            "validation": "x_validation",
            "scale": data.scale,
            "offset": "offset" if data.offset else None,
        },
    }


def knob_json(knob: Knob) -> KnobFields:
    """A knob as the card holds it."""
    return {
        "name": knob.name,
        "default": knob.default,
        "minimum": knob.minimum,
        "maximum": knob.maximum,
        "scale": knob.scale,
        "description": knob.description,
    }
