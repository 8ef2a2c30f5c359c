"""How long a reader waits, dragging: pointer event → new picture painted.

Drags the handle of the figure `latent-walk` in Chromium and measures in the page, by its own clock:
from the pointer event's time stamp to the frame callback after the first frame that can hold the
changed picture. Beside it the decoder alone, run through the page's engine with nothing else going
on. An older build of this book, if its folder is named, is dragged in turns with this one; the
ratio is the median of the rounds' own. Prints a table and writes `build/reports/drag_latency.json`.

    python -m tests.benchmarks.drag_latency [--site FOLDER] [--before FOLDER] [--rounds N]
"""

from __future__ import annotations

import argparse
import math
import os
import statistics
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.conftest import Window
from tests.browser.support.browsers import launch
from tests.browser.support.figure import Figure
from tests.browser.support.server import serve
from tests.browser.support.site import Site
from tests.conftest import ROOT
from tests.report import save

FIGURE = "latent-walk"
MOVES = 300
PAUSE = 30  # ms between moves, at least: each move's frame can be told from the next one's
FRAME = 1000 / 60  # ms
# A hand keeps no time with the display, while a move made a fixed time after the last one's frame
# always meets the next frame at the same moment: early for one build, too late for another. So
# pauses vary by up to a frame, evenly (multiples of the golden ratio, modulo 1).
GOLDEN = (math.sqrt(5) - 1) / 2
CALLS = 300
NOW, BEFORE = "this book", "this book before"

# What putImageData changes is painted in the next frame. Its callback runs before the painting,
# a message posted in that callback after it.
INSTRUMENT = """
(svg) => {
  const spans = { computed: [], painted: [] };
  let since = null;
  svg.addEventListener("pointermove", (event) => { since ??= event.timeStamp; }, true);
  const put = CanvasRenderingContext2D.prototype.putImageData;
  CanvasRenderingContext2D.prototype.putImageData = function (...image) {
    put.apply(this, image);
    if (since === null) return;
    const start = since;
    since = null;
    spans.computed.push(performance.now() - start);
    requestAnimationFrame(() => {
      const channel = new MessageChannel();
      channel.port1.onmessage = () => spans.painted.push(performance.now() - start);
      channel.port2.postMessage(null); // runs after this frame has been drawn
    });
  };
  window.dragSpans = spans;
}
"""

SESSION = """
async ({ graph, calls }) => {
  const engine = await book.theEngine();
  const spans = [];
  for (let i = 0; i < calls; i++) {
    const z = Float32Array.of(Math.sin(i), Math.cos(i));
    const start = performance.now();
    await engine.run(graph, { z: { dims: [1, 2], data: z } });
    spans.push(performance.now() - start);
  }
  return spans;
}
"""


def percentile(values: list[float], share: float) -> float:
    """Nearest rank: the smallest value that at least `share` of all values don't exceed."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def summary(values: list[float]) -> dict[str, float]:
    """Milliseconds, and how many were measured."""
    return {
        "count": len(values),
        "median_ms": round(statistics.median(values), 3),
        "p95_ms": round(percentile(values, 0.95), 3),
        "max_ms": round(max(values), 3),
    }


def drag(page: Page, figure: Figure) -> dict[str, list[float]]:
    """Drags round a circle; the spans that the page measured, in ms."""
    plane = figure.plane("Code")
    plane.svg.evaluate(INSTRUMENT)
    turn = [2 * math.pi * i / 60 for i in range(MOVES)]
    centre, rim = plane.spot((0, 0)), plane.spot((1.8, 0))
    radius = rim[0] - centre[0]
    spots = [(centre[0] + radius * math.cos(t), centre[1] + radius * math.sin(t)) for t in turn]
    page.mouse.move(*spots[0])
    page.mouse.down()
    for move, spot in enumerate(spots[1:]):
        page.mouse.move(*spot)
        page.wait_for_timeout(PAUSE + FRAME * (GOLDEN * move % 1))
    page.mouse.up()
    spans: dict[str, list[float]] = page.evaluate("window.dragSpans")
    return spans


def visit(browser: Browser, site: Site, *, bare: bool) -> dict[str, list[float]]:
    """The spans of one drag in a fresh window, in ms; with `bare` the decoder alone, too."""
    placed = site.figure(FIGURE)
    window = Window(browser, site)
    page = window.page
    page.goto(site.url(placed.page, placed.id))
    figure = Figure(page, placed).wait_live()
    page.wait_for_timeout(1000)  # the browser compiles the wasm better in the background
    spans = {}
    if bare:
        model = placed.data["models"]["vae"]["name"]
        graph = {"graph": f"{model}/decoder", "calls": CALLS}
        spans["decoder alone"] = page.evaluate(SESSION, graph)
    spans |= drag(page, figure)
    window.context.close()
    return spans


def measure(folder: Path, before: Path | None, rounds: int) -> dict[str, Any]:
    """All spans of one run, in one browser, the builds in turns."""
    with ExitStack() as stack:
        playwright = stack.enter_context(sync_playwright())
        browser = launch(playwright)
        folders = {NOW: folder} | ({BEFORE: before} if before else {})
        sites = {
            name: Site(path, stack.enter_context(serve(path))) for name, path in folders.items()
        }
        visits = [
            {name: visit(browser, site, bare=name == NOW) for name, site in sites.items()}
            for _ in range(rounds)
        ]
        version = browser.version
        browser.close()
    rows = {
        f"{name}, {what}": summary([span for each in visits for span in each[name][what]])
        for name in sites
        for what in visits[0][name]
    }
    ratio = None
    if before:
        ratio = statistics.median(
            percentile(each[NOW]["painted"], 0.95) / percentile(each[BEFORE]["painted"], 0.95)
            for each in visits
        )
    return {
        "figure": FIGURE,
        "browser": f"Chromium {version}",
        "load": os.getloadavg()[0],
        "rows": rows,
        "painted, p95, ratio": ratio,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="How long a reader waits, dragging.")
    parser.add_argument("--site", type=Path, default=ROOT / "build" / "site")
    parser.add_argument("--before", type=Path, help="the site of an older build of this book")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    if not (options.site / "index.html").is_file():
        parser.error(f"no built book in {options.site}; run: make book")
    report = measure(options.site, options.before, options.rounds)
    print(f"{report['figure']}, {report['browser']}, load {report['load']:.1f}\n")
    print(f"{'milliseconds':44}{'median':>9}{'p95':>9}{'max':>9}{'n':>6}")
    for name, row in report["rows"].items():
        times = "".join(f"{row[key]:9.2f}" for key in ("median_ms", "p95_ms", "max_ms"))
        print(f"{name:44}{times}{row['count']:6.0f}")
    if options.before:
        print(f"\npainted, p95: {report['painted, p95, ratio']:.2f} × the time of {BEFORE}")
    print(f"\nwritten to {save('drag_latency', report).relative_to(ROOT)}")


if __name__ == "__main__":
    main()
