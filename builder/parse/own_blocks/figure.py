"""`::: figure`: a figure of `site_assets/figures`, with settings, caption and a *Try* line."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from builder.parse.document import FigureBlock, Node
from builder.parse.own_blocks.opening import Opening

if TYPE_CHECKING:
    from builder.parse.parse import Reader

TRY = re.compile(r"^Try:[ \t]*", re.MULTILINE)


def read(reader: Reader, opening: Opening) -> Node:
    name = opening.argument.text
    name_at = opening.argument_at if name else opening.at
    if not name:
        hint = "write '::: figure NAME'"
        reader.report("block-argument", opening.at, "this block does not name a figure", hint)
    settings, rest = reader.settings(opening.body)
    for setting in settings:
        if setting.key == "id":
            reader.check_identifier(setting.value, setting.value_at)
    tried = TRY.search(rest.text)
    caption = reader.inner(rest.before(tried))
    if not caption.html:
        hint = "after the options, a blank line, then the takeaway in a sentence"
        reader.report("figure-caption", opening.at, "this figure has no caption", hint)
    try_ = reader.phrase(rest.after(tried).stripped()) if tried else None
    return FigureBlock(opening.at, name, name_at, settings, caption, try_)
