"""The text of the book: spelled right, and no measured number typed by hand.

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

from builder.document import Exercise, Fragment, children
from builder.issue import Source
from builder.parse import parse_chapter
from builder.places import PLACEHOLDER, TAG

CONTENT = Path(__file__).resolve().parents[2] / "content"
CHAPTERS = sorted(CONTENT.glob("[0-9]*.md"))
CODE = re.compile(r"<(pre|code)\b.*?</\1>", re.DOTALL)
DECIMAL = re.compile(r"(?<![\w.])\d+\.\d+(?!\w|\.\d)")


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


def decimals(text: str, name: str = "01-a-case.md") -> list[str]:
    """The decimal numbers that a chapter shows, with the words before them."""
    chapter, issues = parse_chapter(Source(f"content/{name}", text))
    assert chapter is not None, issues
    shown = [chapter.title, chapter.lead, *_shown(chapter.body)]
    return [
        part[max(0, match.start() - 30) : match.end()]
        for part in shown
        for match in DECIMAL.finditer(part)
    ]


def _shown(fragment: Fragment) -> Iterator[str]:
    yield TAG.sub("", PLACEHOLDER.sub(" ", CODE.sub(" ", fragment.html)))
    for node in fragment.nodes:
        if not isinstance(node, Exercise):
            for child in children(node):
                yield from _shown(child)


def test_the_rule_finds_what_it_should_and_nothing_else() -> None:
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
