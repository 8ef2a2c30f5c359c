"""What a chapter is made of once parsed: HTML with numbered places, and what stands in them.

A `Fragment` is HTML in which each construct of ours is a placeholder, `START index END`; its
`nodes[index]` says what goes there. Nodes know their place in the source, nothing of other pages.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from builder.issues.issue import Source, Span

START, END = "\ue000", "\ue001"
"""Private-use characters around a node's index; Markdown passes them through untouched."""


def placeholder(index: int) -> str:
    """The text that stands for `nodes[index]`."""
    return f"{START}{index}{END}"


@dataclass(frozen=True, slots=True)
class Fragment:
    """HTML with placeholders and the nodes that they stand for."""

    html: str
    nodes: tuple[Node, ...] = ()


@dataclass(frozen=True, slots=True)
class Math:
    """A formula; `at` covers exactly the TeX source."""

    at: Span
    tex: str
    display: bool


@dataclass(frozen=True, slots=True)
class Citation:
    """One work cited, with an optional place in it (`ch. 14`)."""

    at: Span
    key: str
    locator: str


@dataclass(frozen=True, slots=True)
class CrossReference:
    """`[](target)`: a link that writes its own text."""

    at: Span
    target: str


@dataclass(frozen=True, slots=True)
class Metric:
    """A number measured by the training step; an empty format means the usual one."""

    at: Span
    model: str
    name: str
    format: str
    model_at: Span
    name_at: Span
    format_at: Span


@dataclass(frozen=True, slots=True)
class Term:
    """A glossary term, and the text shown for it."""

    at: Span
    name: str
    shown: Fragment


@dataclass(frozen=True, slots=True)
class Sidenote:
    """A remark beside the text."""

    at: Span
    text: Fragment


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a link or an image points; stands inside an attribute."""

    at: Span
    address: str
    kind: Literal["link", "image"]


@dataclass(frozen=True, slots=True)
class Heading:
    """A section heading; an empty id is made from the text."""

    at: Span
    level: int
    id: str
    id_at: Span
    text: Fragment


@dataclass(frozen=True, slots=True)
class Setting:
    """A `key: value` line of a block."""

    key: str
    value: str
    key_at: Span
    value_at: Span


@dataclass(frozen=True, slots=True)
class FigureBlock:
    """A figure of `site_assets/figures`, placed with an author's settings."""

    at: Span
    name: str
    name_at: Span
    settings: tuple[Setting, ...]
    caption: Fragment
    try_: Fragment | None


@dataclass(frozen=True, slots=True)
class KeyIdea:
    """A call-out with the one thing to remember."""

    at: Span
    body: Fragment


@dataclass(frozen=True, slots=True)
class Predict:
    """A question to commit to before the answer is shown."""

    at: Span
    question: Fragment
    choices: tuple[Fragment, ...]
    answer: Fragment


@dataclass(frozen=True, slots=True)
class Exercise:
    """A task with an answer behind a disclosure."""

    at: Span
    text: Fragment
    answer: Fragment


@dataclass(frozen=True, slots=True)
class Code:
    """Python text inside a fence, with the range that it has in the source."""

    text: str
    at: Span


@dataclass(frozen=True, slots=True)
class Cell:
    """Python that runs at build and in the page; one with a check is for the reader to complete."""

    at: Span
    id: str
    id_at: Span
    code: Code
    raises: str
    """Name of the exception that the cell is there to show; empty for none."""
    check: Code | None = None
    solution: Code | None = None

    @property
    def is_exercise(self) -> bool:
        return self.check is not None


@dataclass(frozen=True, slots=True)
class ListingBlock:
    """A definition out of this repository's own Python, quoted by file and name."""

    at: Span
    path: str
    name: str
    path_at: Span
    name_at: Span
    caption: Fragment


Block: TypeAlias = FigureBlock | KeyIdea | Predict | Exercise | Cell | ListingBlock
Node: TypeAlias = (
    Math | Citation | CrossReference | Metric | Term | Sidenote | Destination | Heading | Block
)

BLOCK_NODES = (Heading, FigureBlock, KeyIdea, Predict, Exercise, Cell, ListingBlock)


@dataclass(frozen=True, slots=True, eq=False)
class Chapter:
    """A parsed chapter: `NN-slug.md`. Compared as an object: a text is parsed only once."""

    source: Source
    number: int
    slug: str
    title: str
    lead: str
    body: Fragment
    nodes: tuple[Node, ...]
    """All nodes of the body, those inside others too, in source order."""
    updated: str = ""
    """The day from which the text is as it stands, YYYY-MM-DD; empty when the author gave none."""

    @property
    def href(self) -> str:
        return f"{self.slug}.html"


@dataclass(frozen=True, slots=True)
class GlossaryEntry:
    """A term and what it means."""

    at: Span
    id: str
    name: str
    body: Fragment

    @property
    def anchor(self) -> str:
        return f"term-{self.id}"


@dataclass(frozen=True, slots=True)
class Glossary:
    """The parsed `glossary.md`."""

    source: Source
    entries: tuple[GlossaryEntry, ...]


def children(node: Node) -> tuple[Fragment, ...]:
    """The fragments inside a node, in source order."""
    match node:
        case Term(shown=text) | Sidenote(text=text) | Heading(text=text) | KeyIdea(body=text):
            return (text,)
        case FigureBlock():
            return (node.caption,) if node.try_ is None else (node.caption, node.try_)
        case Predict():
            return (node.question, *node.choices, node.answer)
        case Exercise():
            return (node.text, node.answer)
        case ListingBlock():
            return (node.caption,)
        case _:
            return ()


def walk(fragment: Fragment) -> Iterator[Node]:
    """Every node of a fragment and of what is inside its nodes, in source order."""
    for node in fragment.nodes:
        yield node
        for child in children(node):
            yield from walk(child)
