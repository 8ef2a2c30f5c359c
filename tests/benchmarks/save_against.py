"""How long from a save to the page that shows it, this checkout against another, in one run.

Both serve the same generated book of many chapters, each with its own figures, models and code and
a bibliography of a thousand entries, to a Chromium each. Chapters are saved in turns, so that both
meet the same machine. Prints the medians, their ratio, this one ÷ the other, and the median of each
turn's ratio, which a busy machine disturbs less. The other is a checkout whose `build/models` and
`site_assets/node_modules` are there, say a worktree of an older commit; if it has a `.venv`, that
one runs it.

    python -m tests.benchmarks.save_against CHECKOUT [--chapters 100] [--saves 40]
"""

from __future__ import annotations

import argparse
import os
import queue
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, ConsoleMessage, sync_playwright

from tests.benchmarks.build_speed import chapter, summary
from tests.browser.support.browsers import launch
from tests.conftest import ROOT

ENTRIES = 1000
PORTS = (8771, 8772)
PATIENCE = 60
"""Seconds until a save that nobody shows is given up."""
WATCH = """
{
  let seen = "";
  const look = () => {
    const found = /Edition (\\d+)\\./.exec(document.querySelector("article")?.textContent ?? "");
    if (found && found[1] !== seen) {
      seen = found[1];
      console.log(`shown ${seen} ${performance.timeOrigin + performance.now()}`);
    }
    requestAnimationFrame(look);
  };
  look();
}
"""
"""Runs in each page from its start; says when another edition of the text is there."""


def bibliography(own: bytes) -> str:
    """The works that chapters cite, and as many others as make a library of it."""
    entries = (
        f"@article{{other{number}, author = {{Doe, Jane and Roe, Richard}}, year = {{2020}},\n"
        f"  title = {{On {{C}}odes of number {number}}}, journal = {{Journal of Codes}},\n"
        f"  volume = {{{number}}}, pages = {{1--{number + 9}}}, doi = {{10.1000/{number}}}}}\n"
        for number in range(ENTRIES)
    )
    return own.decode() + "\n" + "\n".join(entries)


def write_book(checkout: Path, root: Path, chapters: int) -> None:
    """The generated book around a checkout's figures, models and code."""
    (root / "content").mkdir()
    (root / "build").mkdir()
    for name in ("site_assets", "training", "build/models"):
        skipped = shutil.ignore_patterns("node_modules")
        shutil.copytree(checkout / name, root / name, ignore=skipped)
    (root / "site_assets/node_modules").symlink_to(checkout / "site_assets/node_modules")
    for name in ("glossary.md", "book.toml"):
        (root / "content" / name).write_bytes((checkout / "content" / name).read_bytes())
    own = (checkout / "content/references.bib").read_bytes()
    (root / "content/references.bib").write_text(bibliography(own), "utf-8")
    for number in range(1, chapters + 1):
        path_of(root, number).write_text(chapter(number), "utf-8")


def path_of(root: Path, number: int) -> Path:
    """The file of a chapter."""
    return root / "content" / f"{number:03}-chapter-{number:03}.md"


class Contender:
    """A preview and the page that follows it."""

    def __init__(self, root: Path, number: int, browser: Browser, port: int) -> None:
        self.root, self.number = root, number
        self.shown: queue.Queue[tuple[int, float]] = queue.Queue()
        self.page = browser.new_page()
        self.page.on("console", self._hear)
        self.page.add_init_script(WATCH)
        self.page.goto(f"http://127.0.0.1:{port}/chapter-{number:03}.html")
        self.page.wait_for_timeout(2000)

    def _hear(self, message: ConsoleMessage) -> None:
        if found := re.match(r"shown (\d+) ([\d.]+)", message.text):
            self.shown.put((int(found[1]), float(found[2]) / 1000))

    def save(self, edition: int) -> float:
        """Milliseconds from the save of an edition to its being shown."""
        start = time.time()
        path_of(self.root, self.number).write_text(chapter(self.number, edition), "utf-8")
        while time.time() < start + PATIENCE:
            self.page.wait_for_timeout(5)  # the driver hears the page only while it waits
            while not self.shown.empty():
                seen, at = self.shown.get()
                if seen == edition:
                    return 1000 * (at - start)
        raise SystemExit(f"{self.root}: edition {edition} was not shown in {PATIENCE} s")


@contextmanager
def served(checkout: Path, root: Path, port: int) -> Iterator[None]:
    """`book serve` by a checkout's code, from when it can be read."""
    own = checkout / ".venv/bin/python"
    python = str(own) if own.exists() else sys.executable
    serving = subprocess.Popen(
        [python, "-m", "builder", "serve", "--no-train", "--port", str(port)],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(checkout)},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert serving.stderr
    told = []
    for line in serving.stderr:
        told.append(line)
        if "Reading at" in line:
            break
    else:
        raise SystemExit("".join(told))
    try:
        yield
    finally:
        serving.terminate()
        serving.wait(30)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("checkout", type=Path)
    arguments.add_argument("--chapters", type=int, default=100)
    arguments.add_argument("--saves", type=int, default=40)
    given = arguments.parse_args()
    checkouts = (ROOT, given.checkout.resolve())
    with tempfile.TemporaryDirectory(prefix="book-save-") as folder, sync_playwright() as driver:
        roots = [Path(folder) / name for name in ("this", "other")]
        for checkout, root in zip(checkouts, roots, strict=True):
            root.mkdir()
            write_book(checkout, root, given.chapters)
        browser = launch(driver)
        with served(checkouts[0], roots[0], PORTS[0]), served(checkouts[1], roots[1], PORTS[1]):
            number = given.chapters // 2
            contenders = [
                Contender(root, number, browser, port)
                for root, port in zip(roots, PORTS, strict=True)
            ]
            times: list[list[float]] = [[], []]
            for edition in range(1, given.saves + 1):
                turns = (0, 1) if edition % 2 else (1, 0)
                for turn in turns:
                    times[turn].append(contenders[turn].save(edition))
        browser.close()
    for name, values in zip(("this", "other"), times, strict=True):
        found = summary(values)
        quartile = statistics.quantiles(values, n=4)[0]
        print(
            f"{name}: save → shown {found['median']:.0f} ms, lower quartile {quartile:.0f} ms, "
            f"p95 {found['p95']:.0f} ms"
        )
    ratio = statistics.median(times[0]) / statistics.median(times[1])
    pairs = statistics.median(a / b for a, b in zip(*times, strict=True))
    load = os.getloadavg()[0]
    print(f"this ÷ other: medians {ratio:.2f}, median of the pairs {pairs:.2f} (load {load:.1f})")


if __name__ == "__main__":
    main()
