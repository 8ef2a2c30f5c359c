"""Characters that no font of the book has are named, at file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from builder.check.glyphs import carried, check_glyphs, slant
from builder.check.site import BuiltSite, Page
from builder.issues.issue import Issue, Source
from builder.store.paths import AUTHORS_PAGE

FONTS = carried(Path(__file__).parents[4])


def found(html: str, *sources: Source, name: str = "page.html") -> list[Issue]:
    page = Page(name, html)
    return list(check_glyphs(BuiltSite((page,), {}), sources, FONTS))


def test_a_character_without_a_glyph_is_named_at_its_line() -> None:
    source = Source("content/01-a.md", "One.\n\nTwo Ж, three Ж.\n")
    (issue,) = found("<p>One.<br>Two Ж, three Ж.</p>", source)
    assert (issue.path, issue.line, issue.column, issue.severity) == (
        "content/01-a.md", 3, 5, "warning",
    )  # fmt: skip
    assert "'Ж' (cyrillic capital letter zhe, U+0416)" in issue.message
    assert "a text in" in issue.message


@pytest.mark.parametrize(
    ("html", "kind"),
    [
        ("<p>ə</p>", "text"),
        ("<math><mi>ə</mi></math>", "formula"),
        ("<math><mtext>ə</mtext></math>", "text"),
        ('<figure data-figure="a"><b>½</b></figure>', None),
        ('<figure data-figure="a"><b>ž</b></figure>', "figure"),
        ('<figure data-figure="a"><figcaption>Ž</figcaption></figure>', "text"),
        ("<math><mi>é</mi></math>", "formula"),
        ("<math><mi>x</mi><annotation>\\ə</annotation></math>", None),
        ("<pre>ə</pre><p>a <code>ə</code></p>", None),
        ("<p>a\u00ad\u200bb\n\tc</p>", None),
        ("<p><img>é</p>", None),
    ],
)
def test_each_kind_of_text_has_its_faces(html: str, kind: str | None) -> None:
    kinds = [issue.message.partition("sets a ")[2].split()[0] for issue in found(html)]
    assert kinds == ([] if kind is None else [kind])


def test_a_lone_letter_of_a_formula_is_drawn_slanted() -> None:
    assert [slant(letter) for letter in "xhΓα−"] == ["𝑥", "ℎ", "Γ", "𝛼", "−"]
    fonts = {**FONTS, "formula": frozenset("xh")}
    site = BuiltSite(
        (Page("p.html", '<math><mi>x</mi><mi mathvariant="normal">h</mi></math>'),), {}
    )
    assert ["𝑥" in issue.message for issue in check_glyphs(site, (), fonts)] == [True]


def test_what_no_source_holds_is_told_of_the_page_and_once() -> None:
    (issue,) = found("<p>ж</p><p>ж</p>", Source("content/01-a.md", "nothing"))
    assert issue.path == "build/site/page.html"
    assert found("<p>ж</p>", name=AUTHORS_PAGE) == []
