"""How long an author waits, in a generated book of many chapters, with the real Node.

- *first*: a build with empty caches, every figure drawn;
- *cold*: the `book build` command anew, models and caches as they are;
- *save*: a chapter is saved while `book serve` runs; from the save to the moment when the change is
  noticed, when the open page is told, and when Chromium shows the new text in it; between the
  first two, the phases of the build.

The book borrows figures, models and training code of this repository; each chapter has some
1,200 words, eight formulas, a figure, citations, terms, notes and numbers.
Prints the phases of a book of each size and writes `build/reports/build_speed-CHAPTERS.json`;
`--write` puts the table of all sizes measured so far into the README. The load of the machine is
told too: times are those of a machine that does other things as well if it is more than one, and
only the processor's seconds are those of the program alone.

    python -m tests.benchmarks.build_speed [number of chapters …] [--write]
"""

from __future__ import annotations

import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, TypeAlias

from playwright.sync_api import sync_playwright

from builder.cli import Session
from builder.node.methods import Service
from builder.node.service import NodeService
from builder.pack.outcome import Outcome
from builder.preview.serve import Serving
from builder.store.effects import Effects
from builder.store.watched import WatchedEffects
from tests.browser.support.browsers import launch
from tests.conftest import ROOT
from tests.report import REPORTS, put, save

CHAPTERS = (100,)
COLD_BUILDS = 5
SAVES = 30
PORT = 8765
FIGURES = ("latent-walk", "digit-map", "kl-spring")
TEXT = (
    "the code of an example is a short list of numbers from which a decoder draws it again and "
    "what all examples share is kept in the weights so that only the rest must be told"
)
PHASES = re.compile(r"([a-z]+) ([\d.]+) s")
NOTE = (
    "*Cold build*: `book build` from the start of the process to its end, models unchanged and "
    f"figures drawn before, and its processor time; medians of {COLD_BUILDS}. *Save*: from the "
    "moment that a chapter is written to that when Chromium shows it, "
    f"{SAVES} times. *Load* of the machine, 2 cores."
)
Report: TypeAlias = dict[str, Any]
"""What was measured of one size of book, as it is written to `build/reports/`."""


def chapter(number: int, edition: int = 0) -> str:
    """A chapter of ordinary size; another edition differs in one sentence."""
    stock = TEXT.split()
    words = " ".join(stock[(number + i) % len(stock)] for i in range(95))
    sections = "\n\n".join(
        f"## Section {part} of {number}\n\n{words}, in [[latent space]].^[A note, {part}.]\n\n"
        f"Take $\\z_{{{part}}} = f_{{{number}}}(\\x)$ and [@kingma2013]:\n\n"
        f"$$ L_{{{part}}} = \\frac{{1}}{{{number}}} \\lVert \\x - \\xhat \\rVert^2 $$\n\n{words}: "
        '{{ metric("digits-vae", "data.test") }}.'
        for part in range(1, 7)
    )
    figure = FIGURES[number % len(FIGURES)]
    return (
        f"---\ntitle: Chapter of number {number}\nlead: A sentence about {number}.\n---\n"
        f"{sections}\n\nEdition {edition}.\n\n::: figure {figure}\n\nA takeaway.\n:::\n"
    )


def write_book(root: Path, chapters: int) -> None:
    """The generated book in `root`, around the figures and models of this repository."""
    (root / "content").mkdir()
    (root / "build").mkdir()
    for name in ("site_assets", "training", "build/models"):  # copies: nobody edits them meanwhile
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("node_modules"))
    (root / "site_assets/node_modules").symlink_to(ROOT / "site_assets/node_modules")
    for name in ("references.bib", "glossary.md", "book.toml"):
        (root / "content" / name).write_bytes((ROOT / "content" / name).read_bytes())
    for number in range(1, chapters + 1):
        (root / "content" / f"{number:03}-chapter-{number:03}.md").write_text(
            chapter(number), "utf-8"
        )


def build_in_new_process(root: Path) -> dict[str, float]:
    """Seconds of `book build` from start to end of the process, of its phases, and of processor
    time: on a busy machine, only that tells one program from another. Memory in MB."""
    with tempfile.TemporaryFile("w+", encoding="utf-8") as said:
        start = time.perf_counter()
        build = subprocess.Popen(
            [sys.executable, "-m", "builder", "build", "--no-train"],
            cwd=root,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stderr=said,
        )
        _, status, usage = os.wait4(build.pid, 0)  # of this build and what it started, no other
        whole = time.perf_counter() - start
        said.seek(0)
        lines = said.read().splitlines()
    if status:
        raise SystemExit("\n".join(lines))
    line = next(line for line in lines if "pack" in line)
    phases = {name: float(value) for name, value in PHASES.findall(line)}
    cpu, memory = usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024
    return {"whole": whole, "cpu": cpu, "memory": memory, **phases}


class TimedSession(Session):
    """A session that remembers when each rebuild began, and its phases."""

    def __init__(self, root: Path, effects: Effects, service: Service) -> None:
        super().__init__(root, effects, service)
        self.builds: list[tuple[float, dict[str, float]]] = []

    def rebuild(self, changed: Iterable[str]) -> Outcome:
        start = time.time()
        outcome = super().rebuild(changed)
        self.builds.append((start, outcome.phases))
        return outcome


@contextmanager
def preview(root: Path) -> Iterator[TimedSession]:
    """`book serve` for as long as the block runs."""
    effects = WatchedEffects(root)
    service = NodeService(root / "site_assets", effects.log)
    session = TimedSession(root, effects, service)
    session.train_first(training=False)
    ready = threading.Event()

    def log(message: str) -> None:
        if "Reading at" in message:
            ready.set()

    serving = Serving(root, session, log)
    thread = threading.Thread(target=serving.run, args=(PORT,), daemon=True)
    thread.start()
    ready.wait(60)
    try:
        yield session
    finally:
        serving.end()
        thread.join(10)
        service.close()


SHOWN = """
(text) => {
  window.shown = new Promise((resolve) => {
    const look = () => {
      if (document.querySelector("article").textContent.includes(text)) {
        resolve(performance.timeOrigin + performance.now());
      } else requestAnimationFrame(look);
    };
    look();
  });
}
"""


def measure_saves(root: Path, session: TimedSession) -> dict[str, list[float]]:
    """Milliseconds from a save to when it is noticed, told and shown, and those of the phases."""
    times: dict[str, list[float]] = {}
    connection = HTTPConnection("127.0.0.1", PORT, timeout=30)
    connection.request("GET", "/_book/events")
    response = connection.getresponse()
    _event(response)
    number = len(list((root / "content").glob("*-chapter-*.md"))) // 2
    path = root / "content" / f"{number:03}-chapter-{number:03}.md"
    with sync_playwright() as playwright:
        browser = launch(playwright)
        page = browser.new_page()
        page.goto(f"http://127.0.0.1:{PORT}/chapter-{number:03}.html")
        page.wait_for_timeout(2000)
        for edition in range(1, SAVES + 1):
            page.evaluate(SHOWN, f"Edition {edition}.")
            page.wait_for_timeout(200)
            start = time.time()
            path.write_text(chapter(number, edition), "utf-8")
            state = _event(response)
            told = time.time()
            if state["issues"]:
                raise SystemExit(str(state["issues"]))
            shown = page.evaluate("window.shown") / 1000
            began, phases = session.builds[-1]
            moments = {"noticed": began, "told": told, "shown": shown}
            found = {name: moment - start for name, moment in moments.items()}
            for name, seconds in {**found, **phases}.items():
                times.setdefault(name, []).append(1000 * seconds)
        browser.close()
    connection.close()
    return times


def _event(response: object) -> dict[str, object]:
    line = b""
    while not line.startswith(b"data:"):
        line = response.readline()  # type: ignore[attr-defined]
    found: dict[str, object] = json.loads(line[5:])
    return found


def summary(values: list[float]) -> dict[str, float]:
    """Median, 95th percentile and least of some measurements."""
    ordered = sorted(values)
    return {
        "median": statistics.median(ordered),
        "p95": ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))],
        "least": ordered[0],
    }


def measure(chapters: int) -> Report:
    """All measurements of one generated book."""
    with tempfile.TemporaryDirectory(prefix="book-speed-") as folder:
        root = Path(folder)
        write_book(root, chapters)
        first = build_in_new_process(root)
        cold = [build_in_new_process(root) for _ in range(COLD_BUILDS)]
        with preview(root) as session:
            saves = measure_saves(root, session)
        pages = sorted((root / "build/site").glob("chapter-*.html"))
        sizes = [path.stat().st_size for path in pages]
    return {
        "chapters": chapters,
        "load": os.getloadavg()[0],
        "first": first,
        "cold": {name: summary([run.get(name, 0.0) for run in cold]) for name in first},
        "save": {name: summary(values) for name, values in saves.items()},
        "page_bytes": {"median": statistics.median(sizes), "most": max(sizes)},
    }


def tell(report: Report) -> None:
    """Print a measurement, phase by phase."""
    page, cold = report["page_bytes"], report["cold"]
    print(
        f"{report['chapters']} chapters, load {report['load']:.1f}; a chapter's page "
        f"{page['median']:,.0f} bytes, the largest {page['most']:,}"
    )
    for name, seconds in report["first"].items():
        print(f"first {name:10} {seconds:.2f} {'MB' if name == 'memory' else 's'}")
    for name, found in cold.items():
        unit = "MB" if name == "memory" else "s"
        print(f"cold {name:10} median {found['median']:.2f} {unit}, least {found['least']:.2f}")
    for name, found in report["save"].items():
        print(
            f"save → {name:8} median {found['median']:.0f} ms, p95 {found['p95']:.0f} ms, "
            f"least {found['least']:.0f} ms"
        )


def table(reports: Iterable[Report]) -> str:
    """Markdown: a row for each size of the book."""
    lines = [
        "| chapters | cold build | processor | memory | save → shown | p95 | a chapter's page "
        "| load |",
        "| ---: |" + " ---: |" * 7,
    ]
    for report in sorted(reports, key=lambda report: report["chapters"]):
        cold, shown = report["cold"], report["save"]["shown"]
        cells = (
            f"{report['chapters']:,}",
            f"{cold['whole']['median']:.1f} s",
            f"{cold['cpu']['median']:.1f} s",
            f"{cold['memory']['median']:.0f} MB",
            f"{shown['median']:.0f} ms",
            f"{shown['p95']:.0f} ms",
            f"{report['page_bytes']['median'] / 1000:.1f} KB",
            f"{report['load']:.1f}",
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join([*lines, "", NOTE, ""])


def main() -> None:
    for chapters in [int(word) for word in sys.argv[1:] if word.isdigit()] or CHAPTERS:
        report = measure(chapters)
        tell(report)
        save(f"build_speed-{chapters}", report)
    if "--write" in sys.argv:
        written = REPORTS.glob("build_speed-*.json")
        put("build-speed", table(json.loads(path.read_text("utf-8")) for path in written))


if __name__ == "__main__":
    main()
