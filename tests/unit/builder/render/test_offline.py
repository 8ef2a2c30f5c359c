"""What the service worker is told of a build: each file with its hash, what each page needs."""

import hashlib
import io
import json
import zipfile
from typing import Any

from builder.build import Builder
from builder.render.offline import LIGHT, LaneFiles, offline_manifest
from builder.store.effects import MemoryEffects
from tests.unit.builder.fakes import FakeService, build, small_book

WASM = "assets/ort.js"
GRAPH = "assets/models/m/decoder.onnx-12345678.js"
PAGE = b"""<link href="assets/a.css#x"><a href="b.html">b</a><a href="book.zip">zip</a>
"odd <script>{"src":"assets/d\xc3\xa9j\xc3\xa0.js","wasm":"assets/ort.js"}</script>"""
WITH_GRAPH = PAGE + f'"{GRAPH}"'.encode()
UNPLANNED = LaneFiles(frozenset({WASM}))
PLANNED = LaneFiles(frozenset({WASM}), frozenset({GRAPH}))
FILES = {
    "a.html": WITH_GRAPH,
    "b.html": PAGE,
    "404.html": PAGE,
    "index.html": b'<img src="assets/heavy.png"><a href="nowhere.html">',
    "offline.html": b"",
    "book.zip": b"PK",
    "assets/a.css": b'@font-face { src: url("./f.woff2") } b { background: url(../c.png) }',
    "assets/f.woff2": b"font",
    "c.png": b"png",
    "assets/d\u00e9j\u00e0.js": b"1",
    "assets/unnamed.js": b"2",
    WASM: b"w" * (LIGHT + 1),
    GRAPH: b"3",
    "assets/heavy.png": b"p" * (LIGHT + 1),
}


def test_a_page_needs_what_it_and_its_styles_name() -> None:
    manifest = offline_manifest(FILES, UNPLANNED)
    light = {"assets/a.css", "assets/f.woff2", "c.png", "assets/d\u00e9j\u00e0.js"}
    assert manifest["pages"] == {
        "a.html": sorted({"a.html", GRAPH, WASM} | light),  # no kernels run that graph
        "b.html": sorted({"b.html"} | light),
        "index.html": ["index.html"],
        "offline.html": ["offline.html"],
    }


def test_a_page_whose_graphs_have_plans_does_without_onnx_runtime() -> None:
    needed = offline_manifest(FILES, PLANNED)["pages"]["a.html"]
    assert not {GRAPH, WASM} & set(needed)
    assert {GRAPH, WASM} <= set(offline_manifest(FILES, PLANNED)["files"])


def test_the_whole_book_is_whatever_pages_name_with_hash_and_size() -> None:
    files = offline_manifest(FILES, UNPLANNED)["files"]
    assert set(FILES) - set(files) == {"404.html", "book.zip", "assets/unnamed.js"}
    for path, (hash_, size) in files.items():
        assert hashlib.sha256(FILES[path]).hexdigest().startswith(hash_)
        assert size == len(FILES[path])


def test_any_changed_byte_makes_another_version() -> None:
    versions = {offline_manifest(FILES, UNPLANNED)["version"]}
    for path in ("a.html", "assets/f.woff2", WASM):
        versions.add(offline_manifest({**FILES, path: FILES[path] + b" "}, UNPLANNED)["version"])
    assert len(versions) == 4
    same = offline_manifest(dict(reversed(FILES.items())), UNPLANNED)
    assert same["version"] in versions


def told(worker: bytes) -> dict[str, Any]:
    head = worker.decode().partition("\n")[0]
    found: dict[str, Any] = json.loads(head.removeprefix("self.BOOK = ").removesuffix(";"))
    return found


def test_a_build_tells_the_worker_of_the_files_that_it_publishes() -> None:
    effects = small_book()
    assert build(effects).published
    worker = effects.read("build/site/sw.js")
    assert worker.endswith(b"sw.js")  # its code, as the service bundled it
    for path, (hash_, _) in told(worker)["files"].items():
        data = effects.read(f"build/site/{path}")
        assert hashlib.sha256(data).hexdigest().startswith(hash_), path
    assert not effects.exists("build/site/assets/sw.js")


def test_the_archive_offers_no_archive_and_its_worker_knows_its_own_pages() -> None:
    effects = small_book()
    assert build(effects).published
    packed = effects.read("build/book.zip")
    assert effects.read("build/site/book.zip") == packed
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        inside = {name.removeprefix("book/"): archive.read(name) for name in archive.namelist()}
    beside = {path.removeprefix("build/site/") for path in effects.files("build/site")}
    assert beside - set(inside) == {"book.zip"}
    differ = {path for path, data in inside.items() if effects.read(f"build/site/{path}") != data}
    assert differ == {"index.html", "sw.js"}
    assert b"book.zip" not in inside["index.html"]
    index = effects.read("build/site/index.html").decode()
    assert 'href="book.zip" download>' in index
    assert f"({len(packed) / 1e6:.1f} MB)" in index
    hash_, _ = told(inside["sw.js"])["files"]["index.html"]
    assert hashlib.sha256(inside["index.html"]).hexdigest().startswith(hash_)


def test_a_preview_has_neither_worker_nor_archive() -> None:
    effects: MemoryEffects = small_book()
    assert Builder(effects, FakeService(effects)).build(preview=True).published
    assert not effects.exists("build/site/sw.js")
    assert not effects.exists("build/site/book.zip")
    assert not effects.exists("build/book.zip")
