"""How long an author waits, in a generated book of a hundred chapters, with the real Node.

- *first*: a build with empty caches, every figure drawn;
- *cold*: the `book build` command anew, models and caches as they are;
- *save*: a chapter is saved while `book serve` runs; from the save to the moment when the change is
  noticed, when the open page is told, and when Chromium shows the new text in it; between the
  first two, the phases of the build.

The book borrows figures, models and training code of this repository; each chapter has some
1,200 words, eight formulas, a figure, citations, terms, notes and numbers.
Prints a table and writes `build/reports/build_speed.json`. The load of the machine is printed too:
times are those of a machine that does other things as well if it is more than one.

    python -m tests.benchmarks.build_speed [number of chapters]
"""

from __future__ import annotations

import json
import os
import re
import resource
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

from playwright.sync_api import sync_playwright

from builder.build import Outcome
from builder.cli import Session
from builder.effects import Effects
from builder.node import NodeService, Service
from builder.serve import Serving
from builder.watched import WatchedEffects
from tests.browser.browsers import launch
from tests.conftest import ROOT

CHAPTERS = 100
COLD_BUILDS = 5
SAVES = 30
PORT = 8765
FIGURES = ("latent-walk", "digit-map", "kl-spring")
TEXT = (
    "the code of an example is a short list of numbers from which a decoder draws it again and "
    "what all examples share is kept in the weights so that only the rest must be told"
)
PHASES = re.compile(r"([a-z]+) ([\d.]+) s")


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
    time: on a busy machine, only that tells one program from another."""
    start, used = time.perf_counter(), _cpu()
    run = subprocess.run(
        [sys.executable, "-m", "builder", "build", "--no-train"],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    whole, cpu = time.perf_counter() - start, _cpu() - used
    if run.returncode:
        raise SystemExit(run.stderr)
    line = next(line for line in run.stderr.splitlines() if "pack" in line)
    phases = {name: float(value) for name, value in PHASES.findall(line)}
    return {"whole": whole, "cpu": cpu, **phases}


def _cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


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


def main() -> None:
    chapters = int(sys.argv[1]) if len(sys.argv) > 1 else CHAPTERS
    with tempfile.TemporaryDirectory(prefix="book-speed-") as folder:
        root = Path(folder)
        write_book(root, chapters)
        first = build_in_new_process(root)
        cold = [build_in_new_process(root) for _ in range(COLD_BUILDS)]
        memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        with preview(root) as session:
            saves = measure_saves(root, session)
        page = len((root / "build/site/chapter-001.html").read_bytes())
    report = {
        "chapters": chapters,
        "load": os.getloadavg()[0],
        "first": first,
        "cold": {name: summary([run.get(name, 0.0) for run in cold]) for name in first},
        "save": {name: summary(values) for name, values in saves.items()},
        "peak_memory_mb": memory,
        "page_bytes": page,
    }
    target = ROOT / "build" / "reports" / "build_speed.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(report, indent=1) + "\n", "utf-8")
    print(f"{chapters} chapters, load {report['load']:.1f}, peak memory {memory:.0f} MB, "
          f"a chapter's page {page:,} bytes")
    print(f"first build {first['whole']:.2f} s")
    for name, found in report["cold"].items():  # type: ignore[union-attr, attr-defined]
        print(f"cold {name:10} median {found['median']:.2f} s, least {found['least']:.2f} s")
    for name, found in report["save"].items():  # type: ignore[union-attr, attr-defined]
        print(f"save → {name:8} median {found['median']:.0f} ms, p95 {found['p95']:.0f} ms, "
              f"least {found['least']:.0f} ms")


if __name__ == "__main__":
    main()
