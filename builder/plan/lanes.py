"""Which graphs of a book run on the kernels: planned, verified, packed, and remembered by content.

A graph with an operator that no kernel knows is no mistake: ONNX Runtime runs it, and the log says
so. A plan that computes something else than native ONNX Runtime is one, and stops the build.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache as once
from importlib.metadata import version
from pathlib import Path
from threading import Lock
from typing import Any, Literal, TypeAlias, get_args

from builder.issues.issue import Issue, whole_file
from builder.load.model_card import ModelCard
from builder.node.methods import PlanCase, PlanInput, RunPlanParams, Service
from builder.node.service import ServiceError
from builder.pack.pack import ModelFiles, PackedAsset, pack_asset
from builder.plan.vocabulary import OPERATIONS, read_vocabulary
from builder.store.cache import Cache
from builder.store.effects import Effects
from builder.store.hashing import canonical, digest
from builder.store.memory import Memory
from builder.store.paths import CACHE

Module: TypeAlias = Literal["plain", "fused"]
"""The kernels twice, of one source: a multiply-add of the fused ones rounds once, in one
instruction. Browsers that know none run the plain ones."""
MODULES: tuple[Module, ...] = get_args(Module)
FILES = ("cases.bin", "plan", "out.bin")
AT_ONCE = 2
"""Graphs that are planned side by side: one runs in Node while another runs natively."""


@dataclass(frozen=True, slots=True)
class Kernels:
    """Both modules; a page loads the one that its browser can run."""

    plain: PackedAsset
    fused: PackedAsset


@dataclass(frozen=True, slots=True)
class Lanes:
    """The kernels, and the plan of each graph that runs on them."""

    kernels: Kernels | None = None
    plans: Mapping[tuple[str, str], PackedAsset] = field(default_factory=dict)
    """(model, graph) → plan."""


def plan_models(
    effects: Effects,
    cache: Cache,
    service: Service,
    models: ModelFiles,
    wanted: Iterable[tuple[ModelCard, str]],
    code: str,
    memory: Memory,
) -> tuple[Lanes, Mapping[str, bytes], tuple[Issue, ...]]:
    """A plan for each packed graph that the kernels can run. `code` is the hash of all that runs
    plans."""
    graphs = sorted(
        (
            (card, use)
            for card, use in wanted
            if use in card.content.get("graphs", {}) and (card.name, use) in models.assets
        ),
        key=lambda pair: (pair[0].name, pair[1]),
    )
    planning = Planning(effects, cache, service, code)
    plans, files = {}, {}
    issues: list[Issue] = []
    with ThreadPoolExecutor(AT_ONCE) as pool:
        asked = [
            pool.submit(
                memory.recall,
                ("plan", card.name, use), _planned, planning, card, use,
                models.hashes[card.name, use],
            )
            for card, use in graphs
        ]  # fmt: skip
    for (card, use), future in zip(graphs, asked, strict=True):
        try:
            planned = future.result()
        except (PlanFailure, ServiceError) as error:
            message = f"the plan of {card.name}/{use} is wrong: {error}"
            issues.append(whole_file("plan", f"{card.folder}/{card.file_of(use)}", message))
            continue
        if planned is not None:
            plans[card.name, use], files[planned[0].src] = planned
    if not plans:
        return Lanes(), {}, tuple(issues)
    packed = {}
    for module in MODULES:
        packed[module], script = pack_asset(
            cache, f"kernels.{module}.wasm", planning.kernels(module)
        )
        files[packed[module].src] = script
    return Lanes(Kernels(**packed), plans), files, tuple(issues)


class PlanFailure(Exception):
    """A plan that does not compute what its graph does."""


def _planned(
    planning: Planning, card: ModelCard, use: str, content: str
) -> tuple[PackedAsset, bytes] | None:
    """The plan as an asset with its script; None for a graph of ONNX Runtime's lane."""
    made = planning.planned(card, use, content)
    if "plan" not in made:
        return None
    return pack_asset(planning.cache, f"plans/{card.name}/{use}", base64.b64decode(made["plan"]))


@dataclass(frozen=True)
class Planning:
    """Plans graph after graph, as far as no plan is remembered."""

    effects: Effects
    cache: Cache
    service: Service
    code: str
    _compiling: Lock = field(default_factory=Lock, repr=False, compare=False)

    def name(self, module: Module) -> str:
        """The name of the compiled kernels in the cache."""
        return f"{self.code[:16]}.{module}.wasm"

    def kernels(self, module: Module) -> bytes:
        """A compiled module; raises ServiceError."""
        with self._compiling:
            known = self.cache.read("kernels", self.name(module))
            if known is not None:
                return known
            self.effects.log("Compiling the kernels…")
            compiled = self.service.ask("kernels", {}).result()
            for each in MODULES:
                self.cache.write("kernels", self.name(each), base64.b64decode(compiled[each]))
            return base64.b64decode(compiled[module])

    def planned(self, card: ModelCard, use: str, content: str) -> dict[str, Any]:
        """{plan, worst} or {refused}. Raises PlanFailure and ServiceError."""
        live = canonical(card.content.get("options", {}).get("live", {}))
        name = f"{digest(self.code, _own_code(), content, live)[:32]}.json"
        known = self.cache.read("plans", name)
        if known is not None:
            found: dict[str, Any] = json.loads(known)
            return found
        made = self._plan(card, use)
        lane = f"ONNX Runtime: {made['refused']}" if "refused" in made else "the kernels"
        self.effects.log(f"{card.name}/{use} runs on {lane}")
        self.cache.write("plans", name, canonical(made).encode())
        return made

    def _plan(self, card: ModelCard, use: str) -> dict[str, Any]:
        # Only builds with a graph that is new pay for loading onnx and onnxruntime
        from builder.plan.encode import encode_plan
        from builder.plan.planner import Refused, load_model, plan_graph
        from builder.plan.start import training_start
        from builder.plan.verify import PlanError, verify

        model = self.effects.read(f"{card.folder}/{card.file_of(use)}")
        try:
            loaded = load_model(model)
            vocabulary = read_vocabulary(self.effects.read(OPERATIONS).decode())
            plan = plan_graph(loaded, vocabulary)
        except Refused as reason:
            return {"refused": str(reason)}
        data = encode_plan(plan)
        start = training_start(self.effects, card) if plan.loop else {}
        try:
            runs = [Runner(self, data, module) for module in MODULES]
            worst = verify(model, plan, start, runs)
        except PlanError as error:
            raise PlanFailure(str(error)) from error
        return {"plan": base64.b64encode(data).decode(), "worst": round(worst, 3)}


class Runner:
    """Runs a plan in Node, on one of the modules; cases and outputs travel as files."""

    def __init__(self, planning: Planning, plan: bytes, module: Module) -> None:
        self.planning, self.plan, self.module = planning, plan, module

    def __call__(self, cases: Sequence[Any]) -> list[dict[str, Any]]:
        import numpy as np

        planning, effects = self.planning, self.planning.effects
        planning.kernels(self.module)
        folder = effects.temporary(f"{CACHE}/plans/running")
        paths = {name: f"{folder}/{name}" for name in FILES}
        parts: list[bytes] = []
        described: list[PlanCase] = []
        size = 0
        for case in cases:
            inputs: dict[str, PlanInput] = {}
            for name, values in case.inputs.items():
                dtype = values.dtype.name
                inputs[name] = {"dims": list(values.shape), "dtype": dtype, "offset": size}
                parts.append(np.ascontiguousarray(values).tobytes())
                size += len(parts[-1])
            described.append({"inputs": inputs, "carry": dict(case.carry), "clean": case.clean})
        try:
            effects.write(paths["cases.bin"], b"".join(parts))
            effects.write(paths["plan"], self.plan)
            params: RunPlanParams = {
                "kernels": effects.absolute(
                    planning.cache.folder("kernels", planning.name(self.module))
                ),
                "plan": effects.absolute(paths["plan"]),
                "cases": described,
                "data": effects.absolute(paths["cases.bin"]),
                "out": effects.absolute(paths["out.bin"]),
            }
            outputs = planning.service.ask("runPlan", params).result()
            data = effects.read(paths["out.bin"])
        finally:
            effects.remove(folder)
        return [
            {
                name: np.frombuffer(
                    data, each["dtype"], int(np.prod(each["dims"])), each["offset"]
                ).reshape(each["dims"])
                for name, each in found.items()
            }
            for found in outputs
        ]


@once
def _own_code() -> str:
    """The planner itself, and what it relies on."""
    sources = sorted(Path(__file__).parent.glob("*.py"))
    texts = [f"{path.name} {path.read_text(encoding='utf-8')}" for path in sources]
    return digest(*texts, version("onnx"), version("onnxruntime"), version("numpy"))
