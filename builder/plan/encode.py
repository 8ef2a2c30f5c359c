"""A plan as bytes: the length of a header, the header as JSON, and the weights behind it.

`site_assets/engine/plan.ts` reads it. Weights that float16 holds without loss are stored so.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import numpy as np

from builder.plan.graph import INT32
from builder.plan.layout import START, Linear, Plan, PlannedPort, Weight


def encode_plan(plan: Plan) -> bytes:
    """Little-endian: uint32 length, header, and the weights in order, each from a multiple of 4."""
    patches = [
        number
        for place, (_, rows, steps) in enumerate(plan.code)
        if rows or steps
        for number in (place, rows, steps)
    ]
    header: dict[str, Any] = {
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


def _ports(ports: Iterable[PlannedPort]) -> list[dict[str, Any]]:
    def described(port: PlannedPort) -> dict[str, Any]:
        dtype = "int32" if port.dtype == INT32 else "float32"
        dims: list[Linear] = list(port.dims)
        return {"name": port.name, "dtype": dtype, "at": port.at, "dims": dims}

    return [described(port) for port in ports]


def _dtype(weight: Weight) -> str:
    return "float16" if weight.half else weight.values.dtype.name


def _padded(data: bytes, filling: bytes = b"\0") -> bytes:
    return data + filling * (-len(data) % 4)
