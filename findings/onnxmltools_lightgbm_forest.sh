#!/usr/bin/env bash
# onnxmltools 1.16.0: LightGBM's random forest is right with a hundred trees, and its classifier never is.
#
# Expected: with boosting_type="rf" LightGBM's prediction is the mean over its trees, for a classifier
# the sigmoid (or softmax) of that mean; the exported model gives the same, or the export refuses.
# Happens: it gives the sum over the trees divided by 100, whatever their number, so a regression of 50 trees
# predicts half and one of 200 twice. Of a classifier the sum, not the mean, goes through the sigmoid, and
# that probability is divided by 100: none is above 0.01, and every row gets the first class, with a
# confidence of 99 %. Of three classes two columns of probabilities are left. No error, no warning.
# A hundred trees, the default of LGBMRegressor, hide the first; boosting="gbdt" or "dart" is right.
# Hurts: whoever serves such a forest, chosen for its calm, with onnxruntime. A constant answer of the first
# class looks like a dead sensor or a quiet day; where that class is the usual one accuracy looks fine.
# Way round: a random forest of scikit-learn, which skl2onnx exports; for a regression, multiply by
# 100 / n_estimators.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check onnxmltools==1.16.0 lightgbm==4.7.0 \
  onnxruntime==1.32.0 onnx==1.23.2 skl2onnx==1.20.0 scikit-learn==1.9.1 pandas==3.1.1 numpy==2.4.6
"$folder/venv/bin/python" -W ignore - <<'PY'
import sys

import numpy as np
import onnxruntime
from lightgbm import LGBMClassifier, LGBMRegressor
from onnxmltools import convert_lightgbm
from onnxmltools.convert.common.data_types import FloatTensorType

onnxruntime.set_default_logger_severity(3)
rng = np.random.default_rng(0)
rows = rng.normal(size=(1000, 5)).astype(np.float32)
target = 10 + 2 * rows[:, 0] + rows[:, 1]
kinds = {"rf": {"boosting_type": "rf", "bagging_freq": 1, "bagging_fraction": 0.7}, "gbdt": {}}


def exported(model, **more):
    """What onnxruntime gives for the rows."""
    graph = convert_lightgbm(model, initial_types=[("x", FloatTensorType([None, 5]))], target_opset=15, **more)
    return onnxruntime.InferenceSession(graph.SerializeToString()).run(None, {"x": rows})


as_told = True
for kind, options in kinds.items():
    for trees in (20, 50, 100, 200):
        common = {"n_estimators": trees, "verbose": -1, "random_state": 0, "n_jobs": 1, **options}
        regression = LGBMRegressor(**common).fit(rows, target)
        ratios = exported(regression)[0].ravel() / regression.predict(rows)
        classes = LGBMClassifier(**common).fit(rows, (target > 10).astype(int))
        labels, odds = exported(classes, zipmap=False)
        second, same = odds[:, 1].max(), np.mean(labels == classes.predict(rows))
        print(
            f"{kind:4} of {trees:3} trees: regression times {ratios.min():.4f} to {ratios.max():.4f}; classifier:"
            f" largest P(second class) {classes.predict_proba(rows)[:, 1].max():.3f}, exported {second:.3f},"
            f" same label for {same:.0%}"
        )
        factor = trees / 100 if kind == "rf" else 1
        as_told &= bool(np.allclose(ratios, factor, rtol=1e-4))
        as_told &= bool(second < 0.0101 and not labels.any() and same < 0.6) if kind == "rf" else bool(same == 1)
three = LGBMClassifier(n_estimators=20, verbose=-1, n_jobs=1, **kinds["rf"]).fit(rows, np.digitize(target, [9, 11]))
shapes = three.predict_proba(rows).shape, exported(three, zipmap=False)[1].shape
print("probabilities of three classes:", *shapes)
sys.exit(0 if as_told and shapes == ((1000, 3), (1000, 2)) else 1)
PY
