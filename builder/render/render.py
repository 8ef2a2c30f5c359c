"""Resolved pages to HTML, through the templates. Pure: the same values give the same text."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, TypeVarTuple, cast, get_type_hints

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup, escape

from builder.draw.figures import Bundle, StaticFrame, spec_of
from builder.draw.parts import Parts
from builder.load.config import BookConfig
from builder.load.figure_spec import ModelUse
from builder.load.model_card import ModelCard
from builder.load.packages import Package
from builder.pack.pack import ModelFiles, PackedAsset, PythonFiles
from builder.pack.taken import Taken
from builder.parse.document import (
    END,
    START,
    Block,
    GlossaryEntry,
    Math,
    OwnBlock,
    Sidenote,
    Text,
    fields_of,
    placeholder,
)
from builder.parse.prose import code_lines
from builder.plan.lanes import Kernels, Lanes
from builder.render import authors
from builder.render.colophon import Ledger, ledger
from builder.render.lost import Lost, lost_page
from builder.render.offline import LaneFiles
from builder.render.page_data import (
    AssetReference,
    BookData,
    CellData,
    CellsData,
    FigureData,
    FigureFiles,
    ModelAsset,
    ModelData,
    SizedAsset,
)
from builder.resolve.resolve import ResolvedBook, ResolvedPage
from builder.resolve.resolved import (
    Address,
    Cited,
    Equation,
    Link,
    Picture,
    PlacedCaption,
    PlacedCell,
    PlacedFigure,
    Quantity,
    Quote,
    Resolved,
    ResolvedText,
    Section,
    TurnedNumber,
    UsedTerm,
    plain_text,
)
from builder.store.memory import Memory
from builder.store.paths import (
    ARCHIVE_NAME,
    AUTHORS_PAGE,
    BILL,
    LICENCES,
    OWN_STANDING,
    SEARCH_INDEX,
)
from training.publish.fields import PageArray, PageCard, PageFacts, PageGraph, PageMetric

TEMPLATES = Path(__file__).parent / "templates"
CSP = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self' blob:; "
    "style-src 'self'; img-src 'self' data: blob:; font-src 'self'; connect-src 'none'; "
    "base-uri 'none'; form-action 'none'"
)
BACK_MATTER = (
    ("References", "references.html"),
    ("Glossary", "glossary.html"),
    ("Colophon", "colophon.html"),
)
"""Follows the chapters, unless a chapter has that page."""
POSTER_SIZE = (1200, 630)
"""Pixels of the picture for links to a page, as node/poster.mjs draws it."""

PLACES = re.compile(
    f"<p>{START}(?P<alone>\\d+){END}</p>"
    f"|(?P<tag><[^<>]*{START}[^<>]*>)"
    f"|(?P<space>\\s)?{START}(?P<inline>\\d+){END}(?P<after>[.,;:!?)’”]*)"
)
NO_BREAK = "\u00a0"
IN_TAG = re.compile(f"{START}(\\d+){END}")
FIRST_PARAGRAPH = re.compile(r"<p>(.*?)</p>", re.DOTALL)


Inputs = TypeVarTuple("Inputs")


@dataclass(frozen=True)
class Drawings:
    """What was made for single pages."""

    formulas: Mapping[tuple[str, bool], str]
    """(TeX, whether it is displayed) → MathML."""
    frames: Mapping[tuple[str, str], StaticFrame]
    """(page, id of the figure) → what the figure shows at first."""
    outputs: Mapping[tuple[str, str], str]
    """(page, id of the cell) → what the cell puts out."""
    named: Mapping[str, Parts]
    """Page with cells → the graphs and arrays that its cells name."""
    posters: Mapping[str, str]
    """Page → address of the picture for links to it."""


@dataclass(frozen=True)
class Shipped:
    """What pages may load, and the software in it."""

    bundle: Bundle
    models: ModelFiles
    lanes: Lanes
    """What runs on the kernels."""
    taken: Taken
    python: PythonFiles
    pictures: Mapping[str, str]
    """Path inside content/ → address."""
    icon: str
    """Address of the picture that browsers show for the book, if it has one."""
    packages: tuple[Package, ...]
    """The software of others, shipped or used."""

    @property
    def lane_files(self) -> LaneFiles:
        """What a page may name and yet not load."""
        scripts = (self.bundle.assets.get(name) for name in ("ort.js", "ort.wasm.js"))
        planned = (self.models.assets[name].src for name in self.lanes.plans)
        local = frozenset(part.src for part in self.python.snapshot)
        return LaneFiles(frozenset(filter(None, scripts)), frozenset(planned), local)

    @property
    def python_bytes(self) -> int:
        """What the first run of a cell loads: the worker's script and the files in it."""
        script = self.bundle.site_files.get(self.bundle.assets.get("cells/python.js", ""), b"")
        parts = (part for parts in self.python.parts.values() for part in parts)
        return len(script) + sum(self.python.sizes[part.key] for part in parts)


def environment(templates: Path = TEMPLATES) -> Environment:
    """Where templates come from: everything is escaped, and a name that is missing is an error."""
    return Environment(
        loader=FileSystemLoader(templates),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def script_json(value: object) -> Markup:
    """JSON that can stand inside a script element."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return Markup(text.replace("<", "\\u003c"))


@dataclass(frozen=True)
class Shared:
    """What the HTML of every page depends on, beside what is the page's own."""

    templates: Environment
    template_texts: tuple[str, ...]
    """What lies in its files: the environment itself is the same when one of them has changed."""
    common: Mapping[str, Any]
    """What every template is given."""
    assets: Mapping[str, str]
    models: Mapping[tuple[str, str], PackedAsset]
    plans: Mapping[tuple[str, str], PackedAsset]
    kernels: Kernels | None
    programs: Mapping[str, PackedAsset]
    pictures: Mapping[str, str]
    python: PythonFiles
    python_bytes: int
    glossary: ResolvedPage
    glossary_parts: PageParts
    meanings: Mapping[str, ResolvedText]
    """What each term means, by its id."""


@dataclass(frozen=True)
class Around:
    """Where a page stands in the book; a page that stands apart has no neighbours."""

    path: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    poster: str


@dataclass(frozen=True)
class PageParts:
    """What was made for one page alone."""

    formulas: Mapping[tuple[str, bool], str]
    frames: Mapping[str, StaticFrame]
    """By the figure's id."""
    outputs: Mapping[str, str]
    """By the cell's id."""
    named: Parts | None
    """The graphs and arrays that its cells name; None for a page without cells."""


def render_book(
    config: BookConfig,
    book: ResolvedBook,
    cards: Mapping[str, ModelCard],
    drawings: Drawings,
    shipped: Shipped,
    guide: authors.Guide | None,
    archive_bytes: int,
    templates: Environment,
    memory: Memory,
) -> dict[str, str]:
    """The HTML of every page by its path in the site, in reading order.

    `guide` is what the page for authors shows, and `archive_bytes` the size of the archive that
    lies beside the pages; without them there is no such page, and no link to an archive. Unchanged
    pages come from memory.
    """
    shared = memory.same("shared by pages", _shared(config, book, drawings, shipped, templates))
    sequence = _sequence(config, book)
    positions = {entry["href"]: at for at, entry in enumerate(sequence)}

    def around(path: str) -> Around:
        at = positions.get(path)
        before = sequence[at - 1] if at else None
        after = None if at is None or at + 1 == len(sequence) else sequence[at + 1]
        return Around(path, before, after, drawings.posters.get(path, ""))

    def written(
        path: str,
        make: Callable[[Shared, Around, *Inputs], str],
        *inputs: *Inputs,
    ) -> str:
        return memory.recall(("html", path), make, shared, around(path), *inputs)

    def parts_of(page: ResolvedPage | None) -> PageParts | None:
        return None if page is None else page_parts(page, drawings)

    works = next((page for page in book.chapters if page.kind == "references"), None)
    size = archive_bytes
    archive = {"href": ARCHIVE_NAME, "megabytes": f"{size / 1e6:.1f}"} if size else None
    pages = {
        "index.html": written(
            "index.html", _index, config.title, book.index, parts_of(book.index),
            sequence[1:], archive,
        ),
        "references.html": written(
            "references.html", _references, works, parts_of(works), _citing(book)
        ),
        "glossary.html": written("glossary.html", _glossary, book.entries, _using(book)),
        "colophon.html": written(
            "colophon.html", _colophon, book.colophon, page_parts(book.colophon, drawings),
            ledger(book, cards, shipped.models, shipped.taken),
            tuple(package for package in shipped.packages if package.shipped),
            AUTHORS_PAGE if guide else "",
        ),
        **{
            name: templates.get_template(name).render(**shared.common, lost=_lost(shared))
            for name in OWN_STANDING
        },
    }  # fmt: skip
    if guide:
        typeset = {
            (node.tex, node.display): drawings.formulas[node.tex, node.display]
            for _, node in guide.formulas
        }
        pages[AUTHORS_PAGE] = written(AUTHORS_PAGE, _authors, guide, typeset)
    for page in book.chapters:
        if page.href not in pages:
            pages[page.href] = written(page.href, _chapter, page, page_parts(page, drawings))
    apart = (AUTHORS_PAGE,) if guide else ()
    return {path: pages[path] for path in (*positions, *apart, *OWN_STANDING)}


def _lost(shared: Shared) -> Lost:
    assets = shared.assets
    return lost_page(CSP, assets.get("book.css", ""), assets.get("early.js", ""))


def page_parts(page: ResolvedPage, drawings: Drawings) -> PageParts:
    """What was made for a page."""
    return PageParts(
        {
            (node.tex, node.display): drawings.formulas[node.tex, node.display]
            for node in page.formulas
        },
        {figure.id: drawings.frames[page.href, figure.id] for figure in page.figures},
        {
            cell.place.id: drawings.outputs.get((page.href, cell.place.id), "")
            for cell in page.cells
        },
        drawings.named.get(page.href),
    )


def _shared(
    config: BookConfig,
    book: ResolvedBook,
    drawings: Drawings,
    shipped: Shipped,
    templates: Environment,
) -> Shared:
    loader = templates.loader
    assert loader is not None
    texts = [loader.get_source(templates, name)[0] for name in templates.list_templates()]
    common = {
        "book": asdict(config),
        "assets": dict(shipped.bundle.assets),
        "fonts": " ".join(
            path for name, path in shipped.bundle.assets.items() if name.startswith("fonts/")
        ),
        "root": config.root,
        "poster_size": POSTER_SIZE,
        "has_feed": bool(config.root and book.dated),
        "icon": shipped.icon,
        "csp": CSP,
        "book_data_json": script_json(_book_data(shipped)),
    }
    return Shared(
        templates=templates,
        template_texts=tuple(texts),
        common=common,
        assets=shipped.bundle.assets,
        models=shipped.models.assets,
        plans=shipped.lanes.plans,
        kernels=shipped.lanes.kernels,
        programs=shipped.taken.programs,
        pictures=shipped.pictures,
        python=shipped.python,
        python_bytes=shipped.python_bytes,
        glossary=book.glossary,
        glossary_parts=page_parts(book.glossary, drawings),
        meanings=book.meanings,
    )


def _sequence(config: BookConfig, book: ResolvedBook) -> list[dict[str, Any]]:
    """Title page, chapters, back matter: what `next` and `previous` go through."""
    first = {"title": config.title, "href": "index.html", "number": None, "lead": ""}
    chapters = [
        {"title": page.title, "href": page.href, "number": page.number, "lead": page.lead}
        for page in book.chapters
    ]
    numbered = {entry["href"] for entry in chapters}
    back = [
        {"title": title, "href": href, "number": None, "lead": ""}
        for title, href in BACK_MATTER
        if href not in numbered
    ]
    return [first, *chapters, *back]


def _citing(book: ResolvedBook) -> list[dict[str, Any]]:
    """Every work with the pages that cite it."""
    return [
        {
            "key": reference.key,
            "number": reference.number,
            "html": reference.with_links,
            "backlinks": _backlinks(book.citations.get(reference.key, ()), f"cite-{reference.key}"),
        }
        for reference in book.references
    ]


def _using(book: ResolvedBook) -> list[list[dict[str, str]]]:
    """For every term the pages that use it."""
    return [_backlinks(book.uses.get(entry.id, ()), f"use-{entry.id}") for entry in book.entries]


def _chapter(shared: Shared, around: Around, page: ResolvedPage, parts: PageParts) -> str:
    return _written_page("chapter.html", shared, around, page, parts)


def _index(
    shared: Shared,
    around: Around,
    title: str,
    page: ResolvedPage | None,
    parts: PageParts | None,
    contents: list[dict[str, Any]],
    archive: dict[str, str] | None,
) -> str:
    more: dict[str, Any] = {"contents": contents, "archive": archive}
    if page and parts:
        return _written_page("index.html", shared, around, page, parts, **more)
    return _own_page("index", shared, around, title, **more)


def _references(
    shared: Shared,
    around: Around,
    page: ResolvedPage | None,
    parts: PageParts | None,
    references: list[dict[str, Any]],
) -> str:
    if page and parts:
        return _written_page("references.html", shared, around, page, parts, references=references)
    source = "content/references.bib"
    return _own_page("references", shared, around, "References", source, references=references)


def _glossary(
    shared: Shared,
    around: Around,
    entries: tuple[GlossaryEntry, ...],
    backlinks: list[list[dict[str, str]]],
) -> str:
    text = PageText(shared, shared.glossary, shared.glossary_parts)
    terms = [
        {
            "id": entry.id,
            "name": entry.name,
            "html": text.html(shared.meanings[entry.id]),
            "backlinks": links,
        }
        for entry, links in zip(entries, backlinks, strict=True)
    ]
    source = shared.glossary.source
    edited = source.path if source.text else ""
    return _own_page("glossary", shared, around, "Glossary", edited, terms=terms)


def _colophon(
    shared: Shared,
    around: Around,
    page: ResolvedPage,
    parts: PageParts,
    tables: Ledger,
    shipped: tuple[Package, ...],
    guide: str,
) -> str:
    return _written_page(
        "colophon.html", shared, around, page, parts, ledger=tables, shipped=shipped,
        files={"bill": BILL, "licences": LICENCES}, guide=guide,
    )  # fmt: skip


def _authors(
    shared: Shared,
    around: Around,
    guide: authors.Guide,
    formulas: Mapping[tuple[str, bool], str],
) -> str:
    return _own_page(
        "authors", shared, around, authors.TITLE,
        sections=guide.shown(formulas), base=guide.base, rules=guide.rules,
    )  # fmt: skip


def _written_page(
    template: str,
    shared: Shared,
    around: Around,
    page: ResolvedPage,
    parts: PageParts,
    **more: Any,
) -> str:
    """A page whose text an author wrote."""
    headings = [
        {"id": place.id, "text": place.label, "level": place.level} for place in page.headings
    ]
    values = {
        "kind": page.kind,
        "title": page.title,
        "lead": page.lead,
        "number": page.number,
        "html": PageText(shared, page, parts).html(page.body),
        "headings": headings,
        "source": page.source.path if page.source.text else "",
        "updated": page.updated,
        "cells_json": None if parts.named is None else script_json(_cells(shared, parts.named)),
        "files_json": script_json(_figure_files(shared, page, parts)) if page.figures else None,
    }
    return _filled(template, shared, around, values, **more)


def _own_page(
    kind: str, shared: Shared, around: Around, title: str, source: str = "", **more: Any
) -> str:
    """A page that the book has by itself."""
    values: dict[str, Any] = {
        "kind": kind,
        "title": title,
        "lead": "",
        "number": None,
        "html": Markup(""),
        "headings": [],
        "source": source,
        "updated": "",
        "cells_json": None,
        "files_json": None,
    }
    return _filled(f"{kind}.html", shared, around, values, **more)


def _filled(
    template: str, shared: Shared, around: Around, values: Mapping[str, Any], **more: Any
) -> str:
    page = {
        **values,
        "path": around.path,
        "prev": around.before,
        "next": around.after,
        "poster": around.poster,
    }
    return shared.templates.get_template(template).render(**shared.common, page=page, **more)


def _figure_files(shared: Shared, page: ResolvedPage, parts: PageParts) -> FigureFiles:
    files: dict[str, list[str | tuple[str, str]]] = {}
    for placed in page.figures:
        ran = parts.frames[placed.id].graphs
        script = shared.assets[f"figures/{placed.spec.name}.js"]
        # a set that keeps its order
        needed: dict[str | tuple[str, str], None] = dict.fromkeys((shared.assets["kit.js"], script))
        for role, card in placed.models.items():
            for use in placed.spec.models[role].uses:
                if use in card.content.get("arrays", {}):
                    needed[shared.models[card.name, use].src] = None
                elif f"{card.name}/{use}" in ran:
                    needed |= dict.fromkeys(_graph_files(shared, card.name, use))
        files[placed.id] = list(needed)
    return files


def _graph_files(shared: Shared, model: str, graph: str) -> tuple[str | tuple[str, str], ...]:
    """The scripts that the page loads to run a graph."""
    plan = shared.plans.get((model, graph))
    if plan and shared.kernels:
        return (shared.kernels.plain.src, shared.kernels.fused.src), plan.src
    return shared.assets["ort.js"], shared.assets["ort.wasm.js"], shared.models[model, graph].src


def _cells(shared: Shared, named: Parts) -> CellsData:
    """What the cells of a page load that name these parts of models."""
    python, assets = shared.python, shared.assets
    cards = {card.name: card for card, _ in named}
    return {
        "script": assets["cells/python.js"],
        "size": shared.python_bytes,
        "editor": assets["cells/editor.js"],
        "lock": python.lock,
        "files": {
            name: [_sized(python, part) for part in parts] for name, parts in python.parts.items()
        },
        "snapshot": [_sized(python, part) for part in python.snapshot],
        "models": {
            name: _model(
                shared,
                card,
                ModelUse(name, tuple(part for of, part in named if of.name == name)),
                in_words=True,
            )
            for name, card in cards.items()
        },
    }


def _sized(python: PythonFiles, part: PackedAsset) -> SizedAsset:
    return {**_reference(part), "size": python.sizes[part.key]}


def _reference(asset: PackedAsset) -> AssetReference:
    return {"key": asset.key, "src": asset.src, "bytes": asset.bytes}


def _model(shared: Shared, card: ModelCard, use: ModelUse, *, in_words: bool = False) -> ModelData:
    """What the page is told of a model, and where its parts are."""
    assets: dict[str, ModelAsset] = {}
    for part in use.uses:
        asset = shared.models[card.name, part]
        assets[part] = {"key": asset.key, "src": asset.src, "bytes": asset.bytes}
        if plan := shared.plans.get((card.name, part)):
            assets[part]["plan"] = _reference(plan)
    content = _page_card(card.content, use, in_words)
    data: ModelData = {"name": card.name, "card": content, "assets": assets}
    if program := shared.programs.get(card.name):
        data["program"] = _reference(program)
    return data


def _page_card(card: Mapping[str, Any], use: ModelUse, in_words: bool) -> PageCard:
    """The part of a card that travels; what its ports are only `in_words`, if a reader may ask."""
    content = _fields(card, PageFacts)
    metrics = card.get("metrics", {}).items()
    content["metrics"] = {
        name: _fields(metric, PageMetric) for name, metric in metrics if use.tells(name)
    }
    for group, of_page in (("graphs", PageGraph), ("arrays", PageArray)):
        declared = card.get(group, {})
        content[group] = {
            part: declared[part] if in_words else _fields(declared[part], of_page)
            for part in use.uses
            if part in declared
        }
    return cast("PageCard", content)  # the keys were taken from its own declaration


@lru_cache(maxsize=64)  # by content: few blocks, many pages
def _own_template(templates: Environment, html: str) -> Template:
    return templates.from_string(html)


def _fields(content: Mapping[str, Any], of: type) -> dict[str, Any]:
    """Those fields that a part of a card has in a page."""
    return {key: content[key] for key in _keys_of(of) if key in content}


@cache  # a page asks once for each of its metrics
def _keys_of(fields: type) -> tuple[str, ...]:
    return tuple(get_type_hints(fields))


def _markup(template: str, *values: object, **named: object) -> Markup:
    """The template filled with escaped values, like `Markup.format` in a tenth of its time."""
    escaped = {name: escape(value) for name, value in named.items()}
    return Markup(template.format(*map(escape, values), **escaped))


def _backlinks(pages: Iterable[ResolvedPage], anchor: str) -> list[dict[str, str]]:
    return [{"href": f"{page.href}#{anchor}", "label": page.label} for page in pages]


def _book_data(shipped: Shipped) -> BookData:
    assets = shipped.bundle.assets
    wasm = PackedAsset("ort.wasm", assets["ort.wasm.js"], shipped.bundle.wasm_bytes)
    kernels = shipped.lanes.kernels
    return {
        "kit": assets["kit.js"],
        "offline": assets["offline.js"],
        "take": assets["take.js"],
        "search": {"script": assets["search.js"], "index": SEARCH_INDEX},
        "engine": {
            "ort": {"script": assets["ort.js"], "wasm": _reference(wasm)},
            "kernels": None
            if kernels is None
            else {
                "script": assets["kernels.js"],
                "plain": _reference(kernels.plain),
                "fused": _reference(kernels.fused),
            },
        },
    }


class PageText:
    """Puts what nodes stand for into the fragments of one page, counting notes as it goes."""

    def __init__(self, shared: Shared, page: ResolvedPage, parts: PageParts) -> None:
        self.shared, self.page, self.parts = shared, page, parts
        self.meanings: dict[str, Markup] = {}
        self.notes = self.popovers = 0
        self.blocks: Counter[type] = Counter()
        self.anchored: set[str] = set()
        self.in_popover = False

    def html(self, text: ResolvedText) -> Markup:
        """The text's HTML with every placeholder filled."""

        def fill(match: re.Match[str]) -> str:
            if match["tag"]:
                return IN_TAG.sub(
                    lambda inner: str(escape(self._attribute(text.nodes[int(inner[1])]))),
                    match["tag"],
                )
            number = int(match["alone"] or match["inline"])
            node = text.nodes[number]
            if match["inline"]:
                made = self._node(node, alone=False)
                space, after = match["space"] or "", match["after"]
                if isinstance(node, Math) and not node.display and after:
                    # or a line could begin with a full stop
                    return f'{space}<span class="unbroken">{made}{after}</span>'
                if isinstance(node, Cited):
                    beside_another = match.string[: match.start()].endswith(END) and isinstance(
                        text.nodes[number - 1], Cited
                    )
                    # “[1] [2]” in one line, and none begins with “[1]”
                    if (space and not node.narrative) or beside_another:
                        space = NO_BREAK
                return f"{space}{made}{after}"
            if isinstance(node, (Block, Equation)) or (isinstance(node, Math) and node.display):
                return str(self._node(node, alone=True))
            return f"<p>{self._node(node, alone=False)}</p>"

        return Markup(PLACES.sub(fill, text.html))

    def _attribute(self, node: Resolved) -> str:
        """A node inside an attribute: an address, or plain words."""
        match node:
            case Address(href=href):
                return href
            case Picture(path=path):
                return self.shared.pictures[path]
            case _:
                return plain_text(Text(placeholder(0), (node,)))

    def _node(self, node: Resolved, *, alone: bool) -> Markup:
        match node:
            case Math():
                return self._math(node, alone)
            case Equation():
                return self._equation(node, alone)
            case Cited():
                return self._citation(node)
            case Link():
                return _markup('<a class="reference" href="{}">{}</a>', node.href, node.text)
            case Quantity():
                return self._metric(node)
            case TurnedNumber():
                return self._number(node)
            case UsedTerm():
                return self._term(node)
            case Sidenote():
                return self._sidenote(node)
            case Section():
                return self._heading(node)
            case PlacedFigure():
                return self._figure(node)
            case OwnBlock():
                return self._own_block(node)
            case PlacedCaption(place=place):
                shown = {"body": self.html(node.body), "caption": self.html(node.caption)}
                return self._template("captioned.html", place=place, **shown)
            case PlacedCell():
                return self._cell(node)
            case Quote():
                caption = self.html(node.caption)
                return self._template("listing.html", code=node.listing.html, caption=caption)
            case _:
                return Markup("")

    def _template(self, name: str, **context: Any) -> Markup:
        return Markup(self.shared.templates.get_template(name).render(**context).strip())

    def _math(self, node: Math, alone: bool) -> Markup:
        mathml = Markup(self.parts.formulas[node.tex, node.display])
        if not node.display:
            return mathml
        wrapper = Markup("div" if alone else "span")
        return _markup('<{0} class="equation">{1}</{0}>', wrapper, mathml)

    def _equation(self, node: Equation, alone: bool) -> Markup:
        number = _markup('<span class="equation-number">({})</span>', node.place.number)
        return _markup(
            '<{0} class="numbered" id="{1}">{2}{3}</{0}>',
            Markup("div" if alone else "span"),
            node.place.id,
            self._math(node.formula, alone),
            number if node.place.number else "",
        )

    def _with_popover(
        self, kind: str, anchor: str, href: str, shown: Markup | str, text: Markup
    ) -> Markup:
        """A link that shows `text` beside itself; the first with its anchor bears it as its id.

        The styles show it, whatever `hidden` says: that is for readers' views, which know no
        styles and would run it into the sentence.
        """
        self.popovers += 1
        id_ = Markup("") if anchor in self.anchored else _markup(' id="{}"', anchor)
        self.anchored.add(anchor)
        return _markup(
            '<span class="{kind}"{id_}><a href="{href}" data-popover="{popover}" '
            'aria-expanded="false" aria-describedby="{popover}">{shown}</a>'
            '<span class="popover" role="note" id="{popover}" hidden>{text}</span></span>',
            kind=kind,
            id_=id_,
            href=href,
            popover=f"popover-{self.popovers}",
            shown=shown,
            text=text,
        )

    def _citation(self, node: Cited) -> Markup:
        work = node.work
        parts = (f"{node.prefix} {work.number}".strip(), node.locator)
        shown = f"[{', '.join(part for part in parts if part)}]"
        href = f"references.html#{work.anchor}"
        if self.in_popover:
            cited = _markup('<a href="{}">{}</a>', href, shown)
        else:
            anchor = f"cite-{work.key}"
            cited = self._with_popover("cite", anchor, href, shown, work.with_links)
        return _markup("{}{}{}", work.names, NO_BREAK, cited) if node.narrative else cited

    def _term(self, node: UsedTerm) -> Markup:
        entry, shown = node.entry, self.html(node.shown)
        href = f"glossary.html#{entry.anchor}"
        if self.in_popover or self.page.kind == "glossary":
            return _markup('<a href="{}">{}</a>', href, shown)
        return self._with_popover("term", f"use-{entry.id}", href, shown, self._meaning(entry))

    def _meaning(self, entry: GlossaryEntry) -> Markup:
        """The first paragraph of a term's meaning, as it reads inside a popover."""
        if entry.id not in self.meanings:
            meaning = self.shared.meanings[entry.id]
            first = FIRST_PARAGRAPH.search(meaning.html)
            text = PageText(self.shared, self.shared.glossary, self.shared.glossary_parts)
            text.in_popover = True
            paragraph = Text(first[1] if first else "", meaning.nodes)
            self.meanings[entry.id] = text.html(paragraph)
        return self.meanings[entry.id]

    def _sidenote(self, node: Sidenote[Resolved]) -> Markup:
        if self.in_popover:
            return Markup("")
        self.notes += 1
        number = self.notes
        return _markup(
            '<span class="sidenote"><button type="button" class="sidenote-mark" '
            'aria-label="Note {number}" aria-expanded="false" aria-controls="sn-{number}">{number}'
            '</button><span class="sidenote-body" id="sn-{number}" role="note" '
            'data-number="{number}">'
            '<span class="apart"> [</span>{text}<span class="apart">]</span></span></span>',
            number=number,
            text=self.html(node.text),
        )

    def _metric(self, quantity: Quantity) -> Markup:
        if quantity.value is None:
            return _markup('<b class="verdict">{}</b>', quantity.text)
        return _markup(
            '<data class="metric" value="{}">{}</data>', repr(quantity.value), quantity.text
        )

    def _number(self, node: TurnedNumber) -> Markup:
        return _markup(
            '<span class="held{}" data-turns="{}" data-key="{}" data-widest="{}" translate="no">'
            "{}</span>",
            f" c-{node.hue}" if node.hue else "",
            node.figure,
            node.key,
            node.widest,
            node.text,
        )

    def _heading(self, node: Section) -> Markup:
        place = node.place
        return _markup('<h{0} id="{1}">{2}</h{0}>', place.level, place.id, self.html(node.text))

    def _own_block(self, node: OwnBlock[Resolved]) -> Markup:
        self.blocks[type(node)] += 1
        shown = {key: self._shown(value) for key, value in fields_of(node).items()}
        template = _own_template(self.shared.templates, node.HTML)
        number, chapter = self.blocks[type(node)], self.page.number
        return Markup(template.render(number=number, chapter=chapter, **shown).strip())

    def _shown(self, value: Any) -> Any:
        """A field of a block as its template is given it."""
        if isinstance(value, tuple):
            return [self._shown(one) for one in value]
        return self.html(value) if isinstance(value, Text) else value

    def _cell(self, node: PlacedCell) -> Markup:
        place, written = node.place, node.cell
        size = self.shared.python_bytes
        data: CellData = {
            "code": written.code.text,
            "check": written.check.text if written.check else None,
            "raises": written.raises,
        }
        cell = {
            "id": place.id,
            "number": place.number,
            "kind": "exercise" if written.is_exercise else "run",
            "follows": self.blocks[PlacedCell] > 0,
            "raises": written.raises,
            "lines": code_lines(written.code.text),
            "output": Markup(self.parts.outputs[place.id]),
            "megabytes": f"{size / 1e6:.1f}" if size else "",
            "data_json": script_json(data),
        }
        if not written.is_exercise:  # which others may rely on
            self.blocks[PlacedCell] += 1
        return self._template("cell.html", cell=cell)

    def _figure(self, placed: PlacedFigure) -> Markup:
        frame = self.parts.frames[placed.id]
        spec = placed.spec
        figure = {
            "id": placed.id,
            "name": spec.name,
            "label": placed.label,
            "title": spec.title,
            "honesty": spec.honesty,
            "honesty_slug": spec.honesty.replace(" ", "-"),
            "markup": Markup(frame.markup),
            "summary": frame.summary,
            "table": frame.table,
            "caption": self.html(placed.caption),
            "try_": self.html(placed.try_) if placed.try_ else None,
            "data_json": script_json(self._figure_data(placed)),
        }
        return self._template("figure.html", figure=figure)

    def _figure_data(self, placed: PlacedFigure) -> FigureData:
        name = placed.spec.name
        return {
            "name": name,
            "spec": spec_of(placed),
            "state": placed.state,
            "options": placed.options,
            "script": self.shared.assets[f"figures/{name}.js"],
            "models": {
                role: _model(self.shared, card, placed.spec.models[role])
                for role, card in placed.models.items()
            },
        }
