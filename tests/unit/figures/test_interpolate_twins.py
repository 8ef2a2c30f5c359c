"""The page's line and arc are those that the training step measured the middles of."""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.twin import answer
from training.measure import paths

ASSETS = Path(__file__).resolve().parents[3] / "site_assets"
SCRIPT = """
const [assets, pairs] = [process.argv[1], JSON.parse(process.argv[2])];
const maths = await import(`${assets}/figures/interpolate/maths.ts`);
const ways = ["line", "arc"].map((way) => [way, pairs.map(([a, b]) =>
  [0, 0.125, 0.5, 1].map((t) => [...maths[way](a, b, t)]))]);
process.stdout.write(JSON.stringify(Object.fromEntries(ways)));
"""


@pytest.mark.parametrize("way", ["line", "arc"])
def test_both_languages_take_the_same_way(way: str) -> None:
    rng = np.random.default_rng(5)
    a, b = rng.standard_normal((2, 30, 16))
    b[0], b[1], b[2], a[3] = -a[0], a[1], 2 * a[2], 0
    pairs = json.dumps(np.stack([a, b], axis=1).tolist())
    found = np.array(answer(SCRIPT, ASSETS.as_uri(), pairs)[way])
    for place, t in enumerate((0, 0.125, 0.5, 1)):
        expected = getattr(paths, way)(a, b, t)
        assert np.abs(found[:, place] - expected).max() < 1e-9
