"""What the planner makes of graphs, and what it refuses."""

from __future__ import annotations

import numpy as np
import pytest

from builder.plan.graph import Refused
from builder.plan.layout import Plan
from tests.plans import Array, model, node, normal, planned, run, vocabulary


def operations(plan: Plan) -> list[str]:
    """The calls of a plan by name."""
    names = {each.number: name for name, each in vocabulary().operations.items()}
    place, found = 0, []
    while place < len(plan.code):
        found.append(names[plan.code[place][0]])
        place += plan.code[place + 1][0]
    return found


def test_every_kernel_says_what_its_arguments_are() -> None:
    operations = vocabulary().operations
    assert sorted(each.number for each in operations.values()) == list(range(len(operations)))
    assert operations["softmax"].arguments == ("rows", "columns", "x", "out")
    assert vocabulary().functions["Unary"]["identity"] == 0


REFUSED = {
    "an unknown operator": ([node("Selu", ["x"], ["y"])], "no kernel for Selu"),
    "a grouped convolution": (
        [node("Conv", ["x", "w"], ["y"], group=2)],
        "Conv that is grouped",
    ),
    "softmax along the first axis": (
        [node("Softmax", ["x"], ["y"], axis=0)],
        "Softmax along an axis",
    ),
    "three axes turned": (
        [node("Transpose", ["x"], ["y"], perm=[0, 2, 3, 1])],
        "Transpose of more than two axes",
    ),
}


@pytest.mark.parametrize(("nodes", "reason"), REFUSED.values(), ids=REFUSED)
def test_what_no_kernel_does_is_refused_by_name(nodes: list[object], reason: str) -> None:
    data = model(nodes, {"x": ["n", 2, 4, 4]}, ["y"], {"w": normal(2, 1, 3, 3)})  # type: ignore[arg-type]
    with pytest.raises(Refused, match=reason):
        planned(data)


def test_a_number_of_rows_squared_is_refused() -> None:
    data = model([node("Gemm", ["x", "x"], ["y"], transB=1)], {"x": ["n", 3]}, ["y"])
    with pytest.raises(Refused, match="does not grow"):
        planned(data)


def test_two_open_sizes_are_refused() -> None:
    data = model([node("Add", ["x", "y"], ["z"])], {"x": ["n", 1], "y": ["m"]}, ["z"])
    with pytest.raises(Refused, match="several numbers of rows: m, n"):
        planned(data)


def test_what_is_no_model_is_refused() -> None:
    with pytest.raises(Refused, match="no ONNX model"):
        planned(b"\x2a\x2a\x2a")


def test_the_way_back_through_a_sigmoid_is_one_call() -> None:
    """Also where the loss's factor comes first; not where another needs what is between."""
    nodes = [
        node("Mul", ["dy", "factor"], ["g"]),
        node("Sub", ["one", "s"], ["r"]),
        node("Mul", ["r", "s"], ["slope"]),
        node("Mul", ["slope", "g"], ["dx"]),
    ]
    inputs: dict[str, list[int | str]] = {"s": ["n", 3], "dy": ["n", 3]}
    constants = {"one": np.array(1, np.float32), "factor": np.array(0.25, np.float32)}
    alone = planned(model(nodes, inputs, ["dx"], constants))
    assert operations(alone) == ["sigmoidGradient"]
    both = planned(model(nodes, inputs, ["dx", "g"], constants))
    assert operations(both) == ["binary", "sigmoidGradient"]
    another = [node("Mul", ["dy", "s"], ["g"]), *nodes[1:]]
    assert "sigmoidGradient" in operations(planned(model(another, inputs, ["dx"], constants)))


def test_what_follows_a_product_is_done_with_it() -> None:
    nodes = [
        node("MatMul", ["x", "w"], ["p"]),
        node("Add", ["p", "b"], ["h"]),
        node("Sigmoid", ["h"], ["s"]),
        node("Mul", ["h", "s"], ["y"]),
    ]
    data = model(nodes, {"x": ["n", 3]}, ["y"], {"w": normal(3, 5), "b": normal(5)})
    assert operations(planned(data)) == ["gemm"]


def test_a_value_that_leaves_the_graph_is_not_swallowed() -> None:
    nodes = [node("Gemm", ["x", "w"], ["h"]), node("Sigmoid", ["h"], ["y"])]
    w = normal(3, 5)
    data = model(nodes, {"x": ["n", 3]}, ["h", "y"], {"w": w})
    x = normal(4, 3, seed=1)
    found = run(data, x=x)
    np.testing.assert_allclose(found["h"], x @ w, atol=1e-6)
    np.testing.assert_allclose(found["y"], 1 / (1 + np.exp(-(x @ w))), atol=1e-6)


def test_an_input_is_never_overwritten() -> None:
    """x is read again after what is made of it."""
    nodes = [
        node("Exp", ["x"], ["e"]),
        node("Neg", ["e"], ["m"]),
        node("Add", ["m", "x"], ["s"]),
        node("Mul", ["s", "e"], ["y"]),
    ]
    x = normal(3, 5)
    found = run(model(nodes, {"x": ["n", 5]}, ["y"]), x=x)
    np.testing.assert_allclose(found["y"], (x - np.exp(x)) * np.exp(x), rtol=1e-5, atol=1e-6)


def test_sizes_that_a_graph_computes_are_known_beforehand() -> None:
    """And a one that is repeated to the size of x, for 1 − x, is read as one number."""
    nodes = [
        node("Shape", ["x"], ["rows"], start=0, end=1),
        node("Concat", ["rows", "width"], ["size"], axis=0),
        node("Expand", ["one", "size"], ["ones"]),
        node("Sub", ["ones", "x"], ["rest"]),
        node("Expand", ["b", "size"], ["biases"]),
        node("Mul", ["rest", "biases"], ["y"]),
        node("Expand", ["one", "size"], ["z"]),
    ]
    constants = {
        "width": np.array([3], np.int64),
        "one": np.array([1], np.float32),
        "b": normal(3),
    }
    data = model(nodes, {"x": ["n", 3]}, ["y", "z"], constants)
    assert operations(planned(data)) == ["binary"] * 4
    x = normal(5, 3, seed=2)
    found = run(data, x=x)
    np.testing.assert_allclose(found["y"], (1 - x) * constants["b"], rtol=1e-6)
    np.testing.assert_array_equal(found["z"], np.ones((5, 3)))


def test_temporaries_share_memory() -> None:
    """A chain of any length needs no more than a few places."""
    nodes = [node("Exp", [f"v{i}"], [f"v{i + 1}"]) for i in range(30)]
    plan = planned(model(nodes, {"v0": ["n", 8]}, ["v30"]))
    per_row = plan.end[1] - plan.temporaries[1]
    assert per_row <= 2 * 4 * 8


def test_a_value_joined_twice_is_there_twice() -> None:
    nodes = [node("Exp", ["x"], ["e"]), node("Concat", ["e", "e", "x"], ["y"], axis=0)]
    x = normal(4)
    found = run(model(nodes, {"x": [4]}, ["y"]), x=x)["y"]
    np.testing.assert_allclose(found, np.concatenate([np.exp(x), np.exp(x), x]), rtol=1e-6)


def test_softplus_by_a_threshold_is_softplus() -> None:
    """As PyTorch exports it, and its derivative."""
    nodes = [
        node("Softplus", ["x"], ["p"]),
        node("Greater", ["x", "t"], ["g"]),
        node("Where", ["g", "x", "p"], ["y"]),
        node("Exp", ["x"], ["e"]),
        node("Mul", ["c", "e"], ["a"]),
        node("Add", ["e", "one"], ["b"]),
        node("Div", ["a", "b"], ["d"]),
        node("Where", ["g", "c", "d"], ["dx"]),
    ]
    constants = {
        name: np.array(value, np.float32) for name, value in (("t", 20), ("c", 0.5), ("one", 1))
    }
    data = model(nodes, {"x": ["n"]}, ["y", "dx"], constants)
    assert operations(planned(data)) == ["softplusAndSigmoid", "binary"]
    x = np.array([-30, -1, 0, 1, 19.9, 20.1, 95], np.float32)
    found = run(data, x=x)
    np.testing.assert_allclose(found["y"], np.logaddexp(0, x.astype(np.float64)), rtol=1e-6)
    np.testing.assert_allclose(found["dx"], 0.5 / (1 + np.exp(-x.astype(np.float64))), rtol=1e-6)


CROSS_ENTROPY = [
    node("Softplus", ["z"], ["p"]),
    node("Sigmoid", ["z"], ["s"]),
    node("Mul", ["z", "x"], ["xz"]),
    node("Sub", ["p", "xz"], ["cost"]),
    node("ReduceSum", ["cost", "axis"], ["loss"], keepdims=0),
    node("Sub", ["s", "x"], ["difference"]),
    node("Mul", ["eighth", "difference"], ["dz"]),
]


@pytest.mark.parametrize(
    ("outputs", "axis", "calls"),
    [
        (["loss", "dz"], 1, ["crossEntropy"]),
        (["loss", "dz"], -1, ["crossEntropy"]),
        (["loss"], 1, ["crossEntropy"]),
        (["loss", "difference"], 1, ["crossEntropy"]),
        # somebody else reads what would not be there any more, or the sum is another one
        (["loss", "dz", "s"], 1, ["softplusAndSigmoid", "binary", "binary", "reduce"]),
        (["loss", "cost"], 1, ["unary", "binary", "binary", "reduce"]),
        (["loss", "dz"], 0, ["softplusAndSigmoid", "binary", "binary", "reduce"]),
    ],
)
def test_a_cross_entropy_is_one_call(outputs: list[str], axis: int, calls: list[str]) -> None:
    constants: dict[str, Array] = {"axis": np.array([axis]), "eighth": np.array(0.125, np.float32)}
    data = model(CROSS_ENTROPY, {"x": [3, 5], "z": [3, 5]}, outputs, constants)
    assert operations(planned(data))[: len(calls)] == calls
    x, z = np.abs(normal(3, 5, seed=1)), 2 * normal(3, 5, seed=2)
    sigmoid, cost = 1 / (1 + np.exp(-z)), np.logaddexp(0, z) - x * z
    expected = {
        "loss": cost.sum(axis), "cost": cost, "s": sigmoid,
        "difference": sigmoid - x, "dz": 0.125 * (sigmoid - x),
    }  # fmt: skip
    for name, values in run(data, x=x, z=z).items():
        np.testing.assert_allclose(values, expected[name], rtol=1e-5, atol=1e-6)


SQUARED_ERROR = [
    node("Exp", ["y"], ["made"]),
    node("Sub", ["made", "x"], ["difference"]),
    node("Mul", ["difference", "difference"], ["square"]),
    node("ReduceMean", ["square", "axis"], ["loss"], keepdims=0),
    node("Mul", ["difference", "eighth"], ["dx"]),
    node("Exp", ["difference"], ["e"]),
]


@pytest.mark.parametrize(
    ("outputs", "axis", "calls"),
    [
        (["loss"], 1, ["unary", "squaredError"]),
        (["loss", "dx"], -1, ["unary", "squaredError"]),
        (["loss", "difference"], 1, ["unary", "squaredError"]),
        (["dx", "loss"], 1, ["unary", "squaredError"]),
        # somebody else reads the difference as it is
        (["loss", "e"], 1, ["unary", "squaredError", "unary"]),
        (["loss", "dx", "e"], 1, ["unary", "squaredError", "binary", "unary"]),
        (["loss", "dx", "difference"], 1, ["unary", "squaredError", "binary"]),
        # or the squares, or the sum is another one
        (["loss", "square"], 1, ["unary", "binary", "binary", "reduce"]),
        (["loss", "dx"], 0, ["unary", "binary", "reduce", "binary"]),
    ],
)
def test_a_squared_error_is_one_call(outputs: list[str], axis: int, calls: list[str]) -> None:
    constants: dict[str, Array] = {"axis": np.array([axis]), "eighth": np.array(0.125, np.float32)}
    data = model(SQUARED_ERROR, {"x": [3, 5], "y": [3, 5]}, outputs, constants)
    assert operations(planned(data))[: len(calls)] == calls
    x, y = normal(3, 5, seed=1), normal(3, 5, seed=2)
    difference = np.exp(y) - x
    expected = {
        "loss": (difference**2).mean(axis), "square": difference**2, "difference": difference,
        "dx": 0.125 * difference, "e": np.exp(difference),
    }  # fmt: skip
    for name, values in run(data, x=x, y=y).items():
        np.testing.assert_allclose(values, expected[name], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("columns", [1, 2, 3, 4, 5])
def test_a_squared_error_may_lie_where_its_operands_did(columns: int) -> None:
    """In narrow rows both results are as large as what they are made from, to alignment."""
    nodes = [
        node("Exp", ["x"], ["t"]),
        SQUARED_ERROR[0],
        node("Sub", ["made", "t"], ["difference"]),
        *SQUARED_ERROR[2:5],
        node("Neg", ["dx"], ["end"]),
        node("Neg", ["loss"], ["cost"]),
    ]
    constants: dict[str, Array] = {"axis": np.array([1]), "eighth": np.array(0.125, np.float32)}
    inputs = {"x": ["n", columns], "y": ["n", columns]}
    data = model(nodes, inputs, ["cost", "end"], constants)
    assert "squaredError" in operations(planned(data))
    for rows in (1, 3, 50):
        x, y = normal(rows, columns, seed=1), normal(rows, columns, seed=2)
        found = run(data, x=x, y=y)
        difference = np.exp(y) - np.exp(x)
        np.testing.assert_allclose(found["cost"], -(difference**2).mean(1), rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(found["end"], -0.125 * difference, rtol=1e-5, atol=1e-6)


def test_a_difference_from_one_row_is_no_squared_error() -> None:
    constants: dict[str, Array] = {"axis": np.array([1]), "eighth": np.array(0.125, np.float32)}
    data = model(SQUARED_ERROR, {"x": [3, 5], "y": [5]}, ["loss", "dx"], constants)
    assert "squaredError" not in operations(planned(data))
    x, y = normal(3, 5, seed=1), normal(5, seed=2)
    found = run(data, x=x, y=y)
    np.testing.assert_allclose(found["loss"], ((np.exp(y) - x) ** 2).mean(1), rtol=1e-5)
    np.testing.assert_allclose(found["dx"], 0.125 * (np.exp(y) - x), rtol=1e-5, atol=1e-6)


def test_a_loss_and_what_comes_back_from_it_take_few_passes() -> None:
    """Squares are summed as they are read, factors become one, a·c − b·c is one difference."""
    nodes = [
        node("Mul", ["x", "x"], ["q"]),
        node("ReduceMean", ["q", "axis"], ["loss"], keepdims=0),
        node("Mul", ["x", "two"], ["m"]),
        node("Mul", ["half", "m"], ["once"]),
        node("Mul", ["x", "minus"], ["a"]),
        node("Mul", ["two", "y"], ["b"]),
        node("Add", ["a", "b"], ["difference"]),
    ]
    values = {"two": 2, "half": 0.25, "minus": -2}
    constants: dict[str, Array] = {
        name: np.array(value, np.float32) for name, value in values.items()
    }
    constants["axis"] = np.array([1])
    inputs = {"x": ["n", 5], "y": ["n", 5]}
    data = model(nodes, inputs, ["loss", "once", "difference"], constants)
    assert operations(planned(data)) == ["reduce", "binary", "binary", "binary"]
    x, y = normal(7, 5), normal(7, 5, seed=1)
    found = run(data, x=x, y=y)
    np.testing.assert_allclose(found["loss"], (x * x).mean(axis=1), rtol=1e-6)
    np.testing.assert_array_equal(found["once"], 0.5 * x)
    np.testing.assert_allclose(found["difference"], 2 * (y - x), rtol=1e-6, atol=1e-7)
