"""The slim engine draws figures as the whole one does, in states that it was not made from.

It is made from what the graphs do with synthetic inputs (site_assets/node/exercise.mjs); here
the figures themselves call them, with one choice after the other, at both ends of every range
and in its middle.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from builder.node.service import NODE
from tests.browser.site import PlacedFigure, Site, unpacked
from tests.conftest import ROOT

STATES = 6  # of each figure

DRAW = """
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
const [source, requests, wasm] = process.argv.slice(1);
const { drawFrame } = await import(source);
const drawn = [];
for (const request of JSON.parse(readFileSync(requests, "utf8"))) {
  const frame = await drawFrame({ ...request, wasm });
  drawn.push(createHash("sha256").update(JSON.stringify(frame)).digest("hex"));
}
process.stdout.write(JSON.stringify(drawn), () => process.exit(0));
"""


def values(field: Mapping[str, Any]) -> list[Any]:
    """What a piece of state can be: all choices, both ends and the middle of a range."""
    match field["type"]:
        case "choice":
            return list(field["choices"])
        case "boolean":
            return [False, True]
        case "number":
            return [field["min"], (field["min"] + field["max"]) / 2, field["max"]]
        case "integer":
            return [field["min"], (field["min"] + field["max"]) // 2, field["max"]]
        case _:
            return [field["default"]]


def states(figure: PlacedFigure) -> list[dict[str, Any]]:
    """States in which each piece takes its values in turn, beginning with another one each."""
    own, fields = figure.data["state"], figure.data["spec"].get("state", {})
    possible = {key: values(field) for key, field in fields.items()}
    return [
        own | {
            key: found[(at + place) % len(found)]
            for place, (key, found) in enumerate(possible.items())
        }
        for at in range(STATES)
    ]


def test_figures_are_drawn_the_same(built_site: Path, models_dir: Path, tmp_path: Path) -> None:
    site = Site(built_site, built_site.as_uri() + "/")
    requests = [
        {
            "figure": figure.name,
            "id": figure.id,
            "spec": figure.data["spec"],
            "state": state,
            "options": figure.data["options"],
            "models": {
                role: str(models_dir / model["name"])
                for role, model in figure.data["models"].items()
            },
        }
        for figure in site.figures
        if figure.data["models"]
        for state in states(figure)
    ]
    (tmp_path / "requests.json").write_text(json.dumps(requests), "utf-8")
    source = (ROOT / "site_assets/node/frame.mjs").as_uri()
    drawing = []
    for edition, file in site.engines.items():
        (tmp_path / edition).write_bytes(unpacked(file))
        arguments = [source, str(tmp_path / "requests.json"), str(tmp_path / edition)]
        command = [str(NODE), "--input-type=module", "-e", DRAW, *arguments]
        drawing.append(subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True))
    slim, whole = (json.loads(process.communicate(timeout=300)[0]) for process in drawing)
    assert len(slim) == len(requests)
    differing = [r for r, a, b in zip(requests, slim, whole, strict=True) if a != b]
    assert not differing
