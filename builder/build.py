"""One build: the stages in their order, what is remembered between builds, and the result."""

from __future__ import annotations

import traceback
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from jinja2 import Environment, TemplateError, TemplateSyntaxError

from builder.cache import Cache
from builder.cells import Parts, Ran, cells_of, named_parts, prepare, run_cells
from builder.config import BookConfig
from builder.document import Chapter, Fragment, Glossary, ListingBlock, walk
from builder.effects import Effects
from builder.figures import Code, bundle, draw_frames, typeset
from builder.issue import Issue, Source, in_order, is_error
from builder.load import Sources, load, load_code
from builder.node import Service
from builder.pack import (
    ModelFiles,
    PythonFiles,
    pack_icon,
    pack_models,
    pack_pictures,
    pack_python,
    zip_archive,
)
from builder.parse import parse_chapter, parse_glossary, parse_page
from builder.python_packages import PYODIDE, Distribution
from builder.render import Drawn, Memory, environment, render_book
from builder.resolve import Picture, PlacedFigure, ResolvedBook, ResolvedPage, resolve

SITE = "build/site"
ARCHIVE = "build/book.zip"
ARCHIVE_FOLDER = "book"
CELL_FILES = {f"cells/{name}" for name in ("cells.css", "cells.js", "editor.js", "python.js")}
"""What only pages with cells ask for."""


@dataclass
class Outcome:
    """What a build found and how long its phases took."""

    issues: list[Issue] = field(default_factory=list)
    phases: dict[str, float] = field(default_factory=dict)
    pages: Mapping[str, str] = field(default_factory=dict)
    """HTML by path in the site, in reading order."""
    config: BookConfig = field(default_factory=lambda: BookConfig(""))

    @property
    def published(self) -> bool:
        return not any(map(is_error, self.issues))


class Builder:
    """Builds one book, any number of times; chapters that did not change are not parsed again."""

    def __init__(
        self,
        effects: Effects,
        service: Service,
        *,
        engine: Environment | None = None,
        distribution: Distribution | None = None,
    ) -> None:
        self.effects, self.service = effects, service
        self.distribution = distribution
        self.engine = engine or environment()
        self.rendered: Memory = {}
        self.parsed: dict[Source, tuple[Chapter | None, tuple[Issue, ...]]] = {}

    def build(self, *, known_models: frozenset[str] = frozenset(), archive: bool = True) -> Outcome:
        """Run all stages; publish the site unless there is an error."""
        outcome = Outcome()
        cache = Cache(self.effects)
        files = self._site_files(outcome, cache, known_models)
        outcome.issues = in_order(outcome.issues)
        if outcome.published:
            with self._phase(outcome, "pack"):
                packed = zip_archive(ARCHIVE_FOLDER, files) if archive else None
                self.effects.publish(SITE, files)
                cache.forget_unused()
                if packed is not None:
                    self.effects.write(ARCHIVE, packed)
        return outcome

    @contextmanager
    def _phase(self, outcome: Outcome, name: str) -> Iterator[None]:
        start = self.effects.now()
        yield
        outcome.phases[name] = outcome.phases.get(name, 0) + self.effects.now() - start

    def _site_files(
        self, outcome: Outcome, cache: Cache, known_models: frozenset[str]
    ) -> Mapping[str, bytes]:
        issues = outcome.issues
        with self._phase(outcome, "load"):
            sources, found = load(self.effects)
            issues.extend(found)
        with self._phase(outcome, "parse"):
            chapters = self._parse(sources, issues)
            index = self._index(sources, issues)
            glossary = _glossary(sources, issues)
            colophon = _colophon(sources, issues)
            pages = [*chapters, colophon, *([index] if index else [])]
            entries = glossary.entries if glossary else ()
            bodies = [page.body for page in pages] + [entry.body for entry in entries]
            code, found = load_code(self.effects, _listed(bodies))
            sources = replace(sources, code=code)
            issues.extend(found)
        with self._phase(outcome, "resolve"):
            book, found = resolve(
                sources, index, chapters, glossary, colophon, known_models
            )
            issues.extend(found)
        drawn, assets = self._draw(outcome, cache, sources, book)
        if not outcome.published:
            return {}
        with self._phase(outcome, "render"):
            html = self._render(sources, book, drawn, issues)
        outcome.pages, outcome.config = html, sources.config
        return {**assets, **{path: text.encode() for path, text in html.items()}}

    def _parse(self, sources: Sources, issues: list[Issue]) -> list[Chapter]:
        """Every chapter; those whose text is as it was at the last build are not parsed again."""
        self.parsed = {
            source: self.parsed.get(source) or parse_chapter(source) for source in sources.chapters
        }
        for _, found in self.parsed.values():
            issues.extend(found)
        return [chapter for chapter, _ in self.parsed.values() if chapter]

    def _index(self, sources: Sources, issues: list[Issue]) -> Chapter | None:
        if sources.index is None:
            return None
        page, found = parse_page(sources.index, "index", sources.config.title)
        issues.extend(found)
        return page

    def _draw(
        self, outcome: Outcome, cache: Cache, sources: Sources, book: ResolvedBook
    ) -> tuple[Drawn, dict[str, bytes]]:
        """Everything that takes Node or packing. Whatever can be checked is, errors or not."""
        effects, service, issues = self.effects, self.service, outcome.issues
        placed = [(page, figure) for page in book.pages for figure in page.figures]
        used = {figure.spec.name for _, figure in placed}
        with self._phase(outcome, "math"):
            code = Code(effects)
            formulas, found = typeset(
                effects, service, ((page.source, node) for page, node in book.formulas()), code
            )
            issues.extend(found)
        with self._phase(outcome, "bundle"):
            bundled, found = bundle(effects, cache, service, sources.figures, code)
            issues.extend(found)
        with self._phase(outcome, "models"):
            parts = {
                (card.name, use): (card, use)
                for _, figure in placed
                for role, card in figure.models.items()
                for use in figure.spec.models[role].uses
            }
            with_cells = [
                (page, named_parts(effects, page, sources.models))
                for page in book.pages
                if cells_of(page)
            ]
            for _, named in with_cells:
                parts |= {(card.name, part): (card, part) for card, part in named}
            models, found = pack_models(effects, cache, parts.values())
            issues.extend(found)
        with self._phase(outcome, "frames"):
            ready = [
                (page, figure)
                for page, figure in placed
                if figure.ready and _is_packed(figure, models)
            ]
            frames, found = draw_frames(
                effects, cache, service, ready if bundled.assets else [], models, code
            )
            issues.extend(found)
        ran, python = self._run_cells(outcome, cache, with_cells, models, code)
        paths = {
            value.path
            for page in book.pages
            for value in page.values.values()
            if isinstance(value, Picture)
        }
        pictures, picture_files = pack_pictures(effects, paths)
        files = {**models.site_files, **picture_files, **python.site_files}
        needed = {f"figures/{name}.js" for name in used} | (CELL_FILES if with_cells else set())
        for name, path in bundled.assets.items():
            if name in needed or not name.startswith(("figures/", "cells/")):
                files[path] = bundled.site_files[path]
        icon, icon_files = pack_icon(effects)
        files |= icon_files
        made = (formulas, code.math, frames, models, bundled, pictures, icon)
        named_on = {page.href: named for page, named in with_cells}
        return Drawn(*made, ran=ran, python=python, named=named_on), files

    def _run_cells(
        self,
        outcome: Outcome,
        cache: Cache,
        pages: list[tuple[ResolvedPage, Parts]],
        models: ModelFiles,
        code: Code,
    ) -> tuple[Ran, PythonFiles]:
        """What the cells did, and the files that Python in the page loads; a book without cells
        has neither, and cells of a chapter with mistakes wait until these are mended."""
        mistaken = {issue.path for issue in filter(is_error, outcome.issues)}
        pages = [(page, parts) for page, parts in pages if page.source.path not in mistaken]
        if not pages:
            return Ran(), PythonFiles()
        with self._phase(outcome, "cells"):
            with_cells = [page for page, _ in pages]
            packages, found = prepare(self.effects, with_cells, self.distribution)
            outcome.issues.extend(found)
            named = [(card.name, part) for _, parts in pages for card, part in parts]
            complete = all(part in models.assets for part in named)
            if found or not complete:
                return Ran(), PythonFiles()
            ran, found = run_cells(
                self.effects, cache, self.service, pages, models, packages, code
            )
            outcome.issues.extend(found)
            files = {
                name: self.effects.read(f"{PYODIDE}/{name}")
                for name in ("pyodide.asm.wasm", "python_stdlib.zip")
            }
            return ran, pack_python(cache, {**files, **packages.wheels}, packages.lock)

    def _render(
        self, sources: Sources, book: ResolvedBook, drawn: Drawn, issues: list[Issue]
    ) -> dict[str, str]:
        try:
            return render_book(
                sources.config, book, sources.models, drawn, self.engine, self.rendered
            )
        except TemplateError as error:
            issues.append(_template_issue(error))
            return {}


def _listed(bodies: Iterable[Fragment]) -> set[str]:
    """The files that listings quote."""
    nodes = (node for body in bodies for node in walk(body))
    return {node.path for node in nodes if isinstance(node, ListingBlock) and node.path}


def _glossary(sources: Sources, issues: list[Issue]) -> Glossary | None:
    if sources.glossary is None:
        return None
    glossary, found = parse_glossary(sources.glossary)
    issues.extend(found)
    return glossary


def _colophon(sources: Sources, issues: list[Issue]) -> Chapter:
    source = sources.colophon or Source("content/colophon.md", "")
    page, found = parse_page(source, "colophon", "Colophon")
    issues.extend(found)
    return page


def _is_packed(figure: PlacedFigure, models: ModelFiles) -> bool:
    return all(
        (card.name, use) in models.assets
        for role, card in figure.models.items()
        for use in figure.spec.models[role].uses
    )


def _template_issue(error: TemplateError) -> Issue:
    """A mistake in a template, at its line."""
    if isinstance(error, TemplateSyntaxError):
        file, line = error.name or "", error.lineno
    else:
        frames = [
            (frame.f_code.co_filename, number)
            for frame, number in traceback.walk_tb(error.__traceback__)
            if "/templates/" in frame.f_code.co_filename
        ]
        file, line = frames[-1] if frames else ("", 0)
    path = f"builder/templates/{file.rpartition('/')[2]}"
    return Issue("template", path, line, 1, str(error))
