"""Cells at build: remembered by content, told what they need, and packed for the page."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import re
import threading
import zipfile
from collections.abc import Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

from builder.build import Builder
from builder.draw.cells import cell_name, prepare
from builder.draw.python_packages import Distribution, book_wheel, wheel_sources
from builder.node.methods import CellsParams
from builder.node.service import ServiceError
from builder.pack.outcome import Outcome
from builder.store.effects import DiskEffects, MemoryEffects
from builder.store.paths import PYODIDE
from tests.unit.builder.fakes import GOLDEN, FakeService, build, library_service, small_book, tree

ROOT = Path(__file__).resolve().parents[4]
LOCK = f"{PYODIDE}/pyodide-lock.json"
CHAPTER = """---
title: A case
lead: In a sentence.
---
```python run
x = 20
x + 1
```

```python run
"toy", "letters"
```
"""
IMPORTS = CHAPTER.replace("x = 20", "import extra")


def cells_data(effects: MemoryEffects, page: str = "a-case") -> dict[str, Any]:
    html = effects.read(f"build/site/{page}.html").decode()
    found = re.search(r'id="cells-data">(.*?)</script>', html)
    assert found
    data: dict[str, Any] = json.loads(found[1])
    return data


def asked(service: FakeService) -> list[str]:
    return [method for method, _ in service.asked if method == "cells"]


def test_cells_of_an_unchanged_chapter_are_not_run_again() -> None:
    effects = small_book(**{"content__01-a-case.md": CHAPTER})
    service = FakeService(effects)
    assert build(effects, service).published
    first = effects.read("build/site/a-case.html")
    effects.contents["content/02-more.md"] = CHAPTER.replace("20", "30").encode()
    assert build(effects, service).published
    assert len(asked(service)) == 2
    assert effects.read("build/site/a-case.html").count(b'<pre tabindex="0">21</pre>') == 1
    assert effects.read("build/site/more.html").count(b'<pre tabindex="0">31</pre>') == 1
    moved = CHAPTER.replace("```python run\nx", "New words.\n\n```python run\nx")
    effects.contents["content/01-a-case.md"] = moved.encode()
    assert build(effects, service).published
    assert len(asked(service)) == 2
    assert first.count(b"data-cell-number") == 2


@pytest.mark.parametrize(
    "path",
    [
        "site_assets/python/book/__init__.py",
        "site_assets/node/cells.mjs",
        "site_assets/package-lock.json",
        "build/models/toy/decoder.onnx",
    ],
)
def test_cells_run_again_when_what_they_stand_on_changes(path: str) -> None:
    effects = small_book(**{"content__01-a-case.md": CHAPTER})
    service = FakeService(effects)
    build(effects, service)
    before = effects.contents.get(path, b'{"packages": {}}')
    effects.contents[path] = before + b"\n"
    assert build(effects, service).published
    assert len(asked(service)) == 2


def test_all_above_is_offered_where_there_is_a_cell_to_run_above() -> None:
    """Exercises are the reader's: nothing relies on them."""
    exercise = """::: exercise
```python exercise
y = ...
```
```python check
assert y == 1, "y is one."
```
```python solution
y = 1
```

--- answer
One.
:::

"""
    plain = "```python run\nx = 1\n```\n\n"
    text = CHAPTER[: CHAPTER.index("```")] + exercise + plain + exercise + plain
    effects = small_book(**{"content__01-a-case.md": text})
    report = build(effects)
    assert report.published, report.issues
    bars = effects.read("build/site/a-case.html").decode().split('class="cell-bar"')[1:]
    assert ["Run all above" in bar for bar in bars] == [False, False, True, True]


def test_the_page_is_told_what_its_cells_load() -> None:
    effects = small_book(**{"content__01-a-case.md": CHAPTER})
    build(effects)
    data = cells_data(effects)
    assert sorted(data["files"]) == [
        "book-1.0.0-py3-none-any.whl", "pyodide.asm.wasm", "python_stdlib.zip",
    ]  # fmt: skip
    for name, parts in data["files"].items():
        content = b"".join(unpacked(effects, part) for part in parts)
        if name.endswith(".whl"):
            [entry] = json.loads(data["lock"])["packages"].values()
            assert entry["sha256"] == hashlib.sha256(content).hexdigest()
            assert entry["imports"] == ["book"]
        else:
            assert content == effects.read(f"{PYODIDE}/{name}")
    assert sorted(data["models"]["toy"]["assets"]) == ["codes", "decoder"]


def test_pythons_memory_is_taken_once_and_kept_by_no_browser() -> None:
    effects = small_book(**{"content__01-a-case.md": CHAPTER})
    service = FakeService(effects)
    assert build(effects, service).published
    [part] = cells_data(effects)["snapshot"]
    script = effects.read(f"build/site/{part['src']}")
    assert gzip.decompress(base64.b64decode(script.split(b'"')[3])) == b"memory"
    assert part["bytes"] == len(b"memory")
    assert part["size"] == len(script)
    data = cells_data(effects)
    worker = len(effects.read(f"build/site/{data['script']}"))
    files = sum(part["size"] for parts in data["files"].values() for part in parts)
    assert data["size"] == worker + files, "what a network carries"
    assert part["src"].encode() not in effects.read("build/site/sw.js")
    effects.contents["content/01-a-case.md"] = CHAPTER.replace("20", "30").encode()
    assert build(effects, service).published
    memories = [params for method, params in service.asked if method == "snapshot"]
    assert [Path(params["wheel"]).name for params in memories] == ["book-1.0.0-py3-none-any.whl"]
    own = "site_assets/python/book/__init__.py"
    effects.contents[own] = effects.read(own) + b"\n"
    assert build(effects, service).published
    again = [method for method, _ in service.asked].count("snapshot")
    assert again == 2, "another wheel is in another memory"


ENDLESS = CHAPTER.replace('"toy", "letters"', "while True:\n    pass")


def test_a_preview_waits_less_for_a_cell_and_tries_it_once() -> None:
    effects = small_book(**{"content__01-a-case.md": ENDLESS})
    service = FakeService(effects)
    builder = Builder(effects, service)
    for _ in range(2):
        [issue] = builder.build(preview=True).issues
        assert issue.line == ENDLESS[: ENDLESS.rindex("```python run")].count("\n") + 1
        assert issue.message == "this cell still ran after 30 seconds"
        assert issue.hint == "book build waits for 300"
    assert len(asked(service)) == 1
    effects.contents["content/01-a-case.md"] = CHAPTER.encode()
    assert builder.build(preview=True).published
    assert len(asked(service)) == 2
    assert builder.build().published
    assert len(asked(service)) == 2, "what the preview found is as good for a build"


class Slow(FakeService):
    """Takes its time over cells."""

    def ask(self, method: str, params: Mapping[str, Any]) -> Future[Any]:
        answer = super().ask(method, params)
        if method != "cells":
            return answer
        slow: Future[Any] = Future()
        threading.Timer(0.2, lambda: slow.set_result(answer.result())).start()
        return slow


def test_who_waits_for_cells_is_told_for_which(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("builder.draw.cells.SILENT", 0.01)
    effects = small_book(**{"content__01-a-case.md": CHAPTER})
    assert build(effects, Slow(effects)).published
    assert "The cells of content/01-a-case.md still run…" in effects.messages


def test_a_cell_without_end_is_stopped_by_its_name(tmp_path: Path) -> None:
    """In the real Node, whose Python cannot be asked to stop."""
    packages, _ = prepare(DiskEffects(ROOT), (), None)
    for name, data in {"pyodide-lock.json": packages.lock.encode(), **packages.wheels}.items():
        (tmp_path / name).write_bytes(data)
    texts = ("x = 1", "while True: pass")
    params: CellsParams = {
        "cells": [
            {"name": cell_name(number), "code": text, "check": None, "solution": None}
            for number, text in enumerate(texts, 1)
        ],
        "packages": str(tmp_path), "models": {}, "cards": {}, "arrays": [], "seconds": 1,
    }  # fmt: skip
    with pytest.raises(ServiceError, match=r"^cell 2 still ran after 1 seconds$"):
        library_service().ask("cells", params).result(120)


class WithoutMemory(FakeService):
    """Of a Pyodide that keeps no memory."""

    def _snapshot(self, params: Any) -> Any:
        raise ServiceError("makeSnapshot is not a function")


def test_pythons_memory_is_the_same_in_every_build(tmp_path: Path) -> None:
    name, wheel = book_wheel(wheel_sources(DiskEffects(ROOT)))
    (tmp_path / name).write_bytes(wheel)
    taken = [library_service().ask("snapshot", {"wheel": str(tmp_path / name)}) for _ in range(2)]
    first, second = (hashlib.sha256(each.result(120)["gzip"].encode()) for each in taken)
    assert first.digest() == second.digest()


def test_a_pyodide_that_keeps_no_memory_is_an_issue() -> None:
    effects = small_book(**{"content__01-a-case.md": CHAPTER})
    [issue] = build(effects, WithoutMemory(effects)).issues
    assert issue.rule == "cell-run"
    assert "makeSnapshot is not a function" in issue.message


def test_a_preview_shows_the_card_of_a_model_that_was_trained_anew() -> None:
    effects = small_book(**{"content__01-a-case.md": CHAPTER})
    builder = Builder(effects, FakeService(effects))
    models = frozenset({"toy", "untrained"})
    builder.build(known_models=models, preview=True)
    path = "build/models/toy/card.json"
    card = json.loads(effects.contents[path])
    effects.contents[path] = json.dumps({**card, "description": "Trained anew."}).encode()
    outcome = builder.build(known_models=models, preview=True)
    told = re.search(r'id="cells-data">(.*?)</script>', outcome.files["a-case.html"].decode())
    assert told
    assert json.loads(told[1])["models"]["toy"]["card"]["description"] == "Trained anew."


def unpacked(effects: MemoryEffects, part: dict[str, Any]) -> bytes:
    script = effects.read(f"build/site/{part['src']}")
    assert len(script) == part["size"]
    content = gzip.decompress(base64.b64decode(script.split(b'"')[3]))
    assert len(content) == part["bytes"]
    return content


def test_a_page_without_cells_is_as_if_there_were_none() -> None:
    plain = small_book()
    build(plain)
    mixed = small_book(**{"content__01-a-case.md": CHAPTER.replace("toy", "none")})
    build(mixed)
    assert not any("/cells/" in path or "/python/" in path for path in site(plain))
    page = "build/site/other-things.html"
    assert b"cells" not in mixed.read(page)
    turn = re.compile(rb"<nav.*?</nav>|<link rel=.(?:prev|next).*?>", re.DOTALL)
    assert turn.sub(b"", mixed.read(page)).split() == turn.sub(b"", plain.read(page)).split()


def site(effects: MemoryEffects) -> list[str]:
    return [path for path in effects.contents if path.startswith("build/site/")]


def test_the_wheel_is_the_same_every_time() -> None:
    sources = wheel_sources(MemoryEffects(tree(GOLDEN / "_base")))
    name, wheel = book_wheel(sources)
    book_wheel.cache_clear()
    assert book_wheel(sources) == (name, wheel)
    assert {entry.date_time[0] for entry in zipfile.ZipFile(io.BytesIO(wheel)).infolist()} == {1980}


class Shop:
    """A distribution in a dictionary, and a chapter that imports from it."""

    def __init__(self) -> None:
        self.files = {"extra-1.0-py3-none-any.whl": b"extra", "base-1.0-py3-none-any.whl": b"base"}

    def lock(self, **changed: Any) -> bytes:
        packages = {
            name: {
                "name": name, "version": "1.0", "file_name": f"{name}-1.0-py3-none-any.whl",
                "install_dir": "site", "sha256": hashlib.sha256(name.encode()).hexdigest(),
                "imports": [name], "depends": ["base"] if name == "extra" else [],
            }
            for name in ("extra", "base", "unwanted")
        }  # fmt: skip
        info = {
            "abi_version": "2026_0", "arch": "wasm32", "platform": "emscripten_5_0_3",
            "python": "3.14.2", **changed,
        }  # fmt: skip
        return json.dumps({"info": info, "packages": packages}).encode()

    def read(self, name: str) -> bytes:
        try:
            return self.files[name]
        except KeyError:
            raise FileNotFoundError(name) from None

    def build(self, effects: MemoryEffects, *, trusted: bool = True) -> Outcome:
        distribution = Distribution("the shop", self.read, trusted)
        return Builder(effects, Anything(effects), distribution=distribution).build()


class Anything(FakeService):
    """Runs cells without what they import."""

    def _cells(self, params: Any) -> list[dict[str, Any]]:
        return [{"events": [], "markup": ""} for _ in params["cells"]]


@pytest.fixture
def effects() -> MemoryEffects:
    return small_book(**{"content__01-a-case.md": IMPORTS})


def test_what_cells_import_is_bundled_with_what_that_needs(effects: MemoryEffects) -> None:
    shop = Shop()
    effects.contents[LOCK] = shop.lock()
    assert shop.build(effects).published
    assert sorted(cells_data(effects)["files"])[:3] == [
        "base-1.0-py3-none-any.whl", "book-1.0.0-py3-none-any.whl", "extra-1.0-py3-none-any.whl",
    ]  # fmt: skip
    assert sorted(json.loads(cells_data(effects)["lock"])["packages"]) == ["base", "book", "extra"]


def test_without_a_distribution_the_import_is_refused_at_its_line(effects: MemoryEffects) -> None:
    effects.contents[LOCK] = Shop().lock()
    [issue] = build(effects).issues
    assert (issue.rule, issue.line) == ("cell-import", 6)
    assert "--pyodide-dist" in issue.hint


def test_a_file_that_is_not_what_the_lock_names_is_refused(effects: MemoryEffects) -> None:
    shop = Shop()
    effects.contents[LOCK] = shop.lock()
    shop.files["base-1.0-py3-none-any.whl"] = b"something else"
    [issue] = shop.build(effects).issues
    assert "base-1.0-py3-none-any.whl of the shop is not what the lock file names" in issue.message
    del shop.files["base-1.0-py3-none-any.whl"]
    [issue] = shop.build(effects).issues
    assert "the shop has no base-1.0-py3-none-any.whl" in issue.message


def test_a_folder_may_name_packages_of_its_own(effects: MemoryEffects) -> None:
    shop = Shop()
    shop.files["pyodide-lock.json"] = shop.lock()
    assert shop.build(effects).published
    shop.files["pyodide-lock.json"] = shop.lock(abi_version="2025_0")
    [issue] = shop.build(effects).issues
    assert "is for ABI 2025_0" in issue.message


def test_an_address_is_not_believed_about_itself(effects: MemoryEffects) -> None:
    shop = Shop()
    effects.contents[LOCK] = shop.lock()
    spoilt = shop.lock().replace(hashlib.sha256(b"base").hexdigest().encode(), b"0" * 64)
    shop.files["pyodide-lock.json"] = spoilt
    assert shop.build(effects, trusted=False).published
    [issue] = shop.build(effects).issues
    assert "is not what the lock file names" in issue.message


def test_the_books_own_wheel_is_what_the_page_gets() -> None:
    files = tree(ROOT / "site_assets/python")
    sources = tuple((name, data) for name, data in files.items() if "__pycache__" not in name)
    name, wheel = book_wheel(sources)
    inside = zipfile.ZipFile(io.BytesIO(wheel))
    assert name == "book-1.0.0-py3-none-any.whl"
    assert inside.read("book/cells.py") == files["book/cells.py"]
    assert {"book/datasets.json", "book/py.typed"} <= set(inside.namelist())
