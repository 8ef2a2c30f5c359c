"""`::: figure`: a figure of `site_assets/figures`, with settings, caption and a *Try* line."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from builder.parse.blocks import block_tokens, blocks_at, search_text
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
    tried = search_text(TRY, rest)
    caption = reader.inner(rest.before(tried))
    if not caption.html:
        hint = "after the options, a blank line, then the takeaway in a sentence"
        reader.report("figure-caption", opening.at, "this figure has no caption", hint)
    try_ = None
    if tried:
        line = rest.part(tried.start(), len(rest.text))
        hint = "what needs more than that stands in the caption, or below the figure"
        more = blocks_at(block_tokens(line), 0)[1:]
        reader.report_block(line, more, "figure-caption", "a Try line is one paragraph", hint)
        try_ = reader.phrase(rest.after(tried).stripped())
    return FigureBlock(opening.at, name, name_at, settings, caption, try_)
