#!/usr/bin/env bash
# onnxslim 0.1.98: a factor for each column of a picture becomes one for each channel, if there are as many.
#
# Expected: a slimmed model computes what the model did. A constant of length 4, multiplied with the
# [1, 4, 4, 4] that a Conv gives, is lined up from the right by ONNX's rule: one factor a column.
# Happens: Conv and Mul are fused by squeezing the constant and comparing its length with the number of
# output channels. Where the two happen to agree the columns' factors (or the rows', of shape [4, 1])
# go into the kernels, one a channel. No error, no warning; only `model_check`, which is off unless
# asked for, would say that the outputs differ. The same with Add is left alone, as its shape is
# looked at; so is a constant of another length.
# Hurts: nets over spectrograms and signals, with 64 bands or steps and 64 channels, that weight each
# band or fade out the ends with a window: it works for the one size and not for the next.
# Way round: slim with skip_fusion_patterns=["FusionConvMul"], or compare the outputs afterwards.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
  onnxslim==0.1.98 onnx==1.23.2 onnxruntime==1.32.0 numpy==2.4.6
"$folder/venv/bin/python" -W ignore - <<'PY'
import sys

import numpy as np
import onnx
import onnxruntime
import onnxslim
from onnx import TensorProto, helper, numpy_helper

rng = np.random.default_rng(0)


def net(op, factors, channels=4, sides=(4, 4)):
    """A convolution of kernel 1, then the constant: model, input, answer by numpy."""
    x = rng.normal(size=(1, 3, *sides)).astype(np.float32)
    kernel = rng.normal(size=(channels, 3)).astype(np.float32)
    graph = helper.make_graph(
        [helper.make_node("Conv", ["x", "w"], ["c"]), helper.make_node(op, ["c", "f"], ["y"])],
        "weighted",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, x.shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, channels, *sides])],
        [
            numpy_helper.from_array(kernel.reshape(channels, 3, *[1] * len(sides)), "w"),
            numpy_helper.from_array(factors, "f"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.checker.check_model(model, full_check=True)
    conv = np.einsum("oc,nc...->no...", kernel, x)
    return model, x, conv * factors if op == "Mul" else conv + factors


def run(model, x):
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, {"x": x})[0]


window = np.array([0, 1, 2, 3], np.float32)
cases = {
    "columns": net("Mul", window),
    "rows": net("Mul", window.reshape(4, 1)),
    "steps of a signal": net("Mul", window, sides=(4,)),
    "channels": net("Mul", window.reshape(4, 1, 1)),
    "columns, five channels": net("Mul", window, channels=5),
    "columns, Add": net("Add", window),
}
off = {}
for name, (model, x, right) in cases.items():
    slim = onnxslim.slim(model)
    assert np.abs(run(model, x) - right).max() < 1e-5
    off[name] = float(np.abs(run(slim, x) - right).max())
    print(f"{name:24} {'+'.join(n.op_type for n in slim.graph.node):9} off by {off[name]:.3g}")
model, x, right = cases["columns"]
slim = run(onnxslim.slim(model), x)
print("column 0 should be 0:", np.abs(slim[0, :, :, 0]).max(), "; channel 0 is:", np.abs(slim[0, 0]).max())
without = run(onnxslim.slim(model, skip_fusion_patterns=["FusionConvMul"]), x)
print("without that pattern, off by", np.abs(without - right).max())
wrong = [name for name, value in off.items() if value > 1e-3]
as_told = wrong == ["columns", "rows", "steps of a signal"] and np.abs(slim[0, 0]).max() == 0
sys.exit(0 if as_told and np.abs(without - right).max() < 1e-5 else 1)
PY
