"""Exports a live model: the step graph, K optimiser steps a call, and the graphs that look.

`make_fx` traces the step with its gradient into plain operators, torch exports those, and an
ONNX `Scan` repeats them, so that K steps cost one call. `Gather` picks each batch inside the
graph: a page then sends 4 bytes a sample and step, and the training set once a call.
"""

from __future__ import annotations

import onnx
import torch
from torch import Tensor, nn
from torch.func import functionalize
from torch.fx.experimental.proxy_tensor import make_fx

from training.live.carriable import require_carriable
from training.live.declaration import ADAM_EPS, Inference, LiveModel
from training.live.onnx_surgery import scalar_fills, scan
from training.live.step import TrainingStep, WithParameters, at_step, split_noise
from training.publish.card import Port
from training.publish.export import ExportError, batched, exported, strip
from training.publish.gradient import REPLACED

STATE = ("params", "adam_m", "adam_v", "step")
"""What one step hands to the next: `[N]` three times and a scalar."""


def step_inputs(model: LiveModel) -> tuple[Port, ...]:
    """Inputs of the step graph; `k`, the number of steps, and `m`, the samples, are free."""
    n, rows = model.state_size, ("k", model.batch_size)
    noise = Port("eps", (*rows, model.noise_size), "", "standard normal noise ε of each sample")
    return (
        Port("params", (n,), "", "flat parameters"),
        Port("adam_m", (n,), "", "Adam's running mean of the gradient, zeros at the start"),
        Port("adam_v", (n,), "", "Adam's running mean of its square, zeros at the start"),
        Port("step", (), "steps", "optimiser steps done, 0 at the start"),
        Port("index", rows, "", "rows of x_all that each step sees", "int32"),
        *([noise] if model.noise_size else []),
        Port("x_all", ("m", model.input_size), "", "the training set"),
        Port("lr", (), "", model.lr.description),
        Port("adam_eps", (), "", f"Adam's ε, {ADAM_EPS:g}"),
        *(Port(knob.name, (), "", knob.description) for knob in model.knobs),
    )


def step_outputs(model: LiveModel) -> tuple[Port, ...]:
    """Outputs of the step graph."""
    n = model.state_size
    terms = ", ".join(term.name for term in model.terms)
    return (
        Port("params_out", (n,), "", "flat parameters after the last step"),
        Port("adam_m_out", (n,), "", "Adam's running mean of the gradient"),
        Port("adam_v_out", (n,), "", "Adam's running mean of its square"),
        Port("step_out", (), "steps", "optimiser steps done"),
        Port(
            "losses",
            ("k", len(model.terms)),
            model.terms[0].unit,
            f"{terms} of each step's batch, with the parameters before that step",
        ),
    )


def export_step(model: LiveModel) -> onnx.ModelProto:
    """The step graph. Raises NotCarriable, naming the module, for what it cannot carry."""
    step = TrainingStep(model)
    ports = [port for port in step_inputs(model) if port.name != "eps"]
    ports += [port for port in step_inputs(model) if port.name == "eps"]
    arguments = tuple(_example(port, skip_leading=port.shape[:1] == ("k",)) for port in ports)
    x = torch.index_select(arguments[5], 0, arguments[4])
    knobs, eps = split_noise(step.knobs, arguments[8:], x)
    knobs = at_step(model, knobs)
    require_carriable(model.network, lambda: step.loss(arguments[0], x, eps, knobs))
    trace = make_fx(
        functionalize(step, remove="mutations"),
        decomposition_table=REPLACED,
        tracing_mode="fake",
    )
    traced = trace(*arguments)
    assert isinstance(traced, nn.Module)
    names = [port.name for port in ports]
    outputs = [port.name for port in step_outputs(model)]
    body = scalar_fills(strip(exported(traced.eval(), arguments, names, outputs)))
    scanned = ("index", "eps") if model.noise_size else ("index",)
    return scan(body, STATE, scanned, free_rows=("x_all",))


def evaluation(model: LiveModel) -> Inference:
    """The terms of the loss on any number of samples, without training on them."""
    noise = Port("eps", ("n", model.noise_size), "", "standard normal noise ε of each sample")
    knob_names = [knob.name for knob in model.knobs]

    def run(network: nn.Module, x: Tensor, *knobs_and_eps: Tensor) -> dict[str, Tensor]:
        knobs, eps = split_noise(knob_names, knobs_and_eps, x)
        terms = model.loss(network, x, eps, at_step(model, knobs))
        return {"losses": torch.stack(list(terms.values()))}

    return Inference(
        inputs=(
            Port("x", ("n", model.input_size), "", "samples to measure on"),
            *(Port(knob.name, (), "", knob.description) for knob in model.knobs),
            *([noise] if model.noise_size else []),
        ),
        outputs=(
            Port(
                "losses",
                (len(model.terms),),
                model.terms[0].unit,
                ", ".join(term.name for term in model.terms),
            ),
        ),
        run=run,
    )


def params_port(model: LiveModel) -> Port:
    """The first input of every graph that looks at a state."""
    return Port("params", (model.state_size,), "", "flat parameters of any moment of training")


def reader(model: LiveModel, inference: Inference) -> WithParameters:
    """The torch module behind an inference graph: (params, *inputs) → a tuple of outputs."""
    expected = [port.name for port in inference.outputs]

    def run(network: nn.Module, *inputs: Tensor) -> tuple[Tensor, ...]:
        outputs = inference.run(network, *inputs)
        if list(outputs) != expected:
            raise ExportError(f"expected outputs {expected}, found {list(outputs)}")
        return tuple(outputs.values())

    return WithParameters(model.network, model.parameters, run)


def export_inference(model: LiveModel, inference: Inference) -> onnx.ModelProto:
    """A graph `(params, *inputs) → outputs`; the axis `n` of the inputs is free."""
    arguments = tuple(_example(port) for port in (params_port(model), *inference.inputs))
    batch = torch.export.Dim("n", min=1)
    axes = tuple({0: batch} if port.shape[:1] == ("n",) else None for port in inference.inputs)
    names = ["params", *(port.name for port in inference.inputs)]
    outputs = [port.name for port in inference.outputs]
    free = [port.name for port in inference.inputs if port.shape[:1] == ("n",)]
    module = reader(model, inference)
    return strip(batched(module, arguments, names, outputs, (None, axes), free))


def _example(port: Port, skip_leading: bool = False) -> Tensor:
    """Some tensor of the port's shape and dtype, 3 long on free axes."""
    shape = [3 if isinstance(side, str) else side for side in port.shape[skip_leading:]]
    dtype = torch.int32 if port.dtype == "int32" else torch.float32
    return torch.ones(shape, dtype=dtype)
