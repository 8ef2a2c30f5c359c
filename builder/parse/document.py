"""What a chapter is made of once parsed: HTML with numbered places, and what stands in them.

A `Text` is HTML in which each construct of ours is a placeholder, `START index END`; its
`nodes[index]` says what goes there. Nodes know their place in the source, nothing of other pages:
a `Fragment` is a text of such nodes. What they stand for in the book is resolve/resolved.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar, Generic, Literal, TypeAlias, TypeVar, cast

from builder.issues.issue import Source, Span

START, END = "\U0001da8b", "\U00012474"
"""Rare characters around a node's index. They are punctuation, as the `$` of a formula and the
brackets of a citation are: that decides what stars beside them mean."""


def placeholder(index: int) -> str:
    """The text that stands for `nodes[index]`."""
    return f"{START}{index}{END}"


N = TypeVar("N", covariant=True)
M = TypeVar("M")


@dataclass(frozen=True)  # without slots, so that an alias of it can be called too
class Text(Generic[N]):
    """HTML with placeholders and the nodes that they stand for."""

    html: str
    nodes: tuple[N, ...] = ()


Fragment: TypeAlias = Text["Node"]
"""A text as it was parsed."""


class Block:
    """A node that stands between paragraphs."""

    __slots__ = ()


class Plain(Generic[N]):
    """A node that names nothing elsewhere in the book: resolving it is resolving its texts.

    Each of its fields is its place, a plain value, a text, or a tuple of texts.
    """

    __slots__ = ()


class OwnBlock(Block, Plain[N]):
    """A `:::` block that its file in own_blocks/ defines whole.

    `HTML` is its template. It is given the node's fields, its texts as HTML; `number`, which of its
    kind the block is on the page; and `chapter`, the number of the page's chapter or None.
    """

    __slots__ = ()
    HTML: ClassVar[str]


@dataclass(frozen=True, slots=True)
class Math:
    """A formula; `at` covers exactly the TeX source. One with an id is numbered."""

    at: Span
    tex: str
    display: bool
    id: str = ""
    id_at: Span | None = None


@dataclass(frozen=True, slots=True)
class Citation:
    """One work cited, with what may stand before it (`see`) and a place in it (`ch. 14`).

    A `narrative` one is part of its sentence: `@key says`.
    """

    at: Span
    key: str
    locator: str
    prefix: str = ""
    narrative: bool = False


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
class Verdict:
    """What an experiment says of the rule that it put to the test."""

    at: Span
    model: str
    model_at: Span


@dataclass(frozen=True, slots=True)
class HeldNumber:
    """A number that a figure of the page holds, and that is turned where it stands in the text."""

    at: Span
    figure: str
    """Its id."""
    key: str
    figure_at: Span
    key_at: Span


@dataclass(frozen=True, slots=True)
class Term:
    """A glossary term, and the text shown for it."""

    at: Span
    name: str
    shown: Fragment


@dataclass(frozen=True, slots=True)
class Sidenote(Plain[N]):
    """A remark beside the text."""

    at: Span
    text: Text[N]


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a link or an image points; stands inside an attribute."""

    at: Span
    address: str
    kind: Literal["link", "image"]


@dataclass(frozen=True, slots=True)
class Heading(Block):
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
class FigureBlock(Block):
    """A figure of `site_assets/figures`, placed with an author's settings."""

    at: Span
    name: str
    name_at: Span
    settings: tuple[Setting, ...]
    caption: Fragment
    try_: Fragment | None


@dataclass(frozen=True, slots=True)
class Captioned(Block):
    """A table or a picture with a number and a caption; an empty id is made from the number."""

    at: Span
    kind: Literal["table", "picture"]
    id: str
    id_at: Span
    body: Fragment
    caption: Fragment


@dataclass(frozen=True, slots=True)
class Code:
    """Python text inside a fence, with the range that it has in the source."""

    text: str
    at: Span


@dataclass(frozen=True, slots=True)
class Cell(Block):
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
class ListingBlock(Block):
    """A definition out of this repository's own Python, quoted by file and name."""

    at: Span
    path: str
    name: str
    path_at: Span
    name_at: Span
    caption: Fragment


Node: TypeAlias = (
    "Math | Citation | CrossReference | Metric | Verdict | HeldNumber | Term | Destination"
    " | Plain[Node] | Heading | FigureBlock | Cell | ListingBlock | Captioned"
)


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


def fields_of(node: object) -> dict[str, Any]:
    """What a node holds, by name and in the order of its class."""
    return {field.name: getattr(node, field.name) for field in fields(cast(Any, node))}


def children(node: object) -> tuple[Text[Any], ...]:
    """The texts inside a node, in source order, which is that of its fields."""
    return tuple(
        text
        for value in fields_of(node).values()
        for text in (value if isinstance(value, tuple) else (value,))
        if isinstance(text, Text)
    )


def with_texts(node: Plain[N], make: Callable[[Text[N]], Text[M]]) -> Plain[M]:
    """The node with each of its texts replaced."""
    changes: dict[str, Any] = {}
    for name, value in fields_of(node).items():
        if isinstance(value, Text):
            changes[name] = make(value)
        elif isinstance(value, tuple):
            changes[name] = tuple(map(make, value))
    return cast("Plain[M]", replace(cast(Any, node), **changes))


def walk(text: Text[N]) -> Iterator[N]:
    """Every node of a text and of what is inside its nodes, in source order."""
    for node in text.nodes:
        yield node
        for inner in children(node):
            yield from walk(inner)
