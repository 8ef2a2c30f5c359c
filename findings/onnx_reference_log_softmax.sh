#!/usr/bin/env bash
# onnx 1.23.2, ReferenceEvaluator: LogSoftmax is the logarithm of Softmax, rounded twice.
#
# Expected: log softmax(x) = x - max - log sum exp(x - max), which loses nothing: for scores of 100
# and 1 it is -99 in float32. The operator exists because the plain formula is worse.
# Happens: the reference takes the softmax first and then its logarithm. Small probabilities have lost
# digits by then (a result of -99.002 for -99), and from about -104 on they are zero, so that the
# result is minus infinity. onnxruntime has -99 and -200.
# Hurts: whoever tests an exported model's log-likelihood against the reference implementation: the
# exporter or the runtime is blamed for differences that are the reference's own. Scores of ordinary
# examples agree to six digits.
# Way round: compare LogSoftmax in float64 or with numpy's own formula.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
    onnx==1.23.2 onnxruntime==1.32.0 numpy==2.4.6
"$folder/venv/bin/python" -W ignore - <<'PY'
import sys

import numpy as np
import onnxruntime
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator

scores = np.array([[100.0, 3.0, 1.0, -5.0, -100.0]], np.float32)
ports = [helper.make_tensor_value_info(name, TensorProto.FLOAT, scores.shape) for name in "xy"]
graph = helper.make_graph([helper.make_node("LogSoftmax", ["x"], ["y"])], "g", ports[:1], ports[1:])
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)

exact = scores.astype(float) - 100  # the sum of exponentials is 1 to 42 digits
[reference] = ReferenceEvaluator(model).run(None, {"x": scores})
[runtime] = onnxruntime.InferenceSession(model.SerializeToString()).run(None, {"x": scores})
print("exact       ", exact[0])
print("reference   ", reference[0])
print("onnxruntime ", runtime[0])
as_described = (
    np.isneginf(reference[0, [3, 4]]).all()
    and 1e-3 < abs(reference[0, 2] - exact[0, 2]) < 1e-2
    and np.allclose(runtime, exact, rtol=1e-6)
)
sys.exit(0 if as_described else 1)
PY
