"""The service worker of one build: its code, told which files this version of the book has.

The manifest names every file with its hash, so that a browser never keeps a file of another
version, and for each page the files that it needs, so that a page once read needs no network.
"""

from __future__ import annotations

import hashlib
import json
import posixpath
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypedDict
from urllib.parse import unquote

from builder.store.hashing import digest
from builder.store.paths import CONTENTS, NOT_FOUND, NOT_KEPT

HASH_DIGITS = 16
LIGHT = 1_000_000
"""Bytes of a file that a page keeps at once. A heavier one, which may never be used, is kept when
it first is, or with the whole book; but a page whose graphs have no plan needs ONNX Runtime's."""

QUOTED = re.compile(r'"([^"<>\n#?]+\.[a-z][a-z0-9]*)["#?]')
"""What may be an address: each file of a site has an ending, and most quoted texts are numbers."""
IN_STYLES = re.compile(r"""url\(["']?([^"')#?]+)[^"')]*["']?\)""")
GRAPH = ".onnx-"


@dataclass(frozen=True, slots=True)
class LaneFiles:
    """The files that pages name and may not load: those that only ONNX Runtime's lane needs."""

    ort: frozenset[str] = frozenset()
    """Its script and wasm."""
    planned: frozenset[str] = frozenset()
    """Graphs that run on the kernels as long as these do not fail."""
    local: frozenset[str] = frozenset()
    """What is loaded from file:// alone, so that a browser never keeps it."""


def service_worker(code: bytes, files: Mapping[str, bytes], lanes: LaneFiles) -> bytes:
    """`sw.js` for these files."""
    manifest = offline_manifest(files, lanes)
    text = json.dumps(manifest, ensure_ascii=False, separators=(",", ":"))
    return f"self.BOOK = {text};\n".encode() + code


class Manifest(TypedDict):
    """The files of this version of the book, and what each page needs: each path in the site with
    the beginning of its SHA-256, in hex, and its size in bytes; each page with what it can't do
    without, itself among it. `contents` is what an address without a file name shows, `fallback`
    stands in place of a page that is neither kept nor to be had."""

    version: str
    files: Mapping[str, tuple[str, int]]
    pages: Mapping[str, Sequence[str]]
    contents: str
    fallback: str


def offline_manifest(files: Mapping[str, bytes], lanes: LaneFiles) -> Manifest:
    """`site_assets/offline/worker/manifest.ts` is made from its type."""
    pages = sorted(path for path in files if path.endswith(".html") and path != NOT_FOUND)
    named = {page: {page} | _named(page, files) - lanes.local for page in pages}
    kept = {
        path: (hashlib.sha256(files[path]).hexdigest()[:HASH_DIGITS], len(files[path]))
        for path in sorted(set().union(*named.values()))
    }
    return {
        "version": digest(*(f"{path} {hash_}" for path, (hash_, _) in kept.items()))[:HASH_DIGITS],
        "files": kept,
        "pages": {page: sorted(_needed(named[page], files, lanes)) for page in pages},
        "contents": CONTENTS,
        "fallback": NOT_KEPT,
    }


def _needed(named: set[str], files: Mapping[str, bytes], lanes: LaneFiles) -> set[str]:
    own = named - lanes.planned - lanes.ort
    light = {path for path in own if len(files[path]) <= LIGHT}
    unplanned = any(GRAPH in path for path in own)
    return light | (lanes.ort & named if unplanned else set())


def _named(page: str, files: Mapping[str, bytes]) -> set[str]:
    """The files that a page and its styles name, other pages and archives left out."""
    found = {path for path in _addresses(page, files[page]) if path in files}
    for style in [path for path in found if path.endswith(".css")]:
        found |= {path for path in _addresses(style, files[style]) if path in files}
    return {path for path in found if not path.endswith((".html", ".zip"))}


@lru_cache(maxsize=1024)  # by content: the archive's pages and the site's differ in one
def _addresses(path: str, data: bytes) -> frozenset[str]:
    """Whatever in the file might be the address of another, as a path in the site."""
    text = data.decode()
    spots = set((IN_STYLES if path.endswith(".css") else QUOTED).findall(text))
    folder = posixpath.dirname(path)
    return frozenset(posixpath.normpath(posixpath.join(folder, unquote(spot))) for spot in spots)
