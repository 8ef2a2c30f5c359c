"""One build: the stages in their order, what is remembered between builds, and the result."""

from __future__ import annotations

import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from jinja2 import Environment, TemplateError, TemplateSyntaxError

from builder.allowances import without_allowed
from builder.authors import PICTURE, Guide, read_guide
from builder.cache import Cache
from builder.config import BookConfig
from builder.discovery import discovery_files
from builder.document import Chapter, Glossary
from builder.effects import Effects
from builder.figures import Bundle, Code, bundle, draw_frames, typeset
from builder.issue import Issue, Source, in_order, is_error
from builder.load import Sources, load
from builder.memory import Memory
from builder.node import Service
from builder.offline import SERVICE_WORKER, service_worker
from builder.pack import (
    ARCHIVE_NAME,
    ModelFiles,
    pack_icon,
    pack_models,
    pack_pictures,
    zip_archive,
)
from builder.packages import collect
from builder.parse import parse_chapter, parse_glossary, parse_page
from builder.posters import draw_posters
from builder.render import Drawn, environment, render_book
from builder.resolve import Picture, PlacedFigure, ResolvedBook, resolve
from builder.sbom import BILL, LICENCES, bill_of_materials, licence_texts
from builder.search import SEARCH_INDEX, search_index
from builder.slim import SlimRequest

SITE = "build/site"
ARCHIVE = f"build/{ARCHIVE_NAME}"
ARCHIVE_FOLDER = "book"


@dataclass
class Outcome:
    """What a build found and how long its phases took."""

    issues: list[Issue] = field(default_factory=list)
    phases: dict[str, float] = field(default_factory=dict)
    pages: Mapping[str, str] = field(default_factory=dict)
    """HTML by path in the site, in reading order."""
    files: Mapping[str, bytes] = field(default_factory=dict)
    """The whole site; empty if there is an error."""
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
        strict: bool = False,
    ) -> None:
        self.effects, self.service = effects, service
        self.strict = strict
        self.engine = engine or environment()
        self.memory = Memory()
        self.parsed: dict[Source, tuple[Chapter | None, tuple[Issue, ...]]] = {}
        self.guide: Guide | None = read_guide(effects)

    def build(
        self, *, known_models: frozenset[str] = frozenset(), preview: bool = False
    ) -> Outcome:
        """Run all stages; publish the site unless there is an error.

        A `preview` stays in memory, and does without what takes long or would be in an author's
        way: the archive, the service worker, and a slim engine for models that have changed.
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
        with self._phase(outcome, "resolve"):
            book, found = resolve(
                sources, index, chapters, glossary, colophon, known_models, self.memory
            )
            issues.extend(found)
        drawn, assets = self._draw(outcome, cache, sources, book, preview=preview)
        issues = outcome.issues = self._judged(issues, sources)
        if not outcome.published:
            return {}
        with self._phase(outcome, "render"):
            pages, others = self._render(sources, book, drawn, issues)
        outcome.pages, outcome.config = pages, sources.config
        others[SEARCH_INDEX] = search_index(book)
        assets |= others
        files = {**assets, **_encoded(pages)}
        if preview or not outcome.published:
            return files
        with self._phase(outcome, "pack"):
            packed = zip_archive(ARCHIVE_FOLDER, _with_worker(files, drawn.bundle))
        with self._phase(outcome, "render"):  # the title page says how large it is
            drawn = replace(drawn, archive_bytes=len(packed))
            outcome.pages, _ = self._render(sources, book, drawn, issues)
        files = _with_worker({**assets, **_encoded(outcome.pages)}, drawn.bundle)
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
        *,
        preview: bool,
    ) -> tuple[Drawn, dict[str, bytes]]:
        """Everything that takes Node or packing. Whatever can be checked is, errors or not."""
        effects, service, memory = self.effects, self.service, self.memory
        issues = outcome.issues
        placed = [(page, figure) for page in book.pages for figure in page.figures]
        used = {figure.spec.name for _, figure in placed}
        with self._phase(outcome, "math"):
            code = Code(effects, memory)
            written = [(page.source, node) for page, node in book.formulas()]
            if self.guide:
                written += self.guide.formulas()
            formulas, found = typeset(effects, service, written, code, memory)
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
            models, found = pack_models(effects, cache, parts.values(), memory)
            issues.extend(found)
            packed = [part for name, part in parts.items() if name in models.assets]
            make = outcome.published and not preview
            slimming = SlimRequest(effects, cache, service, models, packed, code, make=make)
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
        with self._phase(outcome, "engine"):
            slim, found = slimming.result()
            issues.extend(found)
        with self._phase(outcome, "posters"):
            posters, poster_files, found = draw_posters(
                effects, cache, service, sources.config, book, frames, code
            )
            issues.extend(found)
        paths = {
            value.path
            for page in book.pages
            for value in page.values.values()
            if isinstance(value, Picture)
        }
        pictures, picture_files = pack_pictures(effects, paths)
        files = {**models.site_files, **slim.site_files, **picture_files, **poster_files}
        for name, path in bundled.assets.items():
            if name == SERVICE_WORKER:
                continue  # needs to be told of all files first
            if not name.startswith("figures/") or name[8:].removesuffix(".js") in used:
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
            BILL: bill_of_materials(sources.config, packages, files),
            LICENCES: licence_texts(packages),
        }
        drawn = Drawn(
            formulas, code.math, frames, models, bundled, pictures, icon,
            posters=posters, packages=packages, slim=slim.asset, guide=self.guide,
        )  # fmt: skip
        return drawn, files

    def _render(
        self, sources: Sources, book: ResolvedBook, drawn: Drawn, issues: list[Issue]
    ) -> tuple[dict[str, str], dict[str, bytes]]:
        """The pages, and what is made of all of them together."""
        config, engine = sources.config, self.engine
        try:
            pages = render_book(config, book, sources.models, drawn, engine, self.memory)
            return pages, discovery_files(config, book, pages, engine)
        except TemplateError as error:
            issues.append(_template_issue(error))
            return {}, {}


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


def _with_worker(files: Mapping[str, bytes], bundled: Bundle) -> dict[str, bytes]:
    """The files and the service worker that knows them."""
    code = bundled.site_files[bundled.assets[SERVICE_WORKER]]
    worker = service_worker(code, files, bundled.assets["ort.wasm.js"])
    return {**files, SERVICE_WORKER: worker}


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
