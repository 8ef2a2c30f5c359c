"""The weights of trained models, as tensors by name and inside their graphs."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TypeAlias

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import save

from builder.pack.taken import PARAMS, Layout

__all__ = ["named", "save", "split", "weights", "with_constant"]

Floats: TypeAlias = NDArray[np.float32]
Numbers: TypeAlias = NDArray[np.float32] | NDArray[np.float16]
HALF = ".half"
WRAPPED = re.compile(r"^(module|(chosen\.)?stack)\.")
"""What the export puts in front of the names in a network's class."""


def split(rows: bytes, layout: Layout) -> list[Floats]:
    """The flat parameters of each network."""
    size = sum(int(np.prod(shape)) for _, shape in layout)
    return list(np.frombuffer(rows, "<f4").reshape(-1, size))


def named(layout: Layout, row: Floats) -> dict[str, Numbers]:
    """The tensors of flat parameters."""
    ends = np.cumsum([int(np.prod(shape)) for _, shape in layout])
    parts = np.split(row, ends[:-1])
    return {
        name: _shortest(part).reshape(shape)
        for (name, shape), part in zip(layout, parts, strict=True)
    }


def _shortest(values: Floats) -> Numbers:
    """As float16 if nothing is lost by it; PyTorch makes them float32 again."""
    with np.errstate(over="ignore"):
        half = values.astype(np.float16)
    return half if np.array_equal(half.astype(np.float32), values) else values


def weights(graphs: Iterable[bytes], prefix: str) -> dict[str, Numbers]:
    """The constants of exported graphs that are weights, by their names in the network's class."""
    found = {}
    for graph in graphs:
        for constant in onnx.load_model_from_string(graph).graph.initializer:
            name = WRAPPED.sub("", constant.name.removesuffix(HALF))
            if "." in name:  # what the exporter adds has no dot in its name
                found[prefix + name] = numpy_helper.to_array(constant)
    return found


def with_constant(graph: bytes, row: Floats) -> bytes:
    """The graph with its weights inside."""
    model = onnx.load_model_from_string(graph)
    kept = [port for port in model.graph.input if port.name != PARAMS]
    model.graph.ClearField("input")
    model.graph.input.extend(kept)
    values = _shortest(row)
    if values.dtype == np.float16:
        nodes = list(model.graph.node)
        model.graph.ClearField("node")
        cast = helper.make_node("Cast", [PARAMS + HALF], [PARAMS], to=TensorProto.FLOAT)
        model.graph.node.extend([cast, *nodes])
    name = PARAMS if values is row else PARAMS + HALF
    model.graph.initializer.append(numpy_helper.from_array(values, name))
    given: bytes = model.SerializeToString(deterministic=True)
    return given
