"""What stands where in `content/references.bib`: keys, entries, what they inherit from.

Entries are found, not read: a library may hold thousands, of which a book cites a few. Those that
are cited are read and formatted in Node (works.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from builder.issues.issue import Source, Span

BEGINNING = re.compile(r"@[ \t]*(?P<type>[A-Za-z]+)\s*(?P<open>[{(])")
KEY = re.compile(r"""\s*([^\s,{}()"#%=]+)\s*(?:,|(?=[})]))""")
BRACE = re.compile(r"[{}()]|^[ \t]*(?=@[ \t]*[A-Za-z]+\s*\{[^\s,{}()]+\s*,)", re.MULTILINE)
FIELD = re.compile(r"([A-Za-z][\w-]*)\s*=\s*")
INHERITED = re.compile(r"\b(?:crossref|xdata)\s*=\s*[{\"]?([^}\"\n]*)", re.IGNORECASE)
NOT_WORKS = frozenset({"comment", "preamble", "string"})


@dataclass(frozen=True, slots=True)
class LibraryEntry:
    """An entry by its place; `at` is its key."""

    key: str
    type: str
    at: Span
    whole: Span
    donors: tuple[str, ...]
    """Keys of the entries that it inherits fields from."""
    closed: bool
    """Whether it has its last brace."""


@dataclass(frozen=True, slots=True)
class Library:
    """The file of works, unread."""

    source: Source
    entries: Mapping[str, LibraryEntry] = field(default_factory=dict)
    twice: Mapping[str, Span] = field(default_factory=dict)
    """Keys that are given again, and where."""
    strings: tuple[Span, ...] = ()
    """The definitions of abbreviations."""

    def with_donors(self, keys: Iterable[str]) -> list[LibraryEntry]:
        """The entries of these keys and all that they inherit from, in the order of the file."""
        waiting, found = list(keys), dict[str, LibraryEntry]()
        while waiting:
            key = waiting.pop()
            entry = self.entries.get(key)
            if entry and key not in found:
                found[key] = entry
                waiting += entry.donors
        return sorted(found.values(), key=lambda entry: entry.whole.start)


@lru_cache(maxsize=8)  # by content: most builds find the file as it was
def index_library(source: Source) -> Library:
    """Where each entry of the file stands. An entry that is not closed ends where a line begins
    another."""
    text = source.text
    entries: dict[str, LibraryEntry] = {}
    twice: dict[str, Span] = {}
    strings: list[Span] = []
    position = 0
    while found := BEGINNING.search(text, position):
        line = text.rfind("\n", 0, found.start()) + 1
        if text[line : found.start()].lstrip().startswith("%"):  # as LaTeX has comments
            position = found.end()
            continue
        position, closed = _end(text, found)
        whole, kind = Span(found.start(), position), found["type"].lower()
        if kind == "string":
            strings.append(whole)
        key = None if kind in NOT_WORKS else KEY.match(text, found.end())
        if key is None:
            continue
        at, name = Span(*key.span(1)), key[1]
        if name in entries:
            twice.setdefault(name, at)
            continue
        donors = INHERITED.findall(text, key.end(), position)
        named = tuple(one.strip() for several in donors for one in several.split(","))
        entries[name] = LibraryEntry(name, kind, at, whole, named, closed)
    return Library(source, entries, twice, tuple(strings))


def _end(text: str, beginning: re.Match[str]) -> tuple[int, bool]:
    """The offset after the entry that begins there, and whether it is closed."""
    braces, outer = 0, beginning["open"] == "("
    position = beginning.end()
    while mark := BRACE.search(text, position):
        position = mark.end()
        if mark[0].strip() == "":
            return mark.start(), False  # another begins
        if mark[0] == "{":
            braces += 1
        elif mark[0] == "}":
            braces -= 1
            if braces < 0:
                return position, True
        elif mark[0] == ")" and outer and braces == 0:
            return position, True
    return len(text), False


def fields_of(library: Library, entry: LibraryEntry) -> list[tuple[str, Span]]:
    """The names of an entry's fields in lower case, with their places."""
    text = library.source.text
    found: list[tuple[str, Span]] = []
    position, depth, quoted = entry.at.end, 0, False
    while position < entry.whole.end:
        sign = text[position]
        if sign in "{}":
            depth += 1 if sign == "{" else -1
        elif sign == '"' and depth == 0:
            quoted = not quoted
        elif depth == 0 and not quoted and (name := FIELD.match(text, position, entry.whole.end)):
            found.append((name[1].lower(), Span(*name.span(1))))
            position = name.end()
            continue
        position += 1
    return found
