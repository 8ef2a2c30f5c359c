#!/usr/bin/env bash
# onnxruntime 1.32.0: ReduceMax and ReduceMin report a NaN only if it stands first.
#
# Expected: NaN among the numbers gives NaN wherever it stands, as in numpy, torch and onnx's own
# reference evaluator; or, if NaN is to be skipped, then everywhere.
# Happens: [NaN, 1, 2] gives NaN; [1, NaN, 2] and [1, 2, NaN] give 2 (ReduceMin: 1).
# Hurts: a graph that watches its own training ("is the largest loss still finite?") says so of a run
# that has diverged, unless the first example happens to be the broken one.
# Way round: IsNaN, then ReduceMax over the answer.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
    onnxruntime==1.32.0 onnx==1.23.2 numpy==2.4.6
"$folder/venv/bin/python" - <<'PY'
import sys

import numpy as np
import onnxruntime
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator


def reduced(operator: str, numbers: list[float]) -> tuple[float, float]:
    """What onnxruntime says, and what onnx's reference says."""
    ports = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in "xy"]
    node = helper.make_node(operator, ["x"], ["y"], keepdims=0)
    graph = helper.make_graph([node], "reduce", ports[:1], ports[1:])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    feeds = {"x": np.array(numbers, np.float32)}
    session = onnxruntime.InferenceSession(model.SerializeToString())
    return float(session.run(None, feeds)[0]), float(ReferenceEvaluator(model).run(None, feeds)[0])


nan = float("nan")
seen = {}
for operator in ("ReduceMax", "ReduceMin"):
    for numbers in ([nan, 1.0, 2.0], [1.0, nan, 2.0], [1.0, 2.0, nan]):
        ours, reference = reduced(operator, numbers)
        seen[operator, numbers.index(nan)] = ours, reference
        print(f"{operator}{numbers}: onnxruntime {ours}, reference {reference}")
as_described = all(np.isnan(reference) for _, reference in seen.values()) and all(
    np.isnan(ours) == (place == 0) for (_, place), (ours, _) in seen.items()
)
sys.exit(0 if as_described else 1)
PY
