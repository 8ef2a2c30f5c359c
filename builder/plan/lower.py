"""From a simplified graph to calls of kernels over buffers that have no address yet."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import prod
from typing import Any, Literal, TypeAlias

import numpy as np

from builder.plan.graph import FLOAT64, INT32, INT64, Array, Graph, Node, Refused, Shape
from builder.plan.simplify import VIEWS
from builder.plan.vocabulary import Vocabulary

Kind: TypeAlias = Literal["weight", "input", "output", "temporary", "scratch"]

FLOAT_BYTES = 4
BINARY = {
    "Add": "add", "Sub": "sub", "Mul": "mul", "Div": "div",
    "Greater": "greater", "Max": "max", "Min": "min",
}  # fmt: skip
UNARY = {
    "Sigmoid": "sigmoid", "Silu": "silu", "Exp": "exp", "Sqrt": "sqrt", "Neg": "neg",
    "Softplus": "softplus", "Tanh": "tanh", "Relu": "relu", "Asin": "asin",
}  # fmt: skip
FLOAT64_FUNCTIONS = {
    "Add": "add", "Sub": "sub", "Mul": "mul", "Div": "div", "Exp": "exp", "Sqrt": "sqrt",
}  # fmt: skip
WEIGHTS_OF_WORK = {"exp": 8, "sigmoid": 10, "silu": 10, "softplus": 16, "tanh": 16, "asin": 60}
"""About how many multiplications a function of one number takes; all others are one."""
READ_BEHIND = 3
"""Numbers behind a factor that a product may read: memory must not end there."""
CALL = 60
"""As many for the call of any kernel, whatever it does."""


class Buffer:
    """A piece of memory, or a part of another one."""

    def __init__(self, kind: Kind, size: int, name: str) -> None:
        self.kind, self.size, self.name = kind, size, name
        self.constant: Array | None = None
        self.half = False
        self.parent: Buffer | None = None
        self.place = 0

    @property
    def root(self) -> Buffer:
        """The buffer of which this one is a part in the end."""
        return self.parent.root if self.parent else self

    @property
    def offset(self) -> int:
        """Bytes from the beginning of the root."""
        return self.parent.offset + self.place if self.parent else 0


@dataclass(frozen=True)
class Ref:
    """A byte address within a buffer."""

    buffer: Buffer
    offset: int = 0

    @property
    def root(self) -> Buffer:
        return self.buffer.root

    @property
    def address(self) -> int:
        """Bytes from the beginning of the root buffer."""
        return self.buffer.offset + self.offset


Argument: TypeAlias = "int | Ref"


@dataclass
class Call:
    """One kernel with its arguments."""

    operation: str
    arguments: dict[str, Argument]
    reads: list[Ref]
    writes: list[Ref]
    over: list[Ref] = field(default_factory=list)
    """Inputs in whose place the result may be written: element by element, none looked at again."""


@dataclass(frozen=True)
class PortBuffer:
    """Where an input or output of the graph lies."""

    name: str
    dtype: int
    shape: Shape
    buffer: Buffer


@dataclass
class Program:
    """A graph as calls over buffers, for one number of rows and steps."""

    calls: list[Call] = field(default_factory=list)
    buffers: list[Buffer] = field(default_factory=list)
    inputs: list[PortBuffer] = field(default_factory=list)
    outputs: list[PortBuffer] = field(default_factory=list)
    work: int = 0
    """About how many multiplications and additions one run (or one step) takes."""
    members: dict[str, int] = field(default_factory=dict)
    """Integer input → how many rows there are to choose from."""


def lower(graph: Graph, vocabulary: Vocabulary) -> Program:
    """The calls in the graph's order. Raises Refused for what no kernel does."""
    return _Lowering(graph, vocabulary).program()


class _Lowering:
    def __init__(self, graph: Graph, vocabulary: Vocabulary) -> None:
        self.graph, self.vocabulary = graph, vocabulary
        self.made = Program()
        self.values: dict[str, Ref] = {}
        self.scratch = self._buffer("scratch", 0, "scratch")
        self.handlers: Mapping[str, Callable[[Node], None]] = {
            "Gemm": self._gemm,
            "IndexedGemv": self._indexed_gemv,
            "Conv": self._conv,
            "ConvTranspose": self._conv,
            "Where": self._where,
            "SiluGradient": self._silu_gradient,
            "SigmoidGradient": self._sigmoid_gradient,
            "SoftplusAndSigmoid": self._softplus_and_sigmoid,
            "CrossEntropy": self._cross_entropy,
            "SquaredError": self._squared_error,
            "Clip": self._clip,
            "ReduceSum": self._reduce,
            "ReduceMean": self._reduce,
            "Softmax": self._softmax,
            "Transpose": self._transpose,
            "Gather": self._gather,
            "Split": self._split,
            "Slice": self._slice,
            "Concat": self._concat,
            "Cast": self._cast,
            "Adam": self._adam,
            "Expand": self._binary,
            **dict.fromkeys(BINARY, self._binary),
            **dict.fromkeys(UNARY, self._unary),
            **dict.fromkeys(VIEWS, self._view),
        }

    def program(self) -> Program:
        self._inputs()
        for node in self.graph.nodes:
            if any(self._is_float64(name) for name in (*node.inputs, *node.outputs)):
                self._float64(node)
                continue
            if node.op not in self.handlers:
                raise Refused(f"no kernel for {node.op}")
            self.handlers[node.op](node)
        if self.graph.loop:
            self._hand_on()
        else:
            self._outputs()
        return self.made

    # Buffers and calls

    def _buffer(self, kind: Kind, size: int, name: str) -> Buffer:
        buffer = Buffer(kind, size, name)
        self.made.buffers.append(buffer)
        return buffer

    def _is_float64(self, name: str) -> bool:
        return self.graph.dtypes.get(name) == FLOAT64

    def _bytes(self, name: str) -> int:
        return self.graph.size(name) * (8 if self._is_float64(name) else FLOAT_BYTES)

    def _new(self, name: str) -> Ref:
        self.values[name] = Ref(self._buffer("temporary", self._bytes(name), name))
        return self.values[name]

    def _value(self, name: str) -> Ref:
        if name not in self.values:
            constant = self.graph.constants[name]
            values = constant.values
            if values.dtype == np.int64:
                values = values.astype(np.int32)
            buffer = self._buffer("weight", values.nbytes, name)
            buffer.constant, buffer.half = np.ascontiguousarray(values), constant.half
            self.values[name] = Ref(buffer)
        return self.values[name]

    def _call(
        self,
        operation: str,
        arguments: Mapping[str, Argument],
        out: Sequence[str] = ("out",),
        over: Iterable[Ref] = (),
        work: int = 0,
    ) -> None:
        names = self.vocabulary.operations[operation].arguments
        assert set(names) == set(arguments), f"{operation} takes {names}"
        refs = {key: value for key, value in arguments.items() if isinstance(value, Ref)}
        writes = [refs[key] for key in out]
        reads = [ref for key, ref in refs.items() if key not in out and ref.root.kind != "scratch"]
        ordered = {name: arguments[name] for name in names}
        self.made.calls.append(Call(operation, ordered, reads, writes, list(over)))
        self.made.work += work + CALL

    def _room(self, size: int) -> Ref:
        """Memory that a call may use as it likes; it is the same for all."""
        self.scratch.size = max(self.scratch.size, size)
        return Ref(self.scratch)

    def _optional(self, node: Node, place: int) -> Argument:
        return self._value(node.inputs[place]) if place < len(node.inputs) else 0

    def _function(self, enum: str, name: str) -> int:
        return self.vocabulary.functions[enum][name]

    def _activation(self, node: Node) -> int:
        return self._function("Unary", node.attributes.get("activation", "identity"))

    # The graph's ends

    def _port(self, kind: Kind, name: str, dtype: int, shape: Shape) -> Buffer:
        if dtype not in {1, INT32}:
            raise Refused(f"'{name}' is neither float32 nor int32")
        buffer = self._buffer(kind, FLOAT_BYTES * prod(shape), name)
        ports = self.made.inputs if kind == "input" else self.made.outputs
        ports.append(PortBuffer(name, dtype, shape, buffer))
        return buffer

    def _inputs(self) -> None:
        loop = self.graph.loop
        for port in self.graph.inputs:
            buffer = self._port("input", port.name, port.dtype, port.shape)
            self.values[port.name] = Ref(buffer)
        if loop is None:
            return
        for inner, _ in loop.states:
            self.values[inner] = self.values[loop.state_ports[inner]]
        for inner, outer in loop.sliced.items():
            whole, size = self.values[outer], self._bytes(inner)
            part = self._new(inner)
            arguments: dict[str, Argument] = {
                "x": whole,
                "out": part,
                "bytes": size,
                "fromStep": size,
                "toStep": 0,
            }
            self._call("slice", arguments)

    def _outputs(self) -> None:
        for port, name in zip(self.graph.outputs, self.graph.results, strict=True):
            ref = self._value(name)
            whole = ref.root.kind == "temporary" and ref.address == 0
            if whole and ref.root.size == self._bytes(name):
                ref.root.kind = "output"
                self.made.outputs.append(PortBuffer(port.name, port.dtype, port.shape, ref.root))
            else:
                buffer = self._port("output", port.name, port.dtype, port.shape)
                self._copy(ref, Ref(buffer), self._bytes(name))

    def _hand_on(self) -> None:
        """What one step of the loop leaves for the next, and for the reader."""
        loop = self.graph.loop
        assert loop is not None
        ports = {port.name: port for port in self.graph.outputs}
        for state, left in loop.states:
            place, value = self.values[state], self._value(left)
            if value != place:
                if value.root.kind == "input":
                    raise Refused(f"the state '{state}' takes over another one")
                self._copy(value, place, self._bytes(state))
            port = ports[loop.state_ports[left]]
            self.made.outputs.append(PortBuffer(port.name, port.dtype, port.shape, place.root))
        for name, outer in loop.stacked:
            port, size = ports[outer], self._bytes(name)
            buffer = self._port("output", port.name, port.dtype, port.shape)
            arguments: dict[str, Argument] = {
                "x": self._value(name), "out": Ref(buffer), "bytes": size,
                "fromStep": 0, "toStep": size,
            }  # fmt: skip
            self._call("slice", arguments)

    # Operators

    def _view(self, node: Node) -> None:
        self.values[node.outputs[0]] = self._value(node.inputs[0])

    def _cast(self, node: Node) -> None:
        if {self.graph.dtypes[name] for name in (node.inputs[0], node.outputs[0])} - {INT32, INT64}:
            raise Refused("a Cast between kinds of numbers")
        self._view(node)  # whole numbers are 32 bits wide here

    def _float64(self, node: Node) -> None:
        wide = [self._is_float64(name) for name in (node.inputs[0], node.outputs[0])]
        if node.op == "Cast":
            name = "widen" if wide[1] else "narrow"
        elif node.op in FLOAT64_FUNCTIONS:
            name = FLOAT64_FUNCTIONS[node.op]
        else:
            raise Refused(f"no kernel for {node.op} in double precision")
        if any(self.graph.size(value) != 1 for value in (*node.inputs, *node.outputs)):
            raise Refused(f"{node.op} in double precision of more than one number")
        a = self._value(node.inputs[0])
        b = self._optional(node, 1)
        out = self._new(node.outputs[0])
        function = self._function("Float64", name)
        self._call("float64", {"function": function, "a": a, "b": b, "out": out}, work=10)

    def _unary(self, node: Node) -> None:
        x, size = self._value(node.inputs[0]), self.graph.size(node.inputs[0])
        name = UNARY[node.op]
        out, *sigmoid = (self._new(output) for output in node.outputs)
        work = size * WEIGHTS_OF_WORK.get(name, 1)
        arguments: dict[str, Argument] = {"size": size, "x": x, "out": out}
        if sigmoid:
            arguments["sigmoid"] = sigmoid[0]
            self._call("silu", arguments, ("out", "sigmoid"), work=work)
        else:
            arguments["function"] = self._function("Unary", name)
            self._call("unary", arguments, over=[x], work=work)

    def _silu_gradient(self, node: Node) -> None:
        refs = [self._value(name) for name in node.inputs]
        size = self.graph.size(node.outputs[0])
        arguments: dict[str, Argument] = dict(
            zip(("x", "sigmoid", "gradient"), refs, strict=True),
            size=size, out=self._new(node.outputs[0]),
        )  # fmt: skip
        self._call("siluGradient", arguments, over=refs, work=5 * size)

    def _sigmoid_gradient(self, node: Node) -> None:
        sigmoid, gradient = (self._value(name) for name in node.inputs[:2])
        size = self.graph.size(node.outputs[0])
        arguments: dict[str, Argument] = {
            "size": size, "sigmoid": sigmoid, "gradient": gradient,
            "factor": self._optional(node, 2), "out": self._new(node.outputs[0]),
        }  # fmt: skip
        self._call("sigmoidGradient", arguments, over=[gradient, sigmoid], work=4 * size)

    def _softplus_and_sigmoid(self, node: Node) -> None:
        x, size = self._value(node.inputs[0]), self.graph.size(node.inputs[0])
        softplus, sigmoid = (self._new(output) for output in node.outputs)
        arguments: dict[str, Argument] = {
            "size": size,
            "x": x,
            "softplus": softplus,
            "sigmoid": sigmoid,
        }
        self._call("softplusAndSigmoid", arguments, ("softplus", "sigmoid"), work=24 * size)

    def _cross_entropy(self, node: Node) -> None:
        x, z = (self._value(name) for name in node.inputs[:2])
        shape = self.graph.shape(node.inputs[1])
        loss, *gradient = (self._new(output) for output in node.outputs)
        arguments: dict[str, Argument] = {
            "rows": prod(shape[:-1]), "columns": shape[-1], "x": x, "z": z, "loss": loss,
            "gradient": gradient[0] if gradient else 0, "factor": self._optional(node, 2),
        }  # fmt: skip
        out = ("loss", "gradient") if gradient else ("loss",)
        self._call("crossEntropy", arguments, out, work=28 * prod(shape))

    def _squared_error(self, node: Node) -> None:
        x, y = (self._value(name) for name in node.inputs[:2])
        shape = self.graph.shape(node.inputs[0])
        loss, *difference = (self._new(output) for output in node.outputs)
        arguments: dict[str, Argument] = {
            "rows": prod(shape[:-1]), "columns": shape[-1], "x": x, "y": y,
            "divisor": shape[-1] if node.attributes["mean"] else 1, "loss": loss,
            "difference": difference[0] if difference else 0, "factor": self._optional(node, 2),
        }  # fmt: skip
        out = ("loss", "difference") if difference else ("loss",)
        self._call("squaredError", arguments, out, over=[x, y], work=4 * prod(shape))

    def _binary(self, node: Node) -> None:
        names = node.inputs if node.op in BINARY else [node.inputs[0]] * 2
        if len(names) != 2:
            raise Refused(f"{node.op} of {len(names)} values")
        function = BINARY.get(node.op, "max")  # the larger of a number and itself is the number
        self._broadcast(function, names, node.outputs[0])

    def _clip(self, node: Node) -> None:
        if len(node.inputs) != 3:
            raise Refused("Clip without both of its limits")
        x, low, high = node.inputs
        (out,) = node.outputs
        above = f"{out}.above"
        self.graph.shapes[above] = self.graph.shape(x)
        self._broadcast("max", [x, low], above)
        self._broadcast("min", [above, high], out)

    def _broadcast(self, function: str, names: Sequence[str], out: str) -> None:
        shape = self.graph.shape(out)
        axes = _folded(shape, [self.graph.shape(name) for name in names])
        if len(axes) > 3:
            raise Refused(f"arithmetic of shapes that fold to {len(axes)} axes")
        axes = [(1, (0, 0))] * (3 - len(axes)) + axes
        refs = [self._value(name) for name in names]
        arguments: dict[str, Argument] = {
            "function": self._function("Binary", function), "a": refs[0], "b": refs[1],
            "out": self._new(out),
        }  # fmt: skip
        for place, (size, steps) in enumerate(axes):
            arguments |= {f"size{place}": size, f"a{place}": steps[0], f"b{place}": steps[1]}
        whole = [
            ref for ref, name in zip(refs, names, strict=True)
            if self.graph.size(name) == prod(shape)
        ]  # fmt: skip
        self._call("binary", arguments, over=whole, work=prod(shape))

    def _where(self, node: Node) -> None:
        size = self.graph.size(node.outputs[0])
        steps = [int(self.graph.size(name) == size) for name in node.inputs]
        alone = [self.graph.size(name) == 1 for name in node.inputs]
        if not all(step or one for step, one in zip(steps, alone, strict=True)):
            raise Refused("Where of shapes that have to be repeated along an axis")
        condition, x, y = (self._value(name) for name in node.inputs)
        arguments: dict[str, Argument] = {
            "size": size, "condition": condition, "conditionStep": steps[0],
            "x": x, "xStep": steps[1], "y": y, "yStep": steps[2],
            "out": self._new(node.outputs[0]),
        }  # fmt: skip
        whole = [ref for ref, step in zip((condition, x, y), steps, strict=True) if step]
        self._call("where", arguments, over=whole, work=3 * size)

    def _gemm(self, node: Node) -> None:
        attributes = node.attributes
        if attributes.get("alpha", 1) != 1 or attributes.get("beta", 1) != 1:
            raise Refused("Gemm with factors other than 1")
        transposed = [int(attributes.get(key, 0)) for key in ("transA", "transB")]
        a, b = (
            self.graph.shape(name)[::-1] if flag else self.graph.shape(name)
            for name, flag in zip(node.inputs[:2], transposed, strict=True)
        )
        (rows, depth), columns = a, b[1]
        if len(node.inputs) > 2 and self.graph.shape(node.inputs[2]) not in {
            (columns,), (1, columns),
        }:  # fmt: skip
            raise Refused("Gemm with a bias that is no row")
        turned = transposed == [1, 0] and columns < 4 and len(node.inputs) == 2
        rearranged = depth * columns if transposed[1] or columns < 4 else 0
        rearranged = rows * columns if turned else rearranged
        arguments: dict[str, Argument] = {
            "rows": rows, "columns": columns, "depth": depth,
            "a": self._value(node.inputs[0]), "transposeA": transposed[0],
            "b": self._value(node.inputs[1]), "transposeB": transposed[1],
            "bias": self._optional(node, 2), "out": self._new(node.outputs[0]),
            "scratch": self._room(FLOAT_BYTES * (rearranged + READ_BEHIND)),
            "activation": self._activation(node),
        }  # fmt: skip
        self._call("gemm", arguments, work=rows * columns * depth + self._finishing(node))

    def _finishing(self, node: Node) -> int:
        """The work of a product's activation."""
        name = node.attributes.get("activation", "identity")
        return self.graph.size(node.outputs[0]) * WEIGHTS_OF_WORK.get(name, 0)

    def _indexed_gemv(self, node: Node) -> None:
        matrices, index, x = node.inputs[:3]
        members, rows, depth = self.graph.shape(matrices)
        self._note_members(index, members)
        count = self.graph.size(index)
        arguments: dict[str, Argument] = {
            "count": count, "rows": rows, "depth": depth, "members": members,
            "matrices": self._value(matrices), "index": self._value(index), "x": self._value(x),
            "biases": self._optional(node, 3), "out": self._new(node.outputs[0]),
            "activation": self._activation(node),
        }  # fmt: skip
        work = count * rows * depth + self._finishing(node)
        self._call("indexedGemv", arguments, work=work)

    def _conv(self, node: Node) -> None:
        transposed = node.op == "ConvTranspose"
        attributes = node.attributes
        strides, pads = attributes.get("strides", [1, 1]), attributes.get("pads", [0] * 4)
        if (
            attributes.get("group", 1) != 1
            or set(attributes.get("dilations", [1])) != {1}
            or attributes.get("auto_pad", b"NOTSET") != b"NOTSET"
            or len(strides) != 2
            or len({*strides}) != 1
            or len({*pads}) != 1
        ):
            raise Refused(f"{node.op} that is grouped, dilated, or not the same on all sides")
        images, channels_in, height_in, width_in = self.graph.shape(node.inputs[0])
        _, channels_out, height_out, width_out = self.graph.shape(node.outputs[0])
        kernel_height, kernel_width = self.graph.shape(node.inputs[1])[2:]
        kernel, pad = kernel_height * kernel_width, pads[0]
        if transposed:
            places = height_in * width_in
            room = channels_out * kernel * places + kernel_width * (width_in + 8)
        else:
            places, depth = height_out * width_out, channels_in * kernel
            width = (width_in + 2 * pad + 11) // 4 * 4
            room = depth * places + channels_in * width * (height_in + 2 * pad)
        arguments: dict[str, Argument] = {
            "images": images, "channelsIn": channels_in, "channelsOut": channels_out,
            "heightIn": height_in, "widthIn": width_in,
            "heightOut": height_out, "widthOut": width_out,
            "kernelHeight": kernel_height, "kernelWidth": kernel_width,
            "stride": strides[0], "padding": pad,
            "x": self._value(node.inputs[0]), "weight": self._value(node.inputs[1]),
            "bias": self._optional(node, 2), "out": self._new(node.outputs[0]),
            "scratch": self._room(FLOAT_BYTES * room), "activation": self._activation(node),
        }  # fmt: skip
        products = images * channels_in * channels_out * kernel * places
        name = "convTranspose" if transposed else "conv"
        self._call(name, arguments, work=products + self._finishing(node))

    def _reduce(self, node: Node) -> None:
        shape = self.graph.shape(node.inputs[0])
        given = self.graph.constants[node.inputs[1]].values if len(node.inputs) > 1 else range(0)
        axes = sorted(int(axis) % len(shape) for axis in np.ravel(given)) or [*range(len(shape))]
        if axes != [*range(axes[0], axes[-1] + 1)] if axes else False:
            raise Refused(f"{node.op} over axes that do not lie side by side")
        first, last = (axes[0], axes[-1] + 1) if axes else (0, 0)
        size = prod(shape[first:last])
        arguments: dict[str, Argument] = {
            "outer": prod(shape[:first]), "size": size, "inner": prod(shape[last:]),
            "x": self._value(node.inputs[0]), "out": self._new(node.outputs[0]),
            "divisor": size if node.op == "ReduceMean" else 1,
            "squared": int(node.attributes.get("squared", 0)),
        }  # fmt: skip
        self._call("reduce", arguments, work=prod(shape))

    def _softmax(self, node: Node) -> None:
        shape = self.graph.shape(node.inputs[0])
        if node.attributes.get("axis", -1) not in {-1, len(shape) - 1}:
            raise Refused("Softmax along an axis that is not the last")
        arguments: dict[str, Argument] = {
            "rows": prod(shape[:-1]), "columns": shape[-1],
            "x": self._value(node.inputs[0]), "out": self._new(node.outputs[0]),
        }  # fmt: skip
        self._call("softmax", arguments, work=12 * prod(shape))

    def _transpose(self, node: Node) -> None:
        if list(node.attributes["perm"]) != [1, 0]:
            raise Refused("Transpose of more than two axes")
        rows, columns = self.graph.shape(node.inputs[0])
        arguments: dict[str, Argument] = {
            "rows": rows, "columns": columns,
            "x": self._value(node.inputs[0]), "out": self._new(node.outputs[0]),
        }  # fmt: skip
        self._call("transpose", arguments, work=rows * columns)

    def _gather(self, node: Node) -> None:
        data, index = node.inputs
        shape, axis = self.graph.shape(data), int(node.attributes.get("axis", 0))
        inner = FLOAT_BYTES * prod(shape[axis + 1 :])
        chosen = self.graph.constants.get(index)
        if chosen is not None:
            places = [int(place) % shape[axis] for place in np.ravel(chosen.values)]
            if len(places) == 1:
                self._part(data, node.outputs[0], axis, places[0], 1)
            else:
                self._chosen(data, node.outputs[0], axis, places)
            return
        if axis != 0:
            raise Refused("Gather along an axis that is not the first")
        self._note_members(index, shape[0])
        arguments: dict[str, Argument] = {
            "count": self.graph.size(index), "members": shape[0], "bytes": inner,
            "x": self._value(data), "index": self._value(index),
            "out": self._new(node.outputs[0]),
        }  # fmt: skip
        self._call("gather", arguments, work=self.graph.size(node.outputs[0]))

    def _chosen(self, whole: str, out: str, axis: int, places: Sequence[int]) -> None:
        """Fixed places of one axis, in any order and as often as they are named."""
        shape, x, made = self.graph.shape(whole), self._value(whole), self._new(out)
        outer, inner = prod(shape[:axis]), FLOAT_BYTES * prod(shape[axis + 1 :])
        for number, place in enumerate(places):
            part, target = (
                Ref(ref.buffer, ref.offset + inner * at) for ref, at in ((x, place), (made, number))
            )
            self._copy(part, target, inner, outer, inner * shape[axis], inner * len(places))

    def _note_members(self, index: str, members: int) -> None:
        name = self._value(index).root.name
        self.made.members[name] = min(members, self.made.members.get(name, members))

    def _split(self, node: Node) -> None:
        shape, start = self.graph.shape(node.inputs[0]), 0
        axis = int(node.attributes.get("axis", 0)) % len(shape)
        for name in node.outputs:
            length = self.graph.shape(name)[axis]
            self._part(node.inputs[0], name, axis, start, length)
            start += length

    def _slice(self, node: Node) -> None:
        shape = self.graph.shape(node.inputs[0])
        given = [self.graph.constants.get(name) for name in node.inputs[1:]]
        if any(one is None or one.values.size != 1 for one in given) or len(given) < 3:
            raise Refused("Slice at places that are not fixed, or along several axes")
        start, _, axis, *step = (int(one.values.item()) for one in given if one)
        if step not in ([], [1]):
            raise Refused("Slice that leaves places out")
        size = shape[axis]
        start = max(start + size, 0) if start < 0 else min(start, size)
        length = self.graph.shape(node.outputs[0])[axis]
        self._part(node.inputs[0], node.outputs[0], axis % len(shape), start, length)

    def _part(self, whole: str, out: str, axis: int, start: int, length: int) -> None:
        """`length` places of one axis: a view where they lie side by side, a copy elsewhere."""
        shape, x = self.graph.shape(whole), self._value(whole)
        outer, inner = prod(shape[:axis]), FLOAT_BYTES * prod(shape[axis + 1 :])
        part = Ref(x.buffer, x.offset + inner * start)
        if outer == 1:
            self.values[out] = part
        else:
            size = inner * length
            self._copy(part, self._new(out), size, outer, inner * shape[axis], size)

    def _concat(self, node: Node) -> None:
        (out,) = node.outputs
        shape = self.graph.shape(out)
        axis = int(node.attributes["axis"]) % len(shape)
        outer, inner = prod(shape[:axis]), FLOAT_BYTES * prod(shape[axis + 1 :])
        whole, offset = self._new(out), 0
        for name in node.inputs:
            part, size = self._value(name), inner * self.graph.shape(name)[axis]
            alone = part.offset == 0 and part.buffer.parent is None and part.buffer.size == size
            if outer == 1 and alone and part.buffer.kind == "temporary":
                part.buffer.parent, part.buffer.place = whole.buffer, offset
            else:
                target = Ref(whole.buffer, offset)
                self._copy(part, target, size, outer, size, inner * shape[axis])
            offset += size

    def _copy(
        self, x: Ref, out: Ref, size: int, count: int = 1, x_stride: int = 0, out_stride: int = 0
    ) -> None:
        arguments: dict[str, Argument] = {
            "count": count, "bytes": size, "x": x, "xStride": x_stride,
            "out": out, "outStride": out_stride,
        }  # fmt: skip
        self._call("copy", arguments, work=count * size // FLOAT_BYTES)

    def _adam(self, node: Node) -> None:
        keys = (
            "gradient", "momentum", "variance", "parameters", "momentumRate", "varianceDecay",
            "varianceRate", "varianceRoot", "epsilon", "stepSize",
        )  # fmt: skip
        refs = [self._value(name) for name in node.inputs]
        size = self.graph.size(node.inputs[0])
        arguments: dict[str, Any] = {"size": size, **dict(zip(keys, refs, strict=True))}
        states = keys[1:4]
        self._call("adam", arguments, states, work=20 * size)
        self.made.calls[-1].reads += refs[1:4]
        for name, key in zip(node.outputs, states, strict=True):
            self.values[name] = arguments[key]


def _folded(shape: Shape, inputs: Sequence[Shape]) -> list[tuple[int, tuple[int, ...]]]:
    """Sizes of the result's axes and each input's steps along them, in elements; 0 repeats.

    Axes that all inputs go along as one are one, those of size 1 are none.
    """
    steps = [_steps(shape, each) for each in inputs]
    folded: list[tuple[int, tuple[int, ...]]] = []
    for axis, size in enumerate(shape):
        step = tuple(each[axis] for each in steps)
        if size == 1:
            continue
        if folded and folded[-1][1] == tuple(size * each for each in step):
            folded[-1] = (folded[-1][0] * size, step)
        else:
            folded.append((size, step))
    return folded


def _steps(shape: Shape, given: Shape) -> list[int]:
    padded = (1,) * (len(shape) - len(given)) + given
    steps, step = [0] * len(shape), 1
    for axis in reversed(range(len(shape))):
        steps[axis] = step if padded[axis] > 1 else 0
        step *= padded[axis]
    return steps
