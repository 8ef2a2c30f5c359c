"""The works that the book cites: `content/references.bib`, in the order of the file."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from bibtexparser.entrypoint import parse_string
from bibtexparser.middlewares import (
    LatexDecodingMiddleware,
    NameParts,
    SeparateCoAuthors,
    SplitNameParts,
)
from bibtexparser.model import DuplicateBlockKeyBlock, DuplicateFieldKeyBlock, Entry
from markupsafe import Markup, escape

from builder.issues.issue import Issue, Source, Span
from builder.issues.rules import Rule

REQUIRED = ("author", "title", "year")
CONTAINERS = ("journal", "booktitle", "publisher", "school", "howpublished")
INITIAL = re.compile(r"(\w)[^-]*")  # of each half of “Pierre-Antoine”
BRACES = re.compile(r"[{}]")
ENTRY_KEY = re.compile(r"@\w+\s*\{\s*([^,\s{}]+)")
KEY = re.compile(r"[A-Za-z][\w:./+-]*")

logging.getLogger("bibtexparser").setLevel(logging.CRITICAL)  # issues say it with a caret


@dataclass(frozen=True, slots=True)
class Reference:
    """One work; `number` counts from 1 in file order."""

    key: str
    number: int
    at: Span
    authors: tuple[str, ...]
    title: str
    year: str
    container: str
    note: str
    links: tuple[tuple[str, str], ...]
    """Pairs of text and address: arXiv, DOI, web page."""

    @property
    def anchor(self) -> str:
        return f"ref-{self.key}"

    def html(self) -> Markup:
        """The entry in one line, without its links."""
        authors = _listed(self.authors)
        parts = [Markup("{} ({}). <cite>{}</cite>.").format(authors, self.year, self.title)]
        parts += [Markup("{}.").format(text) for text in (self.container, self.note) if text]
        return Markup(" ").join(parts)

    def link_html(self) -> Markup:
        """The links, one after the other."""
        links = [
            Markup('<a href="{}" rel="noopener">{}</a>').format(address, text)
            for text, address in self.links
        ]
        return Markup(" · ").join(links)


@dataclass(frozen=True, slots=True)
class References:
    """The parsed references file."""

    source: Source
    entries: tuple[Reference, ...]
    broken: frozenset[str] = frozenset()
    """Keys of entries that cannot be read: reported once, not again at each citation."""

    def by_key(self) -> dict[str, Reference]:
        return {entry.key: entry for entry in self.entries}


@lru_cache(maxsize=512)  # by content: most files are the same at the next build
def parse_references(source: Source) -> tuple[References, tuple[Issue, ...]]:
    """The references and what is wrong with the file."""
    issues: list[Issue] = []
    library = parse_string(
        source.text,
        append_middleware=[LatexDecodingMiddleware(), SeparateCoAuthors(), SplitNameParts()],
    )
    for block in library.failed_blocks:
        line = (block.start_line or 0) + 1
        rule: Rule
        if isinstance(block, DuplicateBlockKeyBlock):
            rule, message = "id-unique", f"the key '{block.key}' is given twice"
        elif isinstance(block, DuplicateFieldKeyBlock):
            fields = ", ".join(sorted(block.duplicate_keys))
            rule, message = "references-fields", f"this entry gives a field twice: {fields}"
        else:
            rule, message = "references-syntax", "this BibTeX entry cannot be read"
        hint = "are its braces and commas complete?" if rule == "references-syntax" else ""
        issues.append(source.issue(rule, source.line_span(line), message, hint))
    entries = [
        _reference(source, number, entry, issues)
        for number, entry in enumerate(library.entries, start=1)
    ]
    raw = " ".join(block.raw or "" for block in library.failed_blocks)
    broken = frozenset(ENTRY_KEY.findall(raw))
    return References(source, tuple(entries), broken), tuple(issues)


def _reference(source: Source, number: int, entry: Entry, issues: list[Issue]) -> Reference:
    line = source.line_span((entry.start_line or 0) + 1)
    start = source.text.find(entry.key, line.start)
    at = Span(start, start + len(entry.key)) if start >= 0 else line
    if not KEY.fullmatch(entry.key):
        message = f"'{entry.key}' cannot be a citation key"
        issues.append(source.issue("references-fields", at, message, "letters, digits, - and _"))
    missing = [name for name in REQUIRED if name not in entry.fields_dict]
    if missing:
        message = f"'{entry.key}' lacks {', '.join(missing)}"
        issues.append(source.issue("references-fields", at, message))

    def field(name: str) -> str:
        return _plain(entry.fields_dict[name].value) if name in entry.fields_dict else ""

    container = next((field(name) for name in CONTAINERS if field(name)), "")
    if field("volume"):
        container += f" {field('volume')}"
    if field("pages"):
        container += f", pages {field('pages').replace('--', '–')}"
    author = entry.fields_dict.get("author")
    authors = tuple(map(_name, author.value)) if author else ()
    return Reference(
        entry.key,
        number,
        at,
        authors,
        field("title"),
        field("year"),
        container,
        field("note"),
        _links(field("eprint"), field("doi"), field("url")),
    )


def _plain(value: object) -> str:
    return BRACES.sub("", " ".join(str(value).split()))


def _name(name: NameParts) -> str:
    given = " ".join(INITIAL.sub(r"\1.", part) for part in name.first if part)
    family = " ".join([*name.von, *name.last, *name.jr])
    return _plain(f"{given} {family}".strip() if family != "others" else "others")


def _listed(authors: Sequence[str]) -> str:
    """`A, B & C`; `A et al.` if the file says `and others` or the list is long."""
    if "others" in authors or len(authors) > 6:
        return f"{authors[0]} et al."
    if len(authors) < 2:
        return "".join(authors)
    return f"{', '.join(authors[:-1])} & {authors[-1]}"


def _links(eprint: str, doi: str, url: str) -> tuple[tuple[str, str], ...]:
    links = []
    if eprint:
        links.append((f"arXiv:{eprint}", f"https://arxiv.org/abs/{eprint}"))
    if doi:
        links.append((f"doi:{doi}", f"https://doi.org/{doi}"))
    if url and not any(url == address for _, address in links):
        links.append(("web", url))
    return tuple(links)


@cache
def popover_html(reference: Reference) -> Markup:
    """What a citation shows beside itself."""
    links = reference.link_html()
    return Markup("{} {}").format(reference.html(), links) if links else escape(reference.html())
