"""`::: table` and `::: picture`: a number and a caption for what Markdown wrote."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from markdown_it.token import Token

from builder.parse.blocks import block_tokens
from builder.parse.document import Captioned, Node
from builder.parse.own_blocks.opening import Opening

if TYPE_CHECKING:
    from builder.parse.parse import Reader

PICTURE = re.compile(
    r"!\[(?:[^\[\]]|\[[^\[\]]*\])*\]\((?:[^()]|\([^()]*\))*\)|<(?:img|svg)\b.*>", re.DOTALL
)


def read_table(reader: Reader, opening: Opening) -> Node:
    """A table, and around it its caption."""
    tokens = block_tokens(opening.body)
    types = [token.type if token.level == 0 else "" for token in tokens]
    start = types.index("table_open") if "table_open" in types else 0
    end = types.index("table_close") + 1 if "table_close" in types else 0
    if not end:
        hint = "write its rows first, then a blank line and the caption"
        reader.report("caption", opening.at, "there is no table in this block", hint)
    name = opening.argument.text.removeprefix("tab-")
    return _captioned(reader, opening, "table", name and f"tab-{name}", tokens, start, end)


def read_picture(reader: Reader, opening: Opening) -> Node:
    """One picture or several in a paragraph, or one in HTML, and below it its caption."""
    tokens = block_tokens(opening.body)
    first = tokens[0].type if tokens else ""
    end = {"paragraph_open": 3, "html_block": 1}.get(first, 0)
    if not (end and _is_picture(tokens[end // 2].content)):
        hint = "begin with ![what it shows](file.png), then a blank line and the caption"
        reader.report("caption", opening.at, "this block begins with no picture", hint)
        end = 0
    name = opening.argument.text.removeprefix("fig-")
    return _captioned(reader, opening, "picture", name and f"fig-{name}", tokens, 0, end)


def _is_picture(text: str) -> bool:
    return PICTURE.search(text) is not None and not PICTURE.sub("", text).strip()


def _captioned(
    reader: Reader,
    opening: Opening,
    kind: Literal["table", "picture"],
    name: str,
    tokens: Sequence[Token],
    start: int,
    end: int,
) -> Captioned:
    """The block whose table or picture is the tokens from `start` to `end`."""
    body = reader.inner(opening.body, tokens[start:end])
    caption = reader.inner(opening.body, [*tokens[:start], *tokens[end:]])
    if name:
        reader.check_identifier(name, opening.argument_at)
    made = Captioned(opening.at, kind, name, opening.argument_at, body, caption)
    if end and not caption.html:
        hint = "after a blank line, say what it shows"
        reader.report("figure-caption", opening.at, f"this {kind} has no caption", hint)
    return made
