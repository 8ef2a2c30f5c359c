"""The `:::` blocks, a file each: how one is read and, where that needs nothing else of the book,
all that there is to it. Knows the document, passages and running text.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeAlias

from builder.parse.document import Node
from builder.parse.own_blocks import (
    call_out,
    captioned,
    exercise,
    figure,
    key_idea,
    listing,
    predict,
)
from builder.parse.own_blocks.opening import Opening

if TYPE_CHECKING:
    from builder.parse.parse import Reader

Read: TypeAlias = "Callable[[Reader, Opening], Node]"

BLOCKS: Mapping[str, Read] = {
    "exercise": exercise.read,
    "figure": figure.read,
    "key-idea": key_idea.read,
    "listing": listing.read,
    "note": call_out.reader("note"),
    "picture": captioned.read_picture,
    "predict": predict.read,
    "table": captioned.read_table,
    "tip": call_out.reader("tip"),
    "warning": call_out.reader("warning"),
}
"""Every block by the name behind its `:::`."""
