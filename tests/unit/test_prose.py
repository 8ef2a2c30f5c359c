"""The text of the book: spelled right, its quotes curled, and no measured number typed by hand.

The rule for numbers: what a chapter shows holds no decimal number. Formulas, code and exercises
are free, for they state constants and suppositions; a measured number comes by `metric(…)`.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from markupsafe import Markup

from builder.issues.issue import Source
from builder.parse.document import FigureBlock, Fragment, Node, children
from builder.parse.own_blocks.exercise import Exercise
from builder.parse.own_blocks.predict import Predict
from builder.parse.parse import parse_chapter
from builder.resolve.resolved import PLACEHOLDER

ROOT = Path(__file__).resolve().parents[2]
CONTENT = ROOT / "content"
CHAPTERS = sorted(CONTENT.glob("[0-9]*.md"))
CODE = re.compile(r"<(pre|code)\b.*?</\1>", re.DOTALL)
DECIMAL = re.compile(r"(?<![\w.])\d+\.\d+(?!\w|\.\d)")
OVERSTATED = re.compile(
    r"\b(?:no gaps|the gaps close|land is settled|every place near|no place is left"
    r"|asks for fairness|the best it can do|so the network could copy PCA"
    r"|recordings do not help|nothing to hold on to|pull on the code,\s+times"
    r"|in the code, come within\s+of it|watch the divergence rise late"
    r"|Training error goes on falling in both|as long as there is something to say"
    r"|beat the VAE on points, and|validation curve stays above)\b",
    re.IGNORECASE,
)
"""Claims that chapters once made and their own measurements contradict, or the programs that made
them: a sixth of the variational throws is refused; the prior does ask for equal mass; a sigmoid
ends the network that should copy PCA; thirty ripples are told better than three hundred; a pull is
a number of times something only beside an error of which it is said whether it is a sum;
Wiener’s limit is not that of a code too small for all directions; under a warm-up the
divergence rises first and falls later; a training error that falls by 8% over three doublings is
as level as a validation error that falls by 10%; PCA draws more digits that the judge accepts than
the best copiers; the diffusion model’s points lie further from the data than those of the
plain autoencoder; and for hundreds of steps the loss of images kept from training lies below the
mean of the training batches around it."""

STRAIGHT = re.compile(r"[\"']")
ABBREVIATION = re.compile(r"(?<![\w-])[A-Z]{2,}(?![\w-])")
LIKELIHOOD = re.compile(r"\b(?:Bernoulli|Gaussian (?:pixels|likelihood)|squared error)\b")


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


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_a_figure_that_turns_beta_says_what_its_nats_are(path: Path) -> None:
    """Without the likelihood a β means nothing, as chapters 6 and 9 say."""
    assert betas_without_units(path.read_text("utf-8"), path.name) == []


def betas_without_units(text: str, name: str = "01-a-case.md") -> list[str]:
    """Figures with β in their state whose caption names no likelihood."""
    chapter, issues = parse_chapter(Source(f"content/{name}", text))
    assert chapter is not None, issues
    return [
        figure.name
        for figure in _figures(chapter.body)
        if "beta" in _state_of(figure.name)
        and not LIKELIHOOD.search(" ".join(_shown(figure.caption, apart=())))
    ]


def _figures(fragment: Fragment) -> Iterator[FigureBlock]:
    for node in fragment.nodes:
        if isinstance(node, FigureBlock):
            yield node
        for child in children(node):
            yield from _figures(child)


def _state_of(figure: str) -> set[str]:
    declared = ROOT / "site_assets/figures" / figure / "figure.toml"
    return set(tomllib.loads(declared.read_text("utf-8")).get("state", {}))


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_abbreviations_stand_in_the_glossary(path: Path) -> None:
    glossary = (CONTENT / "glossary.md").read_text("utf-8")
    known = set(ABBREVIATION.findall(glossary))
    shown = abbreviations(path.read_text("utf-8"), path.name)
    used = {ABBREVIATION.findall(words)[-1] for words in shown}
    assert used - known == set()


def abbreviations(text: str, name: str = "01-a-case.md") -> list[str]:
    """Words of capitals that a chapter shows, with the words before them."""
    return _found(ABBREVIATION, text, name, apart=())


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
    assert abbreviations(free) == []
    assert abbreviations(free.replace("Caption.", "A VAE’s AUC.")) == ["A VAE", "A VAE’s AUC"]
    turned = free.replace("dots\nz1: 0.8", "traversals\nbeta: 2")
    assert betas_without_units(turned) == ["traversals"]
    assert betas_without_units(turned.replace("Caption.", "Pixels are Bernoulli.")) == []
    told = free.replace("Take", "Here the *land* is settled, and there are no gaps. Take")
    assert len(overstatements(told)) == 2
