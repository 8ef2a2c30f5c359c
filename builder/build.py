"""One build: the stages in their order, what is remembered between builds, and the result."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import TypeVar, TypeVarTuple

from jinja2 import Environment

from builder.draw.cells import LONGEST_IN_PREVIEW, Patience, draw_cells
from builder.draw.figures import SiteCode, bundle, draw_frames, read_code, shipped_names
from builder.draw.formulas import typeset, with_styles
from builder.draw.parts import wanted_parts
from builder.draw.posters import draw_posters
from builder.draw.python_packages import Distribution
from builder.issues.allowances import without_allowed
from builder.issues.issue import Issue, in_order, is_error
from builder.load.load import Sources, load
from builder.load.packages import CSL
from builder.load.readable import UNREADABLE
from builder.load.texts import parse_book
from builder.load.works import cited_works
from builder.node.methods import Service
from builder.pack.outcome import Outcome
from builder.pack.pack import pack_icon, pack_models, zip_archive
from builder.pack.pictures import pack_pictures
from builder.pack.taken import pack_taken
from builder.plan.lanes import plan_models
from builder.render.authors import PICTURE, Guide, read_guide
from builder.render.offline import service_worker
from builder.render.render import Drawings, Shipped, environment
from builder.render.sbom import list_software
from builder.render.search import search_index
from builder.render.site import render_site
from builder.resolve.resolve import ResolvedBook, ResolvedPage, resolve
from builder.store.cache import Cache
from builder.store.effects import Effects
from builder.store.memory import Memory
from builder.store.paths import ARCHIVE, ARCHIVE_NAME, SEARCH_INDEX, SERVICE_WORKER, SITE

ARCHIVE_FOLDER = "book"

T = TypeVar("T")
Inputs = TypeVarTuple("Inputs")


class Builder:
    """Builds one book, any number of times; what did not change is not made again."""

    def __init__(
        self,
        effects: Effects,
        service: Service,
        *,
        templates: Environment | None = None,
        distribution: Distribution | None = None,
        strict: bool = False,
    ) -> None:
        self.effects, self.service = effects, service
        self.distribution, self.strict = distribution, strict
        self.templates = templates or environment()
        self.memory = Memory()
        self.cache = Cache(effects)
        self.in_preview = Patience(LONGEST_IN_PREVIEW)
        self.guide: Guide | None = read_guide(effects)

    def build(
        self, *, known_models: frozenset[str] = frozenset(), preview: bool = False
    ) -> Outcome:
        """Run all stages; publish the site unless there is an error.

        A `preview` stays in memory, and does without what takes long or would be in an author's
        way: the archive and the service worker. The search index it makes on request.
        """
        stages, effects, memory = Stages(self.effects), self.effects, self.memory
        outcome = stages.outcome
        sources = stages.find("load", load, effects, memory)
        texts = stages.find("parse", parse_book, effects, sources, memory)
        code = stages.find(
            "bundle", read_code, effects, self.cache, self.service, sources.figures, memory
        )
        refused = [issue for issue in outcome.issues if issue.rule == UNREADABLE]
        if refused:  # told alone: whatever else was found may follow from them
            outcome.issues = in_order(refused)
            return outcome
        works = stages.find(
            "works", cited_works, effects, self.service, sources.library, texts.cited,
            sources.config, sources.settings, code.of("works"), memory,
        )  # fmt: skip
        book = stages.find("resolve", resolve, sources, texts, works, known_models, memory)
        patience = self.in_preview if preview else Patience()
        drawings, shipped = self._draw(stages, sources, book, code, patience)
        outcome.issues = self._judged(outcome.issues, sources)
        outcome.config = sources.config
        if outcome.published:
            self._render(stages, sources, book, drawings, shipped)
        if outcome.published and preview:
            index = partial(search_index, book, outcome.pages, memory)
            outcome.on_request = {SEARCH_INDEX: index}
        if outcome.published and not preview:
            self._archive(stages, sources, book, drawings, shipped)
        outcome.issues = in_order(outcome.issues)
        if outcome.published:
            outcome.files = stages.files
        if outcome.published and not preview:
            with stages.phase("pack"):
                effects.publish(SITE, stages.files)
                self.cache.forget_unused()
                effects.write(ARCHIVE, stages.files[ARCHIVE_NAME])
        return outcome

    def _draw(
        self,
        stages: Stages,
        sources: Sources,
        book: ResolvedBook,
        code: SiteCode,
        patience: Patience,
    ) -> tuple[Drawings, Shipped]:
        """Everything that takes Node or packing. Whatever can be checked is, errors or not."""
        effects, cache, service, memory = self.effects, self.cache, self.service, self.memory
        config, pages = sources.config, book.pages
        written = [(page.source, node) for page, node in book.formulas()]
        written += self.guide.formulas if self.guide else ()
        formulas = stages.find(
            "math", typeset, effects, service, written, config.macros, code, memory
        )
        bundled = stages.find("bundle", bundle, effects, cache, service, sources.figures, code)
        bundled = with_styles(bundled, formulas)
        wanted = wanted_parts(effects, book, sources.models)
        models = stages.make("models", pack_models, effects, cache, wanted.parts, memory)
        # What broken code makes, nobody knows: all of that waits until the code is mended.
        drawable, planned = (pages, wanted.parts) if bundled.assets else ((), ())
        frames = stages.find(
            "frames", draw_frames, effects, cache, service, drawable, models, code, memory
        )
        lanes = stages.make(
            "plans", plan_models, effects, cache, service, models, planned,
            code.of("kernels"), memory,
        )  # fmt: skip
        taken = stages.make(
            "models", pack_taken, effects, cache, sources.models,
            {name for page in pages for name in page.models}, memory,
        )  # fmt: skip
        posters = stages.make(
            "posters", draw_posters, effects, cache, service, config, book, frames, code
        )
        sound = stages.without_mistakes(drawable)  # cells of the others wait until these are mended
        ran = stages.make(
            "cells", draw_cells, effects, cache, service, sound, wanted.named, models, code,
            self.distribution, patience,
        )  # fmt: skip
        pictures = stages.make("pack", pack_pictures, effects, cache, book.pictures(), memory)
        with stages.phase("pack"):
            icon, icon_files = pack_icon(effects)
            names = shipped_names(bundled, pages)
            scripts = {bundled.assets[name]: bundled.site_files[bundled.assets[name]]
                       for name in names}  # fmt: skip
            shown = {PICTURE: self.guide.picture} if self.guide else {}
            stages.files |= {**icon_files, **scripts, **shown}
        packages = stages.make(
            "pack", list_software, effects, cache, config, bundled,
            names | {SERVICE_WORKER}, {CSL} if book.references else (), stages.files,
        )  # fmt: skip
        return (
            Drawings(formulas, frames, ran.outputs, wanted.named, posters),
            Shipped(bundled, models, lanes, taken, ran.python, pictures, icon, packages),
        )

    def _judged(self, issues: list[Issue], sources: Sources) -> list[Issue]:
        """What counts: allowed issues do not, and a strict build takes warnings for errors."""
        kept = without_allowed(issues, sources.texts)
        return [replace(issue, severity="error") for issue in kept] if self.strict else kept

    def _render(
        self,
        stages: Stages,
        sources: Sources,
        book: ResolvedBook,
        drawings: Drawings,
        shipped: Shipped,
        archive_bytes: int = 0,
    ) -> None:
        stages.outcome.pages = stages.make(
            "render", render_site, sources, book, drawings, shipped, self.guide, archive_bytes,
            self.templates, self.memory,
        )  # fmt: skip

    def _archive(
        self,
        stages: Stages,
        sources: Sources,
        book: ResolvedBook,
        drawings: Drawings,
        shipped: Shipped,
    ) -> None:
        """The whole site in one file, and a title page beside it that says how large it is."""
        with stages.phase("pack"):
            stages.files[SEARCH_INDEX] = search_index(book, stages.outcome.pages, self.memory)
            packed = zip_archive(ARCHIVE_FOLDER, _with_worker(stages.files, shipped))
        self._render(stages, sources, book, drawings, shipped, len(packed))
        stages.files[SEARCH_INDEX] = search_index(book, stages.outcome.pages, self.memory)
        stages.files = {**_with_worker(stages.files, shipped), ARCHIVE_NAME: packed}


class Stages:
    """The stages of one build as they run: how long each takes, and all issues and files."""

    def __init__(self, effects: Effects) -> None:
        self.effects = effects
        self.outcome = Outcome()
        self.files: dict[str, bytes] = {}

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        start, phases = self.effects.now(), self.outcome.phases
        yield
        phases[name] = phases.get(name, 0) + self.effects.now() - start

    def find(
        self,
        phase: str,
        stage: Callable[[*Inputs], tuple[T, Iterable[Issue]]],
        *inputs: *Inputs,
    ) -> T:
        """What a stage finds; its issues are the build's."""
        with self.phase(phase):
            result, issues = stage(*inputs)
        self.outcome.issues.extend(issues)
        return result

    def make(
        self,
        phase: str,
        stage: Callable[[*Inputs], tuple[T, Mapping[str, bytes], Iterable[Issue]]],
        *inputs: *Inputs,
    ) -> T:
        """What a stage makes; its files are the site's, its issues the build's."""
        with self.phase(phase):
            result, files, issues = stage(*inputs)
        self.files |= files
        self.outcome.issues.extend(issues)
        return result

    def without_mistakes(self, pages: Iterable[ResolvedPage]) -> list[ResolvedPage]:
        """The pages in which no error was found so far."""
        mistaken = {issue.path for issue in self.outcome.issues if is_error(issue)}
        return [page for page in pages if page.source.path not in mistaken]


def _with_worker(files: Mapping[str, bytes], shipped: Shipped) -> dict[str, bytes]:
    """The files and the service worker that knows them."""
    bundled = shipped.bundle
    code = bundled.site_files[bundled.assets[SERVICE_WORKER]]
    return {**files, SERVICE_WORKER: service_worker(code, files, shipped.lane_files)}
