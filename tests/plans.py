"""Small graphs as ONNX, their plans, and a run of these on the compiled kernels in Node."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, TypeAlias

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from builder.draw.figures import read_code
from builder.node.service import NodeService
from builder.plan.encode import encode_plan
from builder.plan.lanes import Module, Planning, Runner
from builder.plan.layout import Plan
from builder.plan.planner import load_model, plan_graph
from builder.plan.verify import Case
from builder.plan.vocabulary import OPERATIONS, Vocabulary, read_vocabulary
from builder.store.cache import Cache
from builder.store.effects import DiskEffects
from builder.store.memory import Memory
from tests.conftest import ROOT

Array: TypeAlias = NDArray[Any]
running: Module = "plain"
"""The kernels that plans run on; `both_modules` sets it."""
OPSET, IR = 18, 10


@cache
def vocabulary() -> Vocabulary:
    return read_vocabulary((ROOT / OPERATIONS).read_text("utf-8"))


@cache
def planning() -> Planning:
    """The kernels as builds compile and remember them."""
    effects = DiskEffects(ROOT)
    service = NodeService(ROOT / "site_assets", effects.log)
    cache = Cache(effects)
    code, _ = read_code(effects, cache, service, (), Memory())
    return Planning(effects, cache, service, code.of("kernels"))


def model(
    nodes: Sequence[onnx.NodeProto],
    inputs: Mapping[str, Sequence[int | str]],
    outputs: Sequence[str],
    constants: Mapping[str, Array] | None = None,
    integers: Sequence[str] = (),
) -> bytes:
    """An ONNX model; the shapes of its outputs are left to inference."""
    graph = helper.make_graph(
        list(nodes),
        "graph",
        [
            helper.make_tensor_value_info(
                name, TensorProto.INT32 if name in integers else TensorProto.FLOAT, shape
            )
            for name, shape in inputs.items()
        ],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs],
        [numpy_helper.from_array(values, name) for name, values in (constants or {}).items()],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR)
    inferred = onnx.shape_inference.infer_shapes(made, data_prop=True)
    data: bytes = inferred.SerializeToString()
    return data


def planned(data: bytes) -> Plan:
    return plan_graph(load_model(data), vocabulary())


def run(data: bytes, **inputs: Array) -> dict[str, Array]:
    """The outputs of one call; what it does to memory is checked besides."""
    return run_plan(planned(data), Case(inputs))[0]


def run_plan(plan: Plan, *cases: Case) -> list[dict[str, Array]]:
    return Runner(planning(), encode_plan(plan), running)(cases)


def normal(*shape: int, seed: int = 0) -> Array:
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


node = helper.make_node
