#!/usr/bin/env bash
# skl2onnx 1.20.0: an SGDClassifier of three or more classes predicts other labels once it is exported.
#
# Expected: the label is the class of the largest decision function, which is what scikit-learn's predict
# takes, whatever the loss. Exported with loss="hinge", which has no probabilities, it is so.
# Happens: with loss="modified_huber" and "log_loss" the exported label is the place of the largest
# probability. Those of modified_huber are cut at 0 and 1, so two classes that are both sure, or all of
# them at 0, tie, and the first in the list wins; those of log_loss tie by rounding once two scores are
# beyond 17, as they are for columns that were not scaled. The probabilities agree to seven digits; the
# labels do not. No error, no warning.
# Hurts: text and sensor classifiers, for which modified_huber is a usual loss, since it is robust and has
# probabilities. Below, on scaled rows, 96 % right in scikit-learn is 79 % right after export.
# Way round: to_onnx(..., options={classifier: {"raw_scores": True}}): label and scores are then right.
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
from sklearn.datasets import load_digits, load_iris
from sklearn.linear_model import SGDClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


def exported(model, data, **options):
    """Labels and probabilities (or scores) of the pipeline as ONNX."""
    graph = to_onnx(model, data[:1], options={id(model[-1]): {"zipmap": False, **options}})
    session = onnxruntime.InferenceSession(graph.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, {session.get_inputs()[0].name: data})


seen = {}
for name, load in (("iris", load_iris), ("digits", load_digits)):
    rows, truth = load(return_X_y=True)
    rows = rows.astype(np.float32)
    for loss in ("modified_huber", "log_loss", "hinge"):
        for scaled in (True, False):
            scaler = StandardScaler(with_mean=scaled, with_std=scaled)
            model = make_pipeline(scaler, SGDClassifier(loss=loss, random_state=0)).fit(rows, truth)
            last, ready = model[-1], scaler.transform(rows)
            by_hand = last.classes_[(ready @ last.coef_.T + last.intercept_).argmax(axis=1)]
            labels, chances = exported(model, rows)
            raw = exported(model, rows, raw_scores=True)[0]
            seen[name, loss, scaled] = (
                float((model.predict(rows) == by_hand).mean()),
                float((by_hand == truth).mean()),
                float((labels == truth).mean()),
                float((labels != by_hand).mean()),
                float((raw != by_hand).mean()),
                float(np.abs(chances - model.predict_proba(rows)).max()) if loss != "hinge" else 0.0,
            )
            like, right, kept, other, left, apart = seen[name, loss, scaled]
            print(f"{name}, {loss}, {'scaled' if scaled else 'as they are'}: right {right:.3f}, exported {kept:.3f};"
                  f" labels that differ {other:.3f}, with raw_scores {left:.3f}; probabilities within {apart:.0e}")

as_told = (
    all(value[0] == 1 for value in seen.values())
    and all(value[5] < 1e-4 for value in seen.values())
    and all(value[4] <= 0.002 for value in seen.values())
    and all(seen[name, "hinge", scaled][3] <= 0.002 for name in ("iris", "digits") for scaled in (True, False))
    and seen["iris", "modified_huber", True][1] > 0.95 and seen["iris", "modified_huber", True][2] < 0.85
    and seen["digits", "modified_huber", True][3] > 0.01
    and seen["iris", "log_loss", False][3] > 0.01
)
sys.exit(0 if as_told else 1)
PY
