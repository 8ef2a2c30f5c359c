#!/usr/bin/env bash
# onnx 1.23.2, ReferenceEvaluator: Pad refuses negative pads, with which a model crops.
#
# Expected: the operator's text says of pads that they may be negative, for how much is removed; and
# torch exports F.pad(x, (-1, -1)) as such a Pad.
# Happens: the reference hands the numbers to numpy.pad, which raises ValueError: "index can't contain
# negative values". onnxruntime crops.
# Hurts: whoever checks an exported encoder or decoder that trims its borders (a transposed convolution
# that is one row too large, a causal convolution) in the reference implementation: a valid model does
# not run there at all.
# Way round: trim with a slice, x[..., 1:-1], which is exported as Slice.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
    onnx==1.23.2 onnxruntime==1.32.0 numpy==2.4.6
"$folder/venv/bin/python" -W ignore - <<'PY'
import sys

import numpy as np
import onnxruntime
from onnx import TensorProto, defs, helper
from onnx.reference import ReferenceEvaluator

x = np.arange(6, dtype=np.float32).reshape(1, 6)
pads = helper.make_tensor("pads", TensorProto.INT64, [4], [0, -1, 0, -2])
graph = helper.make_graph(
    [helper.make_node("Pad", ["x", "pads"], ["y"])],
    "g",
    [helper.make_tensor_value_info("x", TensorProto.FLOAT, x.shape)],
    [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
    [pads],
)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)

text = next(port for port in defs.get_schema("Pad").inputs if port.name == "pads").description
said = "negative" in text or "remove" in text
[runtime] = onnxruntime.InferenceSession(model.SerializeToString()).run(None, {"x": x})
try:
    refused = f"gives {ReferenceEvaluator(model).run(None, {'x': x})[0]}"
except ValueError as error:
    refused = f"raises ValueError: {error}"
print("the text of the operator speaks of removing:", said)
print("onnxruntime gives", runtime)
print("reference", refused)
as_described = said and np.array_equal(runtime, x[:, 1:-2]) and "negative values" in refused
sys.exit(0 if as_described else 1)
PY
