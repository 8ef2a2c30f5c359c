"""What an author is told of links to what has moved: a chapter renamed or renumbered, a section or
a figure put into another chapter."""

from __future__ import annotations

import pytest

from tests.unit.builder.fakes import build, small_book

NAMES = ("01-core", "02-anatomy", "03-bottleneck", "04-middle", "05-clouds", "06-losses", "07-walk")


@pytest.mark.parametrize(
    ("address", "hint"),
    [
        ("08-links.md#far-away", "did you mean '09-other-things.md#far-away'?"),
        ("08-links.md#fig-dots", "did you mean '09-other-things.md#fig-dots'?"),
        ("links.html#far-away", "did you mean 'other-things.html#far-away'?"),
        ("07-gone.md#far-away", "did you mean '09-other-things.md#far-away'?"),
        ("08-links.md#term-code", "did you mean 'glossary.html#term-code'?"),
        ("06-clouds.md#a-heading-of-many-words", "did you mean '05-clouds.md'?"),
        ("05-the-variational-cousin.md", "did you mean '05-clouds.md'?"),
        ("05-the-variational-cousin.md#exercises", "did you mean '05-clouds.md'?"),
        ("08-links.md#exercise", "did you mean '08-links.md#exercises'?"),
        ("10-xyz.md", ""),
    ],
)
def test_a_link_to_what_has_moved_is_told_where_it_is(address: str, hint: str) -> None:
    effects = small_book()
    for name in NAMES:
        text = f"---\ntitle: {name}\n---\n## Exercises\n\nNone.\n"
        effects.contents[f"content/{name}.md"] = text.encode()
    text = f"---\ntitle: Links\n---\n## Exercises\n\n[A link]({address}).\n"
    effects.contents["content/08-links.md"] = text.encode()
    (issue,) = build(effects).issues
    assert (issue.line, issue.hint) == (6, hint)
