"""How long a reader waits, dragging: pointer event → new picture painted.

Drags the handle of the figure `latent-walk` in Chromium and measures in the page, by its own clock:
from the pointer event's time stamp to the frame callback after the first frame that can hold the
changed picture. Beside it the decoder alone, run through the page's engine and its worker with
nothing else going on. Prints a table and writes `build/reports/drag_latency.json`.

    python -m tests.benchmarks.drag_latency [folder of the site]
"""

from __future__ import annotations

import math
import statistics
import sys
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from tests.browser.conftest import Window
from tests.browser.support.browsers import launch
from tests.browser.support.figure import Figure
from tests.browser.support.server import serve
from tests.browser.support.site import Site
from tests.conftest import ROOT
from tests.report import save

FIGURE = "latent-walk"
MOVES = 300
PAUSE = 30  # ms between moves: each move's frame can be told from the next one's
CALLS = 300

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
    for spot in spots[1:]:
        page.mouse.move(*spot)
        page.wait_for_timeout(PAUSE)
    page.mouse.up()
    spans: dict[str, list[float]] = page.evaluate("window.dragSpans")
    return spans


def measure(folder: Path) -> dict[str, Any]:
    """All spans of one run, in one browser."""
    with serve(folder) as root, sync_playwright() as playwright:
        browser = launch(playwright)
        site = Site(folder, root)
        placed = site.figure(FIGURE)
        page = Window(browser, site).page
        page.goto(site.url(placed.page, placed.id))
        figure = Figure(page, placed).wait_live()
        page.wait_for_timeout(1000)  # the browser compiles the wasm better in the background
        model = placed.data["models"]["vae"]["name"]
        bare = page.evaluate(SESSION, {"graph": f"{model}/decoder", "calls": CALLS})
        spans = drag(page, figure)
        version = browser.version
        browser.close()
    return {
        "figure": FIGURE,
        "model": model,
        "browser": f"Chromium {version}",
        "decoder alone, through the worker": summary(bare),
        "pointer event to picture computed and drawn": summary(spans["computed"]),
        "pointer event to picture on screen": summary(spans["painted"]),
    }


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "build" / "site"
    if not (folder / "index.html").is_file():
        sys.exit(f"no built book in {folder}; run: make book")
    report = measure(folder)
    print(f"{report['model']} in {report['figure']}, {report['browser']}\n")
    print(f"{'milliseconds':48}{'median':>9}{'p95':>9}{'max':>9}{'n':>6}")
    for name, row in report.items():
        if isinstance(row, dict):
            times = "".join(f"{row[key]:9.2f}" for key in ("median_ms", "p95_ms", "max_ms"))
            print(f"{name:48}{times}{row['count']:6.0f}")
    print(f"\nwritten to {save('drag_latency', report).relative_to(ROOT)}")


if __name__ == "__main__":
    main()
