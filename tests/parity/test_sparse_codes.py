"""F27: what is said of the sparse codes, measured again from what is published, by other tools."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import entropy
from sklearn.metrics import mutual_info_score

from tests.parity.test_measured_claims import Published
from tests.twin import answer
from training.data.factors import FACTORS, RANGES, factors

MATHS = Path(__file__).resolve().parents[2] / "site_assets/figures/sparse-codes/maths.ts"
SCRIPT = """
import { readFileSync } from "node:fs";
const { draw, hear, voices } = await import(process.argv[1]);
const { network, images, speaking } = JSON.parse(readFileSync(0, "utf8"));
const { columns, thresholds, rest } = network;
const own = { columns: Float32Array.from(columns), thresholds, rest };
process.stdout.write(JSON.stringify(images.map((x) => {
  const loud = voices(hear(own, x), speaking);
  return { loud: loud.map(({ unit, loudness }) => [unit, loudness]), drawn: [...draw(own, loud)] };
})));
"""
SUFFIXES = (("", np.mean), ("_lowest", np.min), ("_highest", np.max))

Field = NDArray[np.float64]
Bins = NDArray[np.int64]


@pytest.fixture(scope="module")
def model(models_dir: Path) -> Published:
    return Published(models_dir, "sparse-codes")


@pytest.fixture(scope="module")
def known() -> list[Bins]:
    """The factors of the test drawings in bins."""
    shape, *others = factors().factors["test"].T
    cut = [
        np.digitize(values, np.linspace(*bounds, 11)[1:-1])
        for values, bounds in zip(others, RANGES.values(), strict=True)
    ]
    return [shape.astype(np.int64), *cut]


def weights(model: Published, seed: int) -> tuple[Field, Field, Field]:
    columns = (model.array("columns")[seed].astype(float) - 128) * model.card["options"][
        "column_step"
    ]
    return columns, *(model.array(name)[seed].astype(float) for name in ("thresholds", "rest"))


def coded(model: Published, seed: int, x: Field) -> tuple[Field, Field]:
    """Codes `[n, 64]` and drawings `[n, 256]`, row by row."""
    columns, thresholds, rest = weights(model, seed)
    heard = np.maximum((x - rest) @ columns.T + thresholds, 0)
    code = np.zeros_like(heard)
    for row, own in enumerate(heard):
        loud = np.argsort(-own)[: model.card["options"]["speaking"]]
        code[row, loud] = own[loud]
    return code, rest + code @ columns


def nats(bins: Bins) -> float:
    return float(entropy(np.unique(bins, return_counts=True)[1]))


def told(known: list[Bins], code: Field, bins: int) -> Field:
    """I(factor; number) / H(factor), `[4, k]`."""
    edges = np.quantile(code, np.arange(1, bins) / bins, axis=0)
    cut = [
        np.searchsorted(own, column, side="right")
        for own, column in zip(edges.T, code.T, strict=True)
    ]
    return np.array([[mutual_info_score(f, own) / nats(f) for own in cut] for f in known])


def test_errors_information_and_who_wakes_are_as_published(
    model: Published, known: list[Bins]
) -> None:
    x = factors().dataset.test.x.astype(float)
    options, shares = model.card["options"], model.array("sparse_shares")
    errors, best, ahead, spoken = [], [], [], []
    for seed in range(options["seed_count"]):
        code, drawn = coded(model, seed, x)
        errors.append(np.mean((drawn - x) ** 2))
        table = told(known, code, options["code_bins"])
        assert table == pytest.approx(shares[seed], abs=2e-3)
        ordered = np.sort(table, axis=1)
        best.append(ordered[:, -1].mean())
        ahead.append((ordered[:, -1] - ordered[:, -2]).mean())
        awake = (code > 0).astype(int)
        spoken.append(
            [
                np.mean([mutual_info_score(f, b) / nats(b) if nats(b) else 0 for b in awake.T])
                for f in known
            ]
        )
        waking = np.hstack(
            [
                np.array([awake[f == place].mean(axis=0) for place in range(f.max() + 1)]).T
                for f in known
            ]
        )
        assert model.array("waking")[seed] / 255 == pytest.approx(waking, abs=0.01)
    for suffix, over in SUFFIXES:
        metric = model.metric
        assert metric(f"sparse.test.reconstruction_mse{suffix}") == pytest.approx(
            over(errors), rel=1e-3
        )
        assert metric(f"sparse.test.told{suffix}") == pytest.approx(over(best), abs=1e-3)
        assert metric(f"sparse.test.mig{suffix}") == pytest.approx(over(ahead), abs=1e-3)
        for number, factor in enumerate(FACTORS):
            assert metric(f"sparse.test.{factor}.spoken{suffix}") == pytest.approx(
                over([row[number] for row in spoken]), abs=1e-3
            )


def test_pca_of_that_size_leaves_that_error_and_one_less_more(
    model: Published, known: list[Bins]
) -> None:
    data = factors().dataset
    train, x = (split.x.astype(float) for split in (data.train, data.test))
    _, _, directions = np.linalg.svd(train - train.mean(axis=0), full_matrices=False)
    size = int(model.metric("pca.numbers"))

    def left(numbers: int) -> float:
        codes = (x - train.mean(axis=0)) @ directions[:numbers].T
        return float(np.mean((codes @ directions[:numbers] + train.mean(axis=0) - x) ** 2))

    sparse = model.metric("sparse.test.reconstruction_mse")
    assert left(size) <= sparse < left(size - 1)
    assert model.metric("pca.test.reconstruction_mse") == pytest.approx(left(size), rel=1e-4)
    table = told(known, (x - train.mean(axis=0)) @ directions[:size].T, 20)
    assert table == pytest.approx(model.array("pca_shares")[0], abs=2e-3)


def test_the_page_hears_and_draws_the_same(model: Published) -> None:
    images = model.array("images_test")[:40].astype(float) / 255
    speaking = model.card["options"]["speaking"]
    for seed in range(model.card["options"]["seed_count"]):
        parts = zip(("columns", "thresholds", "rest"), weights(model, seed), strict=True)
        call = {
            "network": {name: part.ravel() for name, part in parts},
            "images": images,
            "speaking": speaking,
        }
        answers = answer(SCRIPT, MATHS.as_uri(), given=call)
        codes, drawn = coded(model, seed, images)
        for found, code, redrawn in zip(answers, codes, drawn, strict=True):
            loud = {int(unit): loudness for unit, loudness in found["loud"]}
            assert set(loud) == set(np.flatnonzero(code))
            assert [*loud.values()] == pytest.approx(code[[*loud]], abs=1e-6)
            assert found["drawn"] == pytest.approx(redrawn, abs=1e-6)
