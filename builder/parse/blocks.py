"""The block structure of a text: CommonMark's, with GitHub's tables, definition lists and our own
`:::` blocks, read by markdown-it.

Two things are our own. A `:::` block is one token, whatever is inside: its reader reads that. And a
formula with lines of its own goes on to its end or to a blank line, whatever these begin with:
`+ b` in it is no list.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.parser_block import RuleFuncBlockType
from markdown_it.rules_block import StateBlock, table
from markdown_it.token import Token
from mdit_py_plugins.deflist import deflist_plugin

from builder.parse.passage import Passage

OWN = "own_block"
"""The type of a `:::` block's token; `meta["closed"]` says whether its end was found."""
OPENING = re.compile(
    r"(?P<indent>[ \t]*)(?P<colons>:::+)[ \t]*(?P<name>[^\s:]*)[ \t]*(?P<argument>.*?)[ \t]*"
)
"""The first line of a block and, without a name, its last."""
FENCE = re.compile(r"[ \t>]*(?:[-*+][ \t]+|\d+[.)][ \t]+)?(?P<ticks>`{3,}|~{3,})(?P<info>.*)")
DEEPEST = 100
"""Levels of lists and quotations in each other; below, a text would be left out."""
IN_FORMULA = "in formula"
"""In a parse's environment: the numbers of the lines that begin inside a formula."""
QUOTATION = re.compile(r"[ \t>]*")
CODE = re.compile(r"(`+).*?\1|\\[^\[\]\w]")
"""Code and escaped characters, in which no formula begins or ends."""
FORMULA = re.compile(
    r"(?P<sign>\$\$)|^[ \t>]*(?:[-*+][ \t]+|\d+[.)][ \t]+)?(?P<other>\\\[|\\begin\{\w+\*?\})"
)
"""What begins a formula that may have lines of its own."""
LOOKING_BELOW = frozenset({"lheading", "table"})
"""The rules that look for their mark below a text's first line."""


def block_tokens(passage: Passage) -> list[Token]:
    """The tokens of a text; `map` counts the passage's lines, inline text is not parsed."""
    parser = _parser()
    text = passage.text if passage.text.endswith("\n") else f"{passage.text}\n"
    environment = {IN_FORMULA: lines_in_formula(passage.lines)}
    tokens: list[Token] = []
    parser.block.parse(text, parser, environment, tokens)
    return tokens


def lines_in_formula(lines: Sequence[str]) -> frozenset[int]:
    """The lines that begin inside a formula of its own, which ends at a blank line too."""
    if not any("$$" in line or "\\[" in line or "\\begin" in line for line in lines):
        return frozenset()
    texts = [CODE.sub("", line) for line in lines]
    found: set[int] = set()
    fence, number = "", 0
    while number < len(lines):
        opening = FENCE.fullmatch(lines[number])
        if fence or opening:
            closes = fence and lines[number].strip(" \t>").startswith(fence)
            fence = "" if closes else fence or (opening["ticks"] if opening else "")
            number += 1
            continue
        last = _last_line_of_formula(texts, number)
        found.update(range(number + 1, last + 1))
        number = max(last, number + 1)
    return frozenset(found)


def _last_line_of_formula(texts: Sequence[str], number: int) -> int:
    """Where a formula ends that begins in a line and goes on below it; else that line itself."""
    position = 0
    while mark := FORMULA.search(texts[number], position):
        end = _end_of_formula(mark["sign"] or mark["other"])
        close = texts[number].find(end, mark.end())
        if close >= 0:
            position = close + len(end)
            continue
        for last in range(number + 1, len(texts)):
            if QUOTATION.fullmatch(texts[last]):
                return number
            if end in texts[last]:
                return last
        return number
    return number


def _end_of_formula(mark: str) -> str:
    return {"$$": "$$", "\\[": "\\]"}.get(mark) or mark.replace("begin", "end")


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"maxNesting": DEEPEST})
    parser.enable("table").use(deflist_plugin)
    parser.disable("reference")  # links by reference are reported, not read
    ruler = parser.block.ruler
    ruler.at("table", _table, {"alt": ["paragraph"]})
    ruler.before("fence", OWN, _own_block, {"alt": ["paragraph", "blockquote", "list"]})
    for rule in list(ruler.__rules__):
        if rule.name not in {"paragraph", "code"}:
            guarded = _outside_formulas(rule.fn, below=rule.name in LOOKING_BELOW)
            ruler.at(rule.name, guarded, {"alt": rule.alt})
    return parser


def _outside_formulas(rule: RuleFuncBlockType, *, below: bool) -> RuleFuncBlockType:
    """A rule that begins nothing where a formula goes on."""

    def guarded(state: StateBlock, start: int, end: int, silent: bool) -> bool:
        inside: frozenset[int] = state.env[IN_FORMULA]
        if inside and (start in inside or (below and _formula_below(state, start, end))):
            return False
        return rule(state, start, end, silent)

    return guarded


def _formula_below(state: StateBlock, start: int, end: int) -> bool:
    """Whether a formula goes on in some line of the paragraph below its first."""
    number = start + 1
    while number < end and not state.isEmpty(number):
        if number in state.env[IN_FORMULA]:
            return True
        number += 1
    return False


def _own_block(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    opening = OPENING.fullmatch(_line(state, start))
    if opening is None:
        return False
    if silent:
        return True
    last = _closing_line(state, start, end) if opening["name"] else start
    state.line = (start if last is None else last) + 1
    token = state.push(OWN, "", 0)
    token.map = [start, state.line]
    token.meta = {"closed": last is not None}
    token.content = state.getLines(start + 1, state.line - 1, state.sCount[start], False)
    return True


def _table(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A table, whose rows tell in `meta["start"]` where in the text they begin."""
    before = len(state.tokens)
    if not table(state, start, end, silent):
        return False
    for token in state.tokens[before:]:
        if token.type == "tr_open" and token.map:
            line = token.map[0]
            token.meta["start"] = state.bMarks[line] + state.tShift[line]
    return True


def _closing_line(state: StateBlock, start: int, end: int) -> int | None:
    """The line that closes the block that begins at `start`, if there is one."""
    depth, number = 1, start + 1
    while number < end:
        line = _line(state, number)
        if line and state.sCount[number] < state.blkIndent:
            return None
        if fence := FENCE.fullmatch(line):
            number = _after_fence(state, fence, number, end)
            continue
        if line.startswith("<!--"):
            while number < end - 1 and "-->" not in _line(state, number):
                number += 1
        elif mark := OPENING.fullmatch(line):
            depth += 1 if mark["name"] else -1
            if depth == 0:
                return number
        number += 1
    return None


def _after_fence(state: StateBlock, fence: re.Match[str], number: int, end: int) -> int:
    ticks = fence["ticks"]
    if ticks[0] == "`" and "`" in fence["info"]:
        return number + 1
    close = re.compile(rf"[ \t>]*{ticks[0]}{{{len(ticks)},}}[ \t]*")
    for after in range(number + 1, end):
        if close.fullmatch(_line(state, after)):
            return after + 1
    return end


def _line(state: StateBlock, number: int) -> str:
    """A line, what stands before it and its indentation left out."""
    return state.src[state.bMarks[number] + state.tShift[number] : state.eMarks[number]]
