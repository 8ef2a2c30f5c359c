#!/usr/bin/env bash
# scikit-learn 1.9.1: LedoitWolf on float32 rows gives a precision matrix of low rank, in silence.
#
# Expected: shrinkage makes the covariance invertible, and precision_ is its inverse, in float32 as
# in float64 but for some digits. The page of the class says that it is "well-conditioned".
# Happens: precision_ is a pseudo-inverse that drops eigenvalues below the largest times n times
# float32's eps. With some hundred columns and a large spread along a few directions, the shrunk
# eigenvalues of all others lie below that: they count as zero, and mahalanobis() is blind to them.
# Hurts: whoever looks for anomalies by mahalanobis() in signals or pictures, which are float32 in
# most pipelines: an outlier off the plane of the data gets the distance of an ordinary row.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder"
"$folder/bin/pip" install --quiet scikit-learn==1.9.1 numpy==2.4.6
"$folder/bin/python" - <<'PY'
import numpy as np
from sklearn.covariance import LedoitWolf

rng = np.random.default_rng(0)
columns = 400
turn, _ = np.linalg.qr(rng.normal(size=(columns, columns)))
deviations = np.r_[np.full(4, 4.0), np.full(columns - 4, 0.01)]


def rows(count):
    return (rng.normal(size=(count, columns)) * deviations) @ turn


train, ordinary = rows(4000), rows(500)
strange = rows(500) + 0.4 * turn[-1]  # forty deviations along a quiet direction
ranks, ratios = {}, {}
for dtype in (np.float64, np.float32):
    fitted = LedoitWolf().fit(train.astype(dtype))
    ranks[dtype] = int(np.linalg.matrix_rank(fitted.precision_))
    medians = [np.median(fitted.mahalanobis(x.astype(dtype))) for x in (ordinary, strange)]
    ratios[dtype] = medians[1] / medians[0]
    print(
        f"{dtype.__name__}: rank of precision_ {ranks[dtype]} of {columns}, median distance "
        f"of ordinary rows {medians[0]:.1f}, of strange ones {medians[1]:.1f}"
    )
as_described = (
    ranks[np.float64] == columns
    and ranks[np.float32] < 10
    and ratios[np.float64] > 1.5
    and ratios[np.float32] < 1.1
)
raise SystemExit(0 if as_described else 1)
PY
