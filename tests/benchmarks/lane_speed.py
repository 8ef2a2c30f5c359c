"""How much faster a graph runs on the kernels than on ONNX Runtime, graph by graph, in Chromium.

Two pages of the book, one of them opened with `?engine=ort`, run every published graph but the
training steps (see `training_speed`) with 1, 16 and 300 rows, in turns within one run. *Felt* is
from the call to its answer, the way to a worker included; *inside* is what the call itself took.
Ratios are medians over the rounds of ONNX Runtime's time ÷ the kernels'. Writes
`build/reports/lane_speed.json`.

    python -m tests.benchmarks.lane_speed [folder of the site]
"""

from __future__ import annotations

import base64
import json
import os
import statistics
import sys
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from builder.plan.encode import encode_plan
from tests.browser.conftest import Window
from tests.browser.support.browsers import launch
from tests.browser.support.figure import Figure
from tests.browser.support.server import serve
from tests.browser.support.site import Site
from tests.conftest import ROOT
from tests.plans import planned
from tests.report import save

HOST = "latent-walk"
ROWS = (1, 16, 300)
ROUNDS = 5
SPAN = 60  # ms of each measurement

LOAD = """
async ({ graph, plan, model }) => {
  const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const engine = await book.theEngine();
  await engine.load(graph, { plan: async () => bytes(plan), model: async () => bytes(model) });
}
"""
RUN = """
async ({ graph, inputs, milliseconds }) => {
  const feeds = {};
  for (const { name, dims, dtype } of inputs) {
    const size = dims.reduce((product, dim) => product * dim, 1);
    const data = dtype === "int32" ? new Int32Array(size) : new Float32Array(size);
    if (dtype !== "int32") data.forEach((_, i) => (data[i] = 0.3 * Math.sin(i)));
    feeds[name] = { dims, data };
  }
  const engine = await book.theEngine();
  let inside = 0, calls = 0;
  const start = performance.now();
  do {
    await engine.run(graph, feeds, { spent: (milliseconds) => (inside += milliseconds) });
    calls++;
  } while (performance.now() - start < milliseconds);
  return { felt: (performance.now() - start) / calls, inside: inside / calls };
}
"""


def open_page(browser: Browser, site: Site, query: str) -> Page:
    placed = site.figure(HOST)
    page = Window(browser, site).page
    page.goto(f"{site.root}{placed.page}{query}#{placed.id}")
    Figure(page, placed).wait_live()
    return page


def inputs_of(graph: dict[str, Any], rows: int) -> list[dict[str, Any]]:
    return [
        {
            "name": port["name"],
            "dims": [rows if isinstance(size, str) else size for size in port["shape"]],
            "dtype": port["dtype"],
        }
        for port in graph["inputs"]
    ]


def measure(folder: Path) -> dict[str, Any]:
    """Milliseconds a call and ratios by graph and number of rows."""
    found: dict[str, Any] = {}
    with serve(folder) as root, sync_playwright() as playwright:
        browser = launch(playwright)
        site = Site(folder, root)
        queries = {"kernels": "", "ort": "?engine=ort"}
        pages = {lane: open_page(browser, site, query) for lane, query in queries.items()}
        for card_path in sorted((ROOT / "build/models").glob("*/card.json")):
            card = json.loads(card_path.read_text("utf-8"))
            for name, graph in card["graphs"].items():
                if name == "step":
                    continue
                key = f"{card['name']}/{name}"
                model = (card_path.parent / graph["file"]).read_bytes()
                parts = {
                    "graph": f"bench/{key}",
                    "plan": base64.b64encode(encode_plan(planned(model))).decode(),
                    "model": base64.b64encode(model).decode(),
                }
                for page in pages.values():
                    page.evaluate(LOAD, parts)
                is_open = any(isinstance(s, str) for p in graph["inputs"] for s in p["shape"])
                for rows in ROWS if is_open else ROWS[:1]:
                    case = f"{key} × {rows}"
                    found[case] = compare(pages, parts["graph"], inputs_of(graph, rows))
                    print(line(case, found[case]), flush=True)
        version = browser.version
        browser.close()
    return {"browser": f"Chromium {version}", "load": os.getloadavg()[0], "graphs": found}


def compare(pages: dict[str, Page], graph: str, inputs: list[dict[str, Any]]) -> dict[str, Any]:
    request = {"graph": graph, "inputs": inputs, "milliseconds": SPAN}
    rounds = []
    for _ in range(ROUNDS + 1):
        rounds.append({lane: page.evaluate(RUN, request) for lane, page in pages.items()})
    counted = rounds[1:]  # once for caches and compilers
    result: dict[str, Any] = {}
    for what in ("felt", "inside"):
        for lane in pages:
            result[f"{lane} {what}"] = statistics.median(each[lane][what] for each in counted)
        result[f"ratio {what}"] = statistics.median(
            each["ort"][what] / max(each["kernels"][what], 1e-4) for each in counted
        )
    return result


def line(name: str, result: dict[str, Any]) -> str:
    times = "".join(
        f"{1000 * result[key]:10.0f}"
        for key in ("kernels felt", "ort felt", "kernels inside", "ort inside")
    )
    return f"{name:44}{times}{result['ratio felt']:10.1f}{result['ratio inside']:10.1f}"


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "build" / "site"
    if not (folder / "index.html").is_file():
        sys.exit(f"no built book in {folder}; run: make book")
    heads = ("kernels", "ort", "inside: k", "ort", "ratio", "inside")
    print(f"{'microseconds a call':44}" + "".join(f"{head:>10}" for head in heads))
    report = measure(folder)
    print(f"\n{report['browser']}; load of the machine {report['load']:.1f}")
    print(f"written to {save('lane_speed', report).relative_to(ROOT)}")


if __name__ == "__main__":
    main()
