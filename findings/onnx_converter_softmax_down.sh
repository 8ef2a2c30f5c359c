#!/usr/bin/env bash
# onnx 1.23.2, version_converter: a Softmax over classes, taken down to opset 12, runs over the picture.
#
# Expected: the model that comes back computes what the model that went in did, or the converter refuses,
# as it does for operators that it cannot take down. Up to opset 12, Softmax flattens all axes from
# `axis` on and normalises them together; from 13 on it normalises along `axis` alone. So for any
# but the last axis, the way down has to move that axis to the end and back.
# Happens: only the number in the opset changes; axis 1 stays axis 1. The probabilities of a pixel, which
# summed to 1, sum to about 1 / pixels, LogSoftmax the same. No error, no warning; the checker is
# content. The reference evaluator of onnx does not show it, as it runs 12 by the rule of 13.
# Hurts: nets with a class, a letter or a key per place (segmentation, CTC, keyword spotting) that are
# taken down to 11 or 12 for a device whose compiler stops there: the argmax of a pixel is as
# before, every threshold on its probability fails. What the converter takes down at all is small:
# convolutions, pooling, norms, LeakyRelu, Elu. The way up, 12 to 13, is converted right.
# Way round: leave the Softmax off the graph and do it behind the model.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
  onnx==1.23.2 onnxruntime==1.32.0 numpy==2.4.6
"$folder/venv/bin/python" -W ignore - <<'PY'
import sys

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper, version_converter
from onnx.reference import ReferenceEvaluator

CLASSES, SIDE = 5, 8
rng = np.random.default_rng(0)
PICTURE = rng.normal(size=(1, 3, SIDE, SIDE)).astype(np.float32)
WEIGHTS = [rng.normal(size=(CLASSES, k, 1, 1)).astype(np.float32) for k in (3, CLASSES)]


def net(axis, opset, head="Softmax"):
    """Two convolutions and a head over the given axis."""
    nodes = [
        helper.make_node("Conv", ["x", "w0"], ["a"]),
        helper.make_node("LeakyRelu", ["a"], ["b"]),
        helper.make_node("Conv", ["b", "w1"], ["scores"]),
        helper.make_node(head, ["scores"], ["y"], axis=axis),
    ]
    shape = [1, CLASSES, SIDE, SIDE]
    graph = helper.make_graph(
        nodes,
        "segments",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, PICTURE.shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, shape)],
        [numpy_helper.from_array(w, f"w{i}") for i, w in enumerate(WEIGHTS)],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    return model


def moved(model, opset):
    other = version_converter.convert_version(model, opset)
    onnx.checker.check_model(other, full_check=True)
    return other


def run(model):
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, {"x": PICTURE})[0]


def apart(one, other):
    return float(np.abs(one - other).max())


# What the text of each version says, from the scores, without onnx's code.
hidden = np.einsum("oc,nchw->nohw", WEIGHTS[0][:, :, 0, 0], PICTURE)
scores = np.einsum("oc,nchw->nohw", WEIGHTS[1][:, :, 0, 0], np.where(hidden < 0, 0.01 * hidden, hidden))
powers = np.exp(scores - scores.max())
by_13 = powers / powers.sum(axis=1, keepdims=True)
by_12 = powers / powers.sum(axis=(1, 2, 3), keepdims=True)

before = net(1, 13)
after = moved(before, 12)
print("node after:", onnx.printer.to_text(after.graph.node[-1]).strip())
one, two = run(before), run(after)
print("sum over the classes, first pixel: before", one[0, :, 0, 0].sum(), "after", two[0, :, 0, 0].sum())
print("largest difference:", apart(one, two), "same argmax:", (one.argmax(1) == two.argmax(1)).all())
reference = ReferenceEvaluator(after).run(None, {"x": PICTURE})[0]
print("reference evaluator, after, against before:", apart(reference, run(before)))
logs = net(1, 13, "LogSoftmax")
print("LogSoftmax, largest difference:", apart(run(logs), run(moved(logs, 12))))
last, up = net(-1, 13), net(1, 12)
print("last axis:", apart(run(last), run(moved(last, 12))), "the way up:", apart(run(up), run(moved(up, 13))))
as_told = (
    apart(run(before), by_13) < 1e-5 and apart(run(after), by_12) < 1e-5
    and apart(run(before), run(after)) > 0.5 and apart(run(logs), run(moved(logs, 12))) > 1
    and apart(run(last), run(moved(last, 12))) < 1e-5 and apart(run(up), run(moved(up, 13))) < 1e-5
    and apart(reference, run(before)) < 1e-5
)
sys.exit(0 if as_told else 1)
PY
