"""The committed font subsets carry every character of the book, and weigh what they may."""

from __future__ import annotations

import json
import re
from pathlib import Path

from fontTools.ttLib import TTFont

from builder.check.glyphs import carried, check_glyphs
from builder.check.site import BuiltSite, Page

ROOT = Path(__file__).parents[2]
FONTS = ROOT / "site_assets" / "fonts"
FACES = ("book-serif", "book-serif-italic", "book-sans", "book-math")
BUDGET = 80 * 1024
"""The budget of all faces together, in bytes."""

COMMENT = re.compile(r"/\*.*?\*/|^\s*//[^\n]*|\s//\s[^\n]*|^#[^\n]*", re.DOTALL | re.MULTILINE)


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


def test_figures_find_their_characters_in_the_sans() -> None:
    assets = ROOT / "site_assets"
    paths = [*assets.glob("figures/*/*.tsx"), *assets.glob("figures/*/*.toml")]
    paths += assets.glob("kit/*/*.ts*")
    carried = characters("book-sans", "book-math")
    text = "".join(COMMENT.sub("", path.read_text("utf-8")) for path in paths)
    missing = set(text) - carried - {"\n", "\t"}
    assert not missing, f"extend site_assets/fonts/subset.py by {sorted(missing)}"


def test_what_builds_know_of_the_faces_is_true() -> None:
    known = json.loads((FONTS / "characters.json").read_text("utf-8"))
    assert {face: set(text) for face, text in known.items()} == {
        face: characters(face) for face in FACES
    }


def test_every_character_of_the_built_pages_has_a_glyph(built_site: Path) -> None:
    pages = (Page(path.name, path.read_text("utf-8")) for path in built_site.glob("*.html"))
    issues = check_glyphs(BuiltSite(tuple(pages), {}), (), carried(ROOT))
    assert not [issue.message for issue in issues]
