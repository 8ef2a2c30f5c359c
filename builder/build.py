"""One build: the stages in their order, what is remembered between builds, and the result."""

from __future__ import annotations

import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from jinja2 import Environment, TemplateError, TemplateSyntaxError

from builder.allowances import without_allowed
from builder.cache import Cache
from builder.config import BookConfig
from builder.document import Chapter, Glossary
from builder.effects import Effects
from builder.figures import Code, bundle, draw_frames, typeset
from builder.issue import Issue, Source, in_order, is_error
from builder.load import Sources, load
from builder.memory import Memory
from builder.node import Service
from builder.pack import ModelFiles, pack_icon, pack_models, pack_pictures, zip_archive
from builder.parse import parse_chapter, parse_glossary, parse_page
from builder.render import Drawn, environment, render_book
from builder.resolve import Picture, PlacedFigure, ResolvedBook, resolve

SITE = "build/site"
ARCHIVE = "build/book.zip"
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

    def build(self, *, known_models: frozenset[str] = frozenset(), publish: bool = True) -> Outcome:
        """Run all stages; publish site and archive if wanted, unless there is an error."""
        outcome = Outcome()
        cache = Cache(self.effects)
        files = self._site_files(outcome, cache, known_models)
        outcome.issues = in_order(outcome.issues)
        if outcome.published:
            outcome.files = files
        if outcome.published and publish:
            with self._phase(outcome, "pack"):
                packed = zip_archive(ARCHIVE_FOLDER, files)
                self.effects.publish(SITE, files)
                cache.forget_unused()
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
        drawn, assets = self._draw(outcome, cache, sources, book)
        issues = outcome.issues = self._judged(issues, sources)
        if not outcome.published:
            return {}
        with self._phase(outcome, "render"):
            pages = self._render(sources, book, drawn, issues)
        outcome.pages, outcome.config = pages, sources.config
        return {**assets, **{path: html.encode() for path, html in pages.items()}}

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
        self, outcome: Outcome, cache: Cache, sources: Sources, book: ResolvedBook
    ) -> tuple[Drawn, dict[str, bytes]]:
        """Everything that takes Node or packing. Whatever can be checked is, errors or not."""
        effects, service, memory = self.effects, self.service, self.memory
        issues = outcome.issues
        placed = [(page, figure) for page in book.pages for figure in page.figures]
        used = {figure.spec.name for _, figure in placed}
        with self._phase(outcome, "math"):
            code = Code(effects, memory)
            formulas, found = typeset(
                effects,
                service,
                ((page.source, node) for page, node in book.formulas()),
                code,
                memory,
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
            models, found = pack_models(effects, cache, parts.values(), memory)
            issues.extend(found)
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
        paths = {
            value.path
            for page in book.pages
            for value in page.values.values()
            if isinstance(value, Picture)
        }
        pictures, picture_files = pack_pictures(effects, paths)
        files = {**models.site_files, **picture_files}
        for name, path in bundled.assets.items():
            if not name.startswith("figures/") or name[8:].removesuffix(".js") in used:
                files[path] = bundled.site_files[path]
        icon, icon_files = pack_icon(effects)
        files |= icon_files
        return Drawn(formulas, code.math, frames, models, bundled, pictures, icon), files

    def _render(
        self, sources: Sources, book: ResolvedBook, drawn: Drawn, issues: list[Issue]
    ) -> dict[str, str]:
        try:
            return render_book(
                sources.config, book, sources.models, drawn, self.engine, self.memory
            )
        except TemplateError as error:
            issues.append(_template_issue(error))
            return {}


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
