"""Bytes that readers get: asset scripts with hashed names, pictures, and the zip archive.

The same input gives the same bytes: no time, no order of the file system, no random name.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import struct
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from builder.issues.issue import Issue, whole_file
from builder.load.model_card import ModelCard
from builder.store.cache import Cache
from builder.store.effects import Effects
from builder.store.hashing import ASSET, asset_script, hashed_name
from builder.store.memory import Memory

ICON = "site_assets/favicon.svg"
ZIP_TIME = (0, 1 << 5 | 1)
"""Midnight, 1 January 1980: the earliest time that a zip archive can hold."""
ZIP_VERSION, ZIP_UTF8 = 20, 1 << 11
ZIP_SYSTEM, ZIP_MODE = 3 << 8 | ZIP_VERSION, 0o100644 << 16
"""As Unix says it, wherever the build runs: a file that all may read."""


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
    site_files: Mapping[str, bytes] = field(default_factory=dict)


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
) -> tuple[ModelFiles, tuple[Issue, ...]]:
    """Pack the wanted graphs and arrays; a file that is not there is an issue."""
    assets, hashes, sizes, site_files = {}, {}, dict[str, int](), {}
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
        key = f"models/{card.name}/{file}"
        packed = memory.recall(("model", path), _packed, cache, key, data)
        assets[card.name, use], hashes[card.name, use] = packed.asset, packed.hash
        cache.folder("packed", packed.hash)
        sizes[card.name] = sizes.get(card.name, 0) + packed.gzip_bytes
        site_files[packed.asset.src] = packed.script
    return ModelFiles(assets, hashes, sizes, site_files), tuple(issues)


def _packed(cache: Cache, key: str, data: bytes) -> _PackedFile:
    source = hashed_name(key, data, ".js")
    content_hash = hashlib.sha256(data).hexdigest()
    encoded = _encoded(cache, content_hash, data)
    compressed = len(encoded) // 4 * 3 - encoded[-2:].count(b"=")
    asset = PackedAsset(key, source, len(data))
    return _PackedFile(asset, content_hash, compressed, asset_script(key, encoded))


def _encoded(cache: Cache, content_hash: str, data: bytes) -> bytes:
    """`encode`, remembered by content: compressing is the slow part of a build without changes."""
    encoded = cache.read("packed", content_hash)
    if encoded is None:
        encoded = encode(data)
        cache.write("packed", content_hash, encoded)
    return encoded


PART = 1_500_000
"""Bytes of a large file that travel in one script, so that a reader sees the loading advance."""


@dataclass(frozen=True, slots=True)
class PythonFiles:
    """What Python in the page loads: the files in parts, each an asset, and its lock file."""

    parts: Mapping[str, tuple[PackedAsset, ...]] = field(default_factory=dict)
    sizes: Mapping[str, int] = field(default_factory=dict)
    """Key of a part → bytes of its script."""
    lock: str = ""
    site_files: Mapping[str, bytes] = field(default_factory=dict)


def pack_python(cache: Cache, files: Mapping[str, bytes], lock: str) -> PythonFiles:
    """Pack files by name for the page's Python."""
    parts, sizes, site_files = {}, {}, {}
    for name, data in sorted(files.items()):
        packed = []
        for index, start in enumerate(range(0, len(data), PART)):
            part = data[start : start + PART]
            key = f"python/{name}/{index}"
            source = hashed_name(key, part, ".js")
            script = asset_script(key, _encoded(cache, hashlib.sha256(part).hexdigest(), part))
            packed.append(PackedAsset(key, source, len(part)))
            sizes[key], site_files[source] = len(script), script
        parts[name] = tuple(packed)
    return PythonFiles(parts, sizes, lock, site_files)


def pack_pictures(
    effects: Effects, paths: Iterable[str]
) -> tuple[dict[str, str], dict[str, bytes]]:
    """The addresses of the pictures of `content/` in the site, and the files there."""
    addresses, files = {}, {}
    for path in sorted(set(paths)):
        data = effects.read(f"content/{path}")
        pure = PurePosixPath(path)
        name = hashed_name(str(pure.with_suffix("")), data, pure.suffix.lower())
        addresses[path], files[name] = name, data
    return addresses, files


def pack_icon(effects: Effects) -> tuple[str, dict[str, bytes]]:
    """The address of the picture that browsers show for the book, and its file; none without."""
    if not effects.exists(ICON):
        return "", {}
    data = effects.read(ICON)
    address = hashed_name("favicon", data, ".svg")
    return address, {address: data}


def zip_archive(folder: str, files: Mapping[str, bytes]) -> bytes:
    """The files in one folder of a zip, in order of their names, all from the same moment.

    Written here, by the format's description (PKWARE, *APPNOTE.TXT*, 4.3), because `zipfile` would
    search assets for repetitions: that takes three times as long, and finds less than nothing.
    """
    body, directory = bytearray(), bytearray()
    for name in sorted(files):
        data, path = files[name], f"{folder}/{name}".encode()
        deflated = _deflated(data)
        common = struct.pack(
            "<5H3L2H", ZIP_VERSION, ZIP_UTF8, zipfile.ZIP_DEFLATED, *ZIP_TIME,
            zlib.crc32(data), len(deflated), len(data), len(path), 0,
        )  # fmt: skip
        place = struct.pack("<3H2L", 0, 0, 0, ZIP_MODE, len(body))
        directory += b"PK\1\2" + struct.pack("<H", ZIP_SYSTEM) + common + place + path
        body += b"PK\3\4" + common + path + deflated
    count = len(files)
    sizes = struct.pack("<4H2LH", 0, 0, count, count, len(directory), len(body), 0)
    return bytes(body + directory + b"PK\5\6" + sizes)


def _deflated(data: bytes) -> bytes:
    """Deflated; of what was compressed before, only the six bits in each byte of base64 count."""
    strategy = zlib.Z_HUFFMAN_ONLY if data.startswith(ASSET) else zlib.Z_DEFAULT_STRATEGY
    compressor = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS, zlib.DEF_MEM_LEVEL, strategy)
    return compressor.compress(data) + compressor.flush()
