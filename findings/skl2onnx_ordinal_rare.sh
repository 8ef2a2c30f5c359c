#!/usr/bin/env bash
# skl2onnx 1.20.0: an OrdinalEncoder that joins rare categories codes every column by the first one's rule.
#
# Expected: to_onnx either gives the codes that scikit-learn gives, or refuses, as it does for a
# OneHotEncoder that joins rare categories. Which are rare is learnt for each column by itself.
# Happens: with max_categories or min_frequency, and the columns together in one input, as a matrix comes,
# the codes of all columns are taken from the table of the first column; the tables are looked up
# by input instead of by column. Columns with equally many categories get wrong codes with no error
# or warning; with no rare category in the first column none is joined in the others, and codes
# come out that the model has never seen. (Columns with differently many fail when loaded.)
# Hurts: pipelines of categories (OrdinalEncoder, then trees) that are served by onnxruntime: below, a
# tree that is right on all of its rows is right on 38 % of them after export.
# Way round: give each column an input of its own, [None, 1], as for a data frame.
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
from skl2onnx.common.data_types import StringTensorType
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OrdinalEncoder
from sklearn.tree import DecisionTreeClassifier

BY = {"bus": 50, "car": 30, "tram": 4, "walk": 3}  # how often; the last two are rare
TO = {"east": 3, "north": 4, "south": 30, "west": 50}  # here the first two are
PAID = {"card": 44, "cash": 43}  # none is


def rows(counts):
    return np.repeat(list(counts), list(counts.values())).astype(object)


def exported(model, data, together=True):
    """The first output of the model as ONNX, the columns in one input or in one each."""
    width = data.shape[1]
    parts = {"x": data} if together else {f"x{i}": data[:, i : i + 1] for i in range(width)}
    types = [(name, StringTensorType([None, part.shape[1]])) for name, part in parts.items()]
    graph = to_onnx(model, initial_types=types).SerializeToString()
    session = onnxruntime.InferenceSession(graph, providers=["CPUExecutionProvider"])
    return session.run(None, parts)[0]


shuffled = np.random.default_rng(0).permutation
trips = np.stack([rows(BY), shuffled(rows(TO))], axis=1)
each = np.array([list(BY), list(TO)], dtype=object).T
encoder = OrdinalEncoder(max_categories=3).fit(trips)
print("rare, by column:", [list(map(str, names)) for names in encoder.infrequent_categories_])
print("scikit-learn:     ", encoder.transform(each).tolist())
print("one input:        ", exported(encoder, each).tolist())
print("an input a column:", exported(encoder, each, together=False).tolist())

paid = np.stack([rows(PAID), rows(BY)], axis=1)
some = np.array([["card", "tram"], ["cash", "walk"]], dtype=object)
second = OrdinalEncoder(max_categories=3).fit(paid)
print("tram and walk, where the first column has none rare: scikit-learn", second.transform(some)[:, 1],
      "one input", exported(second, some)[:, 1])

west = trips[:, 1] == "west"
tree = make_pipeline(OrdinalEncoder(max_categories=3), DecisionTreeClassifier(random_state=0))
tree.fit(trips, west.astype(int))
share = [float((found == west).mean()) for found in (tree.predict(trips), exported(tree, trips))]
print("rows right: scikit-learn, exported:", share)

as_told = (
    encoder.transform(each).tolist() == [[0, 2], [1, 2], [2, 0], [2, 1]]
    and exported(encoder, each).tolist() == [[0, 0], [1, 1], [2, 2], [2, 2]]
    and np.array_equal(exported(encoder, each, together=False), encoder.transform(each))
    and exported(second, some)[:, 1].tolist() == [2, 3] and second.transform(some)[:, 1].tolist() == [2, 2]
    and share[0] == 1 and share[1] < 0.5
)
sys.exit(0 if as_told else 1)
PY
