"""F23: the page's k-means and adjusted Rand index are the recipe's, which are scikit-learn's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score

from tests.twin import answer
from training.measure.groups import STARTS, STREAM_STARTS, grouped, starting_rows

ASSETS = Path(__file__).resolve().parents[3] / "site_assets"
SCRIPT = """
import { readFileSync } from "node:fs";
const { sets, counts, starts, given, pairs } = JSON.parse(readFileSync(0, "utf8"));
const maths = await import(`${process.argv[1]}/figures/semantic/maths.ts`);
const told = (found) => ({ labels: [...found.labels], centres: [...found.centres.values],
  inertia: found.inertia });
const rowsOf = (set) => ({ size: set[0].length, values: set.flat() });
process.stdout.write(JSON.stringify({
  stream: maths.STREAM_STARTS,
  runs: sets.map((set) => counts.map((k) => {
    const rows = rowsOf(set);
    const best = maths.grouped(rows, k, starts);
    const order = [...Array(k).keys()].reverse();
    return {
      starts: Array.from({ length: starts }, (_, start) => maths.startingRows(rows, k, start)),
      runs: Array.from({ length: starts }, (_, start) =>
        told(maths.kMeans(rows, maths.startingRows(rows, k, start)))),
      best: told(best),
      reversed: told(maths.renumbered(best, order)),
    };
  })),
  given: given.map(([set, start]) => told(maths.kMeans(rowsOf(sets[set]), start))),
  likeness: pairs.map(([a, b]) => maths.adjustedRand(a, b)),
}));
"""
COUNTS = range(2, 9)
EMPTIED = (2, [0, 1, 2])
"""A start whose third mean has no row of its own: it equals the second."""

Sets = list[NDArray[np.float32]]


@pytest.fixture(scope="module")
def sets() -> Sets:
    """Clouds that lie apart, one cloud, and a few rows of which two are the same."""
    rng = np.random.default_rng(7)
    apart = rng.normal(size=(5, 3))[np.arange(120) % 5] + 0.2 * rng.normal(size=(120, 3))
    single = rng.normal(size=(90, 64))
    few = rng.normal(size=(9, 2))
    few[2] = few[1]
    return [each.astype(np.float32) for each in (apart, single, few)]


@pytest.fixture(scope="module")
def pairs() -> list[list[list[int]]]:
    """Partitions: equal, equal by other names, unlike, by chance, of one group."""
    rng = np.random.default_rng(8)
    a = rng.integers(0, 5, 200).tolist()
    b = rng.integers(0, 8, 200).tolist()
    renamed = [4 - label for label in a]
    coarse = [label // 2 for label in a]
    return [[a, a], [a, renamed], [a, coarse], [a, b], [[0] * 9, [0] * 9], [[0, 0, 1], [0, 1, 2]]]


@pytest.fixture(scope="module")
def found(sets: Sets, pairs: list[list[list[int]]]) -> dict[str, Any]:
    given = {
        "sets": sets,
        "counts": list(COUNTS),
        "starts": STARTS,
        "given": [EMPTIED],
        "pairs": pairs,
    }
    result: dict[str, Any] = answer(SCRIPT, ASSETS.as_uri(), given=given)
    return result


def expect_fit(told: dict[str, Any], exact: KMeans) -> None:
    assert told["labels"] == exact.labels_.tolist()
    assert told["centres"] == pytest.approx(exact.cluster_centers_.ravel(), abs=1e-6)
    assert told["inertia"] == pytest.approx(exact.inertia_, rel=1e-6)


def test_the_starts_are_the_recipes(sets: Sets, found: dict[str, Any]) -> None:
    assert found["stream"] == STREAM_STARTS
    for rows, of_set in zip(sets, found["runs"], strict=True):
        for k, told in zip(COUNTS, of_set, strict=True):
            for start in range(STARTS):
                chosen = starting_rows(rows, k, start)
                assert told["starts"][start] == chosen
                assert len(np.unique(rows[chosen], axis=0)) == k


def test_from_the_same_start_k_means_ends_where_scikit_learn_does(
    sets: Sets, found: dict[str, Any]
) -> None:
    for rows, of_set in zip(sets, found["runs"], strict=True):
        x = rows.astype(np.float64)
        for k, told in zip(COUNTS, of_set, strict=True):
            for start in range(STARTS):
                init = x[told["starts"][start]]
                expect_fit(told["runs"][start], KMeans(k, init=init, n_init=1, tol=0).fit(x))


def test_the_best_run_is_the_recipes(sets: Sets, found: dict[str, Any]) -> None:
    for rows, of_set in zip(sets, found["runs"], strict=True):
        for k, told in zip(COUNTS, of_set, strict=True):
            best = grouped(rows, k)
            assert told["best"]["labels"] == best.labels.tolist()
            assert best.of(rows).tolist() == best.labels.tolist()
            least = min(run["inertia"] for run in told["runs"])
            assert told["best"]["inertia"] == pytest.approx(least)


def test_a_group_without_rows_is_refilled_as_scikit_learn_does(
    sets: Sets, found: dict[str, Any]
) -> None:
    at, start = EMPTIED
    x = sets[at].astype(np.float64)
    expect_fit(found["given"][0], KMeans(len(start), init=x[start], n_init=1, tol=0).fit(x))


def test_groups_by_other_numbers_are_the_same_groups(found: dict[str, Any]) -> None:
    told = found["runs"][0][2]
    best, turned = np.array(told["best"]["labels"]), np.array(told["reversed"]["labels"])
    assert (turned == COUNTS[2] - 1 - best).all()
    centres = np.reshape(told["best"]["centres"], (COUNTS[2], -1))
    assert np.array_equal(np.reshape(told["reversed"]["centres"], centres.shape), centres[::-1])


def test_likeness_is_scikit_learns_adjusted_rand_index(
    pairs: list[list[list[int]]], found: dict[str, Any]
) -> None:
    for (a, b), likeness in zip(pairs, found["likeness"], strict=True):
        assert likeness == pytest.approx(adjusted_rand_score(a, b), abs=1e-12)


def test_fewer_different_rows_than_groups_are_refused() -> None:
    rows = np.ones((5, 2), np.float32)
    with pytest.raises(ValueError, match="different rows"):
        starting_rows(rows, 2, 0)
