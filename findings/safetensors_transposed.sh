#!/usr/bin/env bash
# safetensors 0.8.0 (numpy 2.4.6): a transposed array is saved with its numbers in another order.
#
# Expected: load(save({"w": w.T}))["w"] equals w.T, or save refuses, as the torch side of the same
# library does ("non contiguous tensor").
# Happens: safetensors.numpy writes the memory of w under the shape of w.T; no error, no warning.
# Hurts: whoever moves weights between layouts (x @ W.T against x @ W is the first thing that
# differs between frameworks) gets a file that loads, with every number there and in the wrong place.
# Way round: numpy.ascontiguousarray before saving.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check safetensors==0.8.0 numpy==2.4.6
"$folder/venv/bin/python" - <<'PY'
import sys

import numpy as np
from safetensors.numpy import load, save

weights = np.arange(6, dtype=np.float32).reshape(2, 3)
given = weights.T
found = load(save({"w": given}))["w"]
mended = load(save({"w": np.ascontiguousarray(given)}))["w"]
print("given  ", given.tolist())
print("found  ", found.tolist())
print("copied first, found", mended.tolist())
as_described = (
    found.shape == given.shape
    and not np.array_equal(found, given)
    and np.array_equal(found.ravel(), weights.ravel())
    and np.array_equal(mended, given)
)
sys.exit(0 if as_described else 1)
PY
