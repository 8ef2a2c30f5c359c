"""What the search of the pages knows: titles, leads, headings, figures' titles and terms.

A script that loads when a reader goes to the search field. Its name has no hash of its content:
every page would change with each heading of the book.
"""

from __future__ import annotations

import json
from typing import TypeAlias

from builder.resolve.resolve import ResolvedBook, ResolvedPage

Entry: TypeAlias = list[str]
"""An id in the page and the words there."""


def search_index(book: ResolvedBook) -> bytes:
    """The script: a call with one list a page, of address, label, title, lead and entries."""
    pages = [_listed(page, _entries(page)) for page in book.chapters]
    terms = [[entry.anchor, entry.name] for entry in book.entries]
    back = [(book.glossary, terms), (book.colophon, _entries(book.colophon))]
    pages += [_listed(page, entries) for page, entries in back]
    text = json.dumps(pages, ensure_ascii=False, separators=(",", ":"))
    return f"book.searchIndex({text});\n".encode()


def _listed(page: ResolvedPage, entries: list[Entry]) -> list[object]:
    return [page.href, page.label if page.number else "", page.title, page.lead, entries]


def _entries(page: ResolvedPage) -> list[Entry]:
    headings = [[place.id, place.label] for place in page.headings if place.kind == "section"]
    figures = [[f.id, f"Figure {f.number}: {f.spec.title}"] for f in page.figures]
    return headings + figures
