"""One build: the stages in their order, what is remembered between builds, and the result."""

from __future__ import annotations

import traceback
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

from jinja2 import Environment, TemplateError, TemplateSyntaxError

from builder.draw.cells import Parts, Ran, named_parts, prepare, run_cells
from builder.draw.figures import SiteCode, bundle, draw_frames, read_code
from builder.draw.formulas import typeset, with_styles
from builder.draw.posters import draw_posters
from builder.draw.python_packages import Distribution
from builder.issues.allowances import without_allowed
from builder.issues.issue import Issue, Source, in_order, is_error, whole_file
from builder.load.load import Sources, load, load_code
from builder.load.packages import collect
from builder.node.service import Service
from builder.pack.outcome import Outcome
from builder.pack.pack import (
    ModelFiles,
    PythonFiles,
    pack_icon,
    pack_models,
    pack_pictures,
    pack_python,
    zip_archive,
)
from builder.parse.document import Chapter, Fragment, Glossary, ListingBlock, walk
from builder.parse.parse import parse_chapter, parse_glossary, parse_page
from builder.plan.lanes import plan_models
from builder.render.authors import PICTURE, Guide, read_guide
from builder.render.discovery import discovery_files
from builder.render.offline import service_worker
from builder.render.render import Drawn, environment, render_book
from builder.render.sbom import bill_of_materials, licence_texts
from builder.render.search import search_index
from builder.resolve.resolve import ResolvedBook, ResolvedPage, resolve
from builder.resolve.resolved import PlacedFigure
from builder.store.cache import Cache
from builder.store.effects import Effects
from builder.store.memory import Memory
from builder.store.paths import (
    ARCHIVE,
    ARCHIVE_NAME,
    BILL,
    LICENCES,
    PYODIDE,
    SEARCH_INDEX,
    SERVICE_WORKER,
    SITE,
    TEMPLATES,
)

ARCHIVE_FOLDER = "book"
CELL_FILES = {f"cells/{name}" for name in ("cells.css", "cells.js", "editor.js", "python.js")}
"""What only pages with cells ask for."""


class Builder:
    """Builds one book, any number of times; chapters that did not change are not parsed again."""

    def __init__(
        self,
        effects: Effects,
        service: Service,
        *,
        engine: Environment | None = None,
        distribution: Distribution | None = None,
        strict: bool = False,
    ) -> None:
        self.effects, self.service = effects, service
        self.distribution, self.strict = distribution, strict
        self.engine = engine or environment()
        self.memory = Memory()
        self.parsed: dict[Source, tuple[Chapter | None, tuple[Issue, ...]]] = {}
        self.guide: Guide | None = read_guide(effects)

    def build(
        self, *, known_models: frozenset[str] = frozenset(), preview: bool = False
    ) -> Outcome:
        """Run all stages; publish the site unless there is an error.

        A `preview` stays in memory, and does without what takes long or would be in an author's
        way: the archive and the service worker.
        """
        outcome = Outcome()
        cache = Cache(self.effects)
        files = self._site_files(outcome, cache, known_models, preview=preview)
        outcome.issues = in_order(outcome.issues)
        if outcome.published:
            outcome.files = files
        if outcome.published and not preview:
            with self._phase(outcome, "pack"):
                self.effects.publish(SITE, files)
                cache.forget_unused()
                self.effects.write(ARCHIVE, files[ARCHIVE_NAME])
        return outcome

    @contextmanager
    def _phase(self, outcome: Outcome, name: str) -> Iterator[None]:
        start = self.effects.now()
        yield
        outcome.phases[name] = outcome.phases.get(name, 0) + self.effects.now() - start

    def _site_files(
        self, outcome: Outcome, cache: Cache, known_models: frozenset[str], *, preview: bool
    ) -> Mapping[str, bytes]:
        issues = outcome.issues
        with self._phase(outcome, "load"):
            sources, found = load(self.effects, self.memory)
            issues.extend(found)
        with self._phase(outcome, "parse"):
            chapters = self._parse(sources, issues)
            index = self._index(sources, issues)
            glossary = _glossary(sources, issues)
            colophon = _colophon(sources, issues)
            texts = [*chapters, colophon, *([index] if index else [])]
            entries = glossary.entries if glossary else ()
            bodies = [text.body for text in texts] + [entry.body for entry in entries]
            code, found = load_code(self.effects, self.memory, _listed(bodies))
            sources = replace(sources, code=code)
            issues.extend(found)
        with self._phase(outcome, "resolve"):
            book, found = resolve(
                sources, index, chapters, glossary, colophon, known_models, self.memory
            )
            issues.extend(found)
        drawn, assets = self._draw(outcome, cache, sources, book)
        issues = outcome.issues = self._judged(issues, sources)
        if not outcome.published:
            return {}
        with self._phase(outcome, "render"):
            pages, others = self._render(sources, book, drawn, issues)
        outcome.pages, outcome.config = pages, sources.config
        others[SEARCH_INDEX] = search_index(book, pages, self.memory)
        assets |= others
        files = {**assets, **_encoded(pages)}
        if preview or not outcome.published:
            return files
        with self._phase(outcome, "pack"):
            packed = zip_archive(ARCHIVE_FOLDER, _with_worker(files, drawn))
        with self._phase(outcome, "render"):  # the title page says how large it is
            drawn = replace(drawn, archive_bytes=len(packed))
            outcome.pages, _ = self._render(sources, book, drawn, issues)
        files = _with_worker({**assets, **_encoded(outcome.pages)}, drawn)
        return {**files, ARCHIVE_NAME: packed}

    def _judged(self, issues: list[Issue], sources: Sources) -> list[Issue]:
        """What counts: allowed issues do not, and a strict build takes warnings for errors."""
        kept = without_allowed(issues, sources.texts)
        return [replace(issue, severity="error") for issue in kept] if self.strict else kept

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
        self,
        outcome: Outcome,
        cache: Cache,
        sources: Sources,
        book: ResolvedBook,
    ) -> tuple[Drawn, dict[str, bytes]]:
        """Everything that takes Node or packing. Whatever can be checked is, errors or not."""
        effects, service, memory = self.effects, self.service, self.memory
        issues = outcome.issues
        placed = [(page, figure) for page in book.pages for figure in page.figures]
        used = {figure.spec.name for _, figure in placed}
        with self._phase(outcome, "math"):
            code = read_code(effects, cache, service, sources.figures, memory)
            written = [(page.source, node) for page, node in book.formulas()]
            if self.guide:
                written += self.guide.formulas
            macros = sources.config.macros
            formulas, found = typeset(effects, service, written, macros, code, memory)
            issues.extend(found)
        with self._phase(outcome, "bundle"):
            bundled, found = bundle(effects, cache, service, sources.figures, code)
            bundled = with_styles(bundled, formulas)
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
                if page.cells
            ]
            for _, named in with_cells:
                parts |= {(card.name, part): (card, part) for card, part in named}
            models, found = pack_models(effects, cache, parts.values(), memory)
            issues.extend(found)
            packed = [part for name, part in parts.items() if name in models.assets]
        with self._phase(outcome, "frames"):
            ready = [
                (page, figure)
                for page, figure in placed
                if figure.ready and _is_packed(figure, models)
            ]
            frames, found = draw_frames(
                effects, cache, service, ready if bundled.assets else [], models, code, memory
            )
            issues.extend(found)
        with self._phase(outcome, "plans"):
            lanes, found = plan_models(
                effects, cache, service, models, packed, code.of("kernels"), memory
            )
            issues.extend(found)
        with self._phase(outcome, "posters"):
            posters, poster_files, found = draw_posters(
                effects, cache, service, sources.config, book, frames, code
            )
            issues.extend(found)
        ran, python = self._run_cells(outcome, cache, with_cells, models, code)
        paths = {path for page in book.pages for path in page.pictures}
        pictures, picture_files = pack_pictures(effects, paths)
        files = {
            **models.site_files,
            **lanes.site_files,
            **picture_files,
            **poster_files,
            **python.site_files,
        }
        needed = {f"figures/{name}.js" for name in used} | (CELL_FILES if with_cells else set())
        for name, path in bundled.assets.items():
            if name == SERVICE_WORKER:
                continue  # needs to be told of all files first
            if name in needed or not name.startswith(("figures/", "cells/")):
                files[path] = bundled.site_files[path]
        icon, icon_files = pack_icon(effects)
        files |= icon_files
        if self.guide:
            files[PICTURE] = self.guide.picture
        packages, found = collect(
            effects,
            (
                package
                for name, within in bundled.packages.items()
                if bundled.assets[name] in files or name == SERVICE_WORKER
                for package in within
            ),
        )
        issues.extend(found)
        files |= {
            BILL: bill_of_materials(cache, sources.config, packages, files),
            LICENCES: licence_texts(packages),
        }
        drawn = Drawn(
            formulas, frames, models, bundled, pictures, icon,
            posters=posters, packages=packages, lanes=lanes, guide=self.guide,
            ran=ran, python=python, named={page.href: named for page, named in with_cells},
        )  # fmt: skip
        return drawn, files

    def _run_cells(
        self,
        outcome: Outcome,
        cache: Cache,
        pages: list[tuple[ResolvedPage, Parts]],
        models: ModelFiles,
        code: SiteCode,
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
            ran, found = run_cells(self.effects, cache, self.service, pages, models, packages, code)
            outcome.issues.extend(found)
            files = {
                name: self.effects.read(f"{PYODIDE}/{name}")
                for name in ("pyodide.asm.wasm", "python_stdlib.zip")
            }
            return ran, pack_python(cache, {**files, **packages.wheels}, packages.lock)

    def _render(
        self, sources: Sources, book: ResolvedBook, drawn: Drawn, issues: list[Issue]
    ) -> tuple[dict[str, str], dict[str, bytes]]:
        """The pages, and what is made of all of them together."""
        config, engine = sources.config, self.engine
        try:
            pages = render_book(config, book, sources.models, drawn, engine, self.memory)
            return pages, discovery_files(config, book, pages, engine)
        except TemplateError as error:
            issues.append(_template_issue(error, engine))
            return {}, {}


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


def _encoded(pages: Mapping[str, str]) -> dict[str, bytes]:
    return {path: html.encode() for path, html in pages.items()}


def _with_worker(files: Mapping[str, bytes], drawn: Drawn) -> dict[str, bytes]:
    """The files and the service worker that knows them."""
    bundled = drawn.bundle
    code = bundled.site_files[bundled.assets[SERVICE_WORKER]]
    worker = service_worker(code, files, drawn.lane_files)
    return {**files, SERVICE_WORKER: worker}


def _is_packed(figure: PlacedFigure, models: ModelFiles) -> bool:
    return all(
        (card.name, use) in models.assets
        for role, card in figure.models.items()
        for use in figure.spec.models[role].uses
    )


def _template_issue(error: TemplateError, engine: Environment) -> Issue:
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
    name = file.rpartition("/")[2]
    if not name or engine.loader is None:
        return whole_file("template", TEMPLATES, str(error))
    source = Source(f"{TEMPLATES}/{name}", engine.loader.get_source(engine, name)[0])
    return source.issue("template", source.line_span(line), str(error))
