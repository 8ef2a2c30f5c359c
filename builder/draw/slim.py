"""The slim edition of the engine: the wasm without what the book's models don't need.

It is made by running every graph that the book ships, so it is remembered by the content of these.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from builder.draw.figures import Code
from builder.issues.issue import Issue
from builder.load.model_card import ModelCard
from builder.node.service import Service, ServiceError
from builder.pack.pack import ModelFiles, PackedAsset
from builder.store.cache import Cache
from builder.store.effects import Effects
from builder.store.hashing import asset_script, digest, hashed_name
from builder.store.paths import SITE_ASSETS

KEY = "ort.slim.wasm"


@dataclass(frozen=True, slots=True)
class SlimEngine:
    """Where the browser finds the slim wasm, and the file; none if there is none."""

    asset: PackedAsset | None = None
    site_files: dict[str, bytes] = field(default_factory=dict)


class SlimRequest:
    """A slim engine that is remembered, or that Node makes while the build goes on."""

    def __init__(
        self,
        effects: Effects,
        cache: Cache,
        service: Service,
        models: ModelFiles,
        wanted: Iterable[tuple[ModelCard, str]],
        code: Code,
        *,
        make: bool,
    ) -> None:
        self.effects, self.cache = effects, cache
        graphs = sorted(
            ((card, use) for card, use in wanted if use in card.content.get("graphs", {})),
            key=lambda pair: (pair[0].name, pair[1]),
        )
        content = [
            f"{card.name} {use} {models.hashes[card.name, use]} {json.dumps(_inputs(card, use))}"
            for card, use in graphs
        ]
        self.name = f"{digest(code.slim, *content)[:16]}.json"
        self.known = cache.read("engine", self.name) if graphs else None
        self.making: Future[Any] | None = None
        if graphs and self.known is None and make:
            effects.log(f"Slimming the engine to what {len(graphs)} graphs need…")
            self.making = service.ask("slim", {"models": _exercise(effects, graphs)})

    def result(self) -> tuple[SlimEngine, tuple[Issue, ...]]:
        """Waits for Node. A book without a slim engine is as good, but heavier: a warning."""
        if self.known is not None:
            return _packed(json.loads(self.known)), ()
        if self.making is None:
            return SlimEngine(), ()
        try:
            made = self.making.result()
        except ServiceError as error:
            message = f"pages load the whole engine: {error}"
            issue = Issue("slim-engine", SITE_ASSETS, 0, 0, message, severity="warning")
            return SlimEngine(), (issue,)
        self.cache.write("engine", self.name, json.dumps(made).encode())
        self.effects.log(
            f"The slim engine keeps {made['kept']:,} of {made['functions']:,} functions; "
            f"{made['cases']:,} outcomes are the same, bit for bit"
        )
        return _packed(made), ()


def _packed(made: dict[str, Any]) -> SlimEngine:
    script = asset_script(KEY, made["encoded"].encode())
    source = hashed_name(KEY, script, ".js")
    return SlimEngine(PackedAsset(KEY, source, made["bytes"]), {source: script})


def _inputs(card: ModelCard, graph: str) -> list[dict[str, Any]]:
    """Names, shapes and types."""
    inputs: list[dict[str, Any]] = card.content["graphs"][graph].get("inputs", [])
    return inputs


def _exercise(effects: Effects, graphs: Iterable[tuple[ModelCard, str]]) -> list[dict[str, Any]]:
    """Models with their graphs, as node/exercise.mjs takes them."""
    models: dict[str, list[dict[str, Any]]] = {}
    for card, use in graphs:
        path = effects.absolute(f"{card.folder}/{card.file_of(use)}")
        graph = {"name": use, "path": path, "inputs": _inputs(card, use)}
        models.setdefault(card.name, []).append(graph)
    return [{"name": name, "graphs": own} for name, own in models.items()]
