#!/usr/bin/env bash
# pyod 3.6.7: KPCA, as it comes, ranks its training rows by rounding errors and calls all new ones outliers.
#
# Expected: KPCA() scores a row by what kernel principal components cannot rebuild of it, and 10 % of rows
# like the training ones are flagged (contamination=0.1), as by every other detector of the library.
# Happens: n_components=None keeps every component, and n_selected_components=None uses them all. The
# training rows lie in the span of those, so each is rebuilt without a rest: the scores are ± 1e-14, the
# threshold is a quantile of that noise, and labels_ are drawn by the last bits. A fresh row has a rest of
# some 1e-4, a thousand million times the threshold: all are flagged. No warning.
# Hurts: whoever compares detectors by their defaults: decision_scores_ and labels_ of the rows that were
# fitted, the usual way with this library, are worth no more than dice, while decision_function on other
# rows ranks well, so that an AUC on a test set hides it. (Autoencoders wide enough to copy do the same.)
# Way round: n_selected_components, some 5.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
  pyod==3.6.7 scikit-learn==1.9.1 scipy==1.17.1 numpy==2.4.6
"$folder/venv/bin/python" -W ignore - <<'PY'
import sys

import numpy as np
from pyod.models.kpca import KPCA
from pyod.models.pca import PCA
from pyod.utils.data import generate_data
from sklearn.metrics import roc_auc_score

rng = np.random.default_rng(0)
usual, fresh = rng.normal(size=(300, 4)), rng.normal(size=(300, 4))
far = rng.normal(size=(15, 4)) + 8  # eight standard deviations off
rows, truth = np.vstack([usual, far]), np.repeat([0, 1], [300, 15])


def by_hand(data, kept):
    """Squared rest of each training row in feature space after its first components, by numpy alone."""
    gram = np.exp(-((data[:, None] - data) ** 2).sum(-1) / data.shape[1])
    centre = np.eye(len(data)) - 1 / len(data)
    gram = centre @ gram @ centre
    values, vectors = np.linalg.eigh(gram)
    codes = (vectors * np.sqrt(np.maximum(values, 0)))[:, ::-1]
    return np.diag(gram) - (codes[:, :kept] ** 2).sum(1)


def report(name, make):
    fitted = make().fit(rows)
    clean = make().fit(usual)
    seen = {
        "largest training score": float(fitted.decision_scores_.max()),
        "AUC of training rows": float(roc_auc_score(truth, fitted.decision_scores_)),
        "AUC of fresh rows": float(roc_auc_score(truth, clean.decision_function(np.vstack([fresh, far])))),
        "flagged of 300 fitted": int(clean.labels_.sum()),
        "flagged of 300 fresh": int(clean.predict(fresh).sum()),
        "median of fresh scores": float(np.median(clean.decision_function(fresh))),
        "threshold": float(clean.threshold_),
    }
    print(name, {key: float(f"{value:.3g}") for key, value in seen.items()})
    return list(seen.values())


plain = report("KPCA()", KPCA)
five = report("KPCA(n_selected_components=5)", lambda: KPCA(n_selected_components=5))
linear = report("PCA()", PCA)
everything, first_five = by_hand(rows, len(rows)), by_hand(rows, 5)
print("by hand: largest rest with all components", everything.max(), "with five", first_five.max(),
      "AUC with five", roc_auc_score(truth, first_five))

own, _, of_own, _ = generate_data(n_train=200, n_test=100, n_features=2, contamination=0.1, random_state=42)
print("the library's own example for KPCA, AUC of its training rows:",
      *(float(f"{roc_auc_score(of_own, detector.fit(own).decision_scores_):.3f}")
        for detector in (KPCA(), KPCA(n_selected_components=5))), "(as it comes, with five components)")

as_told = (
    plain[0] < 1e-12 and everything.max() < 1e-12 and plain[2] > 0.98
    and plain[4] == 300 and plain[5] > 1e6 * abs(plain[6])
    and abs(five[0] - first_five.max()) < 1e-6 and five[1] > 0.98 and 15 <= five[4] <= 75
    and linear[1] > 0.98 and 15 <= linear[4] <= 75
)
sys.exit(0 if as_told else 1)
PY
