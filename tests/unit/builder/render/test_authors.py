"""The page for authors: made of the golden cases, all of them, and fit to stand in the book."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from builder.issues.rules import RULES
from builder.render.authors import GOLDEN as PLACE
from tests.unit.builder.fakes import GOLDEN, build, small_book, tree
from tests.unit.builder.test_golden import CASES, UNCOVERED


@pytest.fixture(scope="module")
def html() -> str:
    effects = small_book()
    effects.contents |= {f"{PLACE}/{path}": data for path, data in tree(GOLDEN).items()}
    outcome = build(effects)
    assert outcome.published, [str(issue) for issue in outcome.issues]
    assert effects.read("build/site/assets/pictures/cog.png").startswith(b"\x89PNG")
    assert 'href="authors.html"' in outcome.pages["colophon.html"]
    return outcome.pages["authors.html"]


class Page(HTMLParser):
    """Ids, the ids that are referred to, and addresses."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.needed: set[str] = set()
        self.addresses: set[str] = set()
        self.levels: list[int] = []
        self.alive = self.scripts = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {key: value or "" for key, value in attrs}
        self.ids += [values["id"]] if "id" in values else []
        for key in ("aria-controls", "aria-describedby", "aria-labelledby", "data-popover"):
            self.needed |= set(values.get(key, "").split())
        self.addresses |= {values[key] for key in ("href", "src") if key in values}
        self.alive += bool({"data-figure", "data-cell"} & set(values))
        self.scripts += tag == "script" and values.get("id") != "book-data"
        if re.fullmatch("h[1-6]", tag):
            self.levels.append(int(tag[1]))


@pytest.fixture(scope="module")
def page(html: str) -> Page:
    page = Page()
    page.feed(html)
    return page


def test_every_case_is_shown_with_its_source(html: str) -> None:
    for name in CASES:
        if not name.startswith("error-"):
            assert f'<article class="example" id="{name}"' in html, name
    assert "::: figure dots\nid: fig-line\nz1: -1.25" in html


def test_every_rule_has_an_example(html: str) -> None:
    shown = set(re.findall(r'id="rule-([a-z-]+)"', html))
    assert shown >= RULES - UNCOVERED
    assert "unknown figure &#39;dotz&#39; (did you mean &#39;dots&#39;?)" in html


def test_the_cases_get_along_on_one_page(page: Page) -> None:
    assert len(page.ids) == len(set(page.ids))
    assert page.needed <= set(page.ids)
    fragments = (address[1:] for address in page.addresses if address.startswith("#"))
    places = {fragment.partition("?")[0] for fragment in fragments}  # state may follow
    assert places <= set(page.ids)
    inside = {a for a in page.addresses if not a.startswith("#") and not re.match(r"[a-z]+:", a)}
    own = {"index.html", "index.html#contents", "colophon.html"}
    assert {a for a in inside - own if not a.startswith("assets/")} == set()


def test_nothing_of_a_case_runs_and_headings_nest(page: Page) -> None:
    other = 2  # early.js and book.js, which every page has
    assert (page.alive, page.scripts) == (0, other)
    steps = zip(page.levels, page.levels[1:], strict=False)
    assert all(after <= before + 1 for before, after in steps)


def test_its_formulas_are_typeset(html: str) -> None:
    assert "<math>a&lt;b</math>" in html


def test_a_book_without_cases_has_no_such_page() -> None:
    effects = small_book()
    outcome = build(effects)
    assert "authors.html" not in outcome.pages
    assert "authors.html" not in outcome.pages["colophon.html"]
