"""How much faster a graph runs on the kernels than on ONNX Runtime, graph by graph.

In each browser two windows of the book, one of them opened with `?engine=ort`, run every published
graph but the training steps (see `training_speed`) with 1, 16 and 300 rows, in turns within one
run. *Felt* is from the call to its answer, the way to a worker included; *inside* is what the call
itself took. Ratios are medians over the rounds of ONNX Runtime's time ÷ the kernels'. Prints what
misses a target; writes `build/reports/lane_speed.json` and the README's table.

    python -m tests.benchmarks.lane_speed [--site FOLDER] [--browsers NAME …] [--only TEXT]
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import statistics
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import onnx
from playwright.sync_api import Playwright, sync_playwright

from builder.plan.encode import encode_plan
from tests.browser.support.browsers import NAMES
from tests.browser.support.drivers import Driver, Tripwire, drive
from tests.browser.support.rounds import LIVE_PATIENCE, WAKE
from tests.browser.support.server import serve
from tests.browser.support.site import Site
from tests.conftest import ROOT
from tests.plans import planned
from tests.report import put, save

HOST = "latent-walk"
QUERIES = {"kernels": "", "ort": "?engine=ort"}
ROWS = (1, 16, 300)
ROUNDS = 5
SPAN = 60  # ms of each measurement
TARGETS = {"dense, one row": 10.0, "convolutions, one row": 2.0, "all others": 1.3}
CONVOLUTIONS = {"Conv", "ConvTranspose"}

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


@dataclass(frozen=True)
class Graph:
    """A published graph, and what it is called with."""

    key: str
    """MODEL/NAME."""
    file: Path
    ports: tuple[dict[str, Any], ...]

    @property
    def has_rows(self) -> bool:
        """Whether the number of rows is open."""
        return any(isinstance(size, str) for port in self.ports for size in port["shape"])

    def group(self, rows: int) -> str:
        """Which target holds."""
        if rows > 1 or not self.has_rows:
            return "all others"
        operators = {node.op_type for node in onnx.load(self.file).graph.node}
        return "convolutions, one row" if operators & CONVOLUTIONS else "dense, one row"

    def inputs(self, rows: int) -> list[dict[str, Any]]:
        return [
            {
                "name": port["name"],
                "dims": [rows if isinstance(size, str) else size for size in port["shape"]],
                "dtype": port["dtype"],
            }
            for port in self.ports
        ]


def graphs() -> Iterator[Graph]:
    """All that this checkout has trained, without the training steps."""
    for path in sorted((ROOT / "build/models").glob("*/card.json")):
        card = json.loads(path.read_text("utf-8"))
        for name, graph in card["graphs"].items():
            if name != "step":
                yield Graph(
                    f"{card['name']}/{name}", path.parent / graph["file"], tuple(graph["inputs"])
                )


def open_page(driver: Driver, site: Site, query: str) -> None:
    placed = site.figure(HOST)
    driver.open(f"{site.root}{placed.page}{query}#{placed.id}")
    state, said = driver.ask(WAKE, placed.id, LIVE_PATIENCE)
    assert state == "live", said


def measure(
    playwright: Playwright, name: str, site: Site, chosen: Sequence[Graph]
) -> dict[str, Any]:
    """Milliseconds a call and ratios by graph and number of rows, in one browser."""
    found: dict[str, Any] = {}
    with ExitStack() as stack:
        tripwire = Tripwire()
        stack.callback(tripwire.close)
        drivers = {lane: stack.enter_context(drive(playwright, name, tripwire)) for lane in QUERIES}
        for lane, query in QUERIES.items():
            open_page(drivers[lane], site, query)
        version = next(iter(drivers.values())).version
        print(f"\n{version}", flush=True)
        for graph in chosen:
            model = graph.file.read_bytes()
            parts = {
                "graph": f"bench/{graph.key}",
                "plan": base64.b64encode(encode_plan(planned(model))).decode(),
                "model": base64.b64encode(model).decode(),
            }
            for driver in drivers.values():
                driver.ask(LOAD, parts)
            for rows in ROWS if graph.has_rows else ROWS[:1]:
                case = f"{graph.key} × {rows}"
                times = compare(drivers, parts["graph"], graph.inputs(rows))
                found[case] = {"group": graph.group(rows), **times}
                print(line(case, found[case]), flush=True)
    return {"version": version, "load": os.getloadavg()[0], "graphs": found}


def compare(
    drivers: dict[str, Driver], graph: str, inputs: list[dict[str, Any]]
) -> dict[str, float]:
    request = {"graph": graph, "inputs": inputs, "milliseconds": SPAN}
    rounds = []
    for _ in range(ROUNDS + 1):
        rounds.append({lane: driver.ask(RUN, request) for lane, driver in drivers.items()})
    counted = rounds[1:]  # once for caches and compilers
    result: dict[str, float] = {}
    for what in ("felt", "inside"):
        for lane in drivers:
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
    missed = "  misses its target" if result["ratio felt"] < TARGETS[result["group"]] else ""
    return f"{name:44}{times}{result['ratio felt']:10.1f}{result['ratio inside']:10.1f}{missed}"


def table(reports: Sequence[dict[str, Any]]) -> str:
    """Markdown: a row a group of graphs in a browser."""
    lines = [
        "| browser | calls | target | median | least | of | below the target |",
        "| --- | --- | ---: | ---: | ---: | --- | ---: |",
    ]
    for report in reports:
        for group, target in TARGETS.items():
            ratios = {
                case: times["ratio felt"]
                for case, times in report["graphs"].items()
                if times["group"] == group
            }
            if not ratios:
                continue
            least = min(ratios, key=lambda case: ratios[case])
            lines.append(
                f"| {report['version']} | {group} | {target:g} "
                f"| {statistics.median(ratios.values()):.1f} | {ratios[least]:.1f} | {least} "
                f"| {sum(ratio < target for ratio in ratios.values())} of {len(ratios)} |"
            )
    loads = ", ".join(f"{report['load']:.1f}" for report in reports)
    note = (
        "ONNX Runtime's time ÷ the kernels', from the call to its answer, of every graph that is "
        f"no training step; *× 300*: with so many rows. In turns, medians of {ROUNDS}. Load of the "
        f"machine, {os.cpu_count()} cores: {loads}."
    )
    return "\n".join([*lines, "", note, ""])


def main() -> None:
    parser = argparse.ArgumentParser(description="Kernels beside ONNX Runtime, graph by graph.")
    parser.add_argument("--site", type=Path, default=ROOT / "build" / "site")
    parser.add_argument("--browsers", nargs="+", choices=NAMES, default=NAMES)
    parser.add_argument("--only", default="", help="graphs whose MODEL/NAME holds this; no table")
    options = parser.parse_args()
    if not (options.site / "index.html").is_file():
        parser.error(f"no built book in {options.site}; run: make book")
    os.environ.setdefault("JSC_useOMGJIT", "1")  # WebKit compiles as it does for readers
    chosen = [graph for graph in graphs() if options.only in graph.key]
    heads = ("kernels", "ort", "inside: k", "ort", "ratio", "inside")
    print(f"{'microseconds a call':44}" + "".join(f"{head:>10}" for head in heads))
    with serve(options.site) as root, sync_playwright() as playwright:
        site = Site(options.site, root)
        reports = [measure(playwright, name, site, chosen) for name in options.browsers]
    if options.only:
        return
    print(f"\nwritten to {save('lane_speed', reports).relative_to(ROOT)}")
    shown = table(reports)
    put("lane-speed", shown)
    print(shown)


if __name__ == "__main__":
    main()
