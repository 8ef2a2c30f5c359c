"""Turns a torch module into a small ONNX graph and proves that both compute the same.

A graph that differs from torch by more than the tolerance is never returned.
"""

import logging
import warnings
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

import numpy as np
import onnx
import onnxruntime
import torch
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn

from training.publish.card import Port

Array = NDArray[np.generic]

TOLERANCE = 1e-5
"""Largest allowed difference between an ONNX graph and the torch module, in output units."""

CHECKED_BATCHES = (1, 2, 7, 64)
REFERENCE_BATCHES = (1, 7)
"""Batch sizes whose inputs and torch outputs are kept for the tests."""

TRACED_BATCH = 251
"""Examples in the batch that graphs are traced with: a prime that divides no other size."""

HALF_MINIMUM_SIZE = 32
"""Constants with fewer numbers gain nothing from half precision."""


class ExportError(Exception):
    """A graph could not be exported or does not compute what torch computes."""


@dataclass(frozen=True)
class Reference:
    """Inputs of one call and what torch answered, by port name."""

    inputs: dict[str, Array]
    outputs: dict[str, Array]


@dataclass(frozen=True)
class Graph:
    """An ONNX model ready to publish, with the evidence that it equals its torch original."""

    model: onnx.ModelProto
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    max_abs_difference: float
    references: tuple[Reference, ...]
    tolerance: float = TOLERANCE


class Call(nn.Module):
    """Gives one method of a module (`encode`, `decode`) the forward pass that export wants."""

    def __init__(self, module: nn.Module, method: str) -> None:
        super().__init__()
        self.module = module
        self.method = method

    def forward(self, *inputs: Tensor) -> Tensor | tuple[Tensor, ...]:
        """The method's outputs."""
        outputs: Tensor | tuple[Tensor, ...] = getattr(self.module, self.method)(*inputs)
        return outputs


Sampler = Callable[[int, np.random.Generator], tuple[Array, ...]]
"""Draws the inputs of one call: (batch size, generator) → an array for each input port."""


def gaussian_sampler(inputs: Sequence[Port], scale: float = 2.0) -> Sampler:
    """Normal inputs of a spread wider than the prior's, for codes."""

    def sample(n: int, rng: np.random.Generator) -> tuple[Array, ...]:
        return tuple(
            (scale * rng.standard_normal(concrete_shape(port, n))).astype(np.float32)
            for port in inputs
        )

    return sample


def uniform_sampler(inputs: Sequence[Port]) -> Sampler:
    """Uniform inputs in 0..1, for images."""

    def sample(n: int, rng: np.random.Generator) -> tuple[Array, ...]:
        return tuple(rng.random(concrete_shape(port, n), dtype=np.float32) for port in inputs)

    return sample


def concrete_shape(port: Port, n: int) -> tuple[int, ...]:
    """The port's shape with its batch axis filled in."""
    return tuple(n if isinstance(size, str) else size for size in port.shape)


def export(
    module: nn.Module,
    inputs: Sequence[Port],
    outputs: Sequence[Port],
    sample: Sampler,
    seed: int = 0,
) -> Graph:
    """Export `module`, whose forward maps the input ports to the output ports, and check it.

    Raises ExportError if the result differs from torch by more than `TOLERANCE`, if a batch size
    does not pass, or if the exporter cannot carry the module.
    """
    module = module.eval()
    rng = np.random.default_rng(seed)
    example = tuple(torch.from_numpy(array) for array in sample(3, rng))
    model = shrink_to_half(strip(to_onnx(module, example, inputs, outputs)))
    onnx.checker.check_model(model, full_check=True)
    return check(model, module, inputs, outputs, sample, rng)


def with_weights(
    graph: Graph, old: nn.Module, new: nn.Module, module: nn.Module, sample: Sampler, seed: int = 0
) -> Graph:
    """The graph in which the weights of `old` are those of `new`, checked against `module`.

    For a further training of one network: what takes seconds to export, this does in milliseconds.
    Raises ExportError where a weight of `old` is not in the graph, upright or transposed, or if the
    result differs from `module`, as `export` does.
    """
    weights = [
        (number, turned(before), turned(after))
        for number, (before, after) in enumerate(zip(arrays(old), arrays(new), strict=True))
        for turned in (np.asarray, np.transpose)
    ]
    model = onnx.ModelProto()
    model.CopyFrom(graph.model)
    found = set()
    for constant in model.graph.initializer:
        values = numpy_helper.to_array(constant)
        for number, before, after in weights:
            if values.shape == before.shape and np.array_equal(values.astype(before.dtype), before):
                exchanged = np.ascontiguousarray(after, values.dtype)
                constant.CopyFrom(numpy_helper.from_array(exchanged, constant.name))
                found.add(number)
                break
    missing = [name for i, (name, _) in enumerate(old.named_parameters()) if i not in found]
    if missing:
        raise ExportError(f"the graph has no constant that is the weight {', '.join(missing)}")
    rng = np.random.default_rng(seed)
    return check(model, module.eval(), graph.inputs, graph.outputs, sample, rng)


def arrays(module: nn.Module) -> list[Array]:
    """Its weights."""
    return [parameter.detach().numpy() for parameter in module.parameters()]


def to_onnx(
    module: nn.Module,
    example: tuple[Tensor, ...],
    inputs: Sequence[Port],
    outputs: Sequence[Port],
) -> onnx.ModelProto:
    """The exporter's own result, with the leading axis of every input dynamic."""
    names = [port.name for port in inputs]
    batch = torch.export.Dim("n", min=1)
    axes = tuple({0: batch} for _ in example)
    dynamic = (axes,) if isinstance(module, Call) else axes
    return batched(module, example, names, [port.name for port in outputs], dynamic, names)


def batched(
    module: nn.Module,
    example: tuple[Tensor, ...],
    inputs: Sequence[str],
    outputs: Sequence[str],
    dynamic_shapes: Any,
    free: Collection[str],
) -> onnx.ModelProto:
    """The exporter's own result, with the leading axis of the inputs `free` dynamic: `n`.

    Torch traces three times as fast where it need not reason about an axis without a size. So the
    axis has a size at first that nothing else has, and loses it in the result. Where a constant
    depends on it, the module is traced once more as `dynamic_shapes` say.
    """
    sized = tuple(
        value[:1].expand(TRACED_BATCH, *value.shape[1:]).contiguous() if name in free else value
        for name, value in zip(inputs, example, strict=True)
    )
    model = exported(module, sized, inputs, outputs)
    if depends_on(model, TRACED_BATCH):
        return exported(module, example, inputs, outputs, dynamic_shapes)
    for value in (*model.graph.input, *model.graph.output):
        for axis in value.type.tensor_type.shape.dim:
            if axis.dim_value == TRACED_BATCH:
                axis.dim_param = "n"
    return model


def depends_on(model: onnx.ModelProto, size: int) -> bool:
    """Whether a constant has this size or a multiple of it, or names one, or divides by one."""
    constants = list(model.graph.initializer)
    for node in model.graph.node:
        for attribute in node.attribute:
            if attribute.type in (onnx.AttributeProto.GRAPH, onnx.AttributeProto.GRAPHS):
                return True  # a graph within: let torch say what it depends on
            if any(number and number % size == 0 for number in (attribute.i, *attribute.ints)):
                return True
            if attribute.type == onnx.AttributeProto.TENSOR:
                constants.append(attribute.t)
    return any(
        any(side and side % size == 0 for side in constant.dims)
        or _names(numpy_helper.to_array(constant), size)
        for constant in constants
    )


def _names(constant: Array, size: int) -> bool:
    """Whether whole numbers, or a single one of any kind, are a multiple of it or its inverse."""
    if constant.size > 1 and constant.dtype.kind != "i":
        return False
    numbers = constant.astype(np.float64).ravel()
    both = np.concatenate([numbers, 1 / numbers[numbers != 0]])
    near = both[np.abs(both - np.rint(both)) < 1e-3]
    return bool(np.any((np.rint(near) != 0) & (np.rint(near) % size == 0)))


def exported(
    module: nn.Module,
    example: tuple[Tensor, ...],
    inputs: Sequence[str],
    outputs: Sequence[str],
    dynamic_shapes: Any = None,
) -> onnx.ModelProto:
    """`torch.onnx.export` without its chatter. Raises ExportError, naming module and outputs."""
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    remember_translations()
    spare_idle_decompositions()
    leave_out_stack_traces()
    compare_operators_first()
    try:
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")
            program = torch.onnx.export(
                module,
                example,
                dynamo=True,
                verbose=False,
                dynamic_shapes=dynamic_shapes,
                input_names=list(inputs),
                output_names=list(outputs),
            )
    except torch.onnx.OnnxExporterError as error:
        raise ExportError(
            f"torch cannot export {type(module).__name__} to {', '.join(outputs)}: {error}"
        ) from error
    assert program is not None
    return program.model_proto


@cache
def remember_translations() -> None:
    """Let torch build its table of ONNX translations once a process.

    It parses the source of some five hundred functions anew for every export, more than half of
    the time that a small graph takes. The table is a constant of the pinned torch and onnxscript;
    where another version keeps it elsewhere, exports are slower and otherwise the same.
    """
    with suppress(ImportError, AttributeError):
        registry = import_module("torch.onnx._internal.exporter._registration").ONNXRegistry
        registry.from_torchlib = staticmethod(cache(registry.from_torchlib))


@cache
def spare_idle_decompositions() -> None:
    """Let torch decompose those programs only in which there is something to decompose.

    To replace operators that have no ONNX translation it traces the whole program once more, half
    of the time that an export takes. Where all have one and none works in place, what comes out is
    what went in, but for names of values. Assertions about free axes are dropped in any case.
    Where another version does this elsewhere, exports are slower and otherwise the same.
    """
    with suppress(ImportError, AttributeError):
        passes: Any = import_module("torch.onnx._internal.exporter._fx_passes")
        tables: Any = import_module("torch.onnx._internal.exporter._decomp")
        decompose = passes.decompose_with_registry
        known_to = cache(lambda registry: set(tables.get_onnx_implemented_overloads(registry)))

        def is_translated(operator: Any, registry: Any) -> bool:
            if not isinstance(operator, torch._ops.OpOverload):
                return True  # arithmetic of sizes
            if operator._schema.name.startswith("aten::_assert"):
                return True
            return operator in known_to(registry) and not operator._schema.is_mutable

        def decompose_if_needed(program: Any, registry: Any) -> Any:
            write_squares_as_powers(program)
            operators = {node.target for node in program.graph.nodes if node.op == "call_function"}
            idle = all(is_translated(operator, registry) for operator in operators)
            return program if idle else decompose(program, registry)

        passes.decompose_with_registry = decompose_if_needed


def write_squares_as_powers(program: Any) -> None:
    """Put x² as the power that torch would decompose it into, where it is all that needs it."""
    for node in program.graph.nodes:
        if node.target is torch.ops.aten.square.default:
            node.target = torch.ops.aten.pow.Tensor_Scalar
            node.args = (*node.args, 2)


@cache
def leave_out_stack_traces() -> None:
    """Let torch trace without noting, for each operator, which lines of Python called it."""
    with suppress(ImportError, AttributeError):
        config: Any = import_module("torch.fx.config")
        config.do_not_emit_stack_traces = True


@cache
def compare_operators_first() -> None:
    """Let onnxscript's optimiser look closer at a node only if its rule is about that operator.

    It tries each of its rules on each node, and prepares for a match before it looks at the name.
    Where another version matches elsewhere, exports are slower and otherwise the same.
    """
    with suppress(ImportError, AttributeError):
        matcher: Any = import_module("onnxscript.rewriter._matcher").SimplePatternMatcher
        result: Any = import_module("onnxscript.rewriter._basics").MatchResult
        match = matcher.match

        def match_if_named(self: Any, model: Any, graph: Any, node: Any, **options: Any) -> Any:
            if self.pattern.output_nodes[0].op.matches(node.op_type):
                return match(self, model, graph, node, **options)
            return result().fail("another operator")

        matcher.match = match_if_named


def strip(model: onnx.ModelProto) -> onnx.ModelProto:
    """Drop what only the exporter's authors read: metadata, doc strings, inner shapes."""
    graph = model.graph
    for holder in (*graph.node, *graph.input, *graph.output, *graph.initializer, graph, model):
        holder.ClearField("doc_string")
        holder.ClearField("metadata_props")
    graph.ClearField("value_info")
    return model


def round_to_half(module: nn.Module) -> None:
    """Round the weights to half precision, in place, so that their file is half as long.

    Do it before measuring: then the metrics are those of the model that readers get.
    """
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(parameter.half().float())


def shrink_to_half(model: onnx.ModelProto) -> onnx.ModelProto:
    """Store as float16, behind a cast, those float32 constants that lose nothing by it."""
    graph = model.graph
    casts = []
    for constant in graph.initializer:
        if constant.data_type != TensorProto.FLOAT:
            continue
        values = numpy_helper.to_array(constant)
        with np.errstate(over="ignore"):
            half = values.astype(np.float16)
        if values.size < HALF_MINIMUM_SIZE or not np.array_equal(half.astype(np.float32), values):
            continue
        name = constant.name
        constant.CopyFrom(numpy_helper.from_array(half, f"{name}.half"))
        casts.append(helper.make_node("Cast", [f"{name}.half"], [name], to=TensorProto.FLOAT))
    nodes = [*casts, *graph.node]
    graph.ClearField("node")
    graph.node.extend(nodes)
    return model


def check(
    model: onnx.ModelProto,
    module: nn.Module,
    inputs: Sequence[Port],
    outputs: Sequence[Port],
    sample: Sampler,
    rng: np.random.Generator,
) -> Graph:
    """Run model and module on the same random inputs, several batch sizes; raise or vouch."""
    session = inference_session(model.SerializeToString())
    worst = 0.0
    references = []
    for n in CHECKED_BATCHES:
        feeds = dict(zip([port.name for port in inputs], sample(n, rng), strict=True))
        expected = torch_outputs(module, feeds, outputs)
        try:
            answers = session.run([port.name for port in outputs], feeds)
        except Exception as error:
            raise ExportError(f"onnxruntime refuses a batch of {n}: {error}") from error
        for port, found in zip(outputs, answers, strict=True):
            worst = max(worst, difference(port, n, expected[port.name], np.asarray(found)))
        if n in REFERENCE_BATCHES:
            references.append(Reference(feeds, expected))
    return Graph(model, tuple(inputs), tuple(outputs), worst, tuple(references))


def inference_session(model: bytes) -> onnxruntime.InferenceSession:
    """A single-threaded onnxruntime session on the CPU."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3  # a diverging run is told by whoever runs it
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def torch_outputs(
    module: nn.Module, feeds: dict[str, Array], outputs: Sequence[Port]
) -> dict[str, Array]:
    """What torch answers, by output port."""
    with torch.no_grad():
        answer = module(*(torch.from_numpy(array) for array in feeds.values()))
    tensors = (answer,) if isinstance(answer, Tensor) else answer
    return {port.name: tensor.numpy() for port, tensor in zip(outputs, tensors, strict=True)}


def difference(port: Port, n: int, expected: Array, found: Array) -> float:
    """Largest absolute difference of one output; raises ExportError where it is too large."""
    declared = concrete_shape(port, n)
    if found.shape != declared or expected.shape != declared:
        raise ExportError(
            f"output '{port.name}' is declared {list(declared)}, torch gives "
            f"{list(expected.shape)} and the graph {list(found.shape)}"
        )
    worst = float(np.max(np.abs(found.astype(np.float64) - expected.astype(np.float64))))
    if not worst <= TOLERANCE:
        raise ExportError(
            f"output '{port.name}' differs from torch by {worst:.3g} at batch size "
            f"{n}; at most {TOLERANCE:g} is allowed"
        )
    return worst
