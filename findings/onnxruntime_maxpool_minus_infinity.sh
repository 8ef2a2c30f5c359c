#!/usr/bin/env bash
# onnxruntime 1.32.0 (CPU): MaxPool over -infinity gives the most negative finite number.
#
# Expected: the largest of -inf and -inf is -inf, as in torch, numpy and onnx's reference evaluator.
# Happens: -3.4028235e+38. ReduceMax of the same two gives -inf.
# Hurts: whoever masks log probabilities or scores with -inf before a maximum over windows (peaks of
# a heat map, non-maximum suppression). Later tests for "nothing here" (IsInf, == -inf) find nothing,
# and exp of differences turns out 1 where NaN or 0 was looked for.
# Way round: mask with a finite number of your own, and test for that.
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

X = np.array([[[-np.inf, -np.inf, 1.0, 2.0]]], np.float32)


def pooled(operator, x, **attributes):
    ports = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in "xy"]
    node = helper.make_node(operator, ["x"], ["y"], **attributes)
    graph = helper.make_graph([node], "pool", ports[:1], ports[1:])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    session = onnxruntime.InferenceSession(model.SerializeToString())
    found = session.run(None, {"x": x})[0]
    wanted = np.asarray(ReferenceEvaluator(model).run(None, {"x": x})[0])
    print(f"{operator}: onnxruntime {found.ravel()}, reference {wanted.ravel()}")
    return float(found.ravel()[0]), float(wanted.ravel()[0])


pool = pooled("MaxPool", X, kernel_shape=[2], strides=[2])
reduced = pooled("ReduceMax", X[..., :2], keepdims=0)
lowest = float(np.finfo(np.float32).min)
sys.exit(0 if pool == (lowest, -np.inf) and reduced == (-np.inf, -np.inf) else 1)
PY
