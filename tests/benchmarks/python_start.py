"""How long a reader waits for Python: Run pressed → output of the first cell, then of the second.

Unzips a small book of cells, opens it from file:// in a Chromium that resolves no name, and
presses Run, with nothing in any cache: with Python's memory after its start at hand, and in
turns without it, as over a network. Prints the times, their ratio, the browser's processor time and
the bytes of each part of Python; writes `build/reports/python_start.json`.

    python -m tests.benchmarks.python_start
"""

from __future__ import annotations

import os
import re
import statistics
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from tests.browser.conftest import Window
from tests.browser.support.browsers import launch
from tests.browser.support.cells_site import build_cells_book
from tests.browser.support.site import Site
from tests.report import save

VISITS = 3
WITH, WITHOUT = "with its memory", "without"
CLOCK = os.sysconf("SC_CLK_TCK")
WAIT = """
(number) => new Promise((resolve) => {
  const cell = document.querySelector(`[data-cell-number="${number}"]`);
  const start = performance.now();
  new MutationObserver(() => {
    if (cell.dataset.cellState === "done") resolve(performance.now() - start);
  }).observe(cell, { attributes: true });
  cell.querySelector("[data-role=cell-run]").click();
})
"""


def processor_time() -> float:
    """Seconds that this process's descendants, the browser among them, have computed so far."""
    parents: dict[int, int] = {}
    ticks: dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text("utf-8").rpartition(") ")[2].split()
        except OSError:  # it has ended meanwhile
            continue
        process = int(stat.parent.name)
        parents[process], ticks[process] = int(fields[1]), int(fields[11]) + int(fields[12])
    mine = {os.getpid()}
    while more := {child for child, parent in parents.items() if parent in mine} - mine:
        mine |= more
    return sum(ticks[process] for process in mine if process in ticks) / CLOCK


def visit(site: Site) -> dict[str, float]:
    """Seconds of one visit by a fresh browser."""
    with sync_playwright() as playwright:
        browser = launch(playwright)
        window = Window(browser, site)
        window.page.goto(site.url("cells.html"))
        before = processor_time()
        first = window.page.evaluate(WAIT, 1) / 1000
        spent = processor_time() - before
        second = window.page.evaluate(WAIT, 2) / 1000
        assert not window.watch.verdict(), window.watch.verdict()
        browser.close()
    return {"first cell": first, "its processor time": spent, "second cell": second}


def weights(site: Site) -> dict[str, int]:
    """Bytes of the files that pages with cells load, by part."""
    folders = {"cells": site.folder / "assets/cells", "python": site.folder / "assets/python"}
    found = {
        f"{name}/{path.name.rpartition('-')[0] or path.name}": sum(
            file.stat().st_size for file in ([path] if path.is_file() else path.iterdir())
        )
        for name, folder in folders.items()
        for path in sorted(folder.iterdir())
    }
    return dict(sorted(found.items(), key=lambda item: -item[1]))


def without_memory(folder: Path) -> None:
    """The pages of `folder` know nothing of Python's memory any more."""
    for page in folder.glob("*.html"):
        text = page.read_text("utf-8")
        page.write_text(re.sub(r'"snapshot":\[.*?\]', '"snapshot":[]', text), "utf-8")


def measure(folder: Path) -> dict[str, Any]:
    built = build_cells_book(folder / "made")
    sites = {}
    for kind in (WITH, WITHOUT):
        with zipfile.ZipFile(built.parent / "book.zip") as archive:
            archive.extractall(folder / kind)
        unzipped = folder / kind / "book"
        sites[kind] = Site(unzipped, unzipped.as_uri() + "/")
    without_memory(sites[WITHOUT].folder)
    visits = [{kind: visit(site) for kind, site in sites.items()} for _ in range(VISITS)]
    medians = {
        kind: {
            name: statistics.median(one[kind][name] for one in visits) for name in visits[0][kind]
        }
        for kind in sites
    }
    ratio = statistics.median(
        one[WITH]["first cell"] / one[WITHOUT]["first cell"] for one in visits
    )
    return {
        "seconds": medians,
        "first cell, ratio": ratio,
        "visits": visits,
        "bytes": weights(sites[WITH]),
    }


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        report = measure(Path(folder))
    for kind, medians in report["seconds"].items():
        for name, seconds in medians.items():
            print(f"{kind + ', ' + name:<44}{seconds:8.2f} s   (median of {VISITS} visits)")
    print(f"first cell, {WITH} ÷ {WITHOUT}: {report['first cell, ratio']:.2f}")
    for name, size in report["bytes"].items():
        print(f"{name:<46}{size / 1e3:10.1f} kB")
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    save("python_start", report)


if __name__ == "__main__":
    main()
