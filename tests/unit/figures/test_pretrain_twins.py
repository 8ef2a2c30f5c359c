"""F20: the page's probe is the recipe's, which is scikit-learn's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from tests.twin import answer
from training.measure.probe import centred, labelled_rows

ASSETS = Path(__file__).resolve().parents[3] / "site_assets"
SCRIPT = """
import { readFileSync } from "node:fs";
const { train, test, known, truth, draws, strength } = JSON.parse(readFileSync(0, "utf8"));
const maths = await import(`${process.argv[1]}/figures/pretrain/maths.ts`);
const { crossTable } = await import(`${process.argv[1]}/kit/maths/index.ts`);
const split = maths.centred(train.flat(), test.flat(), train[0].length);
process.stdout.write(JSON.stringify(draws.map(([perClass, draw]) => {
  const rows = maths.labelledRows(known, 3, perClass, draw);
  const probe = maths.trainProbe(split.train, known, rows, 3, strength);
  const names = maths.named(probe, split.test);
  return { rows, weights: [...probe.weights], names: [...names],
    confusions: crossTable(3, 3, truth, names), features: [...split.test.values] };
})));
"""
STRENGTH = 0.7
DRAWS = [(1, 0), (3, 0), (3, 12), (20, 4)]

Found = list[dict[str, Any]]


@pytest.fixture(scope="module")
def given() -> dict[str, Any]:
    rng = np.random.default_rng(5)
    known, truth = (rng.permutation(np.arange(n) % 3).astype(np.uint8) for n in (90, 60))
    middles = rng.standard_normal((3, 6))
    return {
        "train": middles[known] + 0.8 * rng.standard_normal((90, 6)),
        "test": middles[truth] + 0.8 * rng.standard_normal((60, 6)),
        "known": known,
        "truth": truth,
        "draws": DRAWS,
        "strength": STRENGTH,
    }


@pytest.fixture(scope="module")
def found(given: dict[str, Any]) -> Found:
    result: Found = answer(SCRIPT, ASSETS.as_uri(), given=given)
    return result


def test_the_same_examples_get_a_label(given: dict[str, Any], found: Found) -> None:
    for (per_class, draw), result in zip(DRAWS, found, strict=True):
        assert result["rows"] == labelled_rows(given["known"], per_class, draw).tolist()
    assert set(found[0]["rows"]) <= set(found[1]["rows"]), "more labels hold the fewer"
    assert found[1]["rows"] != found[2]["rows"]


def test_weights_and_names_are_scikit_learns(given: dict[str, Any], found: Found) -> None:
    train, test = centred(given["train"], given["test"])
    for result in found:
        rows = result["rows"]
        exact = LogisticRegression(C=STRENGTH, tol=1e-9, max_iter=2000)
        exact.fit(train[rows], given["known"][rows])
        weights = np.reshape(result["weights"], (3, -1))
        assert weights[:, :-1] == pytest.approx(exact.coef_, abs=1e-3)
        assert weights[:, -1] == pytest.approx(exact.intercept_, abs=1e-3)
        assert result["names"] == exact.predict(test).tolist()
        counts = np.zeros((3, 3), int)
        np.add.at(counts, (given["truth"], exact.predict(test)), 1)
        assert result["confusions"] == counts.ravel().tolist()
        assert np.reshape(result["features"], test.shape) == pytest.approx(test, abs=1e-12)


def test_too_few_examples_are_refused(given: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="at least 31 examples"):
        labelled_rows(given["known"], 31, 0)
