"""`::: key-idea`: the one thing to remember of a chapter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from builder.issues.issue import Span
from builder.parse.document import N, Node, OwnBlock, Text
from builder.parse.own_blocks.opening import Opening

if TYPE_CHECKING:
    from builder.parse.parse import Reader


@dataclass(frozen=True, slots=True)
class KeyIdea(OwnBlock[N]):
    """A call-out with the one thing to remember."""

    HTML: ClassVar[str] = """
<section class="key-idea">
  <p class="block-label">Key idea</p>
  {{ body }}
</section>
"""
    at: Span
    body: Text[N]


def read(reader: Reader, opening: Opening) -> Node:
    """Takes no name, must hold something."""
    reader.no_argument(opening)
    return KeyIdea(opening.at, reader.filled(opening))
