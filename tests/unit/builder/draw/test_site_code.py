"""What is remembered goes when code that makes it changes: by the imports that esbuild finds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from builder.draw.figures import Product, read_code
from builder.node.service import NodeService
from builder.store.cache import Cache
from builder.store.effects import MemoryEffects
from builder.store.memory import Memory
from tests.unit.builder.fakes import FakeService, build, small_book

ASSETS = Path(__file__).resolve().parents[4] / "site_assets"
CODE = ("bibliography", "cells", "engine", "fonts", "kit", "node", "styles")
CHAPTER = """---
title: A case
---
Formula $z$ [@kingma2013].

```python run
1 + 1
```

::: figure dots

Caption.
:::
"""


@pytest.fixture(scope="module")
def node() -> Iterator[NodeService]:
    service = NodeService(ASSETS, print)
    yield service
    service.close()


class Informed(FakeService):
    """Knows from the real Node what imports what; its figure is made like a real one."""

    def __init__(self, effects: MemoryEffects, node: NodeService) -> None:
        super().__init__(effects)
        self.node = node

    def _inputs(self, params: Mapping[str, Any]) -> dict[str, list[str]]:
        found: dict[str, list[str]] = self.node.ask("inputs", {"figures": ["anatomy"]}).result(60)
        return {**found, "figures/dots": found["figures/anatomy"]}


def real_code() -> dict[str, str | bytes]:
    folders = [*(ASSETS / name for name in CODE), ASSETS / "figures/anatomy"]
    paths = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    paths.append(ASSETS / "package-lock.json")
    return {f"site_assets/{p.relative_to(ASSETS).as_posix()}": p.read_bytes() for p in paths}


@pytest.mark.parametrize(
    ("path", "made_anew"),
    [
        ("node/frame.mjs", {"cells", "frame"}),
        ("node/cells_worker.mjs", {"cells"}),
        ("cells/markup.ts", {"cells"}),
        ("kit/marks/meter.tsx", {"frame"}),
        ("node/math.mjs", {"math", "references"}),
        ("node/bibliography.mjs", {"references"}),
        ("bibliography/names.csl", {"references"}),
        ("styles/plots.css", {"poster"}),
        ("styles/book.css", set()),
        ("package-lock.json", {"cells", "frame", "math", "poster", "references", "snapshot"}),
    ],
)
def test_a_change_of_code_remakes_what_it_makes(
    node: NodeService, path: str, made_anew: set[str]
) -> None:
    files = {name.replace("/", "__"): data for name, data in real_code().items()}
    files["content__book.toml"] = 'title = "A"\nbase_url = "https://a.example/"\n'
    effects = small_book(**{"content__01-a-case.md": CHAPTER, **files})
    assert build(effects, Informed(effects, node)).published
    effects.contents[f"site_assets/{path}"] += b"\n"
    service = Informed(effects, node)
    assert build(effects, service).published
    asked = {method for method, _ in service.asked}
    assert asked == made_anew | {"bundle", "inputs"}


@pytest.mark.parametrize("path", ["engine/kernels/gemm.ts", "engine/plan.ts", "node/plans.mjs"])
def test_a_change_of_kernels_or_of_what_runs_them_makes_plans_anew(
    node: NodeService, path: str
) -> None:
    effects = MemoryEffects(real_code())
    before, after = (hashes_with(effects, node, extra, path) for extra in (b"", b"\n"))
    assert before["kernels"] != after["kernels"]
    assert before["math"] == after["math"]


def hashes_with(
    effects: MemoryEffects, node: NodeService, extra: bytes, path: str
) -> dict[Product, str]:
    effects.contents[f"site_assets/{path}"] += extra
    service = Informed(effects, node)
    code, _ = read_code(effects, Cache(effects), service, ("dots",), Memory())
    products: tuple[Product, ...] = ("kernels", "math")
    return {product: code.of(product) for product in products}
