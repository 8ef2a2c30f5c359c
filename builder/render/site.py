"""All that is written of the resolved book: its pages, and what is made of all of them together."""

from __future__ import annotations

import traceback
from collections.abc import Mapping

from jinja2 import Environment, TemplateError, TemplateSyntaxError

from builder.issues.issue import Issue, Source, whole_file
from builder.load.load import Sources
from builder.render.authors import Guide
from builder.render.discovery import discovery_files
from builder.render.render import Drawings, Shipped, render_book
from builder.resolve.resolve import ResolvedBook
from builder.store.memory import Memory
from builder.store.paths import TEMPLATES


def render_site(
    sources: Sources,
    book: ResolvedBook,
    drawings: Drawings,
    shipped: Shipped,
    guide: Guide | None,
    archive_bytes: int,
    templates: Environment,
    memory: Memory,
) -> tuple[dict[str, str], Mapping[str, bytes], tuple[Issue, ...]]:
    """HTML by path in reading order, and all files; a mistake in a template is an issue there."""
    config, cards = sources.config, sources.models
    try:
        pages = render_book(
            config, book, cards, drawings, shipped, guide, archive_bytes, templates, memory
        )
        others = discovery_files(config, book, pages, templates)
    except TemplateError as error:
        return {}, {}, (_template_issue(error, templates),)
    files = {path: html.encode() for path, html in pages.items()}
    return pages, {**files, **others}, ()


def _template_issue(error: TemplateError, templates: Environment) -> Issue:
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
    if not name or templates.loader is None:
        return whole_file("template", TEMPLATES, str(error))
    source = Source(f"{TEMPLATES}/{name}", templates.loader.get_source(templates, name)[0])
    return source.issue("template", source.line_span(line), str(error))
