"""`::: exercise`: a task with an answer that the reader reveals."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from builder.issues.issue import Span
from builder.parse.blocks import search_text
from builder.parse.document import Fragment, N, Node, OwnBlock, Text
from builder.parse.own_blocks.opening import Opening

if TYPE_CHECKING:
    from builder.parse.parse import Reader

ANSWER = re.compile(r"^---[^\S\n]*answer[^\S\n]*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Exercise(OwnBlock[N]):
    """A task with an answer behind a disclosure."""

    HTML: ClassVar[str] = """
{% set id = "exercise-" ~ number %}
<div class="exercise" role="group" id="{{ id }}" aria-labelledby="{{ id }}-label">
  <p class="block-label" id="{{ id }}-label">Exercise {% if chapter %}{{ chapter }}.{% endif %}
{{- number }}</p>
  <section class="exercise-body">{{ text }}</section>
  <details class="exercise-answer"><summary>Answer</summary>
  <section>{{ answer }}</section></details>
</div>
"""
    at: Span
    text: Text[N]
    answer: Text[N]


def read(reader: Reader, opening: Opening) -> Node:
    reader.no_argument(opening)
    split = search_text(ANSWER, opening.body)
    if split:
        reader.check_blanks(opening.body.part(*split.span()))
    text = reader.inner(opening.body.before(split))
    answer = reader.inner(opening.body.after(split)) if split else Fragment("")
    if not text.html:
        reader.report("block-empty", opening.at, "this exercise sets no task")
    if not answer.html:
        hint = "add a line '--- answer' and the answer below it"
        reader.report("exercise-answer", opening.at, "this exercise has no answer", hint)
    return Exercise(opening.at, text, answer)
