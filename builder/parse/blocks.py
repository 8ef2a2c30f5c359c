"""The block structure of a text: CommonMark's, with GitHub's tables, definition lists and our own
`:::` blocks, read by markdown-it.

Two things are our own. A `:::` block is one token, whatever is inside: its reader reads that. And a
formula with lines of its own goes on to its end or to a blank line: a line of it that begins with
`+ b` is no list.

Where markdown-it departs from CommonMark, its rules are guarded: a table begins only where nothing
else does. A line may continue the paragraph of a list or a quotation without their marks; whether
it does depends on its indentation within the block around them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.common.html_re import close_tag, open_tag
from markdown_it.parser_block import RuleFuncBlockType
from markdown_it.rules_block import StateBlock, blockquote, table
from markdown_it.token import Token
from mdit_py_plugins.deflist import deflist_plugin

from builder.parse.passage import Passage

OWN = "own_block"
"""The type of a `:::` block's token; `meta["closed"]` says whether its end was found."""
OPENING = re.compile(
    r"(?P<indent>[ \t]*)(?P<colons>:::+)[^\S\n]*(?P<name>[^\s:]*)[^\S\n]*(?P<argument>.*?)\s*"
)
"""The first line of a block and, without a name, its last. What blanks it has does not matter: odd
ones are reported, and the block is read."""
FENCE = re.compile(r"[ \t>]*(?:[-*+][ \t]+|\d+[.)][ \t]+)?(?P<ticks>`{3,}|~{3,})(?P<info>.*)")
COMMENTS = re.compile(r"(?:\s*<!--(?:(?!-->).)*-->)+\s*", re.DOTALL)
VERBATIM = frozenset({OWN, "fence", "code_block", "html_block"})
"""The blocks whose lines are not of the text around them."""
DEEPEST = 100
"""Levels of lists and quotations in each other: markdown-it leaves out what lies deeper."""
IN_FORMULA = "in formula"
"""In a parse's environment: the numbers of the lines that begin inside a formula."""
INDENTATIONS = "indentations"
"""In a parse's environment: where the text begins at each level, as far as it was read."""
AS_CODE = 4
"""Blanks before a line that make it code, or the text of a paragraph that goes on."""
QUOTATION = re.compile(r"[ \t>]*")
CODE = re.compile(r"(`+).*?\1|\\[^\[\]\w]")
"""Code and escaped characters, in which no formula begins or ends."""
FORMULA = re.compile(
    r"(?P<sign>\$\$)|^[ \t>]*(?:[-*+][ \t]+|\d+[.)][ \t]+)?(?P<other>\\\[|\\begin\{\w+\*?\})"
)
"""What begins a formula that may have lines of its own."""
UNDERLINE = re.compile(r"-+[ \t]*")
TAG_ALONE = re.compile(rf"(?:{open_tag}|{close_tag})[ \t]*")
LOOKING_BELOW = frozenset({"lheading", "table"})
"""The rules that look for their mark below a text's first line."""


def block_tokens(passage: Passage) -> list[Token]:
    """The tokens of a text; `map` counts the passage's lines, inline text is not parsed."""
    parser = _parser()
    text = passage.text if passage.text.endswith("\n") else f"{passage.text}\n"
    environment = {IN_FORMULA: lines_in_formula(passage.lines), INDENTATIONS: {}}
    tokens: list[Token] = []
    parser.block.parse(text, parser, environment, tokens)
    return tokens


def blocks_at(tokens: Sequence[Token], level: int) -> list[Token]:
    """The tokens that begin the blocks of a level. Comments are none."""
    return [
        token for token in tokens
        if token.level == level and token.nesting >= 0
        and not (token.type == "html_block" and COMMENTS.fullmatch(token.content))
    ]  # fmt: skip


def search_text(pattern: re.Pattern[str], passage: Passage) -> re.Match[str] | None:
    """The first match that begins in a line of the text itself: in no code, HTML or block of it."""
    found = pattern.search(passage.text)
    if found is None:
        return None
    inside = [token.map for token in block_tokens(passage) if token.type in VERBATIM and token.map]
    while found:
        line = passage.text.count("\n", 0, found.start())
        if not any(first <= line < last for first, last in inside):
            return found
        found = pattern.search(passage.text, found.end())
    return None


def lines_in_formula(lines: Sequence[str]) -> frozenset[int]:
    """The lines that begin inside a formula of its own, which ends at a blank line too."""
    if not any("$$" in line or "\\[" in line or "\\begin" in line for line in lines):
        return frozenset()
    texts = [CODE.sub("·", line) for line in lines]
    found: set[int] = set()
    fence, number, position = "", 0, 0
    while number < len(lines):
        opening = FENCE.fullmatch(lines[number])
        if fence or opening:
            closes = fence and lines[number].strip(" \t>").startswith(fence)
            fence = "" if closes else fence or (opening["ticks"] if opening else "")
            number, position = number + 1, 0
            continue
        last, after = _end_of_formulas(texts, number, position)
        found.update(range(number + 1, last + 1))
        number, position = (last, after) if last > number else (number + 1, 0)
    return frozenset(found)


def _end_of_formulas(texts: Sequence[str], number: int, position: int) -> tuple[int, int]:
    """The line and the place in it where a formula ends. It is the first that begins in line
    `number`, at `position` or later, and goes on below; without one, the result is in that line.
    """
    while mark := FORMULA.search(texts[number], position):
        end = _end_of_formula(mark["sign"] or mark["other"])
        close = texts[number].find(end, mark.end())
        if close >= 0:
            position = close + len(end)
            continue
        for last in range(number + 1, len(texts)):
            if QUOTATION.fullmatch(texts[last]):
                return number, position
            if end in texts[last]:
                return last, texts[last].index(end) + len(end)
        return number, position
    return number, position


def _end_of_formula(mark: str) -> str:
    return {"$$": "$$", "\\[": "\\]"}.get(mark) or mark.replace("begin", "end")


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"maxNesting": DEEPEST})
    parser.enable("table").use(deflist_plugin)
    parser.disable("reference")  # links by reference are reported, not read
    ruler = parser.block.ruler
    ruler.__rules__ = [rule for rule in ruler.__rules__ if rule.name != "table"]
    ruler.before("lheading", "table", _table, {"alt": ["paragraph"]})
    ruler.at("blockquote", _blockquote, {"alt": ["paragraph", "reference", "blockquote", "list"]})
    ruler.before("fence", OWN, _own_block, {"alt": ["paragraph", "blockquote", "list"]})
    for rule in list(ruler.__rules__):
        if rule.name not in {"paragraph", "code"}:
            guarded = _guarded(rule.fn, below=rule.name in LOOKING_BELOW)
            ruler.at(rule.name, guarded, {"alt": rule.alt})
    return parser


def _guarded(rule: RuleFuncBlockType, *, below: bool) -> RuleFuncBlockType:
    """A rule that begins nothing where a formula goes on, or a paragraph with an indented line."""

    def guarded(state: StateBlock, start: int, end: int, silent: bool) -> bool:
        inside: frozenset[int] = state.env[IN_FORMULA]
        if inside and (start in inside or (below and _formula_below(state, start, end))):
            return False
        if not silent:
            levels: dict[int, int] = state.env[INDENTATIONS]
            for deeper in [level for level in levels if level > state.level]:
                del levels[deeper]  # of a block that has ended
            levels[state.level] = state.blkIndent
        elif _goes_on(state, start):
            return False
        return rule(state, start, end, silent)

    return guarded


def _goes_on(state: StateBlock, number: int) -> bool:
    """Whether a line without the marks of its list or quotation can only continue a paragraph."""
    indentation = state.sCount[number]
    if indentation >= state.blkIndent:
        return False
    around = state.env[INDENTATIONS].items()
    outer = [text for level, text in around if level < state.level and text <= indentation]
    return indentation < 0 or indentation - max(outer, default=0) >= AS_CODE


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


def _blockquote(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A quotation; `meta["indented"]` has its lines whose `>` CommonMark would not take for one."""
    before = len(state.tokens)
    if not blockquote(state, start, end, silent):
        return False
    if not silent:
        state.tokens[before].meta["indented"] = [
            number for number in range(start + 1, state.line)
            if state.sCount[number] - state.blkIndent >= AS_CODE
            and _line(state, number).startswith(">")
        ]  # fmt: skip
    return True


def _table(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A table, whose rows tell in `meta["start"]` where in the text they begin.

    Text over a line of hyphens alone is a heading, and a tag alone in its line ends a table, as any
    block does.
    """
    if start + 1 < end and UNDERLINE.fullmatch(_line(state, start + 1)):
        return False
    below = range(start + 2, end)
    before = len(state.tokens)
    if not table(state, start, next((n for n in below if _is_tag(state, n)), end), silent):
        return False
    for token in state.tokens[before:]:
        if token.type == "tr_open" and token.map:
            line = token.map[0]
            token.meta["start"] = state.bMarks[line] + state.tShift[line]
    return True


def _is_tag(state: StateBlock, number: int) -> bool:
    indented = state.sCount[number] - state.blkIndent >= AS_CODE
    return not indented and TAG_ALONE.fullmatch(_line(state, number)) is not None


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
