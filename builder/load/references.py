"""What stands where in `content/references.bib`: keys, entries, what they inherit from.

Entries are found, not read: a library may hold thousands, of which a book cites a few. Those that
are cited are read and formatted in Node (works.py).
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from builder.issues.issue import Source, Span

BEGINNING = re.compile(r"@[ \t]*(?P<type>[A-Za-z]+)\s*(?P<open>[{(])")
KEY = re.compile(r"""\s*([^\s,{}()"#%=]+)(?:\s*(?P<comma>,|(?=[})]))|\s+(?=[A-Za-z][\w-]*\s*=))""")
ABBREVIATION = re.compile(r"""\s*([^\s,{}()"#%=]+)\s*=""")
KEYLESS = re.compile(r'[^{}"=]*=')
"""What holds fields, and nothing before them that could be a key."""
BRACE = re.compile(r"[{}()]|^[ \t]*(?=@[ \t]*[A-Za-z]+\s*\{[^\s,{}()]+\s*,)", re.MULTILINE)
FIELD = re.compile(r"([A-Za-z][\w-]*)\s*=\s*")
OPENS = re.compile(r",\s*[A-Za-z][\w-]*\s*=\s*\Z")
"""What stands before the first quote of a field, not before the last of the field above it."""
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
    separated: bool = True
    """Whether a comma stands between its key and its fields."""


@dataclass(frozen=True, slots=True)
class Field:
    """A field by its place; its name in lower case."""

    name: str
    at: Span
    value: Span
    """With its quotes or braces, and blanks."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What an entry holds, as far as it can be told without reading it."""

    fields: tuple[Field, ...]
    unclosed: Span | None
    """The first quote or brace that nothing closes: the reader would go on to another entry's."""


@dataclass(frozen=True, slots=True)
class Library:
    """The file of works, unread."""

    source: Source
    entries: Mapping[str, LibraryEntry] = field(default_factory=dict)
    twice: Mapping[str, Span] = field(default_factory=dict)
    """Keys that are given again, and where."""
    strings: tuple[LibraryEntry, ...] = ()
    """The definitions of abbreviations; their keys are what is defined."""
    keyless: tuple[LibraryEntry, ...] = ()
    """What no chapter can cite, by the places of their types."""

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
    strings: list[LibraryEntry] = []
    keyless: list[LibraryEntry] = []
    position = 0
    while found := BEGINNING.search(text, position):
        line = text.rfind("\n", 0, found.start()) + 1
        if text[line : found.start()].lstrip().startswith("%"):  # as LaTeX has comments
            position = found.end()
            continue
        position, closed = _end(text, found)
        whole, kind = Span(found.start(), position), found["type"].lower()
        if kind in NOT_WORKS:
            if kind == "string" and (name := ABBREVIATION.match(text, found.end())):
                at = Span(*name.span(1))
                strings.append(LibraryEntry(name[1], kind, at, whole, (), closed))
            continue
        key = KEY.match(text, found.end())
        if key is None:
            if KEYLESS.match(text, found.end(), position):
                at = Span(*found.span("type"))
                keyless.append(LibraryEntry("", kind, at, whole, (), closed))
            continue
        at = Span(*key.span(1))
        if key[1] in entries:
            twice.setdefault(key[1], at)
            continue
        donors = INHERITED.findall(text, key.end(), position)
        named = tuple(one.strip() for several in donors for one in several.split(","))
        separated = key["comma"] is not None
        entries[key[1]] = LibraryEntry(key[1], kind, at, whole, named, closed, separated)
    return Library(source, entries, twice, tuple(strings), tuple(keyless))


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


def contents_of(library: Library, entry: LibraryEntry) -> Contents:
    """What stands between an entry's key and its end."""
    text = library.source.text
    names: list[re.Match[str]] = []
    commas: list[int] = []
    position, end = entry.at.end, entry.whole.end - entry.closed
    opened: list[int] = []  # quotes and braces; inside a quote the reader counts no braces
    while position < end:
        sign = text[position]
        quoted = bool(opened) and text[opened[-1]] == '"'
        if sign == "\\":
            position += 1  # whatever sign follows is text
        elif quoted and sign == '"':
            if OPENS.search(text, opened[-1], position):
                break
            opened.pop()
        elif quoted:
            pass
        elif sign == "{" or (sign == '"' and not opened):
            opened.append(position)
        elif sign == "}" and opened:
            opened.pop()
        elif sign == "%" and not opened:
            position = text.find("\n", position, end)
            if position < 0:
                break
        elif not opened and (name := FIELD.match(text, position, end)):
            names.append(name)
            position = name.end()
            continue
        elif sign == "," and not opened:
            commas.append(position)
        position += 1
    ends = [*commas, end]
    fields = (
        Field(
            name[1].lower(),
            Span(*name.span(1)),
            Span(name.end(), ends[bisect_left(ends, name.end())]),
        )
        for name in names
    )
    return Contents(tuple(fields), Span(opened[0], opened[0] + 1) if opened else None)
