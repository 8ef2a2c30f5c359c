"""The book's colours can be read and told apart, also with colour blindness, on light and dark.

Contrast is WCAG 2.1's ratio. Separation is CIEDE2000 (Sharma, Wu & Dalal 2005) after simulating
full protanopia, deuteranopia and tritanopia (Machado, Oliveira & Fernandes 2009, severity 1). A
difference of 10 is seen at a glance; a label or glyph always stands with the colour as well.
"""

from __future__ import annotations

import math
import re
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

STYLES = Path(__file__).parents[2] / "site_assets" / "styles"
TOKENS = STYLES / "tokens.css"
PREFERENCES = STYLES / "preferences.css"
TOKEN = re.compile(r"--([\w-]+):\s*light-dark\((#[0-9a-f]{6}),\s*(#[0-9a-f]{6})\)")

VOCABULARY = ("c-x", "c-z", "c-xhat", "c-mu", "c-sigma", "c-eps")
CLASSES = tuple(f"k{i}" for i in range(10))
THEMES = ("light", "dark")
MORE_CONTRAST = ("light, more contrast", "dark, more contrast")

TEXT_CONTRAST = 4.5
MARK_CONTRAST = 3.0
ENHANCED_CONTRAST = 7.0
VOCABULARY_SEPARATION = 10.0
CLASS_SEPARATION = 10.0

Colour = NDArray[np.float64]
"""Three numbers; linear sRGB in 0..1 unless said otherwise."""

VISIONS: dict[str, Colour] = {
    "normal": np.eye(3),
    "protanopia": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deuteranopia": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "tritanopia": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
}

RGB_TO_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)


def palette(theme: str) -> dict[str, str]:
    """Every colour token of a theme as #rrggbb."""
    name, _, preference = theme.partition(", ")
    column = THEMES.index(name)
    sheets = [TOKENS, PREFERENCES] if preference else [TOKENS]
    found = [token for sheet in sheets for token in TOKEN.findall(sheet.read_text("utf-8"))]
    return {name: pair[column] for name, *pair in found}


def linear(colour: str) -> Colour:
    """#rrggbb to linear sRGB."""
    encoded = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)


def contrast(a: str, b: str) -> float:
    """WCAG 2.1 contrast ratio, 1 to 21."""
    low, high = sorted(float(RGB_TO_XYZ[1] @ linear(c)) for c in (a, b))
    return (high + 0.05) / (low + 0.05)


def lab(rgb: Colour) -> Colour:
    """Linear sRGB to CIELAB under D65."""
    ratio = (RGB_TO_XYZ @ np.clip(rgb, 0, 1)) / RGB_TO_XYZ.sum(axis=1)
    f = np.where(ratio > 216 / 24389, np.cbrt(ratio), (24389 / 27 * ratio + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def ciede2000(a: Colour, b: Colour) -> float:
    """The CIEDE2000 difference of two CIELAB colours, kL = kC = kH = 1."""
    chroma_7 = ((math.hypot(a[1], a[2]) + math.hypot(b[1], b[2])) / 2) ** 7
    stretch = 1 + 0.5 * (1 - math.sqrt(chroma_7 / (chroma_7 + 25**7)))
    chroma = [math.hypot(stretch * c[1], c[2]) for c in (a, b)]
    hue = [math.degrees(math.atan2(c[2], stretch * c[1])) % 360 for c in (a, b)]
    turn = (hue[1] - hue[0] + 180) % 360 - 180 if chroma[0] * chroma[1] else 0.0
    d_light, d_chroma = b[0] - a[0], chroma[1] - chroma[0]
    d_hue = 2 * math.sqrt(chroma[0] * chroma[1]) * math.sin(math.radians(turn / 2))
    light, mean_chroma = (a[0] + b[0]) / 2, sum(chroma) / 2
    mean_hue = (hue[0] + turn / 2) % 360 if chroma[0] * chroma[1] else sum(hue)
    tint = (
        1
        - 0.17 * math.cos(math.radians(mean_hue - 30))
        + 0.24 * math.cos(math.radians(2 * mean_hue))
        + 0.32 * math.cos(math.radians(3 * mean_hue + 6))
        - 0.20 * math.cos(math.radians(4 * mean_hue - 63))
    )
    s_light = 1 + 0.015 * (light - 50) ** 2 / math.sqrt(20 + (light - 50) ** 2)
    s_chroma = 1 + 0.045 * mean_chroma
    s_hue = 1 + 0.015 * mean_chroma * tint
    spread = 60 * math.exp(-(((mean_hue - 275) / 25) ** 2))
    turning = -2 * math.sqrt(mean_chroma**7 / (mean_chroma**7 + 25**7))
    turning *= math.sin(math.radians(spread))
    light_term, chroma_term, hue_term = d_light / s_light, d_chroma / s_chroma, d_hue / s_hue
    cross = turning * chroma_term * hue_term
    return math.sqrt(light_term**2 + chroma_term**2 + hue_term**2 + cross)


def closest(names: tuple[str, ...], theme: str, vision: str) -> tuple[float, str, str]:
    """The least difference between any two of the colours, and which two they are."""
    colours = palette(theme)
    seen = {name: lab(VISIONS[vision] @ linear(colours[name])) for name in names}
    return min((ciede2000(seen[a], seen[b]), a, b) for a, b in combinations(names, 2))


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ((50.0, 2.6772, -79.7751), (50.0, 0.0, -82.7485), 2.0425),
        ((50.0, 0.0, 0.0), (50.0, -1.0, 2.0), 2.3669),
        ((50.0, 2.5, 0.0), (73.0, 25.0, -18.0), 27.1492),
        ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
        ((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514), 0.9082),
    ],
)
def test_ciede2000_agrees_with_the_published_pairs(
    a: tuple[float, ...], b: tuple[float, ...], expected: float
) -> None:
    assert ciede2000(np.array(a), np.array(b)) == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("name", [*VOCABULARY, "ink", "muted", "accent", "alert"])
def test_text_can_be_read_on_paper(name: str, theme: str) -> None:
    colours = palette(theme)
    for ground in ("paper", "faint"):
        if ground == "faint" and name not in ("ink", "accent"):
            continue
        assert contrast(colours[name], colours[ground]) >= TEXT_CONTRAST


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("name", CLASSES)
def test_marks_stand_out_from_paper(name: str, theme: str) -> None:
    colours = palette(theme)
    assert contrast(colours[name], colours["paper"]) >= MARK_CONTRAST


@pytest.mark.parametrize("theme", MORE_CONTRAST)
@pytest.mark.parametrize("name", [*VOCABULARY, "ink", "muted", "accent", "alert"])
def test_who_asks_for_more_contrast_gets_it(name: str, theme: str) -> None:
    colours = palette(theme)
    assert contrast(colours[name], colours["paper"]) >= ENHANCED_CONTRAST


@pytest.mark.parametrize("theme", [*THEMES, *MORE_CONTRAST])
@pytest.mark.parametrize("vision", VISIONS)
def test_concepts_can_be_told_apart(vision: str, theme: str) -> None:
    difference, a, b = closest(VOCABULARY, theme, vision)
    assert difference >= VOCABULARY_SEPARATION, f"{a} and {b}"


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("vision", VISIONS)
def test_classes_can_be_told_apart(vision: str, theme: str) -> None:
    difference, a, b = closest(CLASSES, theme, vision)
    assert difference >= CLASS_SEPARATION, f"{a} and {b}"
