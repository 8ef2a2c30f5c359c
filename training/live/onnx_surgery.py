"""Two rewrites of an exported ONNX graph: repeat it in a `Scan`, and shrink constant fills."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from onnx import GraphProto, ModelProto, ValueInfoProto, helper, numpy_helper, shape_inference

ELEMENTWISE = {"Add", "Sub", "Mul", "Div", "Where", "GreaterOrEqual"}
"""Operators that broadcast a scalar to the shape of their other inputs."""

ARITHMETIC = {"Add": np.add, "Sub": np.subtract, "Mul": np.multiply, "Div": np.divide}
"""Operators that are computed at export where all their inputs are constants."""


def scan(
    model: ModelProto, state: Sequence[str], scanned: Sequence[str], free_rows: Sequence[str]
) -> ModelProto:
    """Repeat a one-step graph k times inside one ONNX `Scan`; k is free at each call.

    The inputs `state` are threaded through: they feed the first outputs, in order, of the step
    before. The inputs `scanned` get a leading axis k, and so do the outputs that are no state.
    All other inputs stay the same for all steps; `free_rows` names those whose first axis may
    have any length, `m`.
    """
    step = model.graph
    inputs = {value.name: value for value in step.input}
    results = list(step.output)
    body = GraphProto(name="step")
    body.node.extend(step.node)
    body.initializer.extend(step.initializer)
    body.input.extend(inputs[name] for name in (*state, *scanned))
    body.output.extend(results)
    _rename(
        body,
        {name: f"{name}_k" for name in (*state, *scanned)}
        | {value.name: f"{value.name}_k" for value in results},
    )

    kept = [value for name, value in inputs.items() if name not in (*state, *scanned)]
    outer_inputs = [
        *(inputs[name] for name in state),
        *(_with_shape(inputs[name], ["k", *_shape(inputs[name])]) for name in scanned),
        *(
            _with_shape(value, ["m", *_shape(value)[1:]]) if value.name in free_rows else value
            for value in kept
        ),
    ]
    outer_outputs = [
        *results[: len(state)],
        *(_with_shape(value, ["k", *_shape(value)]) for value in results[len(state) :]),
    ]
    node = helper.make_node(
        "Scan",
        [*state, *scanned],
        [value.name for value in results],
        body=body,
        num_scan_inputs=len(scanned),
    )
    graph = helper.make_graph([node], "training_steps", outer_inputs, outer_outputs)
    return helper.make_model(graph, opset_imports=model.opset_import, ir_version=model.ir_version)


def scalar_fills(model: ModelProto) -> ModelProto:
    """Replace large constants of one repeated value by a scalar where broadcasting allows it.

    The exporter folds `ones_like` and the like into constants as large as the batch.
    """
    graph = _fold_arithmetic(model.graph)
    inferred = shape_inference.infer_shapes(model).graph
    shapes = {
        value.name: _shape(value)
        for value in (*inferred.value_info, *inferred.input, *inferred.output)
    }
    shapes |= {constant.name: list(constant.dims) for constant in graph.initializer}
    for constant in graph.initializer:
        values = numpy_helper.to_array(constant)
        if values.size < 16 or not np.all(values == values.flat[0]):
            continue
        users = [node for node in graph.node if constant.name in node.input]
        if all(
            node.op_type in ELEMENTWISE
            and any(
                name != constant.name and shapes.get(name) == list(values.shape)
                for name in node.input
            )
            for node in users
        ):
            constant.CopyFrom(numpy_helper.from_array(values.flat[0], constant.name))
    return model


def _fold_arithmetic(graph: GraphProto) -> GraphProto:
    """Compute what depends on constants alone; the exporter does not touch large ones."""
    constants = {constant.name: numpy_helper.to_array(constant) for constant in graph.initializer}
    kept = []
    for node in graph.node:
        if node.op_type in ARITHMETIC and all(name in constants for name in node.input):
            value = ARITHMETIC[node.op_type](*(constants[name] for name in node.input))
            constants[node.output[0]] = value
            graph.initializer.append(numpy_helper.from_array(value, node.output[0]))
        else:
            kept.append(node)
    used = {name for node in kept for name in node.input} | {v.name for v in graph.output}
    remaining = [constant for constant in graph.initializer if constant.name in used]
    folded = GraphProto()
    folded.CopyFrom(graph)
    for field, values in (("node", kept), ("initializer", remaining)):
        folded.ClearField(field)
        getattr(folded, field).extend(values)
    graph.CopyFrom(folded)
    return graph


def _rename(graph: GraphProto, names: dict[str, str]) -> None:
    """Rename values everywhere in a graph, as a subgraph may not reuse an outer name."""
    for node in graph.node:
        node.input[:] = [names.get(name, name) for name in node.input]
        node.output[:] = [names.get(name, name) for name in node.output]
    renamed = [_renamed(value, names) for value in graph.input]
    del graph.input[:]
    graph.input.extend(renamed)
    renamed = [_renamed(value, names) for value in graph.output]
    del graph.output[:]
    graph.output.extend(renamed)


def _renamed(value: ValueInfoProto, names: dict[str, str]) -> ValueInfoProto:
    copy = ValueInfoProto()
    copy.CopyFrom(value)
    copy.name = names.get(value.name, value.name)
    return copy


def _shape(value: ValueInfoProto) -> list[int | str]:
    return [axis.dim_param or axis.dim_value for axis in value.type.tensor_type.shape.dim]


def _with_shape(value: ValueInfoProto, shape: Sequence[int | str]) -> ValueInfoProto:
    return helper.make_tensor_value_info(value.name, value.type.tensor_type.elem_type, list(shape))
