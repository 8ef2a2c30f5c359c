"""A plan is published only if it computes what native ONNX Runtime computes.

Inference graphs run on one, two, several and a thousand rows of random numbers, on zeros, on huge
numbers and on numbers that are none. Training steps run for 500 steps beside ONNX Runtime, and
give the same bits in calls of 1, 20 and 60 steps. In every case (but the long run) temporaries are
filled with NaN beforehand, which must change no bit, and memory around the plan must stay as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any, TypeAlias

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from builder.plan.graph import INT32
from builder.plan.layout import Plan, PlannedPort

Tensor: TypeAlias = NDArray[Any]
Tensors: TypeAlias = Mapping[str, Tensor]

TOLERANCE = 1e-5
"""Largest allowed |plan − native| / max(1, |native|) of an output."""
LOSS_TOLERANCE = 1e-4
"""The same of a loss in 500 steps of training, relative."""
STATE_TOLERANCE = 1e-4
"""The same of a parameter or moment after these steps, absolute: training amplifies rounding."""
STEPS, STEPS_A_CALL = 500, 20
ROWS = (1, 2, 7, 1000)
EQUAL_CALLS = (1, 20, 60)
HUGE = 1e30
SEED = 1


@dataclass(frozen=True)
class Case:
    """One call: what goes in, and which inputs are outputs of the call before."""

    inputs: Tensors
    carry: Mapping[str, str] = field(default_factory=dict)
    clean: bool = True
    """Whether it is looked at what else the call does to memory."""


Run: TypeAlias = Callable[[Sequence[Case]], Sequence[Tensors]]
"""Runs the plan for each case and gives the outputs by name; raises PlanError if it cannot."""


class PlanError(Exception):
    """The plan computes something else, or writes where it must not."""


def verify(model: bytes, plan: Plan, start: Tensors, runs: Sequence[Run]) -> float:
    """The largest difference found, in units of its tolerance. Raises PlanError where it is > 1.

    `start` holds inputs of a training step for which random numbers would be no training. All of
    `runs`, ways to run the same plan, are compared with one native run.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 4  # that numbers are huge or none is meant
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    names = [port.name for port in session.get_outputs()]

    def native(inputs: Tensors) -> Tensors:
        return dict(zip(names, session.run(names, dict(inputs)), strict=True))

    generator = np.random.default_rng(SEED)
    if plan.loop:
        return _verify_training(plan, start, generator, native, runs)
    return _verify_inference(plan, generator, native, runs)


def _verify_inference(
    plan: Plan,
    generator: np.random.Generator,
    native: Callable[[Tensors], Tensors],
    runs: Sequence[Run],
) -> float:
    batches = {f"{rows} rows": _random(plan, rows, 1, generator) for rows in ROWS}
    batches["zeros"] = _changed(batches["7 rows"], lambda values: values * 0)
    batches["huge numbers"] = _changed(batches["7 rows"], lambda values: np.sign(values) * HUGE)
    batches["no numbers"] = _changed(batches["7 rows"], _with_nan)
    found = [run([Case(inputs) for inputs in batches.values()]) for run in runs]
    worst = 0.0
    for (what, inputs), *each in zip(batches.items(), *found, strict=True):
        expected = native(inputs)
        for outputs, (name, reference) in product(each, expected.items()):
            output = outputs[name]
            if output.shape != reference.shape:
                raise PlanError(f"{what}: '{name}' has shape {output.shape}, not {reference.shape}")
            if what == "no numbers":
                _require_nan(name, output, reference, inputs)
                continue
            scale = np.maximum(1, np.abs(reference))
            if what == "huge numbers":
                scale = np.full_like(scale, max(1, np.abs(_finite(reference)).max(initial=0)))
            worst = max(worst, _difference(f"{what}: '{name}'", output, reference, scale))
    return worst


def _difference(what: str, found: Tensor, expected: Tensor, scale: Tensor) -> float:
    """The largest difference in units of the tolerance; what is no number must be none in both."""
    numbers = np.isfinite(expected)
    if not np.array_equal(np.isfinite(found), numbers):
        raise PlanError(f"{what} is finite where native ONNX Runtime's is not, or the other way")
    difference = np.abs(found[numbers].astype(np.float64) - expected[numbers])
    worst = float((difference / scale[numbers]).max(initial=0)) / TOLERANCE
    if worst > 1:
        raise PlanError(f"{what} differs from native ONNX Runtime by {worst * TOLERANCE:.2g}")
    return worst


def _require_nan(name: str, found: Tensor, expected: Tensor, inputs: Tensors) -> None:
    """Where the native result is NaN, the plan's is not finite; no row's NaN spreads to others."""
    if np.any(np.isnan(expected) & np.isfinite(found)):
        raise PlanError(f"'{name}' swallows numbers that are none")
    rows = {len(values) for values in inputs.values() if values.ndim > 0 and len(values) == 7}
    if rows != {len(found)} if found.ndim else True:
        return
    tainted = np.zeros(len(found), bool)
    for values in inputs.values():
        if values.ndim > 0 and len(values) == len(found):
            tainted |= ~np.isfinite(values.reshape(len(values), -1)).all(axis=1)
        elif not np.isfinite(values).all():
            return
    if not np.isfinite(found[~tainted]).all():
        raise PlanError(f"'{name}' has numbers that are none in rows whose inputs all are numbers")


def _verify_training(
    plan: Plan,
    start: Tensors,
    generator: np.random.Generator,
    native: Callable[[Tensors], Tensors],
    runs: Sequence[Run],
) -> float:
    carry = _states(plan)
    inputs = {**_random(plan, 1, STEPS, generator), **start}
    per_step = [port.name for port in plan.inputs if port.dims and port.dims[0][2] == 1]
    for run in runs:
        _require_equal_calls(plan, inputs, per_step, carry, run)
    calls = [
        _slice(inputs, per_step, first, STEPS_A_CALL) for first in range(0, STEPS, STEPS_A_CALL)
    ]
    cases = [
        Case(call if index == 0 else _without(call, carry), carry if index else {}, clean=index < 2)
        for index, call in enumerate(calls)
    ]
    found = [run(cases) for run in runs]
    worst, state = 0.0, {name: inputs[name] for name in carry}
    for index, (call, *each) in enumerate(zip(calls, *found, strict=True)):
        expected = native({**call, **state})
        state = {name: expected[output] for name, output in carry.items()}
        for outputs, (name, reference) in product(each, expected.items()):
            last = index == len(calls) - 1
            if name in carry.values() and not last:
                continue
            tolerance = STATE_TOLERANCE if name in carry.values() else LOSS_TOLERANCE
            scale = np.full_like(reference, 1) if name in carry.values() else np.abs(reference)
            difference = np.abs(outputs[name].astype(np.float64) - reference)
            ratio = float((difference / (scale * tolerance)).max(initial=0))
            if not ratio <= 1:
                raise PlanError(
                    f"'{name}' differs from native ONNX Runtime by {ratio * tolerance:.2g} "
                    f"within {STEPS_A_CALL * (index + 1)} steps"
                )
            worst = max(worst, ratio)
    return worst


def _require_equal_calls(
    plan: Plan,
    inputs: Tensors,
    per_step: Sequence[str],
    carry: Mapping[str, str],
    run: Run,
) -> None:
    """However many steps a call takes, a run is the same to the bit."""
    most = max(EQUAL_CALLS)
    results = []
    for steps in EQUAL_CALLS:
        calls = [_slice(inputs, per_step, first, steps) for first in range(0, most, steps)]
        cases = [
            Case(call if index == 0 else _without(call, carry), carry if index else {})
            for index, call in enumerate(calls)
        ]
        outputs = run(cases)
        results.append(
            {
                port.name: outputs[-1][port.name]
                if port.name in carry.values()
                else np.concatenate([each[port.name] for each in outputs])
                for port in plan.outputs
            }
        )
    for steps, result in zip(EQUAL_CALLS[1:], results[1:], strict=True):
        for name, values in result.items():
            if values.tobytes() != results[0][name].tobytes():
                raise PlanError(f"'{name}' is another after calls of {steps} steps than of one")


def _states(plan: Plan) -> dict[str, str]:
    """Inputs that a call hands on, and the outputs as which it does: they share their memory."""
    outputs = {port.at: port.name for port in plan.outputs}
    return {port.name: outputs[port.at] for port in plan.inputs if port.at in outputs}


def _slice(inputs: Tensors, per_step: Sequence[str], first: int, steps: int) -> dict[str, Tensor]:
    return {
        name: values[first : first + steps] if name in per_step else values
        for name, values in inputs.items()
    }


def _without(inputs: Tensors, names: Mapping[str, str]) -> dict[str, Tensor]:
    return {name: values for name, values in inputs.items() if name not in names}


def _random(plan: Plan, rows: int, steps: int, generator: np.random.Generator) -> dict[str, Tensor]:
    """Normal numbers of half the usual spread, and indices that choose something."""
    return {port.name: _values(plan, port, rows, steps, generator) for port in plan.inputs}


def _values(
    plan: Plan, port: PlannedPort, rows: int, steps: int, generator: np.random.Generator
) -> Tensor:
    shape = tuple(c + a * rows + b * steps for c, a, b in port.dims)
    if port.dtype == INT32:
        return generator.integers(0, plan.members.get(port.name, 1), shape).astype(np.int32)
    return np.asarray(0.5 * generator.standard_normal(shape), np.float32)


def _changed(inputs: Tensors, change: Callable[[Tensor], Tensor]) -> dict[str, Tensor]:
    """The inputs with other numbers; what is an index stays."""
    return {
        name: np.asarray(change(values), np.float32) if values.dtype == np.float32 else values
        for name, values in inputs.items()
    }


def _with_nan(values: Tensor) -> Tensor:
    changed = values.copy()
    if values.ndim > 1 and len(values) == 7:
        changed[::3] = np.nan
        changed[1, 0] = np.inf
    return changed


def _finite(values: Tensor) -> Tensor:
    finite: Tensor = values[np.isfinite(values)]
    return finite
