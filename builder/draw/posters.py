"""Pictures that go with shared links: each page's title beside the drawing of its first figure.

Only a published book has them, because their addresses must be complete.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from concurrent.futures import Future

from builder.draw.figures import SiteCode, StaticFrame
from builder.issues.issue import Issue, whole_file
from builder.load.config import BookConfig
from builder.node.methods import Poster, PosterParams, Service
from builder.node.service import ServiceError
from builder.resolve.resolve import ResolvedBook
from builder.store.cache import Cache
from builder.store.effects import Effects
from builder.store.hashing import digest, hashed_name
from builder.store.paths import SITE_ASSETS


def draw_posters(
    effects: Effects,
    cache: Cache,
    service: Service,
    config: BookConfig,
    book: ResolvedBook,
    frames: Mapping[tuple[str, str], StaticFrame],
    code: SiteCode,
) -> tuple[dict[str, str], dict[str, bytes], tuple[Issue, ...]]:
    """Page → address of its picture, and the files.

    A page without a figure has the title page's, which shows the book's first figure.
    """
    if not config.root:
        return {}, {}, ()
    wanted = _wanted(config, book, frames)
    waiting: dict[str, tuple[str, Future[Poster] | None]] = {}
    for page, params in wanted.items():
        name = f"{digest(code.of('posters'), *map(str, params.values()))}.png"
        known = cache.read("posters", name) is not None
        waiting[page] = name, None if known else service.ask("poster", params)
    addresses: dict[str, str] = {}
    files: dict[str, bytes] = {}
    for page, (name, future) in waiting.items():
        try:
            if future is not None:
                cache.write("posters", name, base64.b64decode(future.result()["png"]))
        except ServiceError as error:
            return {}, {}, (whole_file("poster", SITE_ASSETS, f"{page}: {error}"),)
        data = cache.read("posters", name) or b""
        address = hashed_name(f"posters/{page.removesuffix('.html')}", data, ".png")
        addresses[page], files[address] = address, data
    if "index.html" in addresses:
        usual = addresses["index.html"]
        addresses = {page.href: addresses.get(page.href, usual) for page in book.pages} | {
            page: usual for page in ("index.html", "references.html")
        }
    return addresses, files, ()


def _wanted(
    config: BookConfig, book: ResolvedBook, frames: Mapping[tuple[str, str], StaticFrame]
) -> dict[str, PosterParams]:
    """What each picture is made from, by page. The title page takes the first chapter's drawing."""
    wanted: dict[str, PosterParams] = {}
    for page in book.chapters:
        drawn = [frames[page.href, f.id] for f in page.figures if (page.href, f.id) in frames]
        if not drawn:
            continue
        markup = drawn[0].markup
        if not wanted:
            wanted["index.html"] = {
                "label": config.subtitle,
                "title": config.title,
                "book": config.author,
                "markup": markup,
            }
        wanted[page.href] = {
            "label": page.label,
            "title": page.title,
            "book": config.title,
            "markup": markup,
        }
    return wanted
