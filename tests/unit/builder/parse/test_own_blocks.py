"""A new kind of block is one file and one line: no other stage has to hear of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import pytest

from builder.issues.issue import Span
from builder.parse.document import N, Node, OwnBlock, Text
from builder.parse.own_blocks import BLOCKS
from builder.parse.own_blocks.opening import Opening
from builder.parse.parse import Reader
from tests.unit.builder.fakes import build, small_book


@dataclass(frozen=True, slots=True)
class Dialogue(OwnBlock[N]):
    HTML: ClassVar[str] = """
<section class="dialogue" id="dialogue-{{ number }}">
  <h2>{{ speaker }}, {{ chapter }}</h2>
  {% for line in lines %}
  {{ line }}
  {% endfor %}
</section>
"""
    at: Span
    speaker: str
    lines: tuple[Text[N], ...]


def read(reader: Reader, opening: Opening) -> Node:
    return Dialogue(opening.at, opening.argument.text, (reader.filled(opening),))


CHAPTER = """---
title: Two voices
---
::: dialogue Bob & Eve
{{ metric("toy", "METRIC") }} with $x$ and [@kingma2013].
:::

::: dialogue Eve
Well.
:::
"""


def outcome_of(metric: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setitem(BLOCKS, "dialogue", read)  # type: ignore[arg-type]
    text = CHAPTER.replace("METRIC", metric)
    return build(small_book(**{"content__02-two-voices.md": text}))


def test_what_names_things_in_it_is_resolved_and_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    outcome = outcome_of("test.error", monkeypatch)
    assert [str(issue) for issue in outcome.issues] == []
    page = outcome.pages["two-voices.html"]
    first, second = page.split('<section class="dialogue"')[1:]
    assert 'id="dialogue-1"' in first
    assert "<h2>Bob &amp; Eve, 2</h2>" in first
    assert '<data class="metric"' in first
    assert "<math>x</math>" in first
    assert 'data-popover="' in first
    assert 'id="dialogue-2"' in second


def test_what_is_wrong_in_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    (issue,) = outcome_of("test.nothing", monkeypatch).issues
    assert str(issue).startswith("content/02-two-voices.md:5:")
    assert issue.rule == "metric-known"
