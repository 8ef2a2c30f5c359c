"""The index of the search: what is in it, and that no page changes with it."""

from __future__ import annotations

import json
import re

from builder.build import Builder
from builder.render.search import read_places
from builder.store.effects import MemoryEffects
from builder.store.paths import SEARCH_INDEX
from tests.unit.builder.fakes import FakeService, build, small_book

CHAPTER = """---
title: A </script> case
lead: In a sentence.
---
Before all ^[a remark aside], says [@kingma2013].

## One heading {#one}

Text with $q(z)$ and a [[code]].

::: figure dots

What to take away.

Try: turn it.
:::

After the figure.

::: exercise
How much?

--- answer
So much.
:::
"""


def index(effects: MemoryEffects) -> dict[str, list[list[object]]]:
    """The places of each page."""
    script = effects.read(f"build/site/{SEARCH_INDEX}").decode()
    match = re.fullmatch(r"book\.searchIndex\((.*)\);\n", script)
    assert match
    return {page[0]: page[3] for page in json.loads(match[1])}


def test_every_text_is_found_at_the_place_where_it_stands() -> None:
    effects = small_book(**{"content__01-a-case.md": CHAPTER})
    assert build(effects).published
    places = {str(place[0]): place[1:] for place in index(effects)["a-case.html"]}
    title, blocks = places[""]
    assert title == "A </script> case"
    assert blocks[0] == "In a sentence."
    assert "a remark aside" in blocks
    heading, text = places["one"]
    assert heading == "One heading"
    assert text == ["Text with q(z) and a code.", "After the figure."]
    figure, caption = places["fig-dots"]
    assert str(figure).startswith("Figure 1.1 ")
    assert caption[-2:] == ["What to take away.", "Try turn it."]
    exercise, task = places["exercise-1"]
    assert exercise == "Exercise 1.1"
    assert task == ["How much?", "Answer", "So much."]


def test_terms_and_works_are_places_of_their_own() -> None:
    effects = small_book(**{"content__01-a-case.md": CHAPTER})
    assert build(effects).published
    found = index(effects)
    html = effects.read("build/site/glossary.html").decode()
    terms = [place for place in found["glossary.html"] if str(place[0]).startswith("term-")]
    assert terms
    assert all(f'id="{place[0]}"' in html for place in terms)


def test_what_no_reader_sees_as_text_is_left_out() -> None:
    (place,) = read_places(
        "<p>Masthead</p><main><p class=chapter-number>Chapter 1</p><p>One<svg><text>2</text></svg>"
        "<math><mi>\u2061x</mi><annotation>\\x</annotation></math>"
        "<span class=popover>note</span><span hidden>edited</span></p><nav>Next</nav>"
        "<script>run()</script></main><p>Foot</p>"
    )
    assert place == ("", "Onex", ())


def test_words_of_neighbouring_blocks_and_cells_do_not_run_together() -> None:
    (place,) = read_places(
        "<main><p>T</p><table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>"
        "<ul><li>d<br>e</li></ul><div>f<p>g</p>h</div></main>"
    )
    assert place == ("", "T", ("a b", "c", "d e", "f", "g", "h"))


def test_a_heading_changes_the_index_and_no_other_page() -> None:
    effects = small_book(**{"content__01-a-case.md": CHAPTER})
    build(effects)
    before = effects.read("build/site/other-things.html")
    effects.contents["content/01-a-case.md"] = CHAPTER.replace("One heading", "Two").encode()
    build(effects)
    assert effects.read("build/site/other-things.html") == before
    assert ["one", "Two"] in [place[:2] for place in index(effects)["a-case.html"]]


def test_a_preview_makes_the_index_when_it_is_asked_for() -> None:
    effects = small_book(**{"content__01-a-case.md": CHAPTER})
    builder = Builder(effects, FakeService(effects))
    models = frozenset({"toy"})
    shown = builder.build(known_models=models, preview=True)
    assert shown.published
    assert SEARCH_INDEX not in shown.files
    [(path, make)] = shown.on_request.items()
    assert path == SEARCH_INDEX
    assert b"After the figure." in make()
    effects.contents["content/01-a-case.md"] = CHAPTER.replace("After the", "Beyond the").encode()
    [make] = builder.build(known_models=models, preview=True).on_request.values()
    assert b"Beyond the figure." in make()
