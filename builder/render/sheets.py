"""The sheets of the printed book: their size, and what stands at their heads and feet.

A sheet knows its number and nothing else. So a style of counting is made whose signs are the heads
of all pages in order: the number of a page, counted in it, is what stands there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from builder.pack.pdf import Print

WIDTH, HEIGHT = 210, 297
"""Of a sheet, in mm."""
TOP, RIGHT, BOTTOM, LEFT = 27, 23, 24, 22
SMALL = 'color: #5e5e58; font: 9pt "Book Sans", sans-serif'
LABEL = f"{SMALL}; vertical-align: bottom; padding-bottom: 8mm"


@dataclass(frozen=True)
class Part:
    """A chapter, or what else begins on a page of its own."""

    id: str
    head: str


def sheet_styles(title: str, parts: Sequence[Part], prints: Sequence[Print]) -> str:
    """Styles for the next print. Heads and numbers stand where the latest print says they belong.

    The page that a part begins on has no head, and its number at the foot; the first page of all,
    the title, has neither.
    """
    heads, tops, feet = _labels(title, parts, prints[-1]) if prints else ((), (), ())
    return f"""
@page {{
  size: {WIDTH}mm {HEIGHT}mm;
  margin: {TOP}mm {RIGHT}mm {BOTTOM}mm {LEFT}mm;
  @bottom-center {{ content: counter(page, foot-number); {SMALL} }}
}}
@page :left {{
  @top-left {{ content: counter(page, head-number); {LABEL} }}
  @top-right {{ content: counter(page, head); {LABEL} }}
}}
@page :right {{
  @top-left {{ content: counter(page, head); {LABEL} }}
  @top-right {{ content: counter(page, head-number); {LABEL} }}
}}
:root {{ --page-height: {HEIGHT - TOP - BOTTOM}mm; --middle: {WIDTH - LEFT - RIGHT}mm; }}
{_counting("head", heads)}
{_counting("head-number", tops)}
{_counting("foot-number", feet)}
"""


def _labels(
    title: str, parts: Sequence[Part], print_: Print
) -> tuple[list[str], list[str], list[str]]:
    """Of each page: its head, its number if it has one, its number if it has none."""
    begins = {print_.places[part.id]: part for part in parts if part.id in print_.places}
    heads, tops, feet = [], [], []
    head = ""
    for page in range(1, print_.pages + 1):
        opening = page in begins
        head = begins[page].head if opening else head
        heads.append("" if opening else head if page % 2 else title)
        tops.append("" if opening else str(page))
        feet.append(str(page) if opening and page > 1 else "")
    return heads, tops, feet


def _counting(name: str, signs: Sequence[str]) -> str:
    written = " ".join(map(_string, signs)) or _string("")
    return f"@counter-style {name} {{ system: fixed; symbols: {written}; }}"


def _string(text: str) -> str:
    """As CSS writes a string."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\a ")
    return f'"{escaped}"'
