"""The works that the book cites, read and formatted in Node, remembered by content.

Only entries that are cited are read. What is wrong with the others of a library is its own matter.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from typing import Any

from markupsafe import Markup

from builder.issues.issue import Issue, Severity, Source, Span, suggest, whole_file
from builder.issues.rules import Rule
from builder.load.config import BookConfig
from builder.load.names import run_together
from builder.load.readable import unreadable
from builder.load.references import Field, Library, LibraryEntry, contents_of
from builder.load.toml_file import key_span
from builder.node.methods import ReferencesParams, Service
from builder.node.service import ServiceError
from builder.store.effects import Effects
from builder.store.hashing import canonical, digest
from builder.store.memory import Memory
from builder.store.paths import CACHE, CONTENT, SITE_ASSETS

REMEMBERED = f"{CACHE}/works.json"
BROKEN = frozenset(
    {
        "cut_off_citation", "key_value_error", "missing_equal_sign", "runaway_key",
        "token_mismatch", "unexpected_eof", "unread",
    }
)  # fmt: skip
"""What the reader calls an entry of which it cannot make sense."""
NAMED = frozenset({"author", "editor", "institution", "organization", "publisher", "translator"})
PEOPLE = frozenset({"author", "bookauthor", "editor", "translator"})
"""Fields that hold names of people and what stands in braces."""
WHOLE_VALUE = re.compile(r'\s*[{"](?P<text>.*)["}]\s*', re.DOTALL)
"""A field's value that begins and ends with a text, not with an abbreviation."""
TITLED = frozenset({"title", "booktitle", "maintitle", "journal", "journaltitle"})
DATED = frozenset({"date", "year", "pubstate", "issued"})
UNSHOWN = frozenset({"abstract", "annotation", "annote", "file", "keywords"})
"""Fields that programs may give more than once, and that no list shows."""
TYPES = frozenset(
    {
        "article", "artwork", "audio", "bibnote", "book", "bookinbook", "booklet", "collection",
        "commentary", "conference", "customa", "customb", "customc", "customd", "custome",
        "customf", "dataset", "electronic", "film", "image", "inbook", "incollection",
        "inproceedings", "inreference", "jurisdiction", "legal", "legislation", "letter", "manual",
        "mastersthesis", "misc", "movie", "music", "mvbook", "mvcollection", "mvproceedings",
        "mvreference", "newsarticle", "online", "patent", "performance", "periodical", "phdthesis",
        "proceedings", "reference", "report", "review", "software", "song", "standard", "suppbook",
        "suppcollection", "suppperiodical", "techreport", "thesis", "unpublished", "video", "www",
        "xdata",
    }
)  # fmt: skip
"""The types of BibTeX and biblatex (its manual, 2.1), and their other names."""
INHERITING = frozenset({"crossref", "xdata"})


@dataclass(frozen=True, slots=True)
class Reference:
    """One work; `number` counts from 1 in the order of the style, else of the file."""

    key: str
    number: int
    html: Markup
    """The entry in one line, without its links."""
    names: Markup
    """What the work is called inside a sentence: “Kingma & Welling”."""
    links: tuple[tuple[str, str], ...]
    """Pairs of text and address, of those that the entry does not show itself."""

    @property
    def anchor(self) -> str:
        return f"ref-{self.key}"

    @property
    def with_links(self) -> Markup:
        """The entry and its links: what a citation shows beside itself."""
        links = (
            Markup('<a href="{}" rel="noopener">{}</a>').format(address, text)
            for text, address in self.links
        )
        shown = Markup(" · ").join(links)
        return Markup("{} {}").format(self.html, shown) if shown else self.html


@dataclass(frozen=True)
class Works:
    """The works that are cited, and what could have been."""

    cited: tuple[Reference, ...] = ()
    known: frozenset[str] = frozenset()
    """Keys of all entries there are."""
    wanted: frozenset[str] = frozenset()
    """Those of them that chapters name."""


def cited_works(
    effects: Effects,
    service: Service,
    library: Library | None,
    keys: Iterable[str],
    config: BookConfig,
    settings: Source | None,
    made_by: str,
    memory: Memory,
) -> tuple[Works, tuple[Issue, ...]]:
    """The works of these keys, as many as there are, and what is wrong with them.

    `made_by` is the hash of all code that reads and formats them.
    """
    if library is None:
        return Works(), ()
    known = frozenset(library.entries)
    wanted = sorted(known.intersection(keys), key=lambda key: library.entries[key].at.start)
    faults = _faults(library, library.with_donors(wanted))
    lost = _faults(library, library.strings)
    sound = [key for key in wanted if library.entries[key] not in faults]
    issues = [*faults.values(), *_keyless(library), *_fields(library, sound)]
    readable = [
        key
        for key in sound
        if library.entries[key].type != "set" and not faults.keys() & library.with_donors([key])
    ]
    style = _style(effects, config, settings, issues)
    strings = [string for string in library.strings if string not in lost]
    text, starts = _joined(library, [*strings, *library.with_donors(readable)])
    params: ReferencesParams = {
        "text": text,
        "keys": readable,
        "style": style,
        "language": config.language,
        "macros": dict(config.macros),
    }
    name = digest(canonical(params), made_by)
    data = effects.read(REMEMBERED) if effects.exists(REMEMBERED) else b"{}"
    made = memory.recall("works", _parsed, data)
    if not readable:
        made = {"works": [], "problems": []}
    elif made.get("name") != name:
        try:
            made = {"name": name, **service.ask("references", params).result()}
        except ServiceError as error:
            issues.append(whole_file("node", SITE_ASSETS, str(error)))
            return Works((), known, frozenset(wanted)), tuple(issues)
        effects.write(REMEMBERED, canonical(made).encode())
    cited = memory.recall("references", _references, canonical(made["works"]))
    problems = [problem for problem in made["problems"] if problem["error"] != "style"]
    issues += _problems(library, readable, problems, starts, lost)
    if settings and len(problems) < len(made["problems"]):
        told = [problem["message"] for problem in made["problems"] if problem["error"] == "style"]
        message = f"'{config.bibliography_style}' is no CSL style that works can be listed by"
        at = key_span(settings, ("bibliography",), "style", value=True)
        issues.append(settings.issue("config-type", at, f"{message}: {told[0]}"))
    return memory.same("cited works", Works(cited, known, frozenset(wanted))), tuple(issues)


def _parsed(data: bytes) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(data)
    return content


def _references(works: str) -> tuple[Reference, ...]:
    return tuple(
        Reference(
            work["key"],
            number,
            Markup(work["html"]),
            Markup(work["names"]),
            tuple((text, address) for text, address in work["links"]),
        )
        for number, work in enumerate(json.loads(works), start=1)
    )


def _style(
    effects: Effects, config: BookConfig, settings: Source | None, issues: list[Issue]
) -> str:
    """The CSL style that book.toml names: the text of a file of content/, or a known name."""
    name = config.bibliography_style
    if not name.endswith(".csl"):
        return name
    path = f"{CONTENT}/{name}"
    if effects.exists(path):
        try:
            style = Source(path, effects.read(path).decode("utf-8", "replace"))
        except OSError as error:
            issues.append(unreadable(path, error))
            return "book"
        broken = _broken_xml(style)
        if broken is None:
            return style.text
        issues.append(broken)
        return "book"
    files = (file.removeprefix(f"{CONTENT}/") for file in effects.files(CONTENT))
    hint = suggest(name, (file for file in files if file.endswith(".csl")))
    message = f"there is no file '{path}'"
    if settings:
        at = key_span(settings, ("bibliography",), "style", value=True)
        issues.append(settings.issue("config-type", at, message, hint))
    return "book"


@lru_cache(maxsize=4)  # by content
def _broken_xml(style: Source) -> Issue | None:
    """The first place where a style is no XML: the formatter would read on and stumble later."""
    from xml.parsers import expat  # only who has a style of their own needs it

    try:
        expat.ParserCreate("utf-8").Parse(style.text.encode(), True)
    except expat.ExpatError as error:
        start = min(style.line_span(error.lineno).start + error.offset, len(style.text))
        message = f"this is no XML: {expat.ErrorString(error.code)}"
        return style.issue("config-type", Span(start, start), message)
    return None


def _joined(library: Library, entries: Iterable[LibraryEntry]) -> tuple[str, list[tuple[int, int]]]:
    """Entries in one text, and the lines where its pieces begin, there and in the file."""
    pieces, starts, line = [], [], 1
    for span in sorted((entry.whole for entry in entries), key=lambda span: span.start):
        piece = library.source.text[span.start : span.end].rstrip()
        starts.append((line, library.source.line_number(span.start)))
        pieces.append(piece)
        line += piece.count("\n") + 1
    return "\n".join(pieces), starts


def _problems(
    library: Library,
    keys: list[str],
    problems: Iterable[Mapping[str, Any]],
    starts: list[tuple[int, int]],
    lost: Mapping[LibraryEntry, Issue],
) -> list[Issue]:
    """What the reader found, at its place in the file; of an entry that cannot be read once.

    `lost` says of abbreviations why they were kept from the reader.
    """
    issues: list[Issue] = []
    told: set[str] = set()
    undefined: set[str] = set()
    read = library.with_donors(keys)
    first_lines = [library.source.line_number(entry.whole.start) for entry in read]
    for problem in problems:
        if problem["error"] == "undefined_variable":
            undefined.add(str(problem.get("name")))
            continue
        entry, line = library.entries.get(str(problem.get("key"))), problem.get("line")
        if line:
            begin, in_file = starts[max(0, bisect_right(starts, line, key=itemgetter(0)) - 1)]
            line += in_file - begin
            near = max(0, bisect_right(first_lines, line) - 1)
            if read and (entry is None or problem["error"] in BROKEN):
                entry = read[near]
        found = _problem(problem, entry) if entry else None
        if entry is None or found is None:
            continue
        rule, message, hint = found
        if rule == "references-syntax":
            if entry.key in told:
                continue
            told.add(entry.key)
        at = entry.at
        value, field = problem.get("value") or "", problem.get("field") or ""
        if value or field:
            at = _place(library, entry, value, field) or at
        elif line and entry.whole.start < (span := library.source.line_span(line)).start:
            at = span if span.start < entry.whole.end else at
        severity: Severity = "warning" if rule == "references-command" else "error"
        issues.append(library.source.issue(rule, at, message, hint, severity))
    for name in sorted(undefined):
        broken = [issue for entry, issue in lost.items() if entry.key.lower() == name.lower()]
        issues += broken or _undefined(library, read, name)
    return list(dict.fromkeys(issues))


def _place(library: Library, entry: LibraryEntry, value: str, field: str) -> Span | None:
    """Where a text stands in an entry or in what it inherits from: in a field, if one is named."""
    for one in (entry, *library.with_donors([entry.key])):
        named = [found for found in contents_of(library, one).fields if found.name == field]
        if named or not field:
            within = named[0].value if named else Span(one.at.end, one.whole.end)
            start = library.source.text.find(value, within.start, within.end) if value else -1
            if start >= 0:
                return Span(start, start + len(value))
            if named:
                return named[0].at
    return None


def _undefined(library: Library, read: Iterable[LibraryEntry], name: str) -> Iterator[Issue]:
    """An abbreviation that is nowhere defined, in every entry that uses it."""
    use = re.compile(rf"[=#]\s*({re.escape(name)})\b")
    for entry in read:
        if found := use.search(library.source.text, entry.at.end, entry.whole.end):
            message = f"'{name}' is no abbreviation of this file"
            hint = f'put it in braces, or define @string{{{name} = "…"}}'
            at = Span(*found.span(1))
            yield library.source.issue("references-fields", at, message, hint)


def _faults(library: Library, entries: Iterable[LibraryEntry]) -> dict[LibraryEntry, Issue]:
    """Those of the entries that cannot be read, and why. Each would take what follows along: the
    reader goes on until a brace or a quote closes what is open."""
    found = {}
    for entry in entries:
        if fault := _fault(library, entry):
            at, message, hint = fault
            found[entry] = library.source.issue("references-syntax", at, message, hint)
    return found


def _fault(library: Library, entry: LibraryEntry) -> tuple[Span, str, str] | None:
    if not entry.closed:
        return entry.at, "this BibTeX entry is not closed", "are its braces complete?"
    if not entry.separated:
        message = f"a comma is missing between the key '{entry.key}' and its fields"
        return entry.at, message, f"write @{entry.type}{{{entry.key}, …"
    if at := contents_of(library, entry).unclosed:
        if library.source.text[at.start] == '"':
            return at, "this quote is not closed in its BibTeX entry", "put the text into braces"
        hint = "a brace behind a backslash closes none"
        return at, "this brace is not closed in its BibTeX entry", hint
    return None


def _keyless(library: Library) -> Iterator[Issue]:
    """One warning for all entries that no chapter can cite, wherever they come from."""
    lost = [entry for entry in library.keyless if entry.type in TYPES]
    if lost:
        message = "this BibTeX entry has no key by which a chapter could cite it"
        others = f" (and {len(lost) - 1} more)" if len(lost) > 1 else ""
        hint = f"write @{lost[0].type}{{KEY, …"
        at = lost[0].at
        yield library.source.issue("references-syntax", at, message + others, hint, "warning")


def _problem(problem: Mapping[str, Any], entry: LibraryEntry) -> tuple[Rule, str, str] | None:
    """Rule, message and hint; None for what does no harm, such as a field that nobody needs."""
    name = problem.get("name") or problem.get("from") or ""
    match problem["error"]:
        case kind if kind in BROKEN:
            hint = "are its braces and commas complete?"
            return "references-syntax", "this BibTeX entry cannot be read", hint
        case "unknown_crossref" | "inherits":
            source = name or ", ".join(entry.donors)
            message = f"'{entry.key}' inherits from '{source}', which is not there"
            return "references-fields", message, ""
        case "command":
            message = f"the command {problem['value']} says nothing here and is left out"
            return "references-command", message, "write the sign or the word that it stands for"
        case "circular_crossref":
            return "references-fields", f"'{entry.key}' inherits from itself", ""
        case "empty":
            return "references-fields", f"'{entry.key}' has no fields", ""
        case "unlisted":
            message = f"'{entry.key}' cannot be listed: {problem.get('message')}"
            return "references-fields", message, ""
        case "scheme":
            message = f"a link cannot lead to '{str(problem['value']).partition(':')[0]}:…'"
            return "link-scheme", message, "https:// or http://"
        case "address":
            hint = "it begins with https:// and has no blanks; words are a note = {…}"
            return "references-fields", f"'{problem['value']}' is no address", hint
        case "math":
            return "math", str(problem.get("message", "")), ""
        case _:
            return None


def _holds_something(source: Source, field: Field) -> bool:
    return bool(source.text[field.value.start : field.value.end].strip(' \t\n{}"'))


def _run_together(source: Source, field: Field) -> Iterator[Issue]:
    """Names that BibTeX takes for one."""
    text = source.text[field.value.start : field.value.end]
    if whole := WHOLE_VALUE.fullmatch(text):
        start = field.value.start + whole.start("text")
        for name in run_together(whole["text"]):
            at = Span(start + name.start, start + name.end)
            message = "this is read as one name"
            hint = "separate names by ' and ', or put this one into braces"
            yield source.issue("references-fields", at, message, hint, "warning")


def _fields(library: Library, keys: Iterable[str]) -> list[Issue]:
    """Keys and fields that are given twice, and works that say neither by whom nor when."""
    issues: list[Issue] = []
    source = library.source
    for key in keys:
        entry = library.entries[key]
        if key in library.twice:
            message = f"the key '{key}' is given twice"
            issues.append(source.issue("id-unique", library.twice[key], message))
        fields = contents_of(library, entry).fields
        names = Counter(field.name for field in fields if field.name not in UNSHOWN)
        if repeated := sorted(name for name, count in names.items() if count > 1):
            message = f"this entry gives a field twice: {', '.join(repeated)}"
            at = [field.at for field in fields if field.name == repeated[0]][1]
            issues.append(source.issue("references-fields", at, message))
        if entry.type == "set":
            message, hint = f"'{key}' is a set, not a work", "cite its members: [@one; @other]"
            issues.append(source.issue("references-fields", entry.at, message, hint))
            continue
        if entry.type not in TYPES:
            message = f"'{entry.type}' is no type of entry: '{key}' is listed as misc"
            hint = suggest(entry.type, TYPES)
            at = Span(entry.whole.start + 1, entry.whole.start + 1 + len(entry.type))
            issues.append(source.issue("references-fields", at, message, hint, "warning"))
        for field in fields:
            if field.name in PEOPLE:
                issues += _run_together(source, field)
        if names.keys() & INHERITING:
            continue
        given = {field.name for field in fields if _holds_something(source, field)}
        lacking = [
            words
            for words, group in (("author", NAMED), ("title", TITLED), ("date", DATED))
            if not given & group
        ]
        if lacking:
            message = f"'{key}' lacks {' and '.join(lacking)}"
            issues.append(source.issue("references-fields", entry.at, message, "", "warning"))
    return issues
