"""What the check of a plan finds: each plan here is spoilt in another way."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

from builder.node.service import ServiceError
from builder.plan.encode import encode_plan
from builder.plan.lanes import Runner
from builder.plan.layout import Linear, Plan
from builder.plan.verify import PlanError, Tensors, verify
from tests.plans import (
    IR,
    OPSET,
    model,
    node,
    normal,
    planned,
    planning,
    vocabulary,
)


def network() -> bytes:
    """Two layers."""
    constants = {"w": normal(5, 3, seed=1), "b": normal(5), "v": normal(2, 5, seed=2)}
    nodes = [
        node("Gemm", ["x", "w", "b"], ["h"], transB=1),
        node("Exp", ["h"], ["e"]),
        node("Gemm", ["e", "v"], ["y"], transB=1),
    ]
    return model(nodes, {"x": ["n", 3]}, ["y"], constants)


def training() -> bytes:
    """p ← p − rate·(p − x[i]) for k steps; the loss is the sum of the squared differences."""
    float_, int_ = TensorProto.FLOAT, TensorProto.INT32
    value = helper.make_tensor_value_info
    body = helper.make_graph(
        [
            node("Gather", ["x_all", "i"], ["row"]),
            node("Squeeze", ["row", "zero"], ["target"]),
            node("Sub", ["p", "target"], ["d"]),
            node("Mul", ["d", "d"], ["q"]),
            node("ReduceSum", ["q"], ["loss"], keepdims=0),
            node("Mul", ["rate", "d"], ["change"]),
            node("Sub", ["p", "change"], ["p_next"]),
        ],
        "body",
        [value("p", float_, [3]), value("i", int_, [1])],
        [value("p_next", float_, [3]), value("loss", float_, [])],
        [numpy_helper.from_array(np.array([0]), "zero")],
    )
    scan = node("Scan", ["params", "index"], ["params_out", "losses"], num_scan_inputs=1, body=body)
    graph = helper.make_graph(
        [scan],
        "graph",
        [
            value("params", float_, [3]), value("index", int_, ["k", 1]),
            value("x_all", float_, ["m", 3]), value("rate", float_, []),
        ],
        [value("params_out", float_, [3]), value("losses", float_, ["k"])],
    )  # fmt: skip
    opsets = [helper.make_opsetid("", OPSET)]
    made: bytes = helper.make_model(graph, opset_imports=opsets, ir_version=IR).SerializeToString()
    return made


def start() -> Tensors:
    index = (np.arange(500) % 7).astype(np.int32).reshape(500, 1)
    return {"x_all": normal(7, 3), "rate": np.array(0.1, np.float32), "index": index}


def check(data: bytes, plan: Plan) -> float:
    """Of two runs the first is of the plan as it should be."""
    runs = [Runner(planning(), encode_plan(each), "fused") for each in (planned(data), plan)]
    return verify(data, plan, start() if plan.loop else {}, runs)


def changed(plan: Plan, operation: str, argument: str, value: Linear) -> Plan:
    """The plan with an argument of the first call of an operation replaced."""
    found = vocabulary().operations[operation]
    place, code = 0, list(plan.code)
    while code[place][0] != found.number:
        place += code[place + 1][0]
    code[place + 2 + found.arguments.index(argument)] = value
    return replace(plan, code=tuple(code))


def test_sound_plans_pass() -> None:
    for data in (network(), training()):
        assert 0 <= check(data, planned(data)) <= 1


SPOILT = {
    "another bias": ("gemm", "bias", (0, 0, 0), "differs from native"),
    "one row fewer": ("gemm", "rows", (-1, 1, 0), "depends on what memory held|differs"),
    "over weights": ("unary", "out", (0, 0, 0), r"over its own calls or weights|what memory held"),
}


@pytest.mark.parametrize(("operation", "argument", "value", "told"), SPOILT.values(), ids=SPOILT)
def test_spoilt_plans_are_found(operation: str, argument: str, value: Linear, told: str) -> None:
    plan = planned(network())
    if argument == "out":
        value = (plan.weights[0].at, 0, 0)
    with pytest.raises((PlanError, ServiceError), match=told):
        check(network(), changed(plan, operation, argument, value))


def test_what_is_written_behind_the_end_is_found() -> None:
    """The last temporary begins so late that it ends behind the plan."""
    plan = planned(network())
    short = replace(plan, end=(plan.temporaries[0], plan.temporaries[1], 0))
    with pytest.raises(ServiceError, match="beyond its end"):
        check(network(), short)


def test_memory_from_the_last_run_is_found() -> None:
    """A call left out: its result is whatever the temporaries held."""
    nothing = changed(planned(network()), "gemm", "rows", (0, 0, 0))
    with pytest.raises((PlanError, ServiceError), match=r"what memory held|differs|finite"):
        check(network(), nothing)


def test_a_step_that_does_not_hand_on_its_state_is_found() -> None:
    plan = planned(training())
    with pytest.raises(PlanError, match=r"calls of 20 steps|differs from native"):
        check(training(), changed(plan, "copy", "bytes", (8, 0, 0)))


def test_another_function_is_found() -> None:
    data = model([node("Relu", ["x"], ["y"])], {"x": ["n", 3]}, ["y"])
    plan = planned(data)
    zero = vocabulary().functions["Unary"]["identity"]
    with pytest.raises(PlanError, match="differs"):
        check(data, changed(plan, "unary", "function", (zero, 0, 0)))
