#!/usr/bin/env bash
# onnx 1.23.2 and onnxruntime 1.32.0: AffineGrid of a single row, with align_corners, lies elsewhere in
# each of them.
#
# Expected: corners are aligned where there are two; a row by itself lies in the middle, at 0, as torch
# 2.13.0 has it, from whose affine_grid the operator was taken.
# Happens: for the identity and a grid of 1 x 3 the row is at +1 in onnxruntime, and in onnx's reference
# at -1. Grids of two rows or more agree.
# Hurts: whoever reads a line out of a picture by such a grid and GridSample, a profile or a slice: it
# is the lower edge in one, the upper edge in the other, and what was wanted in neither.
# Way round: align_corners=0, where all three have 0; or a grid of three rows, of which one is used.
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

theta = np.array([[[1, 0, 0], [0, 1, 0]]], np.float32)


def rows(height, aligned):
    """Where the rows of a grid lie, by each of the two."""
    graph = helper.make_graph(
        [helper.make_node("AffineGrid", ["theta", "size"], ["grid"], align_corners=aligned)],
        "g",
        [
            helper.make_tensor_value_info("theta", TensorProto.FLOAT, theta.shape),
            helper.make_tensor_value_info("size", TensorProto.INT64, [4]),
        ],
        [helper.make_tensor_value_info("grid", TensorProto.FLOAT, None)],
    )
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10
    )
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    feeds = {"theta": theta, "size": np.array([1, 1, height, 3])}
    runs = (session, ReferenceEvaluator(model))
    found = [run.run(None, feeds)[0][0, :, 0, 1].tolist() for run in runs]
    print(f"{height} rows, align_corners={aligned}: onnxruntime {found[0]}, reference {found[1]}")
    return found


as_described = (
    rows(3, 1) == [[-1, 0, 1]] * 2 and rows(1, 0) == [[0]] * 2 and rows(1, 1) == [[1], [-1]]
)
sys.exit(0 if as_described else 1)
PY
