"""Reads everything that a build depends on, but the figures' code, into plain values."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from builder.issues.issue import Issue, Source, Span, whole_file
from builder.load.config import BookConfig, parse_config, with_environment
from builder.load.figure_spec import FigureSpec, parse_figure_spec
from builder.load.model_card import ModelCard, parse_card
from builder.load.own_data import OwnData, check_own_data
from builder.load.readable import content_of
from builder.load.references import Library, index_library
from builder.load.toml_file import read_toml
from builder.store.effects import Effects
from builder.store.memory import Memory
from builder.store.paths import CONTENT, FIGURES, MODELS, TRAINING_STATE
from training.own_data.declaration import FOLDER as OWN_DATA

NOT_CHAPTERS = frozenset(f"{CONTENT}/{name}.md" for name in ("index", "glossary", "colophon"))
MARKDOWN_TYPES = frozenset({".md", ".markdown", ".mdown", ".mkd", ".mkdn", ".mdx"})
IMAGE_TYPES = frozenset({".png", ".jpg", ".jpeg", ".svg", ".webp", ".gif", ".avif"})
CONFLICT = re.compile(
    r"^(?P<begun><{7} .*)\n(?:.*\n)*?>{7} .*$|^(?P<left>(?:<{7}|>{7}) .*)$", re.MULTILINE
)
"""What git leaves of two versions that it could not merge, or what an author has left of that."""
IMAGE_KINDS = "PNG, JPEG, WebP, AVIF, GIF or SVG"


@dataclass(frozen=True)
class Sources:
    """The inputs of a build. Chapters and glossary are still text; small files are parsed."""

    config: BookConfig
    chapters: tuple[Source, ...]
    index: Source | None
    """The text of the title page, without front matter."""
    glossary: Source | None
    colophon: Source | None
    """How the book was made, without front matter; tables of data and models come below it."""
    library: Library | None
    """The works that could be cited."""
    settings: Source | None
    figures: Mapping[str, FigureSpec]
    broken_figures: frozenset[str]
    """Figures whose figure.toml cannot be read: reported once, not again at each use."""
    models: Mapping[str, ModelCard]
    broken_models: frozenset[str]
    images: frozenset[str]
    """Paths inside content/ of what browsers show."""
    files: frozenset[str]
    """Paths inside content/ of all files."""
    texts: tuple[Source, ...]
    """Every file in which an author may write an allowance."""
    own_data: OwnData


def load(effects: Effects, memory: Memory) -> tuple[Sources, tuple[Issue, ...]]:
    """Read `content/`, every figure.toml and every model's card."""
    issues: list[Issue] = []
    files = effects.files(CONTENT)
    inside = frozenset(path.removeprefix(f"{CONTENT}/") for path in files)
    chapters = [
        _text(effects, memory, path, issues)
        for path in files
        if path.count("/") == 1 and path.endswith(".md") and path not in NOT_CHAPTERS
    ]
    if not chapters:
        hint = "a chapter is a file NN-words-with-hyphens.md"
        issues.append(whole_file("chapter-missing", CONTENT, "there is no chapter", hint))
    issues.extend(_left_out(files))
    figures, broken = load_figures(effects, memory, issues)
    models, broken_models = _models(effects, memory, issues)
    settings, index, glossary, colophon, works = (
        _optional(effects, memory, f"{CONTENT}/{name}", issues)
        for name in ("book.toml", "index.md", "glossary.md", "colophon.md", "references.bib")
    )
    single = (settings, index, glossary, colophon, works)
    own_data = check_own_data(effects, settings, issues) if settings else OwnData()
    sources = Sources(
        config=_config(effects, settings, issues),
        chapters=tuple(chapters),
        index=index,
        glossary=glossary,
        colophon=colophon,
        library=index_library(works) if works else None,
        settings=settings,
        figures=figures,
        broken_figures=broken,
        models=models,
        broken_models=broken_models | own_data.broken_models,
        images=frozenset(
            path for path in inside if PurePosixPath(path).suffix.lower() in IMAGE_TYPES
        ),
        files=inside,
        texts=(
            *chapters,
            *(source for source in single if source),
            *(spec.source for spec in figures.values()),
        ),
        own_data=own_data,
    )
    return sources, tuple(issues)


def _left_out(files: Iterable[str]) -> Iterator[Issue]:
    """An issue for each file that its author must take for a chapter, and the book does not."""
    for path in map(PurePosixPath, files):
        if path.suffix.lower() not in MARKDOWN_TYPES or path.stem.lower() == "readme":
            continue
        if path.parent != PurePosixPath(CONTENT):
            # a folder may hold drafts and notes: a number in front says that it is neither
            if path.is_relative_to(OWN_DATA) or not path.name[0].isdigit():
                continue
            message, hint = "the book does not read this folder", f"chapters lie in {CONTENT}/"
        elif path.suffix != ".md":
            message, hint = "the book does not read this file", f"call it {path.stem}.md"
        else:
            continue
        yield whole_file("chapter-name", str(path), message, hint)


def load_code(
    effects: Effects, memory: Memory, paths: Iterable[str]
) -> tuple[dict[str, Source], tuple[Issue, ...]]:
    """Those of the named files that there are, inside the repository."""
    issues: list[Issue] = []
    inside = {path for path in paths if not {"/", ".."} & set(PurePosixPath(path).parts)}
    code = {
        path: _text(effects, memory, path, issues)
        for path in sorted(inside)
        if effects.exists(path)
    }
    return code, tuple(issues)


def _text(effects: Effects, memory: Memory, path: str, issues: list[Issue]) -> Source:
    data = content_of(effects, path, issues)
    source, found = memory.recall(("text", path), _decoded, path, data)
    issues.extend(found)
    return source


def _decoded(path: str, data: bytes) -> tuple[Source, tuple[Issue, ...]]:
    """A text with `\\n` line ends; what is not UTF-8 is an issue and replaced, and what a
    merge has left is an issue."""
    issues: list[Issue] = []
    hint = "save the file with UTF-8 encoding"
    utf_16 = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    if utf_16:  # read as such: as UTF-8 each of its letters would be a mistake
        data = data.decode("utf-16", "replace").encode()
    data = data.removeprefix(codecs.BOM_UTF8)
    data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    source = Source(path, data.decode("utf-8", "replace"))
    if utf_16:
        issues.append(source.issue("text-encoding", Span(0, 1), "this file is UTF-16", hint))
    try:
        data.decode()
    except UnicodeDecodeError as error:
        start = len(data[: error.start].decode())
        message = f"the byte 0x{data[error.start]:02x} is not UTF-8"
        issues.append(source.issue("text-encoding", Span(start, start + 1), message, hint))
    for conflict in CONFLICT.finditer(source.text):
        at = Span(*conflict.span(conflict.lastgroup or 0))
        hint = "keep what is to stay, and take the lines with <<<<<<<, ======= and >>>>>>> away"
        issues.append(source.issue("text-conflict", at, "git could not merge this", hint))
    return source, tuple(issues)


def _optional(effects: Effects, memory: Memory, path: str, issues: list[Issue]) -> Source | None:
    return _text(effects, memory, path, issues) if effects.exists(path) else None


def _config(effects: Effects, source: Source | None, issues: list[Issue]) -> BookConfig:
    if source is None:
        message, hint = "the book's settings are missing", "write a line 'title = \"…\"' there"
        issues.append(whole_file("config-missing", f"{CONTENT}/book.toml", message, hint))
        return BookConfig("")
    config, found = parse_config(source)
    issues.extend(found)
    config, found = with_environment(config, effects.variable)
    issues.extend(found)
    return config


def load_figures(
    effects: Effects, memory: Memory, issues: list[Issue]
) -> tuple[dict[str, FigureSpec], frozenset[str]]:
    """Every figure there is by its name, and the names of those whose declaration is of no use."""
    figures, broken = {}, set()
    shared = _training_state(effects, memory, issues)
    for path in effects.files(FIGURES):
        if not path.endswith("/figure.toml"):
            continue
        source = _text(effects, memory, path, issues)
        spec, found = memory.recall(("figure", path), parse_figure_spec, source, shared)
        issues.extend(found)
        if spec is None:
            broken.add(PurePosixPath(path).parent.name)
        else:
            figures[spec.name] = spec
            issues.extend(_code_issue(effects, spec))
    return figures, frozenset(broken)


def _code_issue(effects: Effects, spec: FigureSpec) -> Iterator[Issue]:
    """An issue if a figure has code, though the kit draws it."""
    if spec.kind and effects.exists(spec.source.path.replace("figure.toml", "figure.tsx")):
        message, hint = "it has a figure.tsx, and a kind that needs none", "take one of them away"
        yield spec.source.issue("figure-spec", Span(0, 1), message, hint)


def _training_state(effects: Effects, memory: Memory, issues: list[Issue]) -> dict[str, Any]:
    source = _optional(effects, memory, TRAINING_STATE, issues)
    return {} if source is None else read_toml(source, "figure-spec", issues) or {}


def _models(
    effects: Effects, memory: Memory, issues: list[Issue]
) -> tuple[dict[str, ModelCard], frozenset[str]]:
    models, broken = {}, set()
    for path in effects.files(MODELS):
        folder, _, name = path.rpartition("/")
        if name != "card.json" or folder.count("/") != MODELS.count("/") + 1:
            continue
        if PurePosixPath(folder).name.startswith("."):  # of a training under way, or killed
            continue
        card, found = parse_card(PurePosixPath(folder).name, _text(effects, memory, path, issues))
        issues.extend(found)
        if card is None:
            broken.add(PurePosixPath(folder).name)
        else:
            models[card.name] = card
    return models, frozenset(broken)
