"""Each kernel against numpy or torch: odd sizes, numbers that are none, infinities."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np
import onnx
import pytest
import torch
from torch.nn import functional

from builder.plan.graph import FLOAT
from builder.plan.lanes import MODULES
from builder.plan.layout import Plan, PlannedPort
from builder.plan.verify import Case
from tests import plans
from tests.plans import Array, model, node, normal, run, run_plan, vocabulary


@pytest.fixture(autouse=True, params=MODULES)
def both_modules(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test runs on the plain kernels and on the fused ones."""
    monkeypatch.setattr(plans, "running", request.param)


ODD = (1, 2, 3, 4, 5, 7, 8, 9, 13, 16, 17, 31)
EDGES = np.array(
    [0, -0.0, 1e-40, 1, -1, 20, -20, 80, -80, 88.7, -87.3, 100, -200, 1e30, -1e30,
     np.inf, -np.inf, np.nan, 3.5, -0.6, 0.62, -0.63, 1e-4], np.float32)  # fmt: skip


def close(found: Array, expected: Array, tolerance: float = 2e-6) -> None:
    """Equal up to rounding: relative to numbers above one; what is none is none in both."""
    assert found.shape == expected.shape
    np.testing.assert_array_equal(np.isnan(found), np.isnan(expected))
    infinite = np.isinf(expected)
    np.testing.assert_array_equal(found[infinite], expected[infinite])
    rest = np.isfinite(expected)
    difference = np.abs(found[rest].astype(np.float64) - expected[rest])
    assert (difference <= tolerance * np.maximum(1, np.abs(expected[rest]))).all()


def by_torch(function: Callable[[torch.Tensor], torch.Tensor], x: Array) -> Array:
    values: Array = function(torch.from_numpy(x.astype(np.float64))).numpy()
    return values


FUNCTIONS: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "Sigmoid": torch.sigmoid,
    "Exp": torch.exp,
    "Sqrt": torch.sqrt,
    "Neg": torch.neg,
    "Softplus": lambda x: functional.softplus(x, threshold=700),
    "Tanh": torch.tanh,
    "Relu": torch.relu,
    "Asin": torch.asin,
}


@pytest.mark.parametrize("op", FUNCTIONS)
def test_unary(op: str) -> None:
    data = model([node(op, ["x"], ["y"])], {"x": ["n"]}, ["y"])
    for size in ODD:
        x = normal(size, seed=size) * (0.3 if op == "Asin" else 3)
        close(run(data, x=x)["y"], by_torch(FUNCTIONS[op], x))
    found = run(data, x=EDGES)["y"]
    expected = by_torch(FUNCTIONS[op], EDGES)
    with np.errstate(over="ignore"):
        close(found, expected.astype(np.float32))


def test_exp_and_tanh_keep_their_relative_precision() -> None:
    x = np.linspace(-87, 88, 20_001).astype(np.float32)
    data = model([node("Exp", ["x"], ["y"]), node("Tanh", ["x"], ["t"])], {"x": ["n"]}, ["y", "t"])
    found = run(data, x=x)
    wide = x.astype(np.float64)
    assert np.max(np.abs(found["y"] / np.exp(wide) - 1)) < 3e-7
    small = np.geomspace(1e-6, 1, 2001).astype(np.float32)
    assert np.max(np.abs(run(data, x=small)["t"] / np.tanh(small.astype(np.float64)) - 1)) < 3e-7


def test_silu_and_its_gradient() -> None:
    """Alone, with its sigmoid, and the way back."""
    forward = [node("Sigmoid", ["x"], ["s"]), node("Mul", ["x", "s"], ["y"])]
    backward = [
        node("Sub", ["one", "s"], ["r"]),
        node("Mul", ["x", "r"], ["m"]),
        node("Add", ["m", "one"], ["slope"]),
        node("Mul", ["dy", "s"], ["d"]),
        node("Mul", ["d", "slope"], ["dx"]),
    ]
    one = {"one": np.array(1, np.float32)}
    alone = model(forward, {"x": ["n"]}, ["y"])
    both = model([*forward, *backward], {"x": ["n"], "dy": ["n"]}, ["y", "dx"], one)
    for size in ODD:
        x, dy = 3 * normal(size, seed=size), normal(size, seed=99)
        wide = torch.from_numpy(x.astype(np.float64)).requires_grad_()
        y = functional.silu(wide)
        (gradient,) = torch.autograd.grad(y, wide, torch.from_numpy(dy.astype(np.float64)))
        close(run(alone, x=x)["y"], y.detach().numpy())
        found = run(both, x=x, dy=dy)
        close(found["y"], y.detach().numpy())
        close(found["dx"], gradient.numpy())


@pytest.mark.parametrize("factor", [None, 0.25])
def test_gradient_of_a_sigmoid(factor: float | None) -> None:
    """Alone, and of what is scaled by a constant on its way back."""
    forward = [node("Sigmoid", ["x"], ["s"])]
    scaled = [node("Mul", ["dy", "factor"], ["g"])] if factor else []
    backward = [
        node("Sub", ["one", "s"], ["r"]),
        node("Mul", ["s", "r"], ["slope"]),
        node("Mul", ["g" if factor else "dy", "slope"], ["dx"]),
    ]
    constants = {"one": np.array(1, np.float32), "factor": np.array(factor or 1, np.float32)}
    data = model([*forward, *scaled, *backward], {"x": ["n"], "dy": ["n"]}, ["s", "dx"], constants)
    for size in ODD:
        x, dy = 3 * normal(size, seed=size), normal(size, seed=99)
        s = by_torch(torch.sigmoid, x)
        found = run(data, x=x, dy=dy)
        close(found["s"], s)
        close(found["dx"], (factor or 1) * dy * s * (1 - s))


def test_softplus_and_sigmoid_of_the_same_numbers() -> None:
    nodes = [node("Softplus", ["x"], ["y"]), node("Sigmoid", ["x"], ["s"])]
    data = model(nodes, {"x": ["n"]}, ["y", "s"])
    for x in (EDGES, *(4 * normal(size, seed=size) for size in ODD)):
        found = run(data, x=x)
        close(found["y"], by_torch(FUNCTIONS["Softplus"], x).astype(np.float32))
        close(found["s"], by_torch(torch.sigmoid, x))


@pytest.mark.parametrize("gradient", [False, True])
@pytest.mark.parametrize("factor", [None, 0.125])
def test_cross_entropy_and_what_comes_back_from_it(gradient: bool, factor: float | None) -> None:
    """As PyTorch says it of logits, summed over a row; what is no number stays in its row."""
    nodes = [
        node("Softplus", ["z"], ["p"]),
        node("Mul", ["x", "z"], ["xz"]),
        node("Sub", ["p", "xz"], ["cost"]),
        node("ReduceSum", ["cost", "axis"], ["loss"], keepdims=0),
    ]
    if gradient:
        nodes += [node("Sigmoid", ["z"], ["s"]), node("Sub", ["s", "x"], ["d" if factor else "dz"])]
        nodes += [node("Mul", ["d", "factor"], ["dz"])] if factor else []
    constants: dict[str, Array] = {
        "axis": np.array([1]), "factor": np.array(factor or 1, np.float32)
    }  # fmt: skip
    outputs = ["loss", "dz"] if gradient else ["loss"]

    def data(columns: int) -> bytes:
        return model(nodes, {"x": ["n", columns], "z": ["n", columns]}, outputs, constants)

    for columns in (*ODD, 128, 301):  # 128: so many are one product
        for rows in (1, 3, 5):
            x = np.abs(normal(rows, columns, seed=columns))
            z = 4 * normal(rows, columns, seed=rows)
            z[0, 0] = 60
            wide = torch.from_numpy(z.astype(np.float64)).requires_grad_()
            pixels = torch.from_numpy(x.astype(np.float64))
            loss = functional.binary_cross_entropy_with_logits(wide, pixels, reduction="none")
            loss.sum().backward()  # type: ignore[no-untyped-call]
            found = run(data(columns), x=x, z=z)
            close(found["loss"], loss.sum(1).detach().numpy())
            if gradient:
                assert wide.grad is not None
                close(found["dz"], (factor or 1) * wide.grad.numpy())
    x, z = np.ones((3, 5), np.float32), np.ones((3, 5), np.float32)
    z[1, 3] = np.nan
    for values in run(data(5), x=x, z=z).values():
        np.testing.assert_array_equal(np.isnan(values).reshape(3, -1).any(1), [False, True, False])


@pytest.mark.parametrize("op", ["ReduceSum", "ReduceMean"])
@pytest.mark.parametrize("factor", [None, 1.0, 0.125])
def test_squared_error_and_what_comes_back_from_it(op: str, factor: float | None) -> None:
    """Over a row; what is no number stays in its row."""
    nodes = [
        node("Sub", ["x", "y"], ["d"]),
        node("Mul", ["d", "d"], ["square"]),
        node(op, ["square", "axis"], ["loss"], keepdims=0),
    ]
    nodes += [node("Mul", ["d", "factor"], ["dx"])] if factor else []
    constants: dict[str, Array] = {
        "axis": np.array([1]), "factor": np.array(factor or 1, np.float32)
    }  # fmt: skip
    outputs = ["loss", "dx"] if factor else ["loss"]

    def data(columns: int) -> bytes:
        return model(nodes, {"x": ["n", columns], "y": ["n", columns]}, outputs, constants)

    for columns in (*ODD, 64):
        for rows in (1, 3, 5):
            x, y = normal(rows, columns, seed=columns), normal(rows, columns, seed=rows)
            found = run(data(columns), x=x, y=y)
            squares = (x.astype(np.float64) - y) ** 2
            close(found["loss"], squares.sum(1) / (columns if op == "ReduceMean" else 1))
            if factor:
                close(found["dx"], factor * (x.astype(np.float64) - y))
    x, y = np.ones((3, 5), np.float32), np.ones((3, 5), np.float32)
    x[1, 4], y[2, 0] = np.nan, np.inf
    found = run(data(5), x=x, y=y)
    np.testing.assert_array_equal(found["loss"], [0, np.nan, np.inf])


SHAPES = (
    ((5, 7), (5, 7)), ((5, 7), (7,)), ((5, 7), (5, 1)), ((5, 7), ()), ((), (5, 7)),
    ((5, 1), (1, 7)), ((2, 3, 5), (3, 1)), ((2, 1, 5), (3, 1)), ((3,), (3,)), ((), ()),
)  # fmt: skip
ARITHMETIC = {
    "Add": np.add, "Sub": np.subtract, "Mul": np.multiply, "Div": np.divide,
    "Max": np.maximum, "Min": np.minimum,
}  # fmt: skip


@pytest.mark.parametrize("op", ARITHMETIC)
@pytest.mark.parametrize("shapes", SHAPES, ids=str)
def test_binary(op: str, shapes: tuple[tuple[int, ...], tuple[int, ...]]) -> None:
    data = model([node(op, ["a", "b"], ["y"])], dict(zip("ab", shapes, strict=True)), ["y"])
    a, b = (normal(*shape, seed=seed) for seed, shape in enumerate(shapes))
    a, b = np.asarray(a, np.float32), np.asarray(b, np.float32)
    if b.size > 2:
        b.flat[1], b.flat[2] = np.nan, np.inf
    with np.errstate(divide="ignore", invalid="ignore"):
        expected = np.asarray(ARITHMETIC[op](a, b), np.float32)
    np.testing.assert_array_equal(run(data, a=a, b=b)["y"], expected)


def test_where_and_greater_choose() -> None:
    nodes = [node("Greater", ["x", "c"], ["g"]), node("Where", ["g", "x", "c"], ["y"])]
    data = model(nodes, {"x": ["n"], "c": []}, ["y"])
    x = np.array([1, -1, np.nan, np.inf, -np.inf, 0.5, 0.25], np.float32)
    found = run(data, x=x, c=np.array(0.25, np.float32))["y"]
    np.testing.assert_array_equal(found, np.where(x > 0.25, x, np.float32(0.25)))


def test_clip_to_a_range() -> None:
    limits = {"low": np.array(-0.5, np.float32), "high": np.array(0.75, np.float32)}
    data = model([node("Clip", ["x", "low", "high"], ["y"])], {"x": ["n"]}, ["y"], limits)
    x = normal(9)
    np.testing.assert_array_equal(run(data, x=x)["y"], np.clip(x, -0.5, 0.75))


@pytest.mark.parametrize("a_transposed", [0, 1])
@pytest.mark.parametrize("b_transposed", [0, 1])
@pytest.mark.parametrize("with_bias", [False, True])
def test_gemm(a_transposed: int, b_transposed: int, with_bias: bool) -> None:
    for rows, columns, depth in (
        (1, 1, 1), (1, 16, 3), (2, 5, 7), (3, 3, 9), (4, 8, 4), (5, 13, 2), (7, 2, 31),
        (9, 33, 17), (13, 1, 5), (6, 4, 1), (64, 31, 64), (1, 256, 7), (3, 260, 4), (7, 258, 9),
    ):  # fmt: skip
        a, b, c = normal(rows, depth, seed=1), normal(depth, columns, seed=2), normal(columns)
        given = {"a": a.T.copy() if a_transposed else a, "b": b.T.copy() if b_transposed else b}
        given |= {"c": c} if with_bias else {}
        gemm = node("Gemm", [*given], ["y"], transA=a_transposed, transB=b_transposed)
        data = model([gemm], {name: values.shape for name, values in given.items()}, ["y"])
        for spoilt in (False, True):
            if spoilt:
                a.flat[0] = given["a"].flat[0] = np.inf  # in all of the first row
            expected = a.astype(np.float64) @ b + (c if with_bias else 0)
            close(run(data, **given)["y"], expected, 1e-5)


def test_gemm_with_constant_weights_and_activation() -> None:
    """The weights are transposed once; what follows the product is done with it."""
    for width in ODD:
        w, b = normal(width, 6, seed=1).astype(np.float16).astype(np.float32), normal(width)
        for op, function in (("Sigmoid", torch.sigmoid), ("Tanh", torch.tanh)):
            nodes = [node("Gemm", ["x", "w", "b"], ["h"], transB=1), node(op, ["h"], ["y"])]
            data = model(nodes, {"x": ["n", 6]}, ["y"], {"w": w, "b": b})
            for rows in (1, 4, 7):
                x = normal(rows, 6, seed=rows)
                close(run(data, x=x)["y"], by_torch(function, x.astype(np.float64) @ w.T + b))


def test_a_network_chosen_for_each_row() -> None:
    w, b = normal(4, 5, 3, seed=1), normal(4, 1, 5, seed=2)
    constants = {"w": w, "b": b, "one": np.array([1]), "two": np.array([2])}
    nodes = [
        node("Gather", ["w", "i"], ["wi"]),
        node("Gather", ["b", "i"], ["bi"]),
        node("Squeeze", ["bi", "one"], ["bs"]),
        node("Unsqueeze", ["x", "two"], ["xu"]),
        node("MatMul", ["wi", "xu"], ["p"]),
        node("Squeeze", ["p", "two"], ["ps"]),
        node("Add", ["ps", "bs"], ["h"]),
        node("Sigmoid", ["h"], ["y"]),
    ]
    data = model(nodes, {"x": ["n", 3], "i": ["n"]}, ["y"], constants, ["i"])
    for count in (1, 2, 9):
        x, i = normal(count, 3, seed=count), (np.arange(count) * 3 % 4).astype(np.int32)
        expected = np.einsum("nok,nk->no", w[i].astype(np.float64), x) + b[i, 0]
        close(run(data, x=x, i=i)["y"], by_torch(torch.sigmoid, expected))


CONVOLUTIONS = (
    # channels in, channels out, height, width, kernel, stride, padding
    (1, 1, 5, 5, 3, 1, 1), (2, 3, 7, 6, 3, 1, 0), (3, 5, 8, 8, 4, 2, 1), (1, 4, 9, 7, 3, 2, 1),
    (2, 2, 6, 9, 1, 1, 0), (2, 1, 10, 10, 5, 3, 2), (4, 8, 16, 16, 4, 2, 1),
)  # fmt: skip
# Also an image of one place, and kernels that reach beyond the image that they make.
TRANSPOSED = (
    *CONVOLUTIONS,
    (2, 3, 1, 1, 6, 1, 1), (3, 1, 1, 1, 4, 3, 0), (2, 2, 9, 5, 2, 1, 1), (1, 2, 2, 2, 7, 1, 3),
)  # fmt: skip


@pytest.mark.parametrize("case", CONVOLUTIONS, ids=str)
@pytest.mark.parametrize("images", [1, 3])
def test_conv(case: tuple[int, ...], images: int) -> None:
    channels_in, channels_out, height, width, kernel, stride, padding = case
    w, b = normal(channels_out, channels_in, kernel, kernel, seed=1), normal(channels_out)
    x = normal(images, channels_in, height, width, seed=2)
    x.flat[-1] = np.nan
    conv = node("Conv", ["x", "w", "b"], ["y"], strides=[stride] * 2, pads=[padding] * 4)
    data = model([conv], {"x": ["n", *x.shape[1:]]}, ["y"], {"w": w, "b": b})
    wide = torch.from_numpy(x.astype(np.float64))
    weight, bias = (torch.from_numpy(values.astype(np.float64)) for values in (w, b))
    expected = functional.conv2d(wide, weight, bias, stride=stride, padding=padding)
    close(run(data, x=x)["y"], expected.numpy(), 1e-5)


@pytest.mark.parametrize("case", TRANSPOSED, ids=str)
@pytest.mark.parametrize("images", [1, 3])
def test_transposed_conv(case: tuple[int, ...], images: int) -> None:
    channels_in, channels_out, height, width, kernel, stride, padding = case
    w, b = normal(channels_in, channels_out, kernel, kernel, seed=1), normal(channels_out)
    x = normal(images, channels_in, height, width, seed=2)
    nodes = [
        node("ConvTranspose", ["x", "w", "b"], ["h"], strides=[stride] * 2, pads=[padding] * 4),
        node("Sigmoid", ["h"], ["s"]),
        node("Mul", ["h", "s"], ["y"]),
    ]
    data = model(nodes, {"x": ["n", *x.shape[1:]]}, ["y"], {"w": w, "b": b})
    wide = torch.from_numpy(x.astype(np.float64))
    weight, bias = (torch.from_numpy(values.astype(np.float64)) for values in (w, b))
    expected = functional.conv_transpose2d(wide, weight, bias, stride=stride, padding=padding)
    close(run(data, x=x)["y"], functional.silu(expected).numpy(), 1e-5)


@pytest.mark.parametrize("op", ["ReduceSum", "ReduceMean"])
@pytest.mark.parametrize("axes", [[0], [1], [2], [0, 1], [1, 2], [-1], []], ids=str)
@pytest.mark.parametrize("shape", [(3, 5, 7), (8, 1, 4), (2, 9, 13)], ids=str)
def test_reduce(op: str, axes: list[int], shape: tuple[int, ...]) -> None:
    constants = {"axes": np.array(axes)} if axes else {}
    reduce = node(op, ["x", *constants], ["y"], keepdims=1)
    data = model([reduce], {"x": shape}, ["y"], constants)
    x = normal(*shape)
    function = np.sum if op == "ReduceSum" else np.mean
    expected = np.asarray(function(x.astype(np.float64), axis=tuple(axes) or None, keepdims=True))
    close(run(data, x=x)["y"], expected)
    squares = [node("Mul", ["x", "x"], ["q"]), node(op, ["q", "axes"], ["y"], keepdims=1)]
    of_squares = model(squares, {"x": shape}, ["y"], {"axes": np.array(axes, np.int64)})
    wide = x.astype(np.float64) ** 2
    expected = np.asarray(function(wide, axis=tuple(axes) or None, keepdims=True))
    close(run(of_squares, x=x)["y"], expected)
    x.flat[0] = np.nan
    assert np.isnan(run(data, x=x)["y"].flat[0])
    assert np.isnan(run(of_squares, x=x)["y"].flat[0])


def test_softmax() -> None:
    data = model([node("Softmax", ["x"], ["y"], axis=-1)], {"x": ["n", 7]}, ["y"])
    for rows in (1, 3, 6):
        x = 50 * normal(rows, 7, seed=rows)
        close(run(data, x=x)["y"], by_torch(lambda v: torch.softmax(v, 1), x))
    x[0, 3] = np.nan
    assert np.isnan(run(data, x=x)["y"][0]).all()


def test_moving_numbers() -> None:
    """Transposed, gathered by row and by column, joined, repeated, split, cut out."""
    nodes = [
        node("Transpose", ["x"], ["t"], perm=[1, 0]),
        node("Gather", ["x", "i"], ["g"], axis=0),
        node("Gather", ["x", "two"], ["c"], axis=1),
        node("Gather", ["x", "several"], ["chosen"], axis=1),
        node("Concat", ["x", "g"], ["side"], axis=1),
        node("Concat", ["g", "x"], ["below"], axis=0),
        node("Expand", ["c", "shape"], ["many"]),
        node("Split", ["side", "widths"], ["left", "middle", "right"], axis=1),
        node("Split", ["x", "heights"], ["over", "under"], axis=0),
        node("Slice", ["x", "second", "six", "one"], ["columns"]),
        node("Slice", ["x", "last", "six", "zero"], ["rows"]),
    ]
    constants = {
        "two": np.array(2), "several": np.array([6, 0, 0, 3]),
        "shape": np.array([3, 5]), "widths": np.array([3, 4, 7]),
        "heights": np.array([2, 3]), "six": np.array([6]), "one": np.array([1]),
        "last": np.array([-2]), "zero": np.array([0]), "second": np.array([2]),
    }  # fmt: skip
    outputs = ["t", "g", "c", "side", "below", "many", "chosen"]
    outputs += ["left", "middle", "right", "over", "under", "columns", "rows"]
    data = model(nodes, {"x": [5, 7], "i": [5]}, outputs, constants, ["i"])
    x, i = normal(5, 7), np.array([4, 0, 0, 3, 1], np.int32)
    found = run(data, x=x, i=i)
    expected = {
        "t": x.T, "g": x[i], "c": x[:, 2], "side": np.hstack([x, x[i]]),
        "below": np.vstack([x[i], x]), "many": np.tile(x[:, 2], (3, 1)),
        "chosen": x[:, [6, 0, 0, 3]],
        "left": x[:, :3], "middle": x[:, 3:], "right": x[i], "over": x[:2], "under": x[2:],
        "columns": x[:, 2:6], "rows": x[-2:],
    }  # fmt: skip
    for name, values in expected.items():
        np.testing.assert_array_equal(found[name], values, name)


def test_single_numbers_in_double_precision() -> None:
    """1 − exp(t·log β) of Adam's bias correction, which float32 would lose."""
    nodes = [
        node("Cast", ["t"], ["w"], to=onnx.TensorProto.DOUBLE),
        node("Mul", ["w", "c"], ["m"]),
        node("Exp", ["m"], ["e"]),
        node("Sub", ["one", "e"], ["d"]),
        node("Sqrt", ["d"], ["r"]),
        node("Cast", ["r"], ["y"], to=onnx.TensorProto.FLOAT),
    ]
    constants = {"c": np.array(np.log(0.999)), "one": np.array(1.0)}
    data = model(nodes, {"t": []}, ["y"], constants)
    for t in (1, 2, 500):
        expected = np.float32(np.sqrt(1 - 0.999**t))
        found = run(data, t=np.array(t, np.float32))["y"]
        np.testing.assert_allclose(found, expected, rtol=2e-7)


def adam(g: Array, m: Array, v: Array, p: Array, step: int) -> tuple[Array, Array, Array]:
    """The kernel's new m, v and p after `step` steps, with torch's default rates and lr 0.1."""
    places = {name: 8192 + 256 * place for place, name in enumerate("gmvp")}
    rates = {
        "rate": 0.1, "decay": 0.999, "fresh": 0.001, "root": np.sqrt(1 - 0.999**step),
        "eps": 1e-8, "size": 0.1 / (1 - 0.9**step),
    }  # fmt: skip
    scalars = {name: 4096 + 256 + 16 * place for place, name in enumerate(rates)}
    operation = vocabulary().operations["adam"]
    arguments = [len(g), *places.values(), *scalars.values()]
    code = [operation.number, 2 + len(operation.arguments), *arguments]
    ports = [PlannedPort(name, FLOAT, (at, 0, 0), ((len(g), 0, 0),)) for name, at in places.items()]
    inputs = [PlannedPort(name, FLOAT, (at, 0, 0), ()) for name, at in scalars.items()]
    plan = Plan(
        code=tuple((number, 0, 0) for number in code),
        inputs=(*ports, *inputs), outputs=tuple(ports[1:]), weights=(),
        temporaries=(16384, 0, 0), end=(16384, 0, 0), work=(1, 0, 0), loop=False, members={},
    )  # fmt: skip
    given = dict(zip("gmvp", (g, m, v, p), strict=True))
    given |= {name: np.array(rate, np.float32) for name, rate in rates.items()}
    found = run_plan(plan, Case(given))[0]
    return found["m"], found["v"], found["p"]


def test_adam() -> None:
    """As torch's, step after step; what is no number stays none."""
    for size in ODD:
        p, m, v = normal(size), np.zeros(size, np.float32), np.zeros(size, np.float32)
        weights = torch.nn.Parameter(torch.from_numpy(p.copy()))
        optimiser = torch.optim.Adam([weights], lr=0.1)
        for step in range(1, 6):
            g = normal(size, seed=step)
            weights.grad = torch.from_numpy(g)
            optimiser.step()
            m, v, p = adam(g, m, v, p, step)
            close(p, weights.detach().numpy())
    g[0] = np.nan
    assert all(np.isnan(found[0]) for found in adam(g, m, v, p, 6))


def test_adam_leaves_no_numbers_that_are_slow() -> None:
    """Float32 below 1.2e-38 takes processors a hundred times longer; a dead pixel leads there."""
    tiny = np.array([0, 1e-40, -1e-39, 1e-30, -1e-21, 1e-19, 1e-12, 1], np.float32)
    states = (tiny, tiny, np.abs(tiny), tiny)
    for step in range(1, 50):
        g, m, v, p = states
        states = (g, *adam(g, m, v, p, step))
        for values, least in zip(states[1:], (2.0**-100, 2.0**-100, 2.0**-50), strict=True):
            assert ((values == 0) | (np.abs(values) >= least)).all()


def test_a_sigmoid_that_is_off_is_nothing() -> None:
    data = model([node("Sigmoid", ["x"], ["y"])], {"x": ["n"]}, ["y"])
    x = np.array([-29, -29.7, -31, -87, -1e30, -np.inf], np.float32)
    found = run(data, x=x)["y"]
    assert (found[:2] > 5e-14).all()
    np.testing.assert_array_equal(found[2:], 0)


@pytest.fixture(autouse=True)
def _quiet() -> object:
    """torch and numpy warn of the infinities that are meant."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
