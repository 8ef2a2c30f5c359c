"""A plan as bytes: the length of a header, the header as JSON, and the weights behind it.

`site_assets/engine/plan.ts` reads it, and knows the header's type from here (`plan_header.ts`,
made by `UPDATE_GOLDEN=1 pytest tests/unit/test_generated_types.py`). Weights that float16 holds
without loss are stored so.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any, Literal, TypedDict

import numpy as np

from builder.plan.graph import INT32
from builder.plan.layout import START, Linear, Plan, PlannedPort, Weight


class EncodedPort(TypedDict):
    """An input or an output: where it begins in memory, and its sizes along each axis."""

    name: str
    dtype: Literal["float32", "int32"]
    at: Linear
    dims: Sequence[Linear]


class EncodedWeight(TypedDict):
    """Numbers that lie behind the header, and where they are laid in memory."""

    at: int
    size: int
    dtype: Literal["float32", "float16", "float64", "int32"]


class PlanHeader(TypedDict):
    """Where everything of a graph lies in memory, and which kernels it takes. Three numbers
    `[c, a, b]` mean c + a·n + b·k, with n rows and k steps.

    `start` is the address of the first call, `code` the calls with n and k left out, and `patches`
    are threes of numbers: a place in the code, and what is added there for each row and for each
    step. Memory from `temporaries` to `end` holds nothing between two runs. One run, or one step of
    a `loop` of k steps, takes about `work` multiplications."""

    start: int
    code: Sequence[int]
    patches: Sequence[int]
    inputs: Sequence[EncodedPort]
    outputs: Sequence[EncodedPort]
    weights: Sequence[EncodedWeight]
    temporaries: Linear
    end: Linear
    work: Linear
    loop: bool


def encode_plan(plan: Plan) -> bytes:
    """Little-endian: uint32 length, header, and the weights in order, each from a multiple of 4."""
    patches = [
        number
        for place, (_, rows, steps) in enumerate(plan.code)
        if rows or steps
        for number in (place, rows, steps)
    ]
    header: PlanHeader = {
        "start": START,
        "code": [constant for constant, _, _ in plan.code],
        "patches": patches,
        "inputs": _ports(plan.inputs),
        "outputs": _ports(plan.outputs),
        "weights": [
            {"at": weight.at, "size": weight.values.size, "dtype": _dtype(weight)}
            for weight in plan.weights
        ],
        "temporaries": plan.temporaries,
        "end": plan.end,
        "work": plan.work,
        "loop": plan.loop,
    }  # fmt: skip
    text = _padded(json.dumps(header, separators=(",", ":")).encode(), b" ")
    body = b"".join(
        _padded((weight.values.astype(np.float16) if weight.half else weight.values).tobytes())
        for weight in plan.weights
    )
    return len(text).to_bytes(4, "little") + text + body


def _ports(ports: Iterable[PlannedPort]) -> list[EncodedPort]:
    return [
        {
            "name": port.name,
            "dtype": "int32" if port.dtype == INT32 else "float32",
            "at": port.at,
            "dims": port.dims,
        }
        for port in ports
    ]


def _dtype(weight: Weight) -> Any:
    """One of those that `EncodedWeight` has: no other leaves the planner."""
    return "float16" if weight.half else weight.values.dtype.name


def _padded(data: bytes, filling: bytes = b"\0") -> bytes:
    return data + filling * (-len(data) % 4)
