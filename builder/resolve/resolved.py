"""What a page is made of once resolved: texts whose nodes carry what they stand for.

Formulas and blocks that name nothing stay as they were parsed; each other node has become one of
these, so that rendering looks nothing up.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from markupsafe import Markup

from builder.issues.issue import Span
from builder.load.figure_spec import FigureSpec
from builder.load.listing import Listing
from builder.load.model_card import ModelCard
from builder.load.state_types import Value
from builder.load.works import Reference
from builder.parse.document import (
    END,
    START,
    Block,
    Cell,
    FigureBlock,
    GlossaryEntry,
    Math,
    Node,
    Plain,
    Term,
    Text,
)

PLACEHOLDER = re.compile(f"{START}(\\d+){END}")
COMMAND = re.compile(r"\\([A-Za-z]+)")


@dataclass(frozen=True, slots=True)
class Place:
    """Something with an address; `number` is a figure's, table's, cell's or equation's, `level` a
    heading's."""

    kind: Literal["page", "section", "figure", "table", "cell", "equation", "entry"]
    page: str
    id: str
    label: str
    number: str = ""
    level: int = 0
    figure: str = ""
    """Of a place where a figure of `site_assets/figures` stands: its name."""

    def href_from(self, page: str) -> str:
        """The shortest relative address."""
        if not self.id:
            return self.page
        return f"#{self.id}" if page == self.page else f"{self.page}#{self.id}"


ResolvedText: TypeAlias = Text["Resolved"]


@dataclass(frozen=True, slots=True)
class Section(Block):
    """A heading, at the place that links to it lead to."""

    place: Place
    text: ResolvedText


@dataclass(frozen=True, slots=True)
class Equation:
    """A formula with a number; one with a sign of its own, by `\\tag`, has none at its place."""

    place: Place
    formula: Math


@dataclass(frozen=True, slots=True)
class Cited:
    """A work, with what may stand before its number (`see`) and a place in it (`ch. 14`); in a
    sentence its authors are named first."""

    work: Reference
    locator: str
    prefix: str = ""
    narrative: bool = False


@dataclass(frozen=True, slots=True)
class Link:
    """A link that writes its own text."""

    href: str
    text: str


@dataclass(frozen=True, slots=True)
class Address:
    """Where a link leads that an author has written; stands inside an attribute."""

    href: str


@dataclass(frozen=True, slots=True)
class Picture:
    """An image by its path inside content/; stands inside an attribute."""

    path: str
    at: Span


@dataclass(frozen=True, slots=True)
class Quantity:
    """A measured number of a model, and the text that shows it; a verdict has no number."""

    model: str
    value: float | int | None
    text: str


@dataclass(frozen=True, slots=True)
class TurnedNumber:
    """A number of the figure with that id, as it is at first, and the longest text that it has."""

    figure: str
    key: str
    text: str
    widest: str
    hue: str


@dataclass(frozen=True, slots=True)
class UsedTerm:
    """A glossary term, and the text shown for it."""

    entry: GlossaryEntry
    shown: ResolvedText


@dataclass(frozen=True, slots=True)
class PlacedFigure(Block):
    """A figure in a chapter, with the author's settings merged into the defaults."""

    id: str
    label: str
    spec: FigureSpec
    state: Mapping[str, Value]
    options: Mapping[str, Value]
    models: Mapping[str, ModelCard]
    block: FigureBlock
    """As the author has written it."""
    caption: ResolvedText
    try_: ResolvedText | None
    ready: bool
    """Whether every model that it needs is there, so that it can be drawn."""


@dataclass(frozen=True, slots=True)
class PlacedCell(Block):
    """A cell, at the place that links to it lead to."""

    place: Place
    cell: Cell


@dataclass(frozen=True, slots=True)
class Quote(Block):
    """A definition out of this repository, with the text below it."""

    listing: Listing
    caption: ResolvedText


@dataclass(frozen=True, slots=True)
class PlacedCaption(Block):
    """A table or a picture with its caption, at the place that links to it lead to."""

    place: Place
    body: ResolvedText
    caption: ResolvedText


@dataclass(frozen=True, slots=True)
class Unresolved:
    """A node that names something that does not exist, which is an issue; it keeps its texts."""

    node: Node
    texts: tuple[ResolvedText, ...]


Resolved: TypeAlias = (
    "Math | Equation | Cited | Link | Address | Picture | Quantity | TurnedNumber | UsedTerm"
    " | Plain[Resolved] | Section | PlacedFigure | PlacedCell | PlacedCaption | Quote | Unresolved"
)


def plain_text(text: Text[Any]) -> str:
    """The words of a text without markup, parsed or resolved."""

    def text_of(match: re.Match[str]) -> str:
        match text.nodes[int(match[1])]:
            case Math(tex=tex) | Equation(formula=Math(tex=tex)):
                return COMMAND.sub(r"\1", tex)
            case Term(shown=shown) | UsedTerm(shown=shown):
                return plain_text(shown)
            case _:
                return ""

    return Markup(PLACEHOLDER.sub(text_of, text.html)).striptags()
