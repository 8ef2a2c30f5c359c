"""The committed font subsets carry every character of the book, and weigh what they may."""

from __future__ import annotations

import re
import unicodedata
from html.parser import HTMLParser
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

ROOT = Path(__file__).parents[2]
FONTS = ROOT / "site_assets" / "fonts"
FACES = ("book-serif", "book-serif-italic", "book-sans", "book-math")
BUDGET = 80 * 1024
"""The budget of all faces together, in bytes."""

COMMENT = re.compile(r"/\*.*?\*/|^\s*//[^\n]*|\s//\s[^\n]*|^#[^\n]*", re.DOTALL | re.MULTILINE)
FORMULA = re.compile(r"\$\$.*?\$\$|\$[^$\n]+\$", re.DOTALL)


def characters(*faces: str) -> set[str]:
    found: set[str] = set()
    for face in faces:
        with TTFont(FONTS / f"{face}.woff2") as font:
            found |= set(map(chr, font.getBestCmap()))
    return found


def test_the_faces_keep_to_the_budget() -> None:
    assert sum((FONTS / f"{face}.woff2").stat().st_size for face in FACES) <= BUDGET


def test_the_math_face_can_set_formulas() -> None:
    with TTFont(FONTS / "book-math.woff2") as font:
        assert "MATH" in font
        variants = font["MATH"].table.MathVariants.VertGlyphCoverage.glyphs
        cmap = font.getBestCmap()
    assert {cmap[ord(c)] for c in "()[]∥√∑"} <= set(variants)


@pytest.mark.parametrize("path", sorted((ROOT / "content").glob("*.*")), ids=lambda p: p.name)
def test_every_character_of_the_text_has_a_glyph(path: Path) -> None:
    text = FORMULA.sub("", path.read_text("utf-8"))
    missing = set(text) - characters("book-serif", "book-math") - {"\n"}
    assert not missing, f"extend site_assets/fonts/subset.py by {sorted(missing)}"


def test_figures_find_their_characters_in_the_sans() -> None:
    assets = ROOT / "site_assets"
    paths = [*assets.glob("figures/*/*.tsx"), *assets.glob("figures/*/*.toml")]
    paths += assets.glob("kit/*/*.ts*")
    carried = characters("book-sans", "book-math")
    text = "".join(COMMENT.sub("", path.read_text("utf-8")) for path in paths)
    missing = set(text) - carried - {"\n", "\t"}
    assert not missing, f"extend site_assets/fonts/subset.py by {sorted(missing)}"


class Formulas(HTMLParser):
    """The characters that the formulas of a page show, as the browser draws them."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.shown: set[str] = set()
        self._open: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "math" or self._open:
            self._open.append((tag, dict(attrs).get("mathvariant") != "normal"))

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if not self._open or any(tag in ("annotation", "mtext") for tag, _ in self._open):
            return
        tag, slanted = self._open[-1]
        text = data.strip()
        italic = tag == "mi" and slanted and len(text) == 1
        self.shown |= set(italics(text) if italic else text)


def italics(letter: str) -> str:
    """What a lone letter of a formula is drawn as (MathML Core, 2.3.1)."""
    if letter == "h":
        return "ℎ"
    for first, start, count in (("A", 0x1D434, 26), ("a", 0x1D44E, 26), ("α", 0x1D6FC, 25)):
        if 0 <= ord(letter) - ord(first) < count:
            return chr(start + ord(letter) - ord(first))
    return letter


def test_every_character_of_a_formula_has_a_glyph(built_site: Path) -> None:
    carried = characters("book-math")
    for page in sorted(built_site.glob("*.html")):
        formulas = Formulas()
        formulas.feed(page.read_text("utf-8"))
        missing = {c for c in formulas.shown - carried if unicodedata.category(c)[0] != "C"}
        assert not missing, f"{page.name}: extend site_assets/fonts/subset.py by {sorted(missing)}"
