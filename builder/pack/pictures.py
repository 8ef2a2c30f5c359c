"""The pictures of `content/`: their addresses in the site, and whether browsers can show them.

A picture is decoded once, which takes up to a tenth of a second: what was found is remembered by
its content.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from functools import cache as once
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path, PurePosixPath
from typing import TypeAlias

from builder.issues.issue import Issue, Source, Span
from builder.load.readable import unreadable
from builder.store.cache import Cache
from builder.store.effects import Effects
from builder.store.hashing import digest, hashed_name
from builder.store.memory import Memory
from builder.store.paths import CONTENT

SVG = ".svg"
SVG_ROOT = "http://www.w3.org/2000/svg svg"
FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "AVIF")
"""In Pillow's words; it loads all that it knows before it looks for one of the last two."""
UNSAFE = re.compile(r'[%#?"*:<>|\\]')
"""What ends a path in an address or begins an escape, and what Windows has in no file's name."""
Shown: TypeAlias = tuple[Source, Span, str]
"""Where a page shows a picture, and its path in `content/`."""
LONGEST_TEXT = 1 << 28
"""Bytes: drawing programs keep a whole diagram in the texts of a PNG."""


def pack_pictures(
    effects: Effects, cache: Cache, pictures: Iterable[Shown], memory: Memory
) -> tuple[dict[str, str], dict[str, bytes], tuple[Issue, ...]]:
    """By path in `content/` the address in the site; the files there. A broken picture is an issue
    wherever a page shows it."""
    shown = list(pictures)
    addresses, files, problems = {}, {}, {}
    issues: list[Issue] = []
    for path in sorted({path for _, _, path in shown}):
        try:
            data = effects.read(f"{CONTENT}/{path}")
        except OSError as error:
            issues.append(unreadable(f"{CONTENT}/{path}", error))
            continue
        pure = PurePosixPath(path)
        ending = pure.suffix.lower()
        problems[path] = memory.recall(("picture", path), _remembered, cache, ending, data)
        name = hashed_name(UNSAFE.sub("-", str(pure.with_suffix(""))), data, ending)
        addresses[path], files[name] = name, data
    for source, at, path in shown:
        if problem := problems.get(path):
            message = f"the picture '{path}' is broken: {problem}"
            issues.append(source.issue("image-broken", at, message))
    return addresses, files, tuple(issues)


def _remembered(cache: Cache, ending: str, data: bytes) -> str:
    name = digest(_reader(), ending, sha256(data).hexdigest())
    known = cache.read("pictures", name)
    if known is None:
        known = problem_of(ending, data).encode()
        cache.write("pictures", name, known)
    return known.decode()


@once
def _reader() -> str:
    return digest(Path(__file__).read_text("utf-8"), version("pillow"))


def problem_of(ending: str, data: bytes) -> str:
    """Why a file that ends in `ending` is no picture; empty if it is one."""
    if not data:
        return "the file is empty"
    return _problem_of_svg(data) if ending == SVG else _problem_of_pixels(data)


def _problem_of_svg(data: bytes) -> str:
    from xml.parsers import expat  # what only books with pictures need is loaded for them

    roots: list[str] = []
    parser = expat.ParserCreate(namespace_separator=" ")  # which fetches nothing from elsewhere

    def start(name: str, _: object) -> None:
        roots.append(name)
        parser.StartElementHandler = None

    parser.StartElementHandler = start
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        return f"line {error.lineno} is no XML: {expat.ErrorString(error.code)}"
    except (LookupError, ValueError):
        return "its encoding cannot be read, save it as UTF-8"
    return "" if roots == [SVG_ROOT] else 'it does not begin with <svg xmlns="…/2000/svg">'


def _problem_of_pixels(data: bytes) -> str:
    from PIL import Image, PngImagePlugin, features

    from training.own_data.pictures import UNREADABLE

    if _is_avif(data) and not features.check("avif"):
        return ""
    PngImagePlugin.MAX_TEXT_CHUNK = PngImagePlugin.MAX_TEXT_MEMORY = LONGEST_TEXT
    try:
        Image.open(io.BytesIO(data), formats=FORMATS).verify()  # which leaves nothing to load
        Image.open(io.BytesIO(data), formats=FORMATS).load()
    except Image.DecompressionBombError:
        return "it has far too many pixels"
    except UNREADABLE:
        return "it may be cut short, or no PNG, JPEG, WebP, AVIF or GIF"
    return ""


def _is_avif(data: bytes) -> bool:
    return data[4:8] == b"ftyp" and data[8:12] in {b"avif", b"avis"}
