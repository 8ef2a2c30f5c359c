"""Cuts the book's fonts down to the characters it uses and writes them next to this file.

Run it by hand after adding a character (``python site_assets/fonts/subset.py``); the results are
committed, so a build of the book needs neither the originals nor fontTools. The originals come
from the npm packages named in ``FACES``. Every face is renamed, because the licence of the sans
reserves its name for unmodified copies.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from fontTools.varLib.instancer import instantiateVariableFont

HERE = Path(__file__).parent
VERSION = "5.3.0"


def span(first: int, last: int) -> str:
    """Return every character from code point ``first`` to ``last``, both included."""
    return "".join(map(chr, range(first, last + 1)))


ASCII = span(0x20, 0x7E)
PUNCTUATION = "\u00a0\u2009\u200a\u202f–—‘’“”…·×÷±−°§¶†‡•"
LATIN_1 = span(0xC0, 0xFF) + "¡¿©®«»½²³¹µ£œŒ"

GREEK = "αβγδεϵζηθκλμνξπρστφϕχψωΓΔΘΛΞΠΣΦΨΩ"
MATH_ITALIC_LATIN = span(0x1D434, 0x1D454) + span(0x1D456, 0x1D467) + "ℎ"
# Math-italic α … ω with the variants ∂ ϵ ϑ ϰ ϕ ϱ ϖ that follow them.
MATH_ITALIC_GREEK = span(0x1D6FC, 0x1D71B)
MATH_BOLD = "𝐈𝐖𝐫𝐱𝐳𝛍𝛔𝛆𝟎𝟏"
MATH_SCRIPT = "𝒟ℋℒ𝒩𝒳𝒵"
MATH_OPERATORS = (
    "−±×·⋅∘⊙∗/=≈≠≡≤≥≪≫∼∝∈∉⊂∪∩∀∃∂∇∑∏∫√∞∣∥‖|⟨⟩′ˆ˜¯ˉ^‾→←↔↦⇒⇔↑↓…⋯⊤⊥ℓℝ𝔼"
    "\u0302\u0303\u0304\u2061\u2062\u2063\u2064"
)
# What the text faces lack falls through to the math face, so it carries these as well.
SHARED = "№†‡¼½¾⅛●ᶻ\u200a₀₁₂₃₄₅₆₇₈₉₊₋"


@dataclass(frozen=True)
class Face:
    """One font file to cut: where it comes from, what it keeps, and what it becomes."""

    output: str
    family: str
    package: str
    file: str
    characters: str
    weights: tuple[float, float] | float | None = None
    features: list[str] = field(default_factory=list)


FACES = [
    Face(
        "book-serif.woff2",
        "Book Serif",
        "@fontsource-variable/stix-two-text",
        "stix-two-text-latin-wght-normal.woff2",
        ASCII + PUNCTUATION + LATIN_1,
        weights=(400, 600),
        features=["kern", "liga", "mark", "mkmk", "ccmp"],
    ),
    Face(
        "book-serif-italic.woff2",
        "Book Serif",
        "@fontsource-variable/stix-two-text",
        "stix-two-text-latin-wght-italic.woff2",
        ASCII + PUNCTUATION + "éèüöäçñ",
        weights=400,
        features=["kern", "liga", "ccmp"],
    ),
    Face(
        "book-sans.woff2",
        "Book Sans",
        "@fontsource-variable/source-sans-3",
        "source-sans-3-latin-wght-normal.woff2",
        ASCII + PUNCTUATION + "éèüöäçñ²³µ",
        weights=(400, 600),
        features=["kern", "pnum", "ccmp"],
    ),
    Face(
        "book-math.woff2",
        "Book Math",
        "@fontsource/stix-two-math",
        "stix-two-math-latin-400-normal.woff2",
        ASCII
        + GREEK
        + MATH_ITALIC_LATIN
        + MATH_ITALIC_GREEK
        + MATH_BOLD
        + MATH_SCRIPT
        + MATH_OPERATORS
        + SHARED,
        features=["ssty", "kern", "ccmp"],
    ),
]


def fetch(package: str, into: Path) -> Path:
    """Download ``package`` through npm and return the folder that it unpacks to."""
    subprocess.run(
        ["npm", "pack", "--silent", f"{package}@{VERSION}"], cwd=into, check=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    name = package.lstrip("@").replace("/", "-")
    with tarfile.open(into / f"{name}-{VERSION}.tgz") as archive:
        archive.extractall(into / name, filter="data")
    return into / name / "package"


def rename(font: TTFont, family: str) -> None:
    """Give ``font`` the family name ``family``; copyright and licence records stay."""
    names = font["name"]
    names.names = [record for record in names.names if record.nameID in (0, 2, 5, 13, 14)]
    for name_id in (1, 4, 16):
        names.setName(family, name_id, 3, 1, 0x409)
    names.setName(family.replace(" ", ""), 6, 3, 1, 0x409)


def cut(face: Face, package: Path) -> Path:
    """Write the subset of ``face`` taken from the unpacked ``package``; return its path."""
    font = TTFont(package / "files" / face.file)
    options = Options()
    options.hinting = False
    options.layout_features = face.features
    options.name_IDs = ["*"]
    options.notdef_outline = True
    subsetter = Subsetter(options)
    subsetter.populate(text=face.characters)
    subsetter.subset(font)
    if face.weights is not None:
        font = instantiateVariableFont(font, {"wght": face.weights})
    rename(font, face.family)
    if "STAT" in font:
        del font["STAT"]  # it refers to names that are gone; Firefox says so in the console
    font.flavor = "woff2"
    target = HERE / face.output
    font.save(target)
    return target


def write_characters() -> None:
    """List what each face can set, for whoever has no fontTools: ``book check``."""
    faces = {}
    for path in sorted(HERE.glob("*.woff2")):
        with TTFont(path) as font:
            faces[path.stem] = "".join(map(chr, sorted(font.getBestCmap())))
    text = json.dumps(faces, ensure_ascii=False, indent=2)
    (HERE / "characters.json").write_text(text + "\n", "utf-8")


def main(faces: Iterable[Face] = FACES) -> None:
    """Fetch the originals, cut every face and print what each weighs."""
    total = 0
    with tempfile.TemporaryDirectory() as folder:
        packages: dict[str, Path] = {}
        for face in faces:
            if face.package not in packages:
                packages[face.package] = fetch(face.package, Path(folder))
            target = cut(face, packages[face.package])
            size = target.stat().st_size
            total += size
            print(f"{size:7,} bytes  {target.name}")
    write_characters()
    print(f"{total:7,} bytes  in all", file=sys.stderr)


if __name__ == "__main__":
    main()
