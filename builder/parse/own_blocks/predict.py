"""`::: predict`: a question to commit to before the answer opens."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from builder.issues.issue import Span, suggest
from builder.parse.document import Fragment, N, Node, OwnBlock, Text
from builder.parse.own_blocks.opening import Opening
from builder.parse.passage import Passage

if TYPE_CHECKING:
    from builder.parse.parse import Reader

MARK = re.compile(r"\[(?P<mark>[xX ]|\{\{[^{}]*\}\})\][ \t]+")
"""What may stand before a choice: that it is right, or how much of something it has measured."""
RIGHT = "x"
CHOICE = re.compile(r"^[-*][^\S\n]+(.+?)[ \t]*$", re.MULTILINE)


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
    choices, marks, after = _choices(reader, body.part(start, len(body.text)))
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
    answer = reader.inner(after)
    if not answer.html:
        hint = "after the choices, a blank line, then what happens"
        reader.report("predict-answer", opening.at, "this prediction is never resolved", hint)
    return Predict(opening.at, question, choices, marks, answer)


def _choices(
    reader: Reader, passage: Passage
) -> tuple[tuple[Fragment, ...], tuple[Fragment, ...], Passage]:
    """The list items that come first in a passage, their marks, and what follows them."""
    position, choices, marks = 0, [], []
    while match := CHOICE.match(passage.text, position):
        start, end = match.span(1)
        reader.check_blanks(passage.part(*match.span()))
        mark = MARK.match(passage.text, start, end)
        marks.append(_mark(reader, passage, mark))
        choices.append(reader.phrase(passage.part(mark.end() if mark else start, end)))
        position = min(match.end() + 1, len(passage.text))
    return tuple(choices), tuple(marks), passage.part(position, len(passage.text))


def _mark(reader: Reader, passage: Passage, mark: re.Match[str] | None) -> Fragment:
    if mark is None or not mark["mark"].strip():
        return Fragment("")
    if mark["mark"].lower() == RIGHT:
        return Fragment(RIGHT)
    return reader.phrase(passage.part(*mark.span("mark")))
