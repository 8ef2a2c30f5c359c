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

CHOICE = re.compile(r"^[-*][ \t]+(.+?)[ \t]*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Predict(OwnBlock[N]):
    """A question to commit to before the answer is shown."""

    HTML: ClassVar[str] = """
{% set id = "predict-" ~ number %}
<section class="predict" id="{{ id }}" data-role="predict" aria-labelledby="{{ id }}-question">
  <p class="block-label">Predict, then look</p>
  <p class="predict-question" id="{{ id }}-question">{{ question }}</p>
  <div class="predict-choices" role="radiogroup" aria-labelledby="{{ id }}-question">
    {% for choice in choices %}
    <button type="button" role="radio" aria-checked="false">{{ choice }}</button>
    {% endfor %}
  </div>
  <details class="predict-answer"><summary>What happens</summary>
  <section>{{ answer }}</section></details>
</section>
"""
    at: Span
    question: Text[N]
    choices: tuple[Text[N], ...]
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
    choices, after = _choices(reader, body.part(start, len(body.text)))
    if len(choices) < 2:
        hint = "add lines '- choice' after the question"
        message = f"a prediction needs two choices or more, found {len(choices)}"
        reader.report("predict-choices", opening.at, message, hint)
    answer = reader.inner(after)
    if not answer.html:
        hint = "after the choices, a blank line, then what happens"
        reader.report("predict-answer", opening.at, "this prediction is never resolved", hint)
    return Predict(opening.at, question, choices, answer)


def _choices(reader: Reader, passage: Passage) -> tuple[tuple[Fragment, ...], Passage]:
    """The list items that come first in a passage, and what follows them."""
    position, found = 0, []
    while match := CHOICE.match(passage.text, position):
        found.append(reader.phrase(passage.part(*match.span(1))))
        position = min(match.end() + 1, len(passage.text))
    return tuple(found), passage.part(position, len(passage.text))
