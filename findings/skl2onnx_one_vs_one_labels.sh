#!/usr/bin/env bash
# skl2onnx 1.20.0: an exported OneVsOneClassifier gives the places of the labels instead of the labels.
#
# Expected: of a model of the classes 10, 20 and 30 the output "label" is 10, 20 or 30, as of every other
# classifier; OneVsRestClassifier, its sister, does so.
# Happens: it is 0, 1 or 2, the place in classes_; the last step is an ArgMax and nothing looks the labels
# up. It is right only where the labels happen to be 0, 1, 2, ..., as in the tests and in most toy data;
# labels from 1 on are all off by one, each of them the name of another class. (Of labels that are
# texts nothing can be made: the model does not load.) No error, no warning at the export.
# Hurts: whoever serves a model of the classes 1 to 5, of -1 and 1, or of article numbers: not a label is
# right, or some are by accident.
# Way round: classifier.classes_[label.ravel()] outside of the graph, or 0, 1, 2, ... for training.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
  skl2onnx==1.20.0 scikit-learn==1.9.1 onnx==1.23.2 onnxruntime==1.32.0 numpy==2.4.6
"$folder/venv/bin/python" -W ignore - <<'PY'
import sys

import numpy as np
import onnxruntime
from skl2onnx import to_onnx
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsOneClassifier, OneVsRestClassifier

onnxruntime.set_default_logger_severity(3)
flowers, kinds = load_iris(return_X_y=True)
flowers = flowers.astype(np.float32)


def exported(model):
    graph = to_onnx(model, flowers[:1], options={id(model): {"zipmap": False}})
    session = onnxruntime.InferenceSession(graph.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(["label"], {session.get_inputs()[0].name: flowers})[0].ravel()


as_told = True
for names in ([0, 1, 2], [1, 2, 3], [10, 20, 30], [-1, 0, 1]):
    truth = np.array(names)[kinds]
    for wrapper in (OneVsOneClassifier, OneVsRestClassifier):
        model = wrapper(LogisticRegression(max_iter=1000)).fit(flowers, truth)
        here, there = model.predict(flowers), exported(model)
        same = float((here == there).mean())
        print(names, wrapper.__name__, "labels:", np.unique(there).tolist(), "as in scikit-learn:", round(same, 3))
        if wrapper is OneVsOneClassifier:
            as_told &= np.array_equal(model.classes_[there], here) and set(there.tolist()) == {0, 1, 2}
        else:
            as_told &= same == 1
sys.exit(0 if as_told else 1)
PY
