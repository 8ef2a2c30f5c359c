"""Every published graph gives in the reader's browser what torch gave when it was trained.

`build/models/*/reference.json` holds inputs and torch's outputs for each graph. The graphs run in
the page's own engine: the same worker, the same wasm, the same queue as under a reader's finger.
A training step's reference is not one call but a run of 500: `test_step_graphs.py` follows it.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Browser, Page

from builder.plan.encode import encode_plan
from tests.browser.conftest import Window
from tests.browser.support.figure import Figure
from tests.browser.support.server import serve
from tests.browser.support.site import Site
from tests.conftest import ROOT
from tests.plans import planned

MODELS = sorted(path.parent.name for path in (ROOT / "build/models").glob("*/card.json"))
TOLERANCE = 1e-5  # where the card states none

RUN = """
async ({ graph, plan, model, lane, cases }) => {
  const types = {
    float32: Float32Array, int32: Int32Array, uint8: Uint8Array, int64: BigInt64Array,
  };
  const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const engine = await book.theEngine();
  const source = { plan: async () => bytes(plan), model: async () => bytes(model) };
  await engine.load(graph, source);
  const results = [];
  for (const inputs of cases) {
    const feeds = {};
    for (const [name, { dims, dtype, data }] of Object.entries(inputs)) {
      feeds[name] = { dims, data: new types[dtype](bytes(data).buffer) };
    }
    const outputs = Object.entries(await engine.run(graph, feeds, { priority: "background" }));
    results.push(Object.fromEntries(
      outputs.map(([name, { dims, data }]) => [name, { dims, data: Array.from(data, Number) }]),
    ));
  }
  if (engine.laneOf(graph) !== lane) throw new Error(`${graph} ran in the other lane`);
  return results;
}
"""


@pytest.fixture(scope="module", params=["kernels", "ort"])
def lane(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def live_page(browser: Browser, site_copy: Path, lane: str) -> Iterator[Page]:
    """A page of the book whose engine runs, in that lane."""
    with serve(site_copy) as root:
        site = Site(site_copy, root)
        placed = site.figures[0]
        window = Window(browser, site)
        window.page.goto(site.url(placed.page) + ("?engine=ort" if lane == "ort" else ""))
        Figure(window.page, placed).wait_live()
        yield window.page
        assert not window.watch.verdict()
        window.context.close()


def array(described: Mapping[str, Any]) -> NDArray[Any]:
    return np.array(described["data"], described["dtype"]).reshape(described["shape"])


def packed(described: Mapping[str, Any]) -> dict[str, Any]:
    """An input as the page takes it: little-endian bytes in base64."""
    values = array(described)
    little = values.astype(values.dtype.newbyteorder("<"))
    data = base64.b64encode(little.tobytes()).decode()
    return {"dims": described["shape"], "dtype": described["dtype"], "data": data}


@pytest.mark.parametrize("name", MODELS or ["none"])
def test_browser_equals_torch(models_dir: Path, live_page: Page, lane: str, name: str) -> None:
    folder = models_dir / name
    card = json.loads((folder / "card.json").read_text("utf-8"))
    references = json.loads((folder / "reference.json").read_text("utf-8"))
    assert set(references) == set(card["graphs"]), "a graph without a reference, or the other way"
    for graph, recorded in references.items():
        inputs = {described["name"] for described in card["graphs"][graph]["inputs"]}
        cases = [case for case in recorded if set(case["inputs"]) == inputs]
        assert cases or graph == "step", f"no reference for {graph}"
        model = (folder / card["graphs"][graph]["file"]).read_bytes()
        request = {
            "graph": f"parity/{name}/{graph}",
            "model": base64.b64encode(model).decode(),
            "plan": base64.b64encode(encode_plan(planned(model))).decode(),
            "lane": lane,
            "cases": [{k: packed(v) for k, v in case["inputs"].items()} for case in cases],
        }
        tolerance = card["parity"].get(graph, {}).get("tolerance", TOLERANCE)
        for case, result in zip(cases, live_page.evaluate(RUN, request), strict=True):
            for output, described in case["outputs"].items():
                expected = array(described)
                assert result[output]["dims"] == list(expected.shape)
                found = np.array(result[output]["data"]).reshape(expected.shape)
                difference = np.abs(found - expected).max(initial=0)
                assert difference <= tolerance, f"{graph}.{output} is off by {difference}"
