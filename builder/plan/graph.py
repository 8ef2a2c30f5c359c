"""An ONNX graph at one number of rows and of steps: nodes, constants, and every value's shape."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from math import prod
from typing import Any, TypeAlias

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper, shape_inference

Array: TypeAlias = NDArray[Any]
Shape: TypeAlias = tuple[int, ...]

FLOAT, FLOAT64, INT32, INT64 = (
    TensorProto.FLOAT,
    TensorProto.DOUBLE,
    TensorProto.INT32,
    TensorProto.INT64,
)


class Refused(Exception):
    """The planner does not know this graph's operators; ONNX Runtime runs it."""


@dataclass
class Node:
    """One operator. `attributes` holds ONNX's, and what `simplify` adds."""

    op: str
    inputs: list[str]
    outputs: list[str]
    attributes: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Constant:
    """A value that never changes; `half` if the file has it as float16, which loses nothing."""

    values: Array
    half: bool = False


@dataclass(frozen=True)
class Port:
    """An input or an output of the whole graph."""

    name: str
    shape: Shape
    dtype: int = FLOAT


@dataclass(frozen=True)
class Loop:
    """How a Scan wraps the graph: its body runs once a step, and hands its state on."""

    states: tuple[tuple[str, str], ...]
    """(value that the body reads, value that it leaves for the next step)."""
    sliced: dict[str, str]
    """Value that the body reads → graph input `[k, …]` of which each step gets its slice."""
    stacked: tuple[tuple[str, str], ...]
    """(value of the body, graph output `[k, …]` in which each step writes its slice)."""
    state_ports: dict[str, str]
    """Value of the body that is a state → graph input or output."""


@dataclass
class Graph:
    """A graph whose sizes are all numbers."""

    nodes: list[Node]
    constants: dict[str, Constant]
    inputs: list[Port]
    outputs: list[Port]
    results: list[str]
    """The values that leave the graph (or the body of its loop), in order."""
    shapes: dict[str, Shape]
    dtypes: dict[str, int]
    loop: Loop | None = None

    def users(self, name: str) -> list[Node]:
        """The nodes that read a value, once for each time that they do."""
        return [node for node in self.nodes for read in node.inputs if read == name]

    def producer(self, name: str) -> Node | None:
        """The node that makes a value; None for inputs and constants."""
        return next((node for node in self.nodes if name in node.outputs), None)

    def only_user(self, name: str) -> Node | None:
        """The one node that reads a value which nothing else needs."""
        users = self.users(name)
        return users[0] if len(users) == 1 and name not in self.results else None

    def shape(self, name: str) -> Shape:
        """The sizes of a value; raises Refused if they depend on what goes in."""
        if name not in self.shapes:
            raise Refused(f"the size of '{name}' is not known before the graph runs")
        return self.shapes[name]

    def size(self, name: str) -> int:
        """How many numbers a value holds."""
        return prod(self.shape(name))

    def scalar(self, name: str) -> float | None:
        """The number that a constant of one element is; None for all other values."""
        constant = self.constants.get(name)
        return float(constant.values.item()) if constant and constant.values.size == 1 else None


def read(model: onnx.ModelProto, rows: int, steps: int) -> Graph:
    """The graph with its open sizes filled in. Raises Refused if it has more of them than two."""
    proto = model.graph
    if any(node.op_type == "Scan" for node in proto.node):
        return _read_loop(model, rows, steps)
    sizes = dict.fromkeys(_open_sizes(_ports(proto)), rows)
    _require_one("rows", sizes)
    return _graph(proto, model, sizes)


def _read_loop(model: onnx.ModelProto, rows: int, steps: int) -> Graph:
    outer = model.graph
    if len(outer.node) != 1:
        raise Refused("Scan beside other operators")
    scan = outer.node[0]
    attributes = _attributes(scan)
    body: onnx.GraphProto = attributes.pop("body")
    count = len(scan.input) - attributes.pop("num_scan_inputs")
    if any(np.any(value) for value in attributes.values()):
        raise Refused("Scan in another direction or along another axis")
    ports = {port.name: port for port in outer.input}
    per_step = [value.name for value in body.input][count:]
    sliced = dict(zip(per_step, scan.input[count:], strict=True))
    first = {str(_dims(ports[name])[0]) for name in sliced.values()}
    others = [size for size in _open_sizes(_ports(outer)) if size not in first]
    _require_one("steps", first)
    _require_one("rows", others)
    sizes = dict.fromkeys(others, rows) | dict.fromkeys(first, steps)
    merged = onnx.GraphProto()
    merged.CopyFrom(body)
    merged.input.extend(port for port in outer.input if port.name not in scan.input)
    merged.initializer.extend(outer.initializer)
    graph = _graph(merged, model, sizes)
    inputs = {port.name: _port(port, sizes) for port in outer.input}
    outputs = {port.name: _port(port, sizes) for port in outer.output}
    names = [value.name for value in body.input]
    graph.inputs, graph.outputs = list(inputs.values()), list(outputs.values())
    graph.loop = Loop(
        states=tuple(zip(names[:count], graph.results[:count], strict=True)),
        sliced=sliced,
        stacked=tuple(zip(graph.results[count:], scan.output[count:], strict=True)),
        state_ports=dict(zip(names[:count], scan.input[:count], strict=True))
        | dict(zip(graph.results[:count], scan.output[:count], strict=True)),
    )
    return graph


def _graph(proto: onnx.GraphProto, model: onnx.ModelProto, sizes: dict[str, int]) -> Graph:
    fixed = onnx.GraphProto()
    fixed.CopyFrom(proto)
    for value in (*fixed.input, *fixed.output):
        for dim in value.type.tensor_type.shape.dim:
            if dim.dim_param in sizes:
                dim.dim_value = sizes[dim.dim_param]
    whole = helper.make_model(fixed, opset_imports=model.opset_import, ir_version=model.ir_version)
    inferred = shape_inference.infer_shapes(whole, data_prop=True).graph
    values = [*inferred.value_info, *inferred.input, *inferred.output]
    shapes = {
        value.name: _shape(value, sizes)
        for value in values
        if all(isinstance(size, int) or size in sizes for size in _dims(value))
    }
    dtypes = {value.name: value.type.tensor_type.elem_type for value in values}
    constants, nodes = {}, []
    for constant in proto.initializer:
        array = numpy_helper.to_array(constant)
        constants[constant.name] = Constant(array)
    for node in proto.node:
        attributes = _attributes(node)
        source = constants.get(node.input[0]) if node.input else None
        if node.op_type == "Constant":
            constants[node.output[0]] = Constant(numpy_helper.to_array(attributes["value"]))
        elif node.op_type == "Cast" and source and attributes["to"] == FLOAT:
            half = source.values.dtype == np.float16
            constants[node.output[0]] = Constant(source.values.astype(np.float32), half)
        else:
            nodes.append(Node(node.op_type, list(node.input), list(node.output), attributes))
    for name, known in constants.items():
        shapes[name] = known.values.shape
        dtypes[name] = helper.np_dtype_to_tensor_dtype(known.values.dtype)
    given = [value for value in proto.input if value.name not in constants]
    return Graph(
        nodes=nodes,
        constants=constants,
        inputs=[_port(value, sizes) for value in given],
        outputs=[_port(value, sizes) for value in proto.output],
        results=[value.name for value in proto.output],
        shapes=shapes,
        dtypes=dtypes,
    )


def _attributes(node: onnx.NodeProto) -> dict[str, Any]:
    return {each.name: helper.get_attribute_value(each) for each in node.attribute}


def _ports(proto: onnx.GraphProto) -> Iterator[onnx.ValueInfoProto]:
    yield from (*proto.input, *proto.output)


def _dims(value: onnx.ValueInfoProto) -> tuple[str | int, ...]:
    dims = value.type.tensor_type.shape.dim
    return tuple(dim.dim_param or dim.dim_value for dim in dims)


def _open_sizes(values: Iterable[onnx.ValueInfoProto]) -> list[str]:
    sizes = (size for value in values for size in _dims(value))
    return list(dict.fromkeys(size for size in sizes if isinstance(size, str)))


def _require_one(what: str, sizes: Iterable[str]) -> None:
    names = sorted(sizes)
    if len(names) > 1:
        raise Refused(f"several numbers of {what}: {', '.join(names)}")


def _shape(value: onnx.ValueInfoProto, sizes: dict[str, int]) -> Shape:
    return tuple(sizes[size] if isinstance(size, str) else size for size in _dims(value))


def _port(value: onnx.ValueInfoProto, sizes: dict[str, int]) -> Port:
    return Port(value.name, _shape(value, sizes), value.type.tensor_type.elem_type)
