"""`::: predict`: a question to commit to before the answer opens."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, ClassVar

from markdown_it.token import Token

from builder.issues.issue import Span, suggest
from builder.parse.blocks import block_tokens, blocks_at
from builder.parse.document import Fragment, N, Node, OwnBlock, Text
from builder.parse.own_blocks.opening import Opening
from builder.parse.passage import Passage

if TYPE_CHECKING:
    from builder.parse.parse import Reader

MARK = re.compile(r"\[(?P<mark>[xX ]|\{\{[^{}]*\}\})\][ \t]+")
"""What may stand before a choice: that it is right, or how much of something it has measured."""
RIGHT = "x"
CHOICE = re.compile(r"^([-*+])[^\S\n](?=\s*\S)", re.MULTILINE)

HINT = "what happens begins at the margin, below a blank line"


@dataclass(frozen=True, slots=True)
class Predict(OwnBlock[N]):
    """A question to commit to before the answer is shown.

    The right choice is marked `x`. Or each is marked with a number, and the largest is right.
    """

    HTML: ClassVar[str] = """
{% set id = "predict-" ~ number %}
{% set sizes = [] %}
{% for mark in marks %}
{% set _ = sizes.append(1 if mark == "x" else mark | striptags | float(-1)) %}
{% endfor %}
{% set right = sizes.index(sizes | max) if sizes and sizes | max >= 0 else none %}
<section class="predict" id="{{ id }}" data-role="predict" aria-labelledby="{{ id }}-question">
  <p class="block-label">Predict, then look</p>
  <p class="predict-question" id="{{ id }}-question">{{ question }}</p>
  <div class="predict-choices" role="radiogroup" aria-labelledby="{{ id }}-question">
    {% for choice in choices %}
    {% set told = " data-right" if loop.index0 == right %}
    <button type="button" role="radio" aria-checked="false"{{ told }}>{{ choice }}</button>
    {% endfor %}
  </div>
  <p class="predict-verdict" data-role="verdict" role="status"></p>
  <details class="predict-answer"><summary>What happens</summary>
  <section>{{ answer }}</section></details>
</section>
"""
    at: Span
    question: Text[N]
    choices: tuple[Text[N], ...]
    marks: tuple[Text[N], ...]
    answer: Text[N]


def read(reader: Reader, opening: Opening) -> Node:
    reader.no_argument(opening)
    body = opening.body
    first_choice = CHOICE.search(body.text)
    settings, _ = reader.settings(body.before(first_choice))
    question = Fragment("")
    for setting in settings:
        if setting.key == "question":
            question = reader.phrase(Passage.of(reader.source, setting.value_at))
        else:
            message = f"unknown option '{setting.key}' of a predict block"
            hint = suggest(setting.key, ["question"])
            reader.report("option-known", setting.key_at, message, hint)
    if not question.html:
        hint = "begin with a line 'question: …'"
        reader.report("predict-question", opening.at, "this prediction asks nothing", hint)
    start = first_choice.start() if first_choice else len(body.text)
    choices, marks, answer = _choices(reader, body.part(start, len(body.text)))
    crosses = sum(mark.html == RIGHT for mark in marks)
    measured = [bool(mark.nodes) for mark in marks]
    if len(choices) < 2:
        hint = "add lines '- choice' after the question"
        message = f"a prediction needs two choices or more, found {len(choices)}"
        reader.report("predict-choices", opening.at, message, hint)
    elif crosses > 1:
        message, hint = f"{crosses} choices are marked right", "mark one of them, '- [x] …'"
        reader.report("predict-right", opening.at, message, hint)
    elif not (all(measured) or (crosses and not any(measured))):
        message = "the choices do not say which of them is right"
        hint = "mark it '- [x] …', or each with a number, '- [{{ metric(…) }}] …': the largest is"
        issue = reader.source.issue("predict-right", opening.at, message, hint, "warning")
        reader.issues.append(issue)
    if not answer.html:
        hint = "after the choices, a blank line, then what happens"
        reader.report("predict-answer", opening.at, "this prediction is never resolved", hint)
    return Predict(opening.at, question, choices, marks, answer)


def _choices(
    reader: Reader, passage: Passage
) -> tuple[tuple[Fragment, ...], tuple[Fragment, ...], Fragment]:
    """The list that comes first in a passage, as choices with their marks, and what follows it."""
    plain = replace(passage, text=CHOICE.sub(r"\1 ", passage.text))  # odd blanks are told below
    tokens = block_tokens(plain)
    choices, marks, end = [], [], 0
    for item in _items(tokens):
        lines = item[0].map
        assert lines
        text, more = plain.part(0, 0), [item[0]]
        if item[1].type == "paragraph_open":
            text, more = plain.inside(lines[0], item[2].content), blocks_at(item, 2)[1:]
        reader.report_block(plain, more, "predict-choices", "a choice is one paragraph", HINT)
        mark = MARK.match(text.text)
        marks.append(_mark(reader, text, mark))
        choices.append(reader.phrase(text.after(mark) if mark else text))
        end = min(plain.line_starts[lines[1]], len(plain.text))
    other = [
        block for block in blocks_at(tokens, 0)[1:2]
        if block.type == "bullet_list_open" and block.map and plain.lines[block.map[0] - 1].strip()
    ]  # fmt: skip
    message = "another list begins here"
    hint = "begin all choices alike, with nothing but blank lines between"
    reader.report_block(plain, other, "predict-choices", message, hint)
    reader.check_blanks(passage.part(0, end))
    return tuple(choices), tuple(marks), reader.inner(passage.part(end, len(passage.text)))


def _items(tokens: Sequence[Token]) -> Iterator[Sequence[Token]]:
    """The items of the list that comes first."""
    if not tokens or tokens[0].type != "bullet_list_open":
        return
    end = next(at for at, token in enumerate(tokens) if token.level == 0 and token.nesting < 0)
    starts = [
        at for at, token in enumerate(tokens[:end])
        if token.type == "list_item_open" and token.level == 1
    ]  # fmt: skip
    for start, after in pairwise([*starts, end]):
        yield tokens[start:after]


def _mark(reader: Reader, passage: Passage, mark: re.Match[str] | None) -> Fragment:
    if mark is None or not mark["mark"].strip():
        return Fragment("")
    if mark["mark"].lower() == RIGHT:
        return Fragment(RIGHT)
    return reader.phrase(passage.part(*mark.span("mark")))
