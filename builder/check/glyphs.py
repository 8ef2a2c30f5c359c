"""Whether the book's own fonts have every character that its pages show."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from html.parser import HTMLParser
from pathlib import Path
from typing import Literal, TypeAlias

from builder.check.site import BuiltSite
from builder.issues.issue import Issue, Source, Span
from builder.store.paths import AUTHORS_PAGE, SITE, SITE_ASSETS

Kind: TypeAlias = Literal["text", "figure", "formula"]

CHARACTERS = f"{SITE_ASSETS}/fonts/characters.json"
"""Written with the fonts by subset.py: the name of a face → its characters."""

FACES: Mapping[Kind, tuple[str, ...]] = {
    "text": ("book-serif", "book-math"),
    "figure": ("book-sans", "book-math"),
    "formula": ("book-math",),
}
"""What each kind of text is set in; the math face has what a text face lacks (styles/fonts.css)."""

UNSET = frozenset({"annotation", "code", "kbd", "pre", "samp", "script", "style", "title"})
"""What is not set in a font of the book: code is in the reader's."""
EMPTY = frozenset({"br", "hr", "img", "input", "link", "meta", "source", "wbr"})
HINT = f"other words, or add it to {SITE_ASSETS}/fonts/subset.py and run that"


class Shown(HTMLParser):
    """The characters that a page shows, by what they are set in."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.characters: dict[Kind, set[str]] = {kind: set() for kind in FACES}
        self._open: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in EMPTY:
            self._open.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if any(tag == other for other, _ in self._open):
            while self._open.pop()[0] != tag:
                pass

    def handle_data(self, data: str) -> None:
        tags = [tag for tag, _ in self._open]
        if UNSET.isdisjoint(tags):
            kind = self._kind(tags)
            lone = kind == "formula" and tags[-1] == "mi" and len(data.strip()) == 1
            slanted = lone and self._open[-1][1].get("mathvariant") != "normal"
            self.characters[kind] |= set(slant(data.strip()) if slanted else data)

    def _kind(self, tags: list[str]) -> Kind:
        if "math" in tags:
            return "text" if "mtext" in tags else "formula"
        in_figure = any("data-figure" in attrs for _, attrs in self._open)
        return "figure" if in_figure and "figcaption" not in tags else "text"


def slant(letter: str) -> str:
    """What a lone letter of a formula is drawn as (MathML Core, 2.3.1)."""
    if letter == "h":
        return "ℎ"
    for first, start, count in (("A", 0x1D434, 26), ("a", 0x1D44E, 26), ("α", 0x1D6FC, 25)):
        if 0 <= ord(letter) - ord(first) < count:
            return chr(start + ord(letter) - ord(first))
    return letter


def carried(root: Path) -> dict[Kind, frozenset[str]]:
    """The characters that each kind of text can be set in."""
    faces: dict[str, str] = json.loads((root / CHARACTERS).read_text("utf-8"))
    return {
        kind: frozenset("".join(faces[face] for face in names)) for kind, names in FACES.items()
    }


def check_glyphs(
    site: BuiltSite, sources: Iterable[Source], fonts: Mapping[Kind, frozenset[str]]
) -> Iterator[Issue]:
    """A warning for each character that a reader sees in a font of their own, where it is first."""
    texts = tuple(sources)
    told: set[tuple[str, str]] = set()
    for page in site.pages:
        if page.name == AUTHORS_PAGE:  # it shows what the builder's tests are made of
            continue
        shown = Shown()
        shown.feed(page.source.text)
        for kind, characters in shown.characters.items():
            for character in sorted(characters - fonts[kind]):
                if unicodedata.category(character)[0] == "C" or character.isspace():
                    continue
                issue = _missing(kind, character, page.name, texts)
                if (issue.path, character) not in told:
                    told.add((issue.path, character))
                    yield issue


def _missing(kind: Kind, character: str, page: str, sources: tuple[Source, ...]) -> Issue:
    name = unicodedata.name(character, "a character without a name").lower()
    message = (
        f"no font that the book sets a {kind} in has '{character}' ({name}, U+{ord(character):04X})"
    )
    for source in sources:
        if (start := source.text.find(character)) >= 0:
            return source.issue("glyph", Span(start, start + 1), message, HINT, "warning")
    return Issue("glyph", f"{SITE}/{page}", 0, 0, message, HINT, "warning")
