"""Does the page stay smooth while a figure trains? Frame intervals with and without training.

Opens each figure that trains, scrolls by the wheel and drags over the caption by a script, in turns
without training and while it runs at full speed. The page measures by its own clock: intervals
between animation frames, and in each frame the work from its first callback until all is painted.
Writes `build/reports/frames_while_training.json`.

    python -m tests.benchmarks.frames_while_training [folder of the site]
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from tests.benchmarks.drag_latency import percentile
from tests.browser.conftest import Window
from tests.browser.support.browsers import launch
from tests.browser.support.figure import Figure
from tests.browser.support.server import serve
from tests.browser.support.site import Site
from tests.browser.support.training import SHOWN, TRAIN, Bench
from tests.conftest import ROOT
from tests.report import save

ROUNDS = 3
MOVES = 40  # of each gesture
PAUSE = 16  # ms between moves

RECORD = """
() => {
  const seen = { intervals: [], work: [] };
  let last = performance.now();
  const frame = (now) => {
    if (window.frames_ !== seen) return;
    requestAnimationFrame(frame);
    seen.intervals.push(now - last);
    last = now;
    const start = performance.now();
    const channel = new MessageChannel();
    channel.port1.onmessage = () => seen.work.push(performance.now() - start);
    channel.port2.postMessage(null); // runs after this frame has been laid out and painted
  };
  window.frames_ = seen;
  requestAnimationFrame(frame);
}
"""

FINISH = "() => { const seen = window.frames_; window.frames_ = null; return seen; }"


def gestures(page: Page, bench: Bench, training: bool) -> None:
    """Scrolls down and back, then drags over the figure's caption; a run that ends begins anew."""
    for direction in (1, -1):
        if training and bench.phase() != "running":
            bench.press(TRAIN)
        for _ in range(MOVES):
            page.mouse.wheel(0, direction * 4)  # the figure stays on screen
            page.wait_for_timeout(PAUSE)
    box = bench.figure.root.locator("figcaption").bounding_box()
    assert box
    left, top = box["x"] + 5, box["y"] + 8
    page.mouse.move(left, top)
    page.mouse.down()
    for i in range(MOVES):
        page.mouse.move(left + 3 * i, top + (i % 9))
        page.wait_for_timeout(PAUSE)
    page.mouse.up()


def measured(page: Page, bench: Bench, training: bool) -> dict[str, list[float]]:
    """Intervals and work, in ms, of every frame of the gestures."""
    page.evaluate(RECORD)
    gestures(page, bench, training)
    seen: dict[str, list[float]] = page.evaluate(FINISH)
    return seen


def figure(page: Page, bench: Bench) -> dict[str, Any]:
    """Rounds without and with training, in turns."""
    found: dict[str, dict[str, list[float]]] = {
        mode: {"intervals": [], "work": []} for mode in ("at rest", "training")
    }
    for _ in range(ROUNDS):
        for mode, collected in found.items():
            training = mode == "training"
            if training:
                bench.press("Untrain")
                bench.press(TRAIN)
                bench.wait_step(5)
            for kind, values in measured(page, bench, training).items():
                collected[kind] += values
            if training:
                bench.pause()
    return {
        mode: {kind: spread(values) for kind, values in collected.items()}
        for mode, collected in found.items()
    }


def spread(values: list[float]) -> dict[str, float]:
    """Milliseconds."""
    return {
        "n": len(values),
        "p50": round(percentile(values, 0.5), 2),
        "p95": round(percentile(values, 0.95), 2),
        "max": round(max(values), 2),
    }


def measure(folder: Path) -> dict[str, Any]:
    """Every figure that trains, one after the other."""
    report: dict[str, Any] = {"load": os.getloadavg()[0], "unit": "ms", "figures": {}}
    with serve(folder) as root, sync_playwright() as playwright:
        browser = launch(playwright)
        report["browser"] = f"Chromium {browser.version}"
        site = Site(folder, root)
        for name, state in SHOWN.items():
            placed = site.figure(name)
            page = Window(browser, site).page
            fragment = placed.fragment(state)
            page.goto(site.url(placed.page, fragment))
            bench = Bench(Figure(page, placed).wait_live())
            bench.press("One step")
            bench.wait_step(1)
            report["figures"][name] = found = figure(page, bench)
            for mode in ("at rest", "training"):
                print(
                    name.ljust(16)
                    + mode.ljust(10)
                    + "".join(
                        f"{found[mode][kind][key]:9.1f}"
                        for kind in ("intervals", "work")
                        for key in ("p50", "p95", "max")
                    ),
                    flush=True,
                )
            page.context.close()
        browser.close()
    return report


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "build" / "site"
    if not (folder / "index.html").is_file():
        sys.exit(f"no built book in {folder}; run: make book")
    print(f"{'milliseconds':26}{'frame interval':>27}{'work in a frame':>27}")
    print(" " * 26 + "".join(f"{key:>9}" for key in ("p50", "p95", "max") * 2))
    report = measure(folder)
    print(f"\n{report['browser']}; load of the machine {report['load']:.1f}")
    print(f"written to {save('frames_while_training', report).relative_to(ROOT)}")


if __name__ == "__main__":
    main()
