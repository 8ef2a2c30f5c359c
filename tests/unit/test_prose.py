"""The text of the book: spelled right, its quotes curled, and no measured number typed by hand.

The rule for numbers: what a chapter shows holds no decimal number. Formulas, code and exercises
are free, for they state constants and suppositions; a measured number comes by `metric(…)`.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from markupsafe import Markup

from builder.issues.issue import Source
from builder.parse.document import Fragment, Node, children
from builder.parse.own_blocks.exercise import Exercise
from builder.parse.own_blocks.predict import Predict
from builder.parse.parse import parse_chapter
from builder.resolve.resolved import PLACEHOLDER

CONTENT = Path(__file__).resolve().parents[2] / "content"
CHAPTERS = sorted(CONTENT.glob("[0-9]*.md"))
CODE = re.compile(r"<(pre|code)\b.*?</\1>", re.DOTALL)
DECIMAL = re.compile(r"(?<![\w.])\d+\.\d+(?!\w|\.\d)")
OVERSTATED = re.compile(
    r"\b(?:no gaps|the gaps close|land is settled|every place near|no place is left"
    r"|asks for fairness|the best it can do)\b",
    re.IGNORECASE,
)
"""Claims that chapters once made and their own measurements contradict: a sixth of the variational
throws is refused, the prior does ask for equal mass."""

STRAIGHT = re.compile(r"[\"']")


def test_codespell_finds_nothing() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "codespell_lib", str(CONTENT)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.returncode, run.stdout + run.stderr) == (0, "")


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_measured_numbers_are_not_typed(path: Path) -> None:
    assert decimals(path.read_text("utf-8"), path.name) == []


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_quotes_and_apostrophes_are_curled(path: Path) -> None:
    assert straight_quotes(path.read_text("utf-8"), path.name) == []


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_no_chapter_claims_what_its_figures_refute(path: Path) -> None:
    assert overstatements(path.read_text("utf-8"), path.name) == []


def overstatements(text: str, name: str = "01-a-case.md") -> list[str]:
    """Phrases of `OVERSTATED` that a chapter shows, with the words before them."""
    return _found(OVERSTATED, text, name, apart=(Predict,))


def decimals(text: str, name: str = "01-a-case.md") -> list[str]:
    """The decimal numbers that a chapter shows outside of exercises, with the words before them."""
    return _found(DECIMAL, text, name, apart=(Exercise,))


def straight_quotes(text: str, name: str = "01-a-case.md") -> list[str]:
    """The typewriter's quotes that a chapter shows, with the words before them."""
    return _found(STRAIGHT, text, name, apart=())


def _found(
    pattern: re.Pattern[str], text: str, name: str, apart: tuple[type[Node], ...]
) -> list[str]:
    chapter, issues = parse_chapter(Source(f"content/{name}", text))
    assert chapter is not None, issues
    shown = [chapter.title, chapter.lead, *_shown(chapter.body, apart)]
    return [
        part[max(0, match.start() - 30) : match.end()]
        for part in shown
        for match in pattern.finditer(part)
    ]


def _shown(fragment: Fragment, apart: tuple[type[Node], ...]) -> Iterator[str]:
    yield Markup(PLACEHOLDER.sub(" ", CODE.sub(" ", fragment.html))).striptags()
    for node in fragment.nodes:
        if not isinstance(node, apart):
            for child in children(node):
                yield from _shown(child, apart)


def test_the_rules_find_what_they_should_and_nothing_else() -> None:
    free = """---
title: A case
---
Take $0.25$ and `0.5`, measured {{ metric("toy", "test.error", ".3f") }}, on 12 of 3 days.

```python
x = 0.75
```

::: figure dots
z1: 0.8

Caption.
:::

::: exercise
Suppose 0.9 of them.

--- answer
Then 0.81.
:::
"""
    assert decimals(free) == []
    typed = free.replace("Caption.", "Caption with 0.031.").replace("days", "days ^[or 1.5]")
    assert [found.split()[-1] for found in decimals(typed)] == ["1.5", "0.031"]
    assert straight_quotes(free.replace("Suppose", "“Suppose”, it’s `'said'`,")) == []
    assert len(straight_quotes(free.replace("Suppose", '"Suppose", it\'s said,'))) == 3
    assert overstatements(free) == []
    told = free.replace("Take", "Here the *land* is settled, and there are no gaps. Take")
    assert len(overstatements(told)) == 2
