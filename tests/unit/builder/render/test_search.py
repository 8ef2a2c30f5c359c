"""The index of the search: what is in it, and that no page changes with it."""

from __future__ import annotations

import json
import re

from builder.store.effects import MemoryEffects
from builder.store.paths import SEARCH_INDEX
from tests.unit.builder.fakes import build, small_book

CHAPTER = """---
title: A </script> case
lead: In *a* sentence.
---
## One heading {#one}

Text.

::: figure dots

Caption.
:::
"""


def index(effects: MemoryEffects) -> list[list[object]]:
    script = effects.read(f"build/site/{SEARCH_INDEX}").decode()
    match = re.fullmatch(r"book\.searchIndex\((.*)\);\n", script)
    assert match
    pages: list[list[object]] = json.loads(match[1])
    return pages


def test_titles_leads_headings_figures_and_terms_are_found() -> None:
    effects = small_book(**{"content__01-a-case.md": CHAPTER})
    assert build(effects).published
    pages = {str(page[0]): page for page in index(effects)}
    _, label, title, lead, entries = pages["a-case.html"]
    assert (label, title, lead) == ("Chapter 1", "A </script> case", "In *a* sentence.")
    assert isinstance(entries, list)
    assert entries[0] == ["one", "One heading"]
    assert entries[1][0] == "fig-dots"
    assert entries[1][1].startswith("Figure 1.1: ")
    terms = pages["glossary.html"][4]
    assert isinstance(terms, list)
    assert terms
    html = effects.read("build/site/glossary.html").decode()
    assert all(f'id="{anchor}"' in html for anchor, _ in terms)


def test_a_heading_changes_the_index_and_no_other_page() -> None:
    effects = small_book(**{"content__01-a-case.md": CHAPTER})
    build(effects)
    before = effects.read("build/site/other-things.html")
    effects.contents["content/01-a-case.md"] = CHAPTER.replace("One heading", "Two").encode()
    build(effects)
    assert effects.read("build/site/other-things.html") == before
    assert ["one", "Two"] in index(effects)[0][4]  # type: ignore[operator]
