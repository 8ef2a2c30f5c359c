"""Every place that a link can lead to: chapters, sections, figures, works, terms."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from builder.issues.issue import Issue, Span
from builder.load.works import Reference
from builder.parse.document import (
    Captioned,
    Cell,
    Chapter,
    FigureBlock,
    GlossaryEntry,
    Heading,
    Math,
)
from builder.parse.parse import slug
from builder.resolve.resolved import Place, plain_text

OWN_TAG = re.compile(r"\\tag\*?\s*\{([^{}]*)\}")
OWN_PAGES = {
    "index": "Contents",
    "references": "References",
    "glossary": "Glossary",
    "colophon": "Colophon",
}
"""Pages that every book has. A chapter may be the references page; the others are the book's."""
TITLE_PAGE = "index"
FRONTISPIECE = "Frontispiece"
"""What the first figure of the title page is called: it opens the book, and no count has it."""
RESERVED_IDS = frozenset(
    {
        "main",
        "book-data",
        "cells-data",
        "contents",
        "table-data",
        "table-models",
        "table-software",
        "search-results",
    }
)
"""Ids that the page templates use."""


class Places:
    """The index of all places, built once from all chapters and the `plain` pages beside them.

    Two are equal if every look-up gives the same.
    """

    def __init__(
        self,
        chapters: Sequence[Chapter],
        plain: Sequence[Chapter],
        entries: Iterable[GlossaryEntry],
        references: Iterable[Reference],
        issues: list[Issue],
    ) -> None:
        self.by_page: dict[str, dict[str, Place]] = {}
        self.pages: dict[str, Place] = {}
        self.by_id: dict[str, list[Place]] = {}
        for chapter in chapters:
            name = chapter.source.path.rpartition("/")[2].removesuffix(".md")
            self._add_page(name, chapter.href, f"Chapter {chapter.number}")
            self.pages.setdefault(chapter.slug, self.pages[name])
        for name, label in OWN_PAGES.items():
            if name not in self.pages:
                self._add_page(name, f"{name}.html", label)
        for chapter in (*plain, *chapters):
            self._add_chapter(chapter, issues)
        for reference in references:
            self._add(Place("entry", "references.html", reference.anchor, f"[{reference.number}]"))
        for entry in entries:
            self._add(Place("entry", "glossary.html", entry.anchor, entry.name))

    def _add_page(self, name: str, href: str, label: str) -> None:
        self.pages[name] = Place("page", href, "", label)
        self.by_page.setdefault(href, {})

    def _add(self, place: Place) -> None:
        self.by_page[place.page][place.id] = place
        self.by_id.setdefault(place.id, []).append(place)

    def _add_chapter(self, chapter: Chapter, issues: list[Issue]) -> None:
        by_offset, found = places_in(chapter)
        issues.extend(found)
        for place in by_offset.values():
            if place.id not in self.by_page[chapter.href]:
                self._add(place)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Places) and (self.pages, self.by_page, self.by_id) == (
            other.pages,
            other.by_page,
            other.by_id,
        )

    def page(self, name: str) -> Place | None:
        """The page that an author calls `07-slug.md`, `slug.html` or `content/07-slug.md`."""
        name = name.removeprefix("./").removeprefix("content/")
        for ending in (".md", ".html"):
            if name.endswith(ending):
                return self.pages.get(name.removesuffix(ending))
        return None

    def find(self, target: str, current: str) -> Place | list[str]:
        """The place of `#id`, `page` or `page#id`; else what the author may have meant, if
        several places have that id."""
        page, hash_, name = target.partition("#")
        if page:
            found = self.page(page)
            if found is None or not hash_:
                return found or []
            return self.by_page[found.page].get(name) or []
        if own := self.by_page.get(current, {}).get(name):
            return own
        if name in self.pages:
            return self.pages[name]
        others = self.by_id.get(name, [])
        return others[0] if len(others) == 1 else [f"{p.page}#{p.id}" for p in others]

    def elsewhere(self, target: str) -> list[str]:
        """What an author writes for all places that have the id of `page#id`, on whatever page."""
        page, _, name = target.partition("#")
        files = {} if page.endswith(".html") else self._files()
        others = self.by_id.get(name, []) if page else []
        return [f"{files.get(place.page, place.page)}#{name}" for place in others]

    def names(self, target: str, current: str) -> list[str]:
        """All targets of the same form as `target`, for suggestions."""
        page, hash_, _ = target.partition("#")
        found = self.page(page) if page else None
        if found and hash_:
            return [f"{page}#{name}" for name in self.by_page[found.page]]
        if page:
            own = {place.page for place in self.pages.values()}
            files = list(self._files().values())
            return sorted(own) + files if page.endswith(".html") else files
        return [f"#{name}" for name in (*self.by_id, *self.pages)]

    def _files(self) -> dict[str, str]:
        """The file of each chapter, by its page."""
        named = ((name, place.page) for name, place in self.pages.items())
        return {page: f"{name}.md" for name, page in named if page != f"{name}.html"}


@lru_cache(maxsize=4096)  # unchanged chapters are the same objects at the next build
def places_in(chapter: Chapter) -> tuple[Mapping[int, Place], tuple[Issue, ...]]:
    """Every heading, figure, table, cell and numbered formula by its offset, each with an id: the
    author's own first, then those made up."""
    nodes = [
        node
        for node in chapter.nodes
        if isinstance(node, (Heading, FigureBlock, Captioned, Cell))
        or (isinstance(node, Math) and node.id)
    ]
    own = [(node, *_own_id(node)) for node in nodes]
    issues: list[Issue] = []
    taken = set(RESERVED_IDS)
    for node, name, at in own:
        if not name:
            continue
        if name in taken:
            message = f"the id '{name}' is given twice in this chapter"
            hint = "add an option line 'id: fig-…'" if isinstance(node, FigureBlock) else ""
            issues.append(chapter.source.issue("id-unique", at, message, hint))
        taken.add(name)
    found: dict[int, Place] = {}
    of_chapter = f"{chapter.number}." if chapter.number else ""
    figures = tables = cells = equations = 0
    opening = False
    for node, name, _ in own:
        if isinstance(node, Captioned) and node.kind == "table":
            tables += 1
            number = f"{of_chapter}{tables}"
            name = name or _free(f"tab-{tables}", taken)
            place = Place("table", chapter.href, name, f"Table {number}", number)
        elif chapter.slug == TITLE_PAGE and isinstance(node, FigureBlock) and not opening:
            opening = True
            place = Place("figure", chapter.href, name, FRONTISPIECE, figure=node.name)
        elif isinstance(node, (FigureBlock, Captioned)):
            figures += 1
            number = f"{of_chapter}{figures}"
            name = name or _free(f"fig-{figures}", taken)
            figure = node.name if isinstance(node, FigureBlock) else ""
            label = f"Figure {number}"
            place = Place("figure", chapter.href, name, label, number, figure=figure)
        elif isinstance(node, Cell):
            cells += 1
            name = name or _free(f"cell-{cells}", taken)
            place = Place("cell", chapter.href, name, f"Cell {cells}", str(cells))
        elif isinstance(node, Math):
            tag = OWN_TAG.search(node.tex)
            if tag is None:
                equations += 1
            number = tag[1].replace("$", "") if tag else f"{of_chapter}{equations}"
            shown = "" if tag else number  # the formula shows its tag itself
            place = Place("equation", chapter.href, name, f"Equation {number}", shown)
        else:
            text = plain_text(node.text)
            name = name or _free(slug(text), taken)
            place = Place("section", chapter.href, name, text, level=node.level)
        found[node.at.start] = place
    return found, tuple(issues)


def _own_id(node: Heading | FigureBlock | Captioned | Cell | Math) -> tuple[str, Span]:
    if isinstance(node, (Heading, Captioned, Cell, Math)):
        return node.id, node.id_at or node.at
    for setting in node.settings:
        if setting.key == "id":
            return setting.value, setting.value_at
    return f"fig-{node.name}", node.name_at


def _free(name: str, taken: set[str]) -> str:
    """`name`, or with a number after it the first that is not taken."""
    free, count = name, 1
    while free in taken:
        count += 1
        free = f"{name}-{count}"
    taken.add(free)
    return free
