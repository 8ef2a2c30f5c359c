"""Parses every text that an author wrote, and reads what their listings quote."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from builder.issues.issue import Issue, Source
from builder.load.load import Sources, load_code
from builder.parse.document import (
    Chapter,
    Citation,
    CrossReference,
    Destination,
    Fragment,
    Glossary,
    ListingBlock,
    walk,
)
from builder.parse.parse import parse_chapter, parse_glossary, parse_page
from builder.store.effects import Effects
from builder.store.memory import Memory


@dataclass(frozen=True)
class Texts:
    """All texts of the book, parsed."""

    chapters: tuple[Chapter, ...]
    index: Chapter | None
    """The title page's text, if it has one."""
    glossary: Glossary | None
    colophon: Chapter
    code: Mapping[str, Source]
    """Files of this repository that listings quote, by path."""
    cited: frozenset[str]
    """The keys of the works that texts cite, or refer to by the address of their entry."""


def parse_book(
    effects: Effects, sources: Sources, memory: Memory
) -> tuple[Texts, tuple[Issue, ...]]:
    """Every text and what is wrong with it; a text that is as it was comes from memory."""
    issues: list[Issue] = []
    chapters = []
    for source in sources.chapters:
        chapter, found = memory.recall(("parsed", source.path), parse_chapter, source)
        issues.extend(found)
        if chapter:
            chapters.append(chapter)
    colophon = sources.colophon or Source("content/colophon.md", "")
    index = None
    if sources.index:
        index = _page(sources.index, "index", sources.config.title, memory, issues)
    colophon_page = _page(colophon, "colophon", "Colophon", memory, issues)
    glossary = None
    if sources.glossary:
        glossary, found = parse_glossary(sources.glossary)
        issues.extend(found)
    pages = [text for text in (*chapters, index, colophon_page) if text]
    named = [memory.recall(("named in", page.slug), _named_in, page.body) for page in pages]
    named += [_named_in(entry.body) for entry in glossary.entries] if glossary else []
    quoted, cited = (frozenset().union(*names) for names in zip(*named, strict=True))
    code, found = load_code(effects, memory, set(quoted))
    issues.extend(found)
    return Texts(tuple(chapters), index, glossary, colophon_page, code, cited), tuple(issues)


def _page(source: Source, name: str, title: str, memory: Memory, issues: list[Issue]) -> Chapter:
    page, found = memory.recall(("parsed", name), parse_page, source, name, title)
    issues.extend(found)
    return page


def _named_in(body: Fragment) -> tuple[frozenset[str], frozenset[str]]:
    """The files that a text quotes, and the keys of the works that it names."""
    files: set[str] = set()
    keys: set[str] = set()
    for node in walk(body):
        match node:
            case ListingBlock(path=path) if path:
                files.add(path)
            case Citation(key=key):
                keys.add(key)
            case CrossReference(target=address) | Destination(address=address):
                _, _, key = address.partition("#ref-")
                keys.update([key] if key else [])
    return frozenset(files), frozenset(keys)
