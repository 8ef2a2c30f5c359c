"""F21: the windows that the page makes are those of the recipe."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.twin import answer
from training.measure.rare_class import jittered, parents, smote
from training.recipes.families.coarse_currents import WIDTH
from training.recipes.rare_currents import FLOOR, spectrum

ASSETS = Path(__file__).resolve().parents[3] / "site_assets"
SCRIPT = """
import { readFileSync } from "node:fs";
const { rows, noise, scale, seed, count, floor } = JSON.parse(readFileSync(0, "utf8"));
const maths = await import(`${process.argv[1]}/figures/generate/maths.ts`);
const x = { size: rows[0].length, values: Float64Array.from(rows.flat()) };
const spectra = maths.spectra(x, floor);
process.stdout.write(JSON.stringify({
  parents: [...maths.parents(seed, rows.length, count)],
  jittered: [...maths.jittered(x, count, noise, scale, seed).values],
  smote: [...maths.smote(x, count, seed).values],
  spectra: [...spectra.values],
  mean: [...maths.meanRow(spectra)],
}));
"""
COUNT, SEED, NOISE, SCALE = 40, 9, 0.05, 0.2
ROWS = np.random.default_rng(6).normal(size=(12, WIDTH)).astype(np.float32)


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    given = {"rows": ROWS, "noise": NOISE, "scale": SCALE, "seed": SEED, "count": COUNT}
    result: dict[str, Any] = answer(SCRIPT, ASSETS.as_uri(), given={**given, "floor": FLOOR})
    return result


def test_the_same_windows_are_made(found: dict[str, Any]) -> None:
    assert found["parents"] == parents(SEED, len(ROWS), COUNT).tolist()
    copies = jittered(ROWS, COUNT, NOISE, SCALE, SEED)
    assert np.reshape(found["jittered"], copies.shape) == pytest.approx(copies, abs=1e-6)
    between = smote(ROWS, COUNT, SEED)
    assert np.reshape(found["smote"], between.shape) == pytest.approx(between, abs=1e-9)


def test_the_spectra_are_numpys(found: dict[str, Any]) -> None:
    samples = WIDTH // 3
    exact = np.fft.fftshift(spectrum(ROWS)[:, :samples], axes=1)
    assert np.reshape(found["spectra"], exact.shape) == pytest.approx(exact, abs=1e-9)
    assert found["mean"] == pytest.approx(exact.mean(axis=0), abs=1e-9)
