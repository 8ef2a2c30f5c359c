"""Connects what chapters name with what there is: figures, models, numbers, works, terms, places.

Pure. Whatever does not resolve is an issue, so rendering never has to wonder.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import PurePosixPath
from typing import Literal, TypeAlias
from urllib.parse import parse_qsl, unquote, urlencode

from builder.issues.issue import Issue, Source, Span, closest, suggest
from builder.issues.rules import Rule
from builder.load.figure_spec import DATA_KEY, FIGURE_KEYS, FigureSpec
from builder.load.listing import definitions, excerpt
from builder.load.load import IMAGE_KINDS, Sources
from builder.load.model_card import ModelCard
from builder.load.own_data import model_name
from builder.load.references import Library, LibraryEntry
from builder.load.state_types import Choice, Value, ValueProblem, is_number
from builder.load.texts import Texts
from builder.load.toml_file import key_span
from builder.load.works import Reference, Works
from builder.parse.document import (
    Captioned,
    Cell,
    Chapter,
    Citation,
    CrossReference,
    Destination,
    FigureBlock,
    Fragment,
    Glossary,
    GlossaryEntry,
    Heading,
    HeldNumber,
    ListingBlock,
    Math,
    Metric,
    Node,
    Plain,
    Setting,
    Term,
    Text,
    Verdict,
    children,
    walk,
    with_texts,
)
from builder.parse.inline import LINKABLE, is_foreign
from builder.resolve.number import written
from builder.resolve.places import Places, places_in
from builder.resolve.resolved import (
    Address,
    Cited,
    Equation,
    Link,
    Picture,
    Place,
    PlacedCaption,
    PlacedCell,
    PlacedFigure,
    Quantity,
    Quote,
    Resolved,
    ResolvedText,
    Section,
    TurnedNumber,
    Unresolved,
    UsedTerm,
)
from builder.store.memory import Memory

PageKind: TypeAlias = Literal["index", "chapter", "references", "glossary", "colophon"]
RESERVED_PAGES = frozenset({"index", "glossary", "colophon", "authors", "404", "offline"})
REFERENCES = "references"
"""A chapter of this name is where the works are listed, below its own text."""
FEW_UNUSED = 5
"""As many works that none cites are told singly: more are the rest of a library."""


@dataclass(frozen=True)
class ResolvedPage:
    """A page's text with everything that its nodes stand for."""

    source: Source
    href: str
    kind: PageKind
    number: int | None
    title: str
    lead: str
    body: ResolvedText
    nodes: tuple[Resolved, ...]
    """All nodes of the body, those inside others too."""
    updated: str = ""

    @property
    def label(self) -> str:
        return f"Chapter {self.number}" if self.number else self.title

    @cached_property
    def formulas(self) -> tuple[Math, ...]:
        """Every formula, in the order of the text."""
        return tuple(
            node.formula if isinstance(node, Equation) else node
            for node in self.nodes
            if isinstance(node, (Equation, Math))
        )

    @cached_property
    def figures(self) -> tuple[PlacedFigure, ...]:
        return tuple(node for node in self.nodes if isinstance(node, PlacedFigure))

    @cached_property
    def cells(self) -> tuple[PlacedCell, ...]:
        return tuple(node for node in self.nodes if isinstance(node, PlacedCell))

    @cached_property
    def headings(self) -> tuple[Place, ...]:
        return tuple(node.place for node in self.nodes if isinstance(node, Section))

    @cached_property
    def named_figures(self) -> frozenset[str]:
        """The figures that the page wants to show, those that cannot be shown too."""
        lost = (node.node for node in self.nodes if isinstance(node, Unresolved))
        unknown = (node.name for node in lost if isinstance(node, FigureBlock))
        return frozenset((*unknown, *(figure.spec.name for figure in self.figures)))

    @cached_property
    def models(self) -> frozenset[str]:
        """The names of the models that figures of the page show or that its text quotes."""
        quoted = (node.model for node in self.nodes if isinstance(node, Quantity))
        shown = (card.name for figure in self.figures for card in figure.models.values())
        return frozenset((*quoted, *shown))

    @cached_property
    def works(self) -> frozenset[str]:
        """The keys of the works that the page cites."""
        return frozenset(node.work.key for node in self.nodes if isinstance(node, Cited))

    @cached_property
    def terms(self) -> frozenset[str]:
        """The ids of the glossary terms that the page uses."""
        return frozenset(node.entry.id for node in self.nodes if isinstance(node, UsedTerm))


@dataclass(frozen=True)
class ResolvedBook:
    """The whole book, ready to be typeset and rendered."""

    index: ResolvedPage | None
    chapters: tuple[ResolvedPage, ...]
    glossary: ResolvedPage
    colophon: ResolvedPage
    entries: tuple[GlossaryEntry, ...]
    meanings: Mapping[str, ResolvedText]
    """Id of a term → what it means."""
    references: tuple[Reference, ...]
    citations: Mapping[str, tuple[ResolvedPage, ...]]
    """Key of a work → the pages that cite it."""
    uses: Mapping[str, tuple[ResolvedPage, ...]]
    """Id of a term → the pages that use it, the glossary itself left out."""

    @property
    def pages(self) -> tuple[ResolvedPage, ...]:
        """Every page that an author wrote."""
        first = (self.index,) if self.index else ()
        return (*first, *self.chapters, self.glossary, self.colophon)

    @property
    def dated(self) -> tuple[ResolvedPage, ...]:
        """The chapters with an `updated` date, the newest first."""
        pages = [page for page in self.chapters if page.updated]
        return tuple(sorted(pages, key=lambda page: (page.updated, page.number), reverse=True))

    def pictures(self) -> Iterable[tuple[Source, Span, str]]:
        """Where each picture is shown or linked to, with its path inside content/."""
        return (
            (page.source, node.at, node.path)
            for page in self.pages
            for node in page.nodes
            if isinstance(node, Picture)
        )

    def formulas(self) -> Iterable[tuple[ResolvedPage, Math]]:
        """Every formula with the page where it stands."""
        return ((page, formula) for page in self.pages for formula in page.formulas)


def resolve(
    sources: Sources,
    texts: Texts,
    works: Works,
    known_models: frozenset[str],
    memory: Memory,
) -> tuple[ResolvedBook, tuple[Issue, ...]]:
    """The book with everything connected. `known_models` can be trained but need not be.

    Pages that are as they were, in a book whose names are as they were, come from memory.
    """
    issues: list[Issue] = []
    index, glossary, colophon = texts.index, texts.glossary, texts.colophon
    ordered = sorted(texts.chapters, key=lambda chapter: (chapter.number, chapter.slug))
    _check_numbers(ordered, issues)
    entries = glossary.entries if glossary else ()
    plain = (index, colophon) if index else (colophon,)
    places = Places(ordered, plain, entries, works.cited, issues)
    names = memory.same("names", _names(sources, texts, works, known_models, places))

    def page(chapter: Chapter, kind: PageKind) -> ResolvedPage:
        name = ("page", chapter.source.path)
        resolved, found = memory.recall(name, _page, names, chapter, kind)
        issues.extend(found)
        return resolved

    index_page = page(index, "index") if index else None
    pages = tuple(
        page(chapter, "references" if chapter.slug == REFERENCES else "chapter")
        for chapter in ordered
    )
    glossary_page, meanings, found = memory.recall("glossary page", _glossary_page, names, glossary)
    issues.extend(found)
    colophon_page = page(colophon, "colophon")
    outside_glossary = (*((index_page,) if index_page else ()), *pages, colophon_page)
    written = (*outside_glossary, glossary_page)
    book = ResolvedBook(
        index_page,
        pages,
        glossary_page,
        colophon_page,
        entries,
        meanings,
        works.cited,
        _pages_by(written, lambda page: page.works),
        _pages_by(outside_glossary, lambda page: page.terms),
    )
    _warn_unused(book, sources, works, glossary, issues)
    _warn_unused_figures(book, sources, issues)
    return book, tuple(issues)


@dataclass(frozen=True)
class _Names:
    """What names are looked up in: all that a page depends on beside its own text."""

    figures: Mapping[str, FigureSpec]
    broken_figures: frozenset[str]
    models: Mapping[str, ModelCard]
    broken_models: frozenset[str]
    known_models: frozenset[str]
    own_data: frozenset[str]
    images: frozenset[str]
    files: frozenset[str]
    code: Mapping[str, Source]
    entries: tuple[GlossaryEntry, ...]
    works: Works
    places: Places

    @cached_property
    def terms(self) -> dict[str, GlossaryEntry]:
        return {entry.name.casefold(): entry for entry in self.entries}

    @cached_property
    def misspelt(self) -> frozenset[str]:
        """The ids that figures would have, were their names not misspelt where they stand."""
        placed = {place.figure for of_id in self.places.by_id.values() for place in of_id}
        lost = placed - self.figures.keys() - self.broken_figures - {""}
        meant = (closest(name, self.figures) for name in lost)
        return frozenset(f"fig-{name}" for name in meant if name and name not in placed)

    @cached_property
    def cited(self) -> dict[str, Reference]:
        return {reference.key: reference for reference in self.works.cited}


def _names(
    sources: Sources,
    texts: Texts,
    works: Works,
    known_models: frozenset[str],
    places: Places,
) -> _Names:
    return _Names(
        figures=sources.figures,
        broken_figures=sources.broken_figures,
        models=sources.models,
        broken_models=sources.broken_models,
        known_models=known_models | sources.own_data.models,
        own_data=frozenset(sources.own_data.names),
        images=sources.images,
        files=sources.files,
        code=texts.code,
        entries=texts.glossary.entries if texts.glossary else (),
        works=works,
        places=places,
    )


def _check_numbers(chapters: list[Chapter], issues: list[Issue]) -> None:
    for attribute, message in (("number", "chapter number"), ("slug", "page name")):
        first: dict[object, Chapter] = {}
        for chapter in chapters:
            value = getattr(chapter, attribute)
            if value in first:
                text = f"the {message} '{value}' is also that of {first[value].source.path}"
                issues.append(chapter.source.issue("chapter-name", Span(0, 0), text))
            first.setdefault(value, chapter)
        if attribute == "slug" and (taken := first.keys() & RESERVED_PAGES):
            for value in sorted(map(str, taken)):
                text = f"the page name '{value}' belongs to the book itself"
                issues.append(first[value].source.issue("chapter-name", Span(0, 0), text))


def _page(
    names: _Names, chapter: Chapter, kind: PageKind
) -> tuple[ResolvedPage, tuple[Issue, ...]]:
    own, _ = places_in(chapter)
    blocks = [node for node in chapter.nodes if isinstance(node, FigureBlock)]
    figures = {own[node.at.start].id: node for node in blocks if node.at.start in own}
    resolver = _Resolver(names, chapter.source, chapter.href, own, figures)
    body = resolver.text(chapter.body)
    page = ResolvedPage(
        chapter.source,
        chapter.href,
        kind,
        chapter.number if kind in {"chapter", REFERENCES} else None,
        chapter.title,
        chapter.lead,
        body,
        tuple(walk(body)),
        chapter.updated,
    )
    return page, tuple(resolver.issues)


def _glossary_page(
    names: _Names, glossary: Glossary | None
) -> tuple[ResolvedPage, dict[str, ResolvedText], tuple[Issue, ...]]:
    """The glossary's page, and what each term means, by its id."""
    source = glossary.source if glossary else Source("content/glossary.md", "")
    resolver = _Resolver(names, source, "glossary.html", {}, {})
    meanings = {entry.id: resolver.text(entry.body) for entry in names.entries}
    nodes = tuple(node for meaning in meanings.values() for node in walk(meaning))
    page = ResolvedPage(source, "glossary.html", "glossary", None, "Glossary", "", Text(""), nodes)
    return page, meanings, tuple(resolver.issues)


def _pages_by(
    pages: Iterable[ResolvedPage], names: Callable[[ResolvedPage], Iterable[str]]
) -> dict[str, tuple[ResolvedPage, ...]]:
    found: dict[str, list[ResolvedPage]] = {}
    for page in pages:
        for name in names(page):
            found.setdefault(name, []).append(page)
    return {name: tuple(naming) for name, naming in found.items()}


def _warn_unused(
    book: ResolvedBook,
    sources: Sources,
    works: Works,
    glossary: Glossary | None,
    issues: list[Issue],
) -> None:
    if sources.library:
        issues.extend(_unused_references(sources.library, works.wanted))
    for entry in book.entries:
        if entry.id not in book.uses and glossary:
            message, hint = f"no chapter uses the term '{entry.name}'", f"write [[{entry.name}]]"
            issue = glossary.source.issue("term-unused", entry.at, message, hint, "warning")
            issues.append(issue)


def _unused_references(library: Library, cited: Set[str]) -> Iterator[Issue]:
    """A warning for each work that none cites; of a library that many books share, one in all."""
    used = {entry.key for entry in library.with_donors(cited)}
    works = (entry for entry in library.entries.values() if entry.type != "xdata")
    unused = [entry for entry in works if entry.key not in used]
    apart = unused
    if len(unused) > FEW_UNUSED:
        apart = [entry for entry in unused if _is_remarked(library.source, entry)]
        others = [entry for entry in unused if entry not in apart]
        if others:
            message = f"no chapter cites '{others[0].key}' and {len(others) - 1} works more"
            at = others[0].at
            yield library.source.issue("reference-unused", at, message, "", "warning")
    for entry in apart:
        message = f"no chapter cites '{entry.key}'"
        yield library.source.issue("reference-unused", entry.at, message, "", "warning")


def _is_remarked(source: Source, entry: LibraryEntry) -> bool:
    """Whether an allowance may stand at the entry: on its first line or above it."""
    number = source.line_number(entry.at.start)
    return any("book:" in source.line(line) for line in (number, number - 1) if line)


def _warn_unused_figures(book: ResolvedBook, sources: Sources, issues: list[Issue]) -> None:
    shown = {name for page in book.pages for name in page.named_figures}
    for name in sorted(sources.figures.keys() - shown):
        if sources.figures[name].shows_own_data and not sources.own_data.names:
            continue  # waits for an author's data
        source = sources.figures[name].source
        message, hint = f"no chapter shows the figure '{name}'", f"write '::: figure {name}'"
        at = key_span(source, (), "title")
        issues.append(source.issue("figure-unused", at, message, hint, "warning"))


def _same_number(page: str, files: Iterable[str]) -> str:
    """A hint for a chapter that has kept its number and lost its name."""
    number, hyphen, _ = page.rpartition("/")[2].partition("-")
    same = (file for file in files if hyphen and file.startswith(f"{number}-"))
    return next((f"did you mean '{file}'?" for file in same), "")


class _Resolver:
    """Resolves the nodes of one page."""

    def __init__(
        self,
        names: _Names,
        source: Source,
        href: str,
        own: Mapping[int, Place],
        figures: Mapping[str, FigureBlock],
    ) -> None:
        self.names, self.source, self.href, self.own = names, source, href, own
        self.figures = figures
        self.issues: list[Issue] = []
        self.level = 1

    def report(self, rule: Rule, at: Span, message: str, hint: str = "") -> None:
        self.issues.append(self.source.issue(rule, at, message, hint))

    def text(self, text: Fragment) -> ResolvedText:
        """The text with each of its nodes resolved."""
        return Text(text.html, tuple(map(self._node, text.nodes)))

    def _node(self, node: Node) -> Resolved:
        found: Resolved | None
        if isinstance(node, (FigureBlock, Captioned, Cell)) and node.at.start not in self.own:
            self.report("block-place", node.at, "this block has no place in the glossary")
            return Unresolved(node, tuple(map(self.text, children(node))))
        match node:
            case Math():
                return self._equation(node) if node.id else node
            case Plain():
                return with_texts(node, self.text)
            case Heading():
                found = self._heading(node)
            case Citation():
                found = self._citation(node)
            case CrossReference():
                found = self._cross_reference(node)
            case Destination(kind="image"):
                found = self._image(node)
            case Destination():
                found = self._link(node)
            case Metric():
                found = self._metric(node)
            case Verdict():
                found = self._verdict(node)
            case HeldNumber():
                found = self._number(node)
            case Term():
                found = self._term(node)
            case FigureBlock():
                found = self._figure(node)
            case Cell():
                found = PlacedCell(self.own[node.at.start], node)
            case Captioned():
                texts = self.text(node.body), self.text(node.caption)
                return PlacedCaption(self.own[node.at.start], *texts)
            case ListingBlock():
                found = self._listing(node)
        return found or Unresolved(node, tuple(map(self.text, children(node))))

    def _heading(self, node: Heading) -> Section:
        if node.level == 1:
            hint = "the title in the front matter is the only one; begin with '##'"
            self.report("heading-level", node.at, "a first-level heading", hint)
        elif node.level > self.level + 1:
            expected = "#" * (self.level + 1)
            message = f"this heading skips a level, from {self.level} to {node.level}"
            self.report("heading-level", node.at, message, f"write '{expected}'")
        self.level = max(2, node.level)
        return Section(self.own[node.at.start], self.text(node.text))

    def _equation(self, node: Math) -> Math | Equation:
        place = self.own.get(node.at.start)
        if place is None:
            message, hint = "formulas of the glossary have no numbers", "leave the id out"
            self.report("equation", node.id_at or node.at, message, hint)
        return Equation(place, node) if place else node

    def _citation(self, node: Citation) -> Cited | None:
        work = self.names.cited.get(node.key)
        if work is None and node.key not in self.names.works.known:
            hint = suggest(node.key, self.names.works.known, plural="references")
            if isinstance(self.names.places.find(f"#{node.key}", self.href), Place):
                hint = f"write [](#{node.key})"  # as Quarto and pandoc-crossref refer to it
            if node.narrative and not hint:
                hint = r"write \@ for an at sign"
            self.report("citation-known", node.at, f"unknown citation '{node.key}'", hint)
        return Cited(work, node.locator, node.prefix, node.narrative) if work else None

    def _cross_reference(self, node: CrossReference) -> Link | None:
        place = self._place(node.target, node.at, "reference-known", "cross-reference")
        return Link(place.href_from(self.href), place.label) if place else None

    def _place(self, target: str, at: Span, rule: Rule, noun: str) -> Place | None:
        """The place that `#id`, `page.md` or `page.md#id` names."""
        target = unquote(target)
        found = self.names.places.find(target, self.href)
        if isinstance(found, Place):
            return found
        places = self.names.places
        page, hash_, id_ = target.partition("#")
        if id_ in self.names.misspelt:
            return None  # an issue of the figure
        others = places.elsewhere(target)
        candidates = places.names(target, self.href)
        hint = suggest(target, candidates)
        if page and not places.page(page):
            rule, message = "page-known", f"unknown page '{page}'"
            hint = suggest(page, candidates) or _same_number(page, candidates)
        elif len(found) > 1:
            message = f"'{target}' is in more than one chapter"
            hint = f"write {' or '.join(found)}"
        elif hash_:
            message = f"unknown {noun} '{target}'"
        else:
            message = (
                f"this {'link' if noun == 'anchor' else noun} leads nowhere: it has no address"
            )
        if not hash_ and isinstance(places.find(f"#{page}", self.href), Place):
            hint = f"write #{page}"
        if len(others) == 1:
            hint = f"did you mean '{others[0]}'?"
        self.report(rule, at, message, hint)
        return None

    def _file(self, address: str) -> str:
        """The path inside content/ that an address names, as it stands or percent-encoded."""
        path = str(PurePosixPath(address)) if address else ""
        return path if path in self.names.images else unquote(path)

    def _image(self, node: Destination) -> Picture | None:
        path = self._file(node.address)
        if is_foreign(node.address):
            message = f"an image must be part of the book: '{node.address}'"
            self.report("image-foreign", node.at, message, "put the file in content/")
        elif path in self.names.files - self.names.images:
            message = f"not every browser shows '{node.address}'"
            self.report("image-type", node.at, message, f"save it as {IMAGE_KINDS}")
        elif path not in self.names.images:
            hint = suggest(path, self.names.images, plural="images in content/")
            message = f"unknown image '{node.address}'" if path else "this image names no file"
            self.report("image-known", node.at, message, hint)
        else:
            return Picture(path, node.at)
        return None

    def _link(self, node: Destination) -> Address | Picture | None:
        address = node.address
        if is_foreign(address):
            if not address.startswith(LINKABLE):
                message = f"a link cannot lead to '{address}'"
                self.report("link-scheme", node.at, message, "https://, http:// or mailto:")
                return None
            return Address(address.replace(" ", "%20"))
        path = self._file(address)
        if path in self.names.images:
            return Picture(path, node.at)
        target, asks, state = address.partition("?")
        place = self._place(target, node.at, "anchor-known", "anchor")
        if place is None:
            return None
        href = place.href_from(self.href)
        return Address(f"{href}?{self._state(place, state, node.at)}" if asks else href)

    def _state(self, place: Place, text: str, at: Span) -> str:
        """What the address says of a figure's state, for `key=value&key=value`."""
        spec = self.names.figures.get(place.figure)
        if spec is None:
            message = f"'#{place.id}' is no figure that has a state"
            self.report("option-known", at, message, "write the link without what follows the ?")
            return ""
        asked = parse_qsl(text, keep_blank_values=True)
        if not asked:
            self.report("option-syntax", at, "no state follows the ?", "for example ?beta=4")
        said = []
        for key, value in asked:
            if renamed := spec.renamed(key):
                key, value = self._by_value(spec, key, value, renamed, at)
            if key not in spec.state:
                message = f"figure '{spec.name}' has no state '{key}'"
                self.report("option-known", at, message, suggest(key, spec.state))
                continue
            try:
                said.append((f"{place.id}.{key}", spec.state[key].addressed(key, value)))
            except ValueProblem as problem:
                self.report(problem.rule, at, problem.message, problem.hint)
        return urlencode(said)

    def _by_value(
        self, spec: FigureSpec, key: str, text: str, renamed: tuple[str, Choice], at: Span
    ) -> tuple[str, str]:
        """The name and the value of what older addresses tell by its place; a warning."""
        now, field = renamed
        try:
            value = field.at_place(text)
        except ValueProblem as problem:
            self.report(problem.rule, at, problem.message, problem.hint)
            return now, str(field.default)
        message = f"'{key}' of figure '{spec.name}' is now '{now}'"
        hint = f"write {now}, with the value {value}"
        self.issues.append(self.source.issue("option-old", at, message, hint, "warning"))
        return now, value

    def _number(self, node: HeldNumber) -> TurnedNumber | None:
        """A number of a figure on this page, which the text may turn."""
        block = self.figures.get(node.figure)
        if block is None and node.figure in self.names.misspelt:
            return None  # an issue of the figure
        if block is None:
            message, hint = f"this page has no figure '{node.figure}'", ""
            if isinstance(self.names.places.find(f"#{node.figure}", self.href), Place):
                hint = f"elsewhere a link turns it: [text](#{node.figure}?{node.key}=…)"
            hint = hint or suggest(node.figure, self.figures, plural="figures on this page")
            self.report("reference-known", node.figure_at, message, hint)
            return None
        spec = self.names.figures.get(block.name)
        if spec is None:
            return None  # an issue of the figure
        field = spec.state.get(node.key)
        if field is None:
            message = f"figure '{spec.name}' has no state '{node.key}'"
            self.report("option-known", node.key_at, message, suggest(node.key, spec.state))
            return None
        if not is_number(field):
            message = f"'{node.key}' of figure '{spec.name}' is no number"
            hint = f"a link sets it: [text](#{node.figure}?{node.key}=…)"
            self.report("option-type", node.key_at, message, hint)
            return None
        value: Value = field.default
        for setting in block.settings:
            with suppress(ValueProblem):  # an issue of the figure
                if setting.key == node.key:
                    value = field.parse(setting.key, setting.value)
        return TurnedNumber(
            node.figure, node.key, field.shown(value), field.widest, field.hue or ""
        )

    def _term(self, node: Term) -> UsedTerm | None:
        entry = self.names.terms.get(node.name.casefold())
        if entry is None:
            names = [entry.name for entry in self.names.entries]
            hint = suggest(node.name, names, plural="glossary terms")
            self.report("term-known", node.at, f"unknown glossary term '{node.name}'", hint)
        return UsedTerm(entry, self.text(node.shown)) if entry else None

    def _metric(self, node: Metric) -> Quantity | None:
        card = self._model(node.model, self.source, node.model_at)
        if card is None:
            return None
        numbers = card.numbers
        if node.name not in numbers:
            message = f"'{node.model}' has no metric '{node.name}'"
            self.report("metric-known", node.name_at, message, suggest(node.name, numbers))
            return None
        value = numbers[node.name]
        try:
            return Quantity(card.name, value, written(value, node.format))
        except ValueError:
            message = f"'{node.format}' is not a number format"
            self.report("metric-format", node.format_at, message, "for example .1%, .1p or .3g")
            return None

    def _verdict(self, node: Verdict) -> Quantity | None:
        card = self._model(node.model, self.source, node.model_at)
        if card is None:
            return None
        if card.verdict is None:
            message = f"the model '{node.model}' is no experiment, which has a verdict"
            self.report("metric-known", node.model_at, message)
            return None
        return Quantity(card.name, None, card.verdict)

    def _model(self, name: str, source: Source, at: Span) -> ModelCard | None:
        card = self.names.models.get(name)
        if card is None and name in self.names.known_models:
            message, hint = f"the model '{name}' is not trained", f"book train {name}"
            self.issues.append(source.issue("model-trained", at, message, hint))
        elif card is None and name not in self.names.broken_models:
            known = self.names.known_models | self.names.models.keys()
            hint = suggest(name, known, plural="models")
            message = f"unknown model '{name}'"
            self.issues.append(source.issue("model-known", at, message, hint))
        return card

    def _listing(self, node: ListingBlock) -> Quote | None:
        if not node.name:
            return None
        source = self.names.code.get(node.path)
        if source is None:
            hint = "the path starts at the root of the repository"
            self.report("listing-file", node.path_at, f"there is no file '{node.path}'", hint)
            return None
        try:
            known = definitions(source)
        except SyntaxError as error:
            message = f"'{node.path}' is not Python: line {error.lineno}: {error.msg}"
            self.report("listing-syntax", node.path_at, message)
            return None
        if node.name not in known:
            message = f"'{node.path}' defines no '{node.name}'"
            self.report("listing-name", node.name_at, message, suggest(node.name, known))
            return None
        return Quote(excerpt(source, known[node.name]), self.text(node.caption))

    def _figure(self, node: FigureBlock) -> PlacedFigure | None:
        spec = self.names.figures.get(node.name)
        if spec is None:
            if node.name and node.name not in self.names.broken_figures:
                name, _, id_ = node.name.partition(" ")
                hint = suggest(node.name, self.names.figures, plural="figures")
                if name in self.names.figures and id_:
                    id_ = id_.strip("{#} ").removeprefix("fig-")
                    hint = f"write '::: figure {name}' and, as an option, 'id: fig-{id_}'"
                self.report("figure-known", node.name_at, f"unknown figure '{node.name}'", hint)
            return None
        settings = self._settings(node, spec)
        models = self._models(node, spec, settings)
        place = self.own[node.at.start]
        chosen = {key: self._chosen(spec, key, settings.get(key)) for key in spec.fields()}
        return PlacedFigure(
            id=place.id,
            label=place.label,
            spec=spec,
            state={key: chosen[key] for key in spec.state},
            options={key: chosen[key] for key in spec.options},
            models=models,
            block=node,
            caption=self.text(node.caption),
            try_=self.text(node.try_) if node.try_ else None,
            ready=models.keys() == spec.models.keys(),
        )

    def _settings(self, node: FigureBlock, spec: FigureSpec) -> dict[str, Setting]:
        """The author's settings by key; unknown and repeated keys are issues."""
        known = {DATA_KEY if use.own_data else f"model.{role}" for role, use in spec.models.items()}
        known |= spec.fields().keys() | FIGURE_KEYS
        settings: dict[str, Setting] = {}
        for setting in node.settings:
            if renamed := spec.renamed(setting.key):
                at = setting.key_at
                key, value = self._by_value(spec, setting.key, setting.value, renamed, at)
                setting = replace(setting, key=key, value=value)
            if setting.key not in known:
                message = f"figure '{spec.name}' has no option '{setting.key}'"
                hint = suggest(setting.key, known)
                self.report("option-known", setting.key_at, message, hint)
            elif setting.key in settings:
                self.report("option-twice", setting.key_at, f"'{setting.key}' is set twice")
            else:
                settings[setting.key] = setting
        return settings

    def _chosen(self, spec: FigureSpec, key: str, setting: Setting | None) -> Value:
        declared = spec.fields()[key]
        default: Value = declared.default
        if setting is None:
            return default
        try:
            return declared.parse(key, setting.value)
        except ValueProblem as problem:
            at = setting.value_at if setting.value else setting.key_at
            self.report(problem.rule, at, problem.message, problem.hint)
            return default

    def _models(
        self, node: FigureBlock, spec: FigureSpec, settings: Mapping[str, Setting]
    ) -> dict[str, ModelCard]:
        """The card of each role; a mistake in figure.toml is reported there."""
        models = {}
        own_model = self._own_model(node, settings.get(DATA_KEY)) if spec.shows_own_data else None
        for role, use in spec.models.items():
            setting = settings.get(DATA_KEY if use.own_data else f"model.{role}")
            if use.own_data:
                if own_model is None or setting is None:
                    continue
                name, source = own_model, self.source
            elif setting:
                name, source = setting.value, self.source
            else:
                name, source = use.model, spec.source
            card = self.names.models.get(name)
            if card is None:
                self._model(name, source, _model_span(spec, role, "model", setting))
                continue
            missing = [part for part in use.uses if card.file_of(part) is None]
            for part in missing:
                at = _model_span(spec, role, "uses", setting)
                message = f"the model '{name}' has no graph or array '{part}'"
                issue = source.issue("model-part", at, message, suggest(part, card.uses()))
                self.issues.append(issue)
            measured = card.content.get("metrics", {})
            for pattern in use.metrics:
                if pattern != "*" and not fnmatch.filter(measured, pattern):
                    at = _model_span(spec, role, "metrics", setting)
                    message = f"the model '{name}' has no metric '{pattern}'"
                    issue = source.issue("model-part", at, message, suggest(pattern, measured))
                    self.issues.append(issue)
            if not missing:
                models[role] = card
        return models

    def _own_model(self, node: FigureBlock, setting: Setting | None) -> str | None:
        """The model of the data that the author names; None and an issue without such data."""
        names = self.names.own_data
        if setting is None:
            hint = "add an option line 'data: NAME', a [data.NAME] of content/book.toml"
            self.report("data-chosen", node.name_at, f"'{node.name}' is told no data", hint)
        elif setting.value not in names:
            hint = suggest(setting.value, names) or "declare [data.NAME] in content/book.toml"
            message = f"unknown data '{setting.value}'"
            self.report("data-known", setting.value_at, message, hint)
        else:
            return model_name(setting.value)
        return None


def _model_span(spec: FigureSpec, role: str, key: str, setting: Setting | None) -> Span:
    """Where a role's model was chosen: by the author, else in figure.toml."""
    if setting:
        return setting.value_at
    return key_span(spec.source, ("models", role), key, value=True)
