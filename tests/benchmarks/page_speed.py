"""How long a reader waits for a figure on a phone's network and a slow machine.

Opens a chapter at its figure in Chromium, throttled to fast 4G (9 Mbit/s down, 60 ms) and a CPU
four times slower, nothing cached: on the kernels and on ONNX Runtime, from a host that
compresses and from one that does not, and from file://, as after a double-click, where no network
is in the way; then figures that compute a formula, without engine or model. The times are the
page's own, from the start of the navigation; bytes are what came over the network until the figure
was live. Beside it a public explainer, if a folder is named in which one has been built from its
own sources, an older build of this book, if its folder is named, and Lighthouse's scores, if a
folder is named that has it among its node_modules. All are visited in turns; ratios are medians of
the rounds' own ratios. (Chromium throttles the page's thread, not its workers.) Writes
`build/reports/page_speed.json` and the README's table.

    python -m tests.benchmarks.page_speed [--site FOLDER] [--before FOLDER] [--rounds N]
        [--lighthouse FOLDER] [--beside NAME FOLDER --figure SELECTOR]
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import statistics
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from playwright.sync_api import Browser, sync_playwright

from builder.node.service import NODE
from tests.browser.support.browsers import executable, launch
from tests.browser.support.server import Pages, serve
from tests.browser.support.site import Site
from tests.conftest import ROOT
from tests.report import put, save

FIGURE = "latent-walk"
EXACT = ("kl-spring", "elbo-gap")  # figures of a formula
PATIENCE = 120_000  # ms
NETWORK = {"latency": 60, "downloadThroughput": 9e6 / 8, "uploadThroughput": 1.5e6 / 8}
CPU_RATE = 4
COMPRESSED = {".html", ".css", ".js", ".svg", ".json"}
BEFORE = "this book before, compressed"
MOMENTS = ("painted", "visible", "live")
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")

# Notes when each of the things that are waited for is first on the screen.
WATCH = """
(() => {
  const seen = window.speedSeen = {};
  const onScreen = (element) => {
    const { width, top, bottom } = element.getBoundingClientRect();
    return width > 0 && bottom > 0 && top < innerHeight;
  };
  const look = (now) => {
    for (const [name, selector] of Object.entries(SELECTORS)) {
      if (name in seen || !document.body) continue;
      if ([...document.querySelectorAll(selector)].some(onScreen)) seen[name] = performance.now();
    }
    if (Object.keys(seen).length < Object.keys(SELECTORS).length) requestAnimationFrame(look);
    else console.log("SEEN");
  };
  requestAnimationFrame(look);
})();
"""
SEEN = "figure live"
PAINTED = "performance.getEntriesByName('first-contentful-paint')[0].startTime"


class Compressing(Pages):
    """As most hosts do it: text as gzip."""

    def send_head(self) -> BytesIO | BinaryIO | None:
        file = Path(self.translate_path(self.path))
        accepts = "gzip" in self.headers.get("Accept-Encoding", "")
        if file.suffix not in COMPRESSED or not file.is_file() or not accepts:
            return super().send_head()
        packed = _packed(file)
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(str(file)))
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(packed)))
        self.end_headers()
        return BytesIO(packed)


@cache
def _packed(file: Path) -> bytes:
    return gzip.compress(file.read_bytes(), 6)


@dataclass(frozen=True)
class Subject:
    """A page, and how one sees that its figure is there, and that it answers."""

    name: str
    url: str
    visible: str
    live: str
    compared: tuple[str, ...] = ()
    """Names of the subjects that this one's figure is measured against."""


class Ratio(NamedTuple):
    """Of the times until a figure is live."""

    name: str
    rival: str
    times: float


def visit(browser: Browser, subject: Subject) -> dict[str, float]:
    """Milliseconds and bytes of one cold visit."""
    context = browser.new_context(viewport={"width": 1200, "height": 900})
    page = context.new_page()
    devtools = context.new_cdp_session(page)
    devtools.send("Network.enable")
    devtools.send("Network.emulateNetworkConditions", {"offline": False, **NETWORK})
    devtools.send("Emulation.setCPUThrottlingRate", {"rate": CPU_RATE})
    received: list[float] = []
    devtools.on("Network.loadingFinished", lambda e: received.append(e["encodedDataLength"]))
    selectors = json.dumps({"visible": subject.visible, "live": subject.live})
    page.add_init_script(WATCH.replace("SELECTORS", selectors).replace("SEEN", SEEN))
    # It is the page that tells: to ask it again and again whether it is done would slow it down.
    told = page.expect_console_message(lambda message: message.text == SEEN, timeout=PATIENCE)
    with told:
        page.goto(subject.url, wait_until="commit")
    total = sum(received)
    page.wait_for_timeout(300)  # until it has been painted
    seen = page.evaluate("window.speedSeen")
    painted = page.evaluate(PAINTED)
    context.close()
    return {
        "painted_ms": painted,
        "visible_ms": max(painted, seen["visible"]),
        "live_ms": max(painted, seen["live"]),
        "bytes": total,
    }


def _of_book(name: str, site: Site, figure: str, query: str = "") -> Subject:
    shown = site.figure(figure)
    selector = f"#{shown.id}"
    live = ", ".join(f"{selector}[data-state={state}]" for state in ("live", "training"))
    url = f"{site.root}{shown.page}{query}#{shown.id}"
    return Subject(name, url, f"{selector} svg", live)


def subjects(options: argparse.Namespace, stack: ExitStack) -> Iterator[Subject]:
    """What is compared, served for as long as the stack lives."""
    engines = {"kernels": "", "ONNX Runtime": "?engine=ort"}
    beside = tuple(f"{name}, compressed" for name, _ in options.beside or ())
    before = (BEFORE,) if options.before else ()
    for host, pages in (("compressed", Compressing), ("not compressed", Pages)):
        site = Site(options.site, stack.enter_context(serve(options.site, pages)))
        for engine, query in engines.items():
            subject = _of_book(f"this book, {engine}, {host}", site, FIGURE, query)
            rivals = beside + before if pages is Compressing and not query else ()
            yield replace(subject, compared=rivals)
        if pages is Compressing:
            for figure in EXACT:
                subject = _of_book(f"this book, formula of {figure}, {host}", site, figure)
                yield replace(subject, compared=beside)
    unzipped = Site(options.site, options.site.resolve().as_uri() + "/")
    yield _of_book("this book, kernels, file://", unzipped, FIGURE)
    if options.before:
        root = stack.enter_context(serve(options.before, Compressing))
        yield _of_book(BEFORE, Site(options.before, root), FIGURE)
    for name, folder in options.beside or ():
        root = stack.enter_context(serve(Path(folder), Compressing))
        yield Subject(f"{name}, compressed", root, options.figure, options.figure)


def ratios(compared: list[Subject], visits: list[dict[str, dict[str, float]]]) -> list[Ratio]:
    """Time until live of each subject ÷ that of those it is measured against, in the same round."""
    return [
        Ratio(
            subject.name,
            rival,
            statistics.median(
                round_[subject.name]["live_ms"] / round_[rival]["live_ms"] for round_ in visits
            ),
        )
        for subject in compared
        for rival in subject.compared
    ]


def lighthouse(folder: Path, url: str, chromium: Path) -> dict[str, Any]:
    """Scores out of 100 by category, under Lighthouse's own throttling, the layout shift, and what
    it misses for search engines."""
    command = [
        NODE,
        folder / "node_modules/lighthouse/cli/index.js",
        url,
        "--quiet",
        "--output=json",
        f"--only-categories={','.join(CATEGORIES)}",
        "--chrome-flags=--headless=new --no-sandbox --disable-gpu",
    ]
    environment = {**os.environ, "CHROME_PATH": str(chromium)}
    run = subprocess.run(command, env=environment, capture_output=True, check=True, timeout=300)
    report = json.loads(run.stdout)
    scores = {name: 100 * report["categories"][name]["score"] for name in CATEGORIES}
    audits = report["audits"]
    asked = [audit["id"] for audit in report["categories"]["seo"]["auditRefs"]]
    return {
        **scores,
        "layout shift": audits["cumulative-layout-shift"]["numericValue"],
        "not for search engines": [name for name in asked if audits[name]["score"] == 0],
    }


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Medians of all subjects, visited in turns."""
    with ExitStack() as stack:
        playwright = stack.enter_context(sync_playwright())
        browser = launch(playwright)
        compared = list(subjects(options, stack))
        visits, loads = [], []
        for _ in range(options.rounds):
            visits.append({subject.name: visit(browser, subject) for subject in compared})
            loads.append(os.getloadavg()[0])
        version = browser.version
        browser.close()
        scores = {}
        if options.lighthouse:
            chromium = executable(playwright, "chromium")
            assert chromium
            scores = lighthouse(options.lighthouse, compared[0].url, chromium)
    rows = {
        subject.name: {
            key: statistics.median(round_[subject.name][key] for round_ in visits)
            for key in visits[0][subject.name]
        }
        for subject in compared
    }
    return {
        "browser": f"Chromium {version}",
        "rounds": options.rounds,
        "cores": os.cpu_count(),
        "load": statistics.median(loads),
        "rows": rows,
        "ratios": [ratio._asdict() for ratio in ratios(compared, visits)],
        "lighthouse": scores,
    }


def table(report: dict[str, Any]) -> str:
    """Markdown."""
    lines = [
        "| page | first contentful paint | figure visible | figure live | transferred |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    for name, row in report["rows"].items():
        times = " | ".join(f"{row[f'{key}_ms'] / 1000:.1f} s" for key in MOMENTS)
        transferred = f"{row['bytes'] / 1e6:.2f} MB" if "file://" not in name else "–"
        lines.append(f"| {name} | {times} | {transferred} |")
    throttled = f"9 Mbit/s, 60 ms, CPU {CPU_RATE}× slower, nothing cached"
    notes = [
        f"{report['browser']}, {throttled}; medians of {report['rounds']} visits. "
        f"Load of the machine, {report['cores']} cores: {report['load']:.1f}."
    ]
    notes += [
        f"{ratio['name']}: live after {ratio['times']:.2f} × the time of {ratio['rival']}."
        for ratio in report["ratios"]
    ]
    if all(name.startswith("this book") for name in report["rows"]):
        notes.append("No public explainer was measured beside it.")
    if scores := report["lighthouse"]:
        said = ", ".join(f"{name} {scores[name]:.0f}" for name in CATEGORIES)
        notes.append(f"Lighthouse: {said}; layout shift {scores['layout shift']:.3f}.")
        if scores["not for search engines"] == ["robots-txt"]:
            notes.append(
                "What search engines lack is `robots.txt`, whether it is there or not: Lighthouse "
                "asks for it from within the page, where the security policy allows no connection."
            )
    return "\n".join([*lines, "", " ".join(notes), ""])


def main() -> None:
    parser = argparse.ArgumentParser(description="How long a reader waits for a figure.")
    parser.add_argument("--site", type=Path, default=ROOT / "build" / "site")
    parser.add_argument("--before", type=Path, help="the site of an older build of this book")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--beside", nargs=2, action="append", metavar=("NAME", "FOLDER"))
    parser.add_argument(
        "--figure",
        default="canvas",
        help="of the other explainer, as a selector: what its script puts there when it runs "
        "(TensorFlow Playground: '#heatmap canvas', for its page brings empty canvases along)",
    )
    parser.add_argument("--lighthouse", type=Path, help="a folder with lighthouse in node_modules")
    options = parser.parse_args()
    if not (options.site / "index.html").is_file():
        parser.error(f"no built book in {options.site}; run: make book")
    report = measure(options)
    save("page_speed", report)
    shown = table(report)
    put("page-speed", shown)
    print(shown)


if __name__ == "__main__":
    main()
