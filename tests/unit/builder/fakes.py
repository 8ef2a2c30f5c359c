"""A build without disk and Node: a service that echoes, and a small book in memory."""

from __future__ import annotations

import base64
import gzip
import html
import json
import threading
from collections.abc import Mapping
from concurrent.futures import Future
from functools import cache
from pathlib import Path
from typing import Any

from book import cells
from jinja2 import Environment

from builder.build import Builder
from builder.node.service import NodeService, ServiceError
from builder.pack.outcome import Outcome
from builder.plan.lanes import MODULES
from builder.plan.vocabulary import OPERATIONS
from builder.store.effects import MemoryEffects
from tests.conftest import ROOT
from tests.coroutines import finished

GOLDEN = Path(__file__).parent.parent / "golden"


@cache
def library_service() -> NodeService:
    """The real service, once for all tests that need what a library does; it ends with them."""
    return NodeService(ROOT / "site_assets", print)


class FakeService:
    """Answers at once: MathML and frames that say what was asked, a bundle of tiny files."""

    def __init__(self, effects: MemoryEffects) -> None:
        self.effects = effects
        self.asked: list[tuple[str, Mapping[str, Any]]] = []

    def ask(self, method: str, params: Mapping[str, Any]) -> Future[Any]:
        self.asked.append((method, params))
        future: Future[Any] = Future()
        try:
            future.set_result(getattr(self, f"_{method}")(params))
        except ServiceError as error:
            future.set_exception(error)
        return future

    def close(self) -> None:
        """There is nothing to end."""

    def _math(self, params: Mapping[str, Any]) -> list[dict[str, Any]]:
        return [self._formula(item["tex"], item["display"]) for item in params["items"]]

    def _references(self, params: Mapping[str, Any]) -> Any:
        return library_service().ask("references", params).result(60)

    def _formula(self, tex: str, display: bool) -> dict[str, Any]:
        if "\\unanswered" in tex:
            raise ServiceError("the Node service ended with status 1")
        if "\\oops" in tex:
            return {"error": "Unknown control sequence: \\oops", "position": tex.index("\\oops")}
        block = ' display="block"' if display else ""
        return {"mathml": f"<math{block}>{html.escape(tex)}</math>"}

    def _bundle(self, params: Mapping[str, Any]) -> dict[str, Any]:
        folder = params["out"].removeprefix("/memory/")
        names = ["book.js", "early.js", "kit.js", "take.js", "search.js", "kernels.js", "ort.js"]
        names += ["ort.wasm.js", "book.css", "offline.js", "sw.js"]
        names += [f"cells/{name}" for name in ("cells.css", "cells.js", "editor.js", "python.js")]
        names += [f"figures/{name}.js" for name in params["figures"]]
        for name, spec in params["figures"].items():
            if "not compile" in spec["title"]:
                place = f"figures/{name}/figure.tsx:3:7"
                raise ServiceError(f'Build failed with 1 error:\n{place}: ERROR: Expected ";"')
        files = {name: f"assets/{name}" for name in names}
        for name, path in files.items():
            self.effects.write(f"{folder}/{path}", name.encode())
        packages = {"book.js": ["toy-library"]}
        return {"files": files, "packages": packages, "wasmBytes": 11}

    def _inputs(self, params: Mapping[str, Any]) -> dict[str, list[str]]:
        """As if each product were made by all code but that of other figures and the styles."""
        root = "site_assets/"
        paths = [path.removeprefix(root) for path in self.effects.files("site_assets")]
        shared = [
            path for path in paths if not path.startswith(("figures/", "generated/", "styles/"))
        ]
        own = {
            name: [path for path in paths if path.startswith(f"figures/{name}/")]
            for name in params["figures"]
        }
        made = {f"figures/{name}": [*shared, *files] for name, files in own.items()}
        return {
            product: shared
            for product in ("cells", "kernels", "math", "posters", "snapshot", "works")
        } | made

    def _kernels(self, params: Mapping[str, Any]) -> dict[str, Any]:
        return {
            module: base64.b64encode(f"{module} kernels".encode()).decode() for module in MODULES
        }

    def _runPlan(self, params: Mapping[str, Any]) -> dict[str, Any]:
        raise ServiceError("the plan writes beyond its end")

    def _snapshot(self, params: Mapping[str, Any]) -> dict[str, Any]:
        memory = b"memory"
        return {"gzip": base64.b64encode(gzip.compress(memory)).decode(), "bytes": len(memory)}

    def _paper(self, params: Mapping[str, Any]) -> Any:
        return library_service().ask("paper", params).result(60)

    def _poster(self, params: Mapping[str, Any]) -> dict[str, Any]:
        if "no picture" in params["title"]:
            raise ServiceError("the rasteriser did not start")
        return {"png": base64.b64encode(f"PNG of {params['title']}".encode()).decode()}

    def _cells(self, params: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The cells run by this Python, in the wheel's own runner."""
        for cell in params["cells"]:
            if "while True" in cell["code"]:
                raise ServiceError(f"{cell['name']} still ran after {params['seconds']} seconds")
            if "import os" in cell["code"]:
                raise ServiceError("Python ended before the cells did")
        namespace: dict[str, Any] = {"__name__": "__main__"}
        return [finished(self._cell(cell, namespace)) for cell in params["cells"]]

    async def _cell(self, cell: Mapping[str, Any], namespace: dict[str, Any]) -> dict[str, Any]:
        if not cell["check"]:
            events: list[cells.Event] = []
            await cells.run(cell["code"], cell["name"], namespace, events.append)
            texts = (html.escape(event["text"]) for event in events)
            shown = "".join(f'<pre tabindex="0">{text}</pre>' for text in texts)
            return {"events": events, "markup": shown}
        told: dict[str, list[cells.Event]] = {"start": [], "solution": []}
        for part, code in (("start", cell["code"]), ("solution", cell["solution"])):
            apart, listener = dict(namespace), told[part].append
            if await cells.run(code, cell["name"], apart, listener):
                await cells.check(cell["check"], apart, listener)
        return told

    def _frame(self, params: Mapping[str, Any]) -> dict[str, Any]:
        values = {**params["state"], **params["options"]}
        if values.get("label") == "cannot be drawn":
            raise ServiceError("the decoder has no input 'q'")
        shown = html.escape(json.dumps(values), quote=False)
        table = {"columns": ["key", "value"], "rows": [[k, str(v)] for k, v in values.items()]}
        graphs = [
            f"{Path(folder).name}/{use}"
            for role, folder in params["models"].items()
            for use in params["spec"]["models"][role]["uses"]
        ]
        frame = {"markup": f"<p>{shown}</p>", "summary": "All values.", "table": table}
        return {**frame, "graphs": graphs}


class DiskService(FakeService):
    """The fake service over a real disk; with a barrier, it bundles when all builds have asked."""

    def __init__(self, together: threading.Barrier | None = None) -> None:
        super().__init__(MemoryEffects({}))
        self.together = together

    def _references(self, params: Mapping[str, Any]) -> Any:
        """Works by their keys alone: builds that are killed by the dozen start no Node."""
        works = [{"key": key, "html": key, "names": key, "links": []} for key in params["keys"]]
        return {"works": works, "problems": []}

    def ask(self, method: str, params: Mapping[str, Any]) -> Future[Any]:
        if method != "bundle":
            return super().ask(method, params)
        if self.together:
            self.together.wait(10)
        future = super().ask(method, {**params, "out": "/memory/out"})
        for path in self.effects.files("out"):
            target = Path(params["out"]) / path.removeprefix("out/")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(self.effects.read(path))
        return future


def tree(folder: Path) -> dict[str, bytes]:
    """The files under a folder by relative path."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def small_book(**files: str | bytes) -> MemoryEffects:
    """The base book of the golden cases, with files added or replaced: `content__x.md="…"`."""
    effects = MemoryEffects(tree(GOLDEN / "_base"))
    effects.contents[OPERATIONS] = (ROOT / OPERATIONS).read_bytes()
    effects.contents |= MemoryEffects(
        {name.replace("__", "/"): data for name, data in files.items()}
    ).contents
    return effects


def build(
    effects: MemoryEffects,
    service: FakeService | None = None,
    templates: Environment | None = None,
) -> Outcome:
    """Build the book in memory; `untrained` is a model that could be trained."""
    builder = Builder(effects, service or FakeService(effects), templates=templates)
    return builder.build(known_models=frozenset({"toy", "untrained"}))
