"""Training in Chromium is PyTorch's: the page's own engine and trainer against torch's reference.

What was measured goes to `build/reports/step_parity.json`, beside the other runtimes.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import Window
from tests.browser.support.figure import Figure
from tests.browser.support.site import Array, PublishedModel, Site
from tests.parity import step_report

STEPS = 500
LOSS_TOLERANCE = 1e-5
PARAMETER_TOLERANCE = 1e-4
HOST = "organise"  # a figure that wakes kit and engine

# A browser without relaxed SIMD: 253, 133, 2 is the multiply-add.
PLAIN = """
{
  const validate = WebAssembly.validate;
  WebAssembly.validate = (bytes) => validate(bytes) && !bytes.join().includes("253,133,2");
}
"""

# Trains with the kit's own Trainer; answers with float32 values, which JSON carries exactly.
TRAIN = """
async ({ name, card, graph, plan, arrays, seed, steps, perCall }) => {
  const { Trainer } = book.modules["engine/trainer.ts"];
  const { trainingCard, trainingData } = book.modules["kit/figure/training.ts"];
  const engine = await book.theEngine();
  const decoded = (base64) => Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
  const source = { plan: async () => decoded(plan), model: async () => decoded(graph) };
  await engine.load(`parity/${name}`, source);
  const kinds = { float32: Float32Array, uint8: Uint8Array };
  const model = {
    card,
    array: (array) => {
      const { dtype, base64 } = arrays[array];
      return { data: new kinds[dtype](decoded(base64).buffer) };
    },
  };
  const live = trainingCard(model);
  const knobs = Object.fromEntries(live.knobs.map((knob) => [knob.name, knob.default]));
  const run = (calls) => engine.runAll(calls.map((call) => ({ ...call, graph: `parity/${name}` })));
  const trainer = new Trainer(live, trainingData(model, live), run, seed);
  const losses = [];
  while (trainer.step < steps) losses.push(...(await trainer.advance(perCall, knobs)).losses);
  return { losses, params: [...trainer.params], terms: live.terms.length };
}
"""


def live_models(site: Site) -> dict[str, PublishedModel]:
    """Every model that trains in one of the book's figures, by name."""
    found = {}
    for figure in site.figures:
        for role, described in figure.data["models"].items():
            if "live" in described["card"].get("options", {}) and "step" in described["assets"]:
                found[described["name"]] = figure.model(role)
    return found


@pytest.fixture(scope="module")
def book(built_site: Path) -> Site:
    return Site(built_site, built_site.as_uri() + "/")


@pytest.fixture(scope="module", params=["kernels", "plain kernels", "ort"])
def lane(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def page(browser: Browser, book: Site, lane: str) -> Iterator[Page]:
    """A page of the book, opened by double-click, whose engine has started in that lane."""
    placed = book.figure(HOST)
    window = Window(browser, book, before=PLAIN if lane == "plain kernels" else "")
    address = f"{placed.page}?engine=ort" if lane == "ort" else placed.page
    window.page.goto(f"{book.root}{address}#{placed.fragment({})}")
    Figure(window.page, placed).wait_live()
    yield window.page
    assert window.watch.verdict() == []
    ((asked, file),) = window.wasm_asked()
    assert lane.endswith(asked), "a training step failed on the kernels"
    if lane == "plain kernels":
        assert file.startswith("kernels.plain.")
    window.context.close()


def train(
    page: Page, name: str, model: PublishedModel, steps: int, per_call: int
) -> tuple[Array, Array]:
    """Losses `[steps, T]` and parameters `[N]` of the page's run from untrained weights."""
    live = model.card["options"]["live"]
    data = live["data"]
    names = [data["train"], data["validation"], *filter(None, [data["offset"]])]
    found: dict[str, Any] = page.evaluate(
        TRAIN,
        {
            "name": name,
            "card": dict(model.card),
            "graph": base64.b64encode(model.bytes("step")).decode(),
            "plan": base64.b64encode(model.plan("step")).decode(),
            "arrays": {
                array: {
                    "dtype": model.card["arrays"][array]["dtype"],
                    "base64": base64.b64encode(model.bytes(array)).decode(),
                }
                for array in names
            },
            "seed": model.card["seed"],
            "steps": steps,
            "perCall": per_call,
        },
    )
    losses = np.array(found["losses"], np.float32).reshape(steps, found["terms"])
    return losses, np.array(found["params"], np.float32)


def reference(models_dir: Path, name: str) -> tuple[Array, Array]:
    """Torch's losses and parameters after `STEPS` steps, as the build kept them."""
    stored = json.loads((models_dir / name / "reference.json").read_text(encoding="utf-8"))
    outputs = stored["step"][0]["outputs"]
    losses, params = (
        np.array(outputs[key]["data"], np.float32).reshape(outputs[key]["shape"])
        for key in ("losses", "params_out")
    )
    return losses, params


@pytest.fixture(scope="module")
def report(browser: Browser) -> Iterator[list[step_report.Row]]:
    """Rows for the report; those of an older Chromium go."""
    rows: list[step_report.Row] = []
    yield rows
    models = {row["model"] for row in rows}
    step_report.merge(rows, lambda row: row["model"] in models and "Chromium" in row["runtime"])


def test_chromium_follows_torch(
    page: Page,
    lane: str,
    book: Site,
    browser: Browser,
    models_dir: Path,
    report: list[step_report.Row],
) -> None:
    models = live_models(book)
    chromium = f"Chromium {browser.version.partition('.')[0]}"
    assert set(models) == {path.parent.name for path in models_dir.glob("*/step.onnx")}
    for name, model in models.items():
        losses, params = train(page, name, model, STEPS, 25)
        true_losses, true_params = reference(models_dir, name)
        loss = np.max(np.abs(losses[:, 0] - true_losses[:, 0]) / np.abs(true_losses[:, 0]))
        parameter = np.abs(params - true_params).max()
        report.append(
            {
                "model": name,
                "runtime": chromium if lane == "ort" else f"{lane} in {chromium}",
                "steps": STEPS,
                "largest_relative_loss_difference": float(loss),
                "largest_parameter_difference": float(parameter),
            }
        )
        assert true_losses[-1, 0] < 0.9 * true_losses[0, 0], f"{name} learns nothing"
        assert loss <= LOSS_TOLERANCE, f"{name}: losses differ by {loss}"
        assert parameter <= PARAMETER_TOLERANCE, f"{name}: parameters differ by {parameter}"


def test_one_step_a_call_equals_25_bit_for_bit(page: Page, book: Site) -> None:
    for name, model in live_models(book).items():
        single, many = (train(page, name, model, 50, count) for count in (1, 25))
        np.testing.assert_array_equal(single[0], many[0], err_msg=name)
        np.testing.assert_array_equal(single[1], many[1], err_msg=name)
