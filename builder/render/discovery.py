"""What tells machines about the published book: sitemap, feed, and the word to crawlers.

All of it needs full addresses, so there is none of it without `base_url`. Dates come from the
chapters' front matter alone: two builds of one commit say the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from urllib.parse import urlsplit

from jinja2 import Environment

from builder.load.config import BookConfig
from builder.resolve.resolve import ResolvedBook
from builder.store.paths import OWN_STANDING

SITEMAP, FEED, ROBOTS = "sitemap.xml", "feed.xml", "robots.txt"


def discovery_files(
    config: BookConfig, book: ResolvedBook, pages: Iterable[str], templates: Environment
) -> dict[str, bytes]:
    """The files by path in the site; `pages` are those of the site, in reading order."""
    if not config.root:
        return {}
    common = {"book": asdict(config), "root": config.root}
    updates = {page.href: page.updated for page in book.chapters if page.updated}
    places = [
        {"address": config.root + ("" if page == "index.html" else page), "day": updates.get(page)}
        for page in pages
        if page not in OWN_STANDING
    ]
    files = {SITEMAP: templates.get_template(SITEMAP).render(**common, places=places)}
    if entries := book.dated:
        files[FEED] = templates.get_template(FEED).render(**common, entries=entries)
    if urlsplit(config.root).path == "/":  # crawlers read it at the root of a host alone
        files[ROBOTS] = f"User-agent: *\nAllow: /\nSitemap: {config.root}{SITEMAP}\n"
    return {name: text.encode() for name, text in files.items()}
