"""F8: the page's own mathematics, on the published models, counts what the recipe counted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.parity.test_exported_models import array, session
from tests.twin import answer
from training.recipes.digits_holes import throws

ROOT = Path(__file__).resolve().parents[2]
BORDERLINE = 2  # drawings of 1,000 that lie within float32's rounding of a limit

SCRIPT = """
const { readFileSync } = await import("node:fs");
const { throwCodes } = await import(process.argv[1]);
const { judge, acceptedShare } = await import(process.argv[2]);
const folder = process.argv[3];
const { limits, images, seed } = JSON.parse(readFileSync(`${folder}/call.json`, "utf8"));
const read = (name) => { const b = readFileSync(`${folder}/${name}.bin`);
  return new Float32Array(b.buffer.slice(b.byteOffset, b.byteOffset + b.byteLength)); };
const known = read("known");
process.stdout.write(JSON.stringify({
  throws: [2, 4, 16].map((size) => [...throwCodes(seed, size)]),
  shares: images.map((name) =>
    acceptedShare(judge(read(name), read(`${name}-probability`), known, 64, 10, limits))),
}));
"""


def test_the_page_counts_what_the_recipe_counted(models_dir: Path, tmp_path: Path) -> None:
    folders = {name: models_dir / f"digits-{name}" for name in ("holes", "judge")}
    cards: dict[str, dict[str, Any]] = {
        name: json.loads((folder / "card.json").read_text(encoding="utf-8"))
        for name, folder in folders.items()
    }
    options, metrics = cards["holes"]["options"], cards["judge"]["metrics"]
    decoder = session(folders["holes"] / "decoder.onnx")
    classifier = session(folders["judge"] / "classifier.onnx")
    sizes, seed = options["sizes"], options["throw_seed"]
    codes = {size: throws(size, seed) for size in sizes}
    members = len(options["kinds"]) * options["shown_seeds"] * len(sizes)
    for member in range(members):
        drawn = decode(decoder, codes[sizes[member % len(sizes)]], member, max(sizes))
        drawn.tofile(tmp_path / f"{member}.bin")
        probability = classifier.run(None, {"x": drawn})[0]
        probability.tofile(tmp_path / f"{member}-probability.bin")
    known = array(folders["judge"], cards["judge"], "images_train").astype(np.float32)
    (known / options_of(cards["judge"], "full_ink")).astype("<f4").tofile(tmp_path / "known.bin")
    limits = {
        "leastProbability": metrics["least_probability"]["value"],
        "largestDistance": metrics["largest_distance"]["value"],
    }
    call = {"limits": limits, "seed": seed, "images": [str(m) for m in range(members)]}
    (tmp_path / "call.json").write_text(json.dumps(call), encoding="utf-8")
    modules = [
        (ROOT / "site_assets" / path).as_uri()
        for path in ("figures/holes/maths.ts", "kit/maths/judge.ts")
    ]
    found = answer(SCRIPT, *modules, str(tmp_path))
    for size, thrown in zip(sizes, found["throws"], strict=True):
        assert np.array(thrown, np.float32) == pytest.approx(codes[size].ravel(), abs=1e-6)
    measured = array(folders["holes"], cards["holes"], "accepted_shares")
    published = measured[:, : options["shown_seeds"]].ravel()
    assert found["shares"] == pytest.approx(published, abs=BORDERLINE / options["throws"] + 1e-6)


def options_of(card: dict[str, Any], name: str) -> float:
    return float(card["options"][name])


def decode(decoder: Any, codes: NDArray[np.float32], member: int, width: int) -> Any:
    z = np.zeros((len(codes), width), np.float32)
    z[:, : codes.shape[1]] = codes
    return decoder.run(None, {"z": z, "member": np.full(len(codes), member, np.int32)})[0]
