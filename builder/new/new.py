"""`book new`: starters of a chapter, a figure and an experiment; they build and pass their tests.

Nothing that is there is ever written over.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from html.entities import codepoint2name
from itertools import count
from keyword import iskeyword
from pathlib import Path

import yaml

from builder.issues.issue import Source, suggest
from builder.load.figure_spec import NAME, parse_figure_spec
from builder.parse.parse import FILE_NAME, PLAIN_TEXT_HINT, is_markdown, slug
from builder.resolve.resolve import REFERENCES, RESERVED_PAGES
from builder.store.effects import Effects
from builder.store.paths import CONTENT, FIGURES, MODELS
from training.own_data.declaration import PREFIX

STARTERS = Path(__file__).parent / "starters"
FIGURE_FILES = {
    "figure.toml": f"{FIGURES}/@NAME@/figure.toml",
    "figure.tsx": f"{FIGURES}/@NAME@/figure.tsx",
    "recipe.py.txt": "training/recipes/@MODULE@.py",
    "unit_test.py.txt": "tests/unit/training/test_@MODULE@.py",
    "browser_test.py.txt": "tests/browser/figures/test_@MODULE@.py",
}
"""Starter → where it goes."""
EXPERIMENT_FILES = {
    "experiment.toml": FIGURE_FILES["figure.toml"],
    "experiment_recipe.py.txt": FIGURE_FILES["recipe.py.txt"],
    "experiment_unit_test.py.txt": FIGURE_FILES["unit_test.py.txt"],
    "experiment_browser_test.py.txt": FIGURE_FILES["browser_test.py.txt"],
}
"""The same of an experiment, which the kit draws."""
GREEK_LETTER = re.compile(r"(?<![^\W\d_])[Α-Ωα-ω](?![^\W\d_])")


class NotNewError(Exception):
    """Why nothing was made, and what would be right."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(f"{message} ({hint})" if hint else message)


@dataclass(frozen=True, slots=True)
class Made:
    """The files that were written, and the figure's block if the author still has to place it."""

    paths: tuple[str, ...]
    block: str = ""


def new_chapter(effects: Effects, title: str, page: str = "") -> Made:
    """Write the next chapter. `page` names it in its address; else its title does."""
    title = " ".join(title.split())
    if not title:
        raise NotNewError("a chapter needs a title", 'book new chapter "A title"')
    if is_markdown(title):
        raise NotNewError("Markdown in a title is not read", PLAIN_TEXT_HINT)
    name = _page_name(page or title)
    if page and page != name:
        hint = f"--page {name}" if name else "words-with-hyphens"
        raise NotNewError(f"'{page}' cannot be a page's name", hint)
    if not page and (not name or name != slug(_spelt(title))):
        hint = f"add --page {name or 'words-with-hyphens'}"
        raise NotNewError("no page name can be made of this title", hint)
    chapters = _chapters(effects)
    taken = {name: "by the book itself" for name in RESERVED_PAGES}
    taken |= {chapter.page: f"by {chapter.file}" for chapter in chapters}
    if name in taken:
        message = f"the page name '{name}' is taken {taken[name]}"
        raise NotNewError(message, "add --page other-words")
    path = f"{CONTENT}/{_next_number(chapters):02}-{name}.md"
    figure = _exact_figure(effects)
    shown = _starter("shown.md", NAME=figure) if figure else ""
    text = _starter("chapter.md", TITLE=_yaml_text("title", title), FIGURE=shown)
    return _write(effects, {path: text})


def _page_name(text: str) -> str:
    """What a file's name can have of a text: letters of other scripts are left out."""
    words = re.findall(r"[a-z0-9]+", slug(_spelt(text)))
    return "-".join(words) if any(c.isascii() and c.isalnum() for c in _spelt(text)) else ""


def _spelt(text: str) -> str:
    """A text whose single Greek letters are written as words."""
    return GREEK_LETTER.sub(lambda letter: codepoint2name[ord(letter[0])], text)


def new_figure(effects: Effects, name: str, chapter: str = "", *, experiment: bool = False) -> Made:
    """Write a figure with recipe and tests; its block goes to the end of `chapter`, if given.

    As an `experiment` it has no code of its own.
    """
    _check_figure_name(name)
    module = name.replace("-", "_")
    title = name.replace("-", " ").capitalize()
    words = {"NAME": name, "MODULE": module, "TITLE": title}
    starters = EXPERIMENT_FILES if experiment else FIGURE_FILES
    files = {_filled(path, words): _starter(starter, **words) for starter, path in starters.items()}
    taken = [
        path for path in (f"{FIGURES}/{name}", f"{MODELS}/{name}", *files) if effects.exists(path)
    ]
    if taken:
        raise NotNewError(f"'{name}' is there already: {taken[0]}", "choose another name")
    block = _starter("experiment_block.md" if experiment else "block.md", **words)
    if not chapter:
        return Made(_write(effects, files).paths, block)
    path = _chapter_path(effects, chapter)
    made = _write(effects, files)
    effects.write(path, effects.read(path).rstrip() + f"\n\n{block}".encode())
    return Made((*made.paths, path))


LONGEST_NAME = 30
"""The longest name of a figure, in letters, for which the starters' lines are not too long."""


def _check_figure_name(name: str) -> None:
    hint = "lower-case words with hyphens between them, a letter first"
    if not NAME.fullmatch(name) or slug(name) != name:
        raise NotNewError(f"'{name}' cannot be the name of a figure", hint)
    if len(name) > LONGEST_NAME:
        message = f"'{name}' is {len(name)} letters long"
        raise NotNewError(message, f"at most {LONGEST_NAME}, as it stands in addresses")
    if iskeyword(name.replace("-", "_")):
        raise NotNewError(f"'{name}' is a word of Python, and cannot name a recipe", hint)
    if name.startswith(PREFIX):
        message = f"names that begin with '{PREFIX}' are those of models on an author's own data"
        raise NotNewError(message, "choose another name")


@dataclass(frozen=True, slots=True)
class _Chapter:
    """A chapter by its file's name."""

    number: int
    page: str
    path: str

    @property
    def file(self) -> str:
        return self.path.rpartition("/")[2]


def _chapters(effects: Effects) -> list[_Chapter]:
    matches = (FILE_NAME.fullmatch(path) for path in effects.files(CONTENT) if path.count("/") == 1)
    return [_Chapter(int(match[1]), match[2], match[0]) for match in matches if match]


def _next_number(chapters: list[_Chapter]) -> int:
    """The first free number after the last chapter; the list of works may stay the last."""
    taken = {chapter.number for chapter in chapters}
    last = max((c.number for c in chapters if c.page != REFERENCES), default=0)
    return next(number for number in count(last + 1) if number not in taken)


def _chapter_path(effects: Effects, wanted: str) -> str:
    """The chapter that an author calls `7`, `07-slug.md`, `slug` or by its path."""
    chapters = _chapters(effects)
    for chapter in chapters:
        if wanted in {str(chapter.number), chapter.page, chapter.file, chapter.path}:
            return chapter.path
    hint = suggest(wanted, (chapter.file for chapter in chapters))
    raise NotNewError(f"there is no chapter '{wanted}'", hint)


def _exact_figure(effects: Effects) -> str:
    """A figure that a new chapter can show as it is: the first that computes a formula."""
    for path in effects.files(FIGURES):
        if path.endswith("/figure.toml"):
            spec, _ = parse_figure_spec(Source(path, effects.read(path).decode()), {})
            if spec and spec.honesty == "exact" and not spec.models:
                return spec.name
    return ""


def _yaml_text(key: str, text: str) -> str:
    """A text as front matter holds it: in quotes where YAML would read something else."""
    try:
        plain = yaml.safe_load(f"{key}: {text}") == {key: text}
    except yaml.YAMLError:
        plain = False
    return text if plain else json.dumps(text, ensure_ascii=False)


def _starter(name: str, **words: str) -> str:
    return _filled((STARTERS / name).read_text("utf-8"), words)


def _filled(text: str, words: dict[str, str]) -> str:
    for word, value in words.items():
        text = text.replace(f"@{word}@", value)
    return text


def _write(effects: Effects, files: dict[str, str]) -> Made:
    for path in files:
        if effects.exists(path):
            raise NotNewError(f"{path} is there already", "nothing was written over")
    for path, text in files.items():
        effects.write(path, text.encode())
    return Made(tuple(files))
