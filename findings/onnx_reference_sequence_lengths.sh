#!/usr/bin/env bash
# onnx 1.23.2, ReferenceEvaluator: GRU takes sequence_lens and does not look at it.
#
# Expected: rows of a batch are as long as sequence_lens says; what is beyond is padding. The state that
# a row ends with is that after its own last step, and onnxruntime gives zeros for the steps after it.
# Happens: the reference goes through the padding as if it were data. Outputs beyond a row's end are no
# zeros, and its last state is another, without a word.
# Hurts: whoever checks a recurrent encoder of series of different lengths against the reference: the
# code of every shorter series is wrong there, while a batch of equal lengths agrees to seven digits.
# Way round: ask the reference for one series at a time, cut to its length.
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

draw = np.random.default_rng(0)
feeds = {
    "x": draw.standard_normal((3, 2, 2)).astype(np.float32),
    "w": draw.standard_normal((1, 6, 2)).astype(np.float32),
    "r": draw.standard_normal((1, 6, 2)).astype(np.float32),
    "b": draw.standard_normal((1, 12)).astype(np.float32),
    "lengths": np.array([3, 1], np.int32),
}
kinds = {np.dtype(np.float32): TensorProto.FLOAT, np.dtype(np.int32): TensorProto.INT32}
graph = helper.make_graph(
    [helper.make_node("GRU", list(feeds), ["steps", "last"], hidden_size=2)],
    "g",
    [
        helper.make_tensor_value_info(name, kinds[value.dtype], value.shape)
        for name, value in feeds.items()
    ],
    [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in ("steps", "last")],
)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
session = onnxruntime.InferenceSession(
    model.SerializeToString(), providers=["CPUExecutionProvider"]
)
runtime, reference = (run.run(None, feeds) for run in (session, ReferenceEvaluator(model)))
for name, (steps, last) in (("onnxruntime", runtime), ("reference", reference)):
    print(f"{name}: of the series of one step, step 2 is {steps[1, 0, 1]}, the last {last[0, 1]}")
first = runtime[0][0, 0, 1]
as_described = (
    np.allclose(runtime[0][:, :, 0], reference[0][:, :, 0], atol=1e-5)
    and not runtime[0][1:, 0, 1].any()
    and np.allclose(runtime[1][0, 1], first)
    and np.abs(reference[0][1:, 0, 1]).min() > 1e-3
    and np.abs(reference[1][0, 1] - first).max() > 0.05
)
sys.exit(0 if as_described else 1)
PY
