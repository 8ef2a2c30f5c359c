"""`::: note`, `::: tip`, `::: warning`: remarks beside the argument."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal, TypeAlias

from builder.issues.issue import Span
from builder.parse.document import N, Node, OwnBlock, Text
from builder.parse.own_blocks.opening import Opening

if TYPE_CHECKING:
    from builder.parse.parse import Reader

Kind: TypeAlias = Literal["note", "tip", "warning"]

FOREIGN_NAMES = {
    "note": "note", "info": "note", "abstract": "note", "seealso": "note", "important": "note",
    "tip": "tip", "hint": "tip", "success": "tip", "warning": "warning", "caution": "warning",
    "danger": "warning", "attention": "warning", "error": "warning",
}  # fmt: skip
"""What others call their call-outs, and what they are here."""


@dataclass(frozen=True, slots=True)
class CallOut(OwnBlock[N]):
    """A remark that stands apart from the text, with a title of its own or an empty one."""

    HTML: ClassVar[str] = """
<div class="call-out {{ kind }}" role="note">
  <p class="call-out-title"><span class="block-label">{{ kind | capitalize }}</span>
  {%- if title %} {{ title }}{% endif %}</p>
  {{ body }}
</div>
"""
    at: Span
    kind: Kind
    title: Text[N]
    body: Text[N]


def reader(kind: Kind) -> Callable[[Reader, Opening], Node]:
    """Reads a call-out of that kind, whose argument is its title."""

    def read(reader: Reader, opening: Opening) -> Node:
        title = reader.phrase(opening.argument)
        return CallOut(opening.at, kind, title, reader.filled(opening))

    return read
