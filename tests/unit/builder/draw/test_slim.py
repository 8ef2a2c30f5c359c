"""When the slim engine is made, when it is remembered, and what a build does without one."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from builder.build import Builder
from builder.pack.outcome import Outcome
from builder.store.effects import MemoryEffects
from tests.unit.builder.fakes import FakeService, build, small_book

CHAPTER = "---\ntitle: A case\n---\n::: figure dots\n\nCaption.\n:::\n"


def book(**files: str | bytes) -> MemoryEffects:
    return small_book(**{"content__01-a-case.md": CHAPTER, **files})


def engine(effects: MemoryEffects) -> Any:
    """What the pages say of the engine."""
    return named_in(effects.read("build/site/a-case.html").decode())


def named_in(page: str) -> Any:
    found = re.search(r'id="book-data">(.*?)</script>', page)
    assert found
    return json.loads(found[1])["engine"]


def slimmings(service: FakeService) -> list[Mapping[str, Any]]:
    return [params for method, params in service.asked if method == "slim"]


def preview(effects: MemoryEffects, service: FakeService) -> Outcome:
    builder = Builder(effects, service)
    return builder.build(known_models=frozenset({"toy", "untrained"}), preview=True)


def test_it_is_made_from_every_graph_that_is_shipped() -> None:
    effects = book()
    service = FakeService(effects)
    assert build(effects, service).published
    (params,) = slimmings(service)
    path = "/memory/build/models/toy/decoder.onnx"
    assert params["models"] == [
        {"name": "toy", "graphs": [{"name": "decoder", "path": path, "inputs": []}]}
    ]
    slim = engine(effects)["slim"]
    assert (slim["key"], slim["bytes"]) == ("ort.slim.wasm", 4)
    assert effects.exists(f"build/site/{slim['src']}")
    assert effects.exists(f"build/site/{engine(effects)['wasm']['src']}"), "both are shipped"


def test_it_is_remembered_until_a_model_or_what_makes_it_changes() -> None:
    effects = book()
    build(effects)
    for path, again in (
        ("content/01-a-case.md", False),
        ("site_assets/figures/dots/figure.tsx", False),
        ("build/models/toy/codes.bin", False),
        ("build/models/toy/decoder.onnx", True),
        ("site_assets/node/slim.mjs", True),
        ("site_assets/engine/sessions.ts", True),
    ):
        effects.contents[path] = effects.contents.get(path, b"") + b"\n"
        service = FakeService(effects)
        assert build(effects, service).published
        assert bool(slimmings(service)) is again, path
        assert engine(effects)["slim"]


def test_a_preview_takes_what_is_there_and_makes_none() -> None:
    effects = book()
    service = FakeService(effects)
    assert named_in(preview(effects, service).pages["a-case.html"])["slim"] is None
    build(effects)
    assert named_in(preview(effects, service).pages["a-case.html"])["slim"]
    effects.contents["build/models/toy/decoder.onnx"] = b"another"
    assert named_in(preview(effects, service).pages["a-case.html"])["slim"] is None
    assert not slimmings(service)


def test_without_one_the_book_is_published_with_a_warning() -> None:
    effects = book(**{"build/models/toy/decoder.onnx": b"unpredictable"})
    outcome = build(effects)
    assert outcome.published
    assert [issue.rule for issue in outcome.issues] == ["slim-engine"]
    assert engine(effects)["slim"] is None
    assert not [path for path in effects.contents if "slim" in path]


def test_a_book_without_graphs_needs_none() -> None:
    effects = small_book(**{"content__09-other-things.md": "---\ntitle: Other\n---\nNo figure.\n"})
    service = FakeService(effects)
    assert build(effects, service).published
    assert not slimmings(service)
