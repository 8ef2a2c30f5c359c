#!/usr/bin/env bash
# compute-erfcinv 3.0.1: beyond 1.75 the inverse of erfc has the wrong sign.
#
# Expected: erfc falls from 2 to 0, so its inverse falls as well, and erfcinv(2 - x) = -erfcinv(x), as the
# inverse of erf, by which the package's page defines it, is odd. erfcinv(1.9) is -1.163087, as in scipy.
# Happens: from 0 to 1.75 it is right to the last digits. Beyond, where the answer is below -0.8134, the
# argument is mirrored and the sign that was noted down is not given back: erfcinv(1.9) is +1.163087, which
# is erfcinv(0.1). The function jumps from -0.813 to +0.813 and rises; 2 itself is a case of its own, and right.
# Hurts: a normal quantile is -sqrt 2 erfcinv(2 p), so all above 87.5 % come out negative: the 95 % point is
# -1.645, and an upper limit lies as far below the mean as it ought to lie above. Normal random numbers
# drawn this way have no right tail and twice the left one.
# Way round: x > 1 ? -erfcinv(2 - x) : erfcinv(x); or @stdlib/math-base-special-erfcinv 0.2.4, which is right.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --prefix . compute-erfcinv@3.0.1 > /dev/null
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check scipy==1.17.1 numpy==2.4.6
cat > look.cjs <<'JS'
const erfcinv = require("compute-erfcinv");
const places = Array.from({ length: 199 }, (_, i) => (i + 1) / 100);
const drawn = Array.from({ length: 1e5 }, (_, i) => -Math.SQRT2 * erfcinv(2 * ((i + 0.5) / 1e5)));
const share = (test) => drawn.filter(test).length / drawn.length;
console.log(JSON.stringify({
  places, single: places.map((x) => erfcinv(x)), list: erfcinv(places),
  right: share((z) => z > 1.2), left: share((z) => z < -1.2),
}));
JS
node look.cjs > seen.json
venv/bin/python - <<'PY'
import json
import sys

import numpy as np
from scipy.special import erfc, erfcinv, ndtr

seen = json.load(open("seen.json"))
places, found = np.array(seen["places"]), np.array(seen["single"])
wanted = erfcinv(places)
turned = places > 1.75
for x, ours, theirs in zip(places, found, wanted):
    if x in (0.1, 0.5, 1.5, 1.7, 1.75, 1.76, 1.8, 1.9, 1.99):
        print(f"erfcinv({x:4}) = {ours:9.6f}, by scipy {theirs:9.6f}; erfc of it {erfc(ours):.4f}")
print(f"beyond 1.2 deviations to the right {seen['right']:.4f}, to the left {seen['left']:.4f}; each is {ndtr(-1.2):.4f}")
as_told = (
    np.allclose(found[~turned], wanted[~turned], rtol=1e-12, atol=1e-15)
    and np.allclose(found[turned], -wanted[turned], rtol=1e-12)
    and np.array_equal(found, seen["list"])
    and np.allclose(erfc(wanted), places)
    and seen["right"] == 0
    and abs(seen["left"] - 2 * ndtr(-1.2)) < 1e-4
)
sys.exit(0 if as_told else 1)
PY
