"""What the search of the pages knows: every word that a reader sees, by the place where it stands.

Read from the finished pages, so that captions, exercises, references and numbers are found as they
are printed. A script that loads when a reader goes to the search field. Its name has no hash of
its content: every page would change with each word of the book.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import TypeAlias

from builder.resolve.resolve import ResolvedBook
from builder.store.memory import Memory

Entry: TypeAlias = tuple[str, str, tuple[str, ...]]
"""A place: its id in the page, what it is called, and its blocks of text."""

HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
BLOCKS = HEADINGS | {
    "article", "aside", "blockquote", "button", "caption", "dd", "details", "div", "dl", "dt",
    "figcaption", "figure", "header", "li", "ol", "p", "pre", "section", "summary", "table", "tr",
    "ul",
}  # fmt: skip
"""Elements that a block of text ends at."""
CELLS = frozenset({"td", "th"})
PLACES = frozenset({"aside", "div", "figure", "li", "section"})
"""Elements that are a place of their own if they have an id; so is a heading, up to the next."""
VOID = frozenset({"br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"})
SILENT = frozenset({"annotation", "nav", "script", "style", "svg", "template"})
SILENT_CLASSES = frozenset(
    {
        "apart", "backlinks", "cell-controls", "chapter-number", "figure-data", "figure-foot",
        "figure-honesty", "figure-stage", "popover", "sidenote-mark",
    }
)  # fmt: skip
BLOCK_CLASS = "sidenote-body"
WORDLESS = re.compile(r"<(svg|script|style)\b.*?</\1>|<!--.*?-->", re.DOTALL)
"""Most of a page's bytes, and nothing to find in them."""
INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u200b\u2061\u2062\u2063\u2064"))
"""Characters that formulas and hyphenation put between letters."""
SPACE = re.compile(r"\s+")


@dataclass
class _Place:
    id: str
    title: str = ""
    blocks: list[str] = field(default_factory=list)


def search_index(book: ResolvedBook, pages: Mapping[str, str], memory: Memory) -> bytes:
    """The script: a call with one list a page, of address, label, title and places."""
    listed = [page for page in book.pages if page.href in pages]
    known = [
        memory.recall(
            ("search", page.href),
            _page_json,
            page.href,
            page.label if page.number else "",
            page.title,
            pages[page.href],
        )
        for page in listed
    ]
    return f"book.searchIndex([{','.join(known)}]);\n".encode()


def _page_json(href: str, label: str, title: str, html: str) -> str:
    """One page's entry, remembered as it is written: a save changes one of a hundred."""
    return json.dumps(
        [href, label, title, read_places(html)], ensure_ascii=False, separators=(",", ":")
    )


def read_places(html: str) -> tuple[Entry, ...]:
    """The places of a page, in order; the first, without an id, is what stands before all."""
    reader = _Reader()
    reader.feed(WORDLESS.sub("", html))
    reader.close()
    return tuple(
        (place.id, place.title, tuple(place.blocks))
        for place in reader.places
        if place.title or place.blocks
    )


class _Reader(HTMLParser):
    """Collects the text of `<main>` by place."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.places = [_Place("")]
        self._inside: list[_Place] = [self.places[0]]
        """The places that the text stands in; a section's gives way to the next heading's."""
        self._open: list[tuple[str, bool, bool, bool]] = []
        """(tag, silent, a block, a place) of each open element."""
        self._text: list[str] = []
        self._naming = False
        self._main = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "main":
            self._main = True
        if not self._main or tag in VOID:
            self._add(" ")
            return
        attributes = dict(attrs)
        classes = frozenset((attributes.get("class") or "").split())
        silent = self._is_silent or tag in SILENT or bool(classes & SILENT_CLASSES)
        silent = silent or "hidden" in attributes
        block = tag in BLOCKS or attributes.get("display") == "block" or BLOCK_CLASS in classes
        if block and not silent:
            self._flush()
        identity = attributes.get("id") or ""
        is_place = bool(identity) and tag in PLACES and not silent
        if is_place:
            self._begin(identity, nested=True)
        elif tag in HEADINGS and identity and not silent:
            self._begin(identity, nested=False)
            self._naming = True
        self._open.append((tag, silent, block, is_place))

    def handle_endtag(self, tag: str) -> None:
        if not any(element[0] == tag for element in self._open):
            return
        while self._open:
            last, silent, block, is_place = self._open.pop()
            if not silent:
                if block:
                    self._flush()
                elif last in CELLS:
                    self._add(" ")
                self._naming = self._naming and last not in HEADINGS
            if is_place:
                self._flush()
                self._inside.pop()
            if last == tag:
                break
        if tag == "main":
            self._flush()
            self._main = False

    def handle_data(self, data: str) -> None:
        if self._main and not self._is_silent:
            self._text.append(data)

    @property
    def _is_silent(self) -> bool:
        return bool(self._open) and self._open[-1][1]

    def _add(self, text: str) -> None:
        if self._main and not self._is_silent:
            self._text.append(text)

    def _begin(self, identity: str, *, nested: bool) -> None:
        place = _Place(identity)
        self.places.append(place)
        if nested:
            self._inside.append(place)
        else:
            self._inside[-1] = place

    def _flush(self) -> None:
        text = SPACE.sub(" ", "".join(self._text).translate(INVISIBLE)).strip()
        self._text.clear()
        if not text:
            return
        place = self._inside[-1]
        if self._naming or (not place.title and not place.blocks):
            place.title = text
        else:
            place.blocks.append(text)
