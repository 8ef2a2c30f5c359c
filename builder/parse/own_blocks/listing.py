"""`::: listing`: a definition out of this repository, quoted by file and name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from builder.issues.issue import Span
from builder.parse.document import ListingBlock, Node
from builder.parse.own_blocks.opening import Opening

if TYPE_CHECKING:
    from builder.parse.parse import Reader


def read(reader: Reader, opening: Opening) -> Node:
    at = opening.argument_at
    path, hash_, name = opening.argument.text.partition("#")
    path_at = Span(at.start, at.start + len(path))
    if not (path.endswith(".py") and name):
        hint = "write '::: listing FOLDER/FILE.py#NAME'"
        at_block = at if path or hash_ else opening.at
        message = "this block does not name a Python definition"
        reader.report("block-argument", at_block, message, hint)
        path = name = ""
    caption = reader.inner(opening.body)
    return ListingBlock(opening.at, path, name, path_at, Span(at.end - len(name), at.end), caption)
