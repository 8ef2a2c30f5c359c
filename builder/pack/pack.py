"""Bytes that readers get: asset scripts with hashed names, the icon, and the zip archive.

The same input gives the same bytes: no time, no order of the file system, no random name.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from builder.issues.issue import Issue, whole_file
from builder.load.model_card import ModelCard
from builder.load.readable import unreadable
from builder.store.cache import Cache
from builder.store.effects import Effects
from builder.store.hashing import asset_script, hashed_name
from builder.store.memory import Memory

ICON = "site_assets/favicon.svg"
ZIP_TIME = datetime(1980, 1, 1)
"""The earliest time that a zip archive can hold."""
ZIP_MODE = 0o100644
"""As Unix says it, wherever the build runs: a file that all may read."""
ZIP_LEVEL = 2


@dataclass(frozen=True, slots=True)
class PackedAsset:
    """Where the browser finds an asset; `bytes` is its size once unpacked."""

    key: str
    src: str
    bytes: int


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """The files of all models that the book needs, packed."""

    assets: Mapping[tuple[str, str], PackedAsset] = field(default_factory=dict)
    """(model, graph or array) → asset."""
    hashes: Mapping[tuple[str, str], str] = field(default_factory=dict)
    gzip_bytes: Mapping[str, int] = field(default_factory=dict)
    """Model → the size of what pages load of it, as gzip."""
    all_gzip_bytes: int = 0
    """The same of all models together, where a file that several have counts once."""


@dataclass(frozen=True, slots=True)
class _PackedFile:
    """One file of a model, as readers get it."""

    asset: PackedAsset
    hash: str
    gzip_bytes: int
    script: bytes


def encode(data: bytes) -> bytes:
    """gzip without a time, in base64."""
    return base64.b64encode(gzip.compress(data, 9, mtime=0))


def pack_models(
    effects: Effects, cache: Cache, wanted: Iterable[tuple[ModelCard, str]], memory: Memory
) -> tuple[ModelFiles, Mapping[str, bytes], tuple[Issue, ...]]:
    """Pack the wanted graphs and arrays; a file that is not there is an issue.

    Models of the same data have files of the same bytes. Readers get these once, as the file of the
    first model by name.
    """
    assets, hashes, sizes, first = {}, {}, dict[str, int](), dict[str, _PackedFile]()
    issues: list[Issue] = []
    for card, use in sorted(wanted, key=lambda pair: (pair[0].name, pair[1])):
        file = card.file_of(use)
        path = f"{card.folder}/{file}"
        try:
            data = effects.read(path)
        except FileNotFoundError:
            message, hint = "the card names this file, but it is missing", "book train --force "
            issues.append(whole_file("model-file", path, message, hint + card.name))
            continue
        except OSError as error:
            issues.append(unreadable(path, error))
            continue
        key = f"models/{card.name}/{file}"
        own = memory.recall(("model", path), _packed, cache, key, data)
        packed = first.setdefault(own.hash, own)
        assets[card.name, use], hashes[card.name, use] = packed.asset, packed.hash
        cache.folder("packed", packed.hash)
        sizes[card.name] = sizes.get(card.name, 0) + packed.gzip_bytes
    together = sum(packed.gzip_bytes for packed in first.values())
    site_files = {packed.asset.src: packed.script for packed in first.values()}
    return ModelFiles(assets, hashes, sizes, together), site_files, tuple(issues)


def _packed(cache: Cache, key: str, data: bytes) -> _PackedFile:
    source = hashed_name(key, data, ".js")
    content_hash = hashlib.sha256(data).hexdigest()
    encoded = _encoded(cache, content_hash, data)
    compressed = len(encoded) // 4 * 3 - encoded[-2:].count(b"=")
    asset = PackedAsset(key, source, len(data))
    return _PackedFile(asset, content_hash, compressed, asset_script(key, encoded))


def pack_asset(cache: Cache, key: str, data: bytes) -> tuple[PackedAsset, bytes]:
    """An asset and the script that carries it, for bytes that are no file of a model."""
    packed = _packed(cache, key, data)
    return packed.asset, packed.script


def _encoded(cache: Cache, content_hash: str, data: bytes) -> bytes:
    """`encode`, remembered by content: compressing is the slow part of a build without changes."""
    encoded = cache.read("packed", content_hash)
    if encoded is None:
        encoded = encode(data)
        cache.write("packed", content_hash, encoded)
    return encoded


SNAPSHOT = "snapshot"
PART = 1_500_000
"""Bytes of a large file that travel in one script, so that a reader sees the loading advance."""


@dataclass(frozen=True, slots=True)
class PythonFiles:
    """What Python in the page loads: the files in parts, each an asset, and its lock file."""

    parts: Mapping[str, tuple[PackedAsset, ...]] = field(default_factory=dict)
    sizes: Mapping[str, int] = field(default_factory=dict)
    """Key of a part → bytes of its script."""
    lock: str = ""
    snapshot: tuple[PackedAsset, ...] = ()
    """Python's memory after its start, in parts: loaded where bytes cost nothing, from file://."""


def pack_python(
    cache: Cache, files: Mapping[str, bytes], lock: str, memory: bytes
) -> tuple[PythonFiles, Mapping[str, bytes]]:
    """Pack files by name for the page's Python, and its memory after its start."""
    parts, sizes, site_files = {}, {}, {}
    for name, data in [*sorted(files.items()), (SNAPSHOT, memory)]:
        packed = []
        for index, start in enumerate(range(0, len(data), PART)):
            part = data[start : start + PART]
            key = f"python/{name}/{index}"
            source = hashed_name(key, part, ".js")
            script = asset_script(key, _encoded(cache, hashlib.sha256(part).hexdigest(), part))
            packed.append(PackedAsset(key, source, len(part)))
            sizes[key], site_files[source] = len(script), script
        parts[name] = tuple(packed)
    snapshot = parts.pop(SNAPSHOT)
    return PythonFiles(parts, sizes, lock, snapshot), site_files


def pack_icon(effects: Effects) -> tuple[str, dict[str, bytes]]:
    """The address of the picture that browsers show for the book, and its file; none without."""
    if not effects.exists(ICON):
        return "", {}
    data = effects.read(ICON)
    address = hashed_name("favicon", data, ".svg")
    return address, {address: data}


def zip_archive(folder: str, files: Mapping[str, bytes]) -> bytes:
    """The files in one folder of a zip, in order of their names, all from the same moment.

    They are compressed by ISA-L at its middle level: against zlib's level 6, a sixth of the
    processor's time (82 ms in place of 490 for a book of 100 chapters), for 1 % more bytes.
    """
    from isal import isal_zlib  # for those builds alone that write an archive
    from stream_zip import ZIP_32, stream_zip

    def deflate() -> Any:  # its class has the methods of zlib's
        return isal_zlib.compressobj(ZIP_LEVEL, isal_zlib.DEFLATED, -isal_zlib.MAX_WBITS)

    members = (
        (f"{folder}/{name}", ZIP_TIME, ZIP_MODE, ZIP_32, (files[name],)) for name in sorted(files)
    )
    archive = stream_zip(members, get_compressobj=deflate, extended_timestamps=False)
    return b"".join(archive)
