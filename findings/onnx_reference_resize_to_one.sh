#!/usr/bin/env bash
# onnx 1.23.2, reference evaluator: a cubic Resize to length one asks half a pixel before the picture.
#
# Expected: the specification of coordinate_transformation_mode "pytorch_half_pixel" says that an axis
# resized to length one takes its value at place 0, which is the first pixel, whatever the mode.
# Happens: the reference takes place -0.5. Nearest and linear hide it, as they clamp to the edge; cubic
# mixes pixels from beyond it, and a picture of positive numbers becomes a negative one. onnxruntime
# 1.32.0 answers with the first pixel.
# Hurts: whoever holds a runtime or a kernel of their own against the reference, and looks for the fault
# in what is right. An exporter that writes this mode for thumbnails, as those of torch did for years,
# leaves such graphs behind.
# Way round: half_pixel, which has no exception for length one and is what torch computes.
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
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator

PICTURE = np.arange(1, 17, dtype=np.float32).reshape(1, 1, 4, 4) ** 1.5


def resized(mode, coordinates):
    """The picture as one pixel: by the reference, by onnxruntime."""
    node = helper.make_node(
        "Resize", ["x", "", "", "sizes"], ["y"], mode=mode, coordinate_transformation_mode=coordinates
    )
    graph = helper.make_graph(
        [node],
        "thumbnail",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, PICTURE.shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 1, 1, 1])],
        [helper.make_tensor("sizes", TensorProto.INT64, [4], [1, 1, 1, 1])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 19)], ir_version=10)
    onnx.checker.check_model(model)
    session = onnxruntime.InferenceSession(model.SerializeToString())
    answers = ReferenceEvaluator(model).run(None, {"x": PICTURE}), session.run(None, {"x": PICTURE})
    return [float(answer[0].item()) for answer in answers]


print(f"first pixel {PICTURE[0, 0, 0, 0]:g}; reference, onnxruntime:")
seen = {}
for coordinates in ("pytorch_half_pixel", "half_pixel"):
    for mode in ("nearest", "linear", "cubic"):
        seen[coordinates, mode] = resized(mode, coordinates)
        print(f"{coordinates:18} {mode:8} {seen[coordinates, mode][0]:8.3f} {seen[coordinates, mode][1]:8.3f}")
apart = [key for key, (ours, theirs) in seen.items() if abs(ours - theirs) > 1e-3]
wrong = apart == [("pytorch_half_pixel", "cubic")]
sys.exit(0 if wrong and seen["pytorch_half_pixel", "cubic"][0] < 0 else 1)
PY
