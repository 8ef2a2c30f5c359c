"""A library is indexed, not read: every entry where it stands, and whatever is wrong with one left
to that one. What is cited is read by the real reader."""

from __future__ import annotations

import re
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from builder.issues.issue import Source
from builder.load.references import index_library
from tests.unit.builder.fakes import build, library_service, small_book

PATH = "content/references.bib"


def keys(text: str) -> dict[str, bool]:
    library = index_library(Source(PATH, text))
    return {key: entry.closed for key, entry in library.entries.items()}


def test_entries_in_braces_and_in_parentheses_one_after_the_other() -> None:
    text = "@misc{a, title={A (b) {c}}} @book(b, title={)}, year=2000) @Comment{x} @string{j={J}}"
    assert keys(text) == {"a": True, "b": True}
    library = index_library(Source(PATH, text))
    assert text[library.entries["b"].whole.start : library.entries["b"].whole.end] == (
        "@book(b, title={)}, year=2000)"
    )
    spans = [string.whole for string in library.strings]
    assert [text[span.start : span.end] for span in spans] == ["@string{j={J}}"]


def test_an_entry_that_is_not_closed_takes_no_other_along() -> None:
    assert keys("@misc{a, title={A\n@misc{b, title={B}}\n") == {"a": False, "b": True}


def test_what_a_comment_holds_is_no_entry() -> None:
    assert keys("% @misc{a, title={A}}\n@misc{b, title={B}}\n") == {"b": True}


def test_a_mail_address_begins_no_entry() -> None:
    assert keys("by me@example.org\n@misc{b, title={B}}") == {"b": True}


def test_donors_come_along() -> None:
    text = "@inbook{a, crossref={b}}\n@book{b, xdata = {c, d}}\n@xdata{c, x={}}\n@xdata{d, x={}}"
    library = index_library(Source(PATH, text))
    assert [entry.key for entry in library.with_donors(["a"])] == ["a", "b", "c", "d"]


NAME = st.text("abcdefgh0123456789:-_", min_size=1, max_size=8)
VALUE = st.recursive(
    st.text('abc @,="%()\\ \n', max_size=12), lambda inner: inner.map(lambda v: "{" + v + "}")
)


@settings(max_examples=200)
@given(st.dictionaries(NAME, VALUE, max_size=6))
def test_every_entry_is_found_whatever_its_fields_hold(fields: dict[str, str]) -> None:
    text = "\n".join(f"@misc{{{key}, title = {{{value}}}}}" for key, value in fields.items())
    assert keys(text) == dict.fromkeys(fields, True)


def read(text: str, *cited: str, style: str = "book") -> dict[str, Any]:
    params = {"text": text, "keys": list(cited), "style": style, "language": "en"}
    result: dict[str, Any] = library_service().ask("references", params).result(60)
    return result


TAG = re.compile(r"<(/?)([a-z]+)((?:\s[^<>]*)?)>")
ALLOWED = {"a", "annotation", "b", "i", "math", "mi", "semantics", "span", "sub", "sup", "u"}


def test_what_a_title_holds_is_text() -> None:
    title = r"{<script>alert(1)</script> & <b onclick=x>p</b> < \emph{e} \textbf{b} A_b \textsc{c}}"
    for style in ("book", "apa", "harvard1", "vancouver"):
        made = read(f"@misc{{a, author={{Doe, Jane}}, title={title}, year=2000}}", "a", style=style)
        html = made["works"][0]["html"]
        for _, name, attributes in TAG.findall(html):
            assert name in ALLOWED, html
            assert "style" not in attributes, html
            assert "onclick" not in attributes, html


def test_a_shared_library_costs_what_is_cited() -> None:
    works = "\n".join(
        f"@misc{{w{n}, author={{Doe, Jane}}, title={{Work {n}}}, year={{2000}}}}"
        for n in range(1200)
    )
    text = "---\ntitle: A\nlead: B\n---\nCited [@w7; @w700].\n"
    effects = small_book(**{"content__01-a-case.md": text})
    effects.contents[PATH] += works.encode()
    outcome = build(effects)
    told = [str(issue) for issue in outcome.issues if issue.path == PATH]
    assert len(told) == 1
    assert "no chapter cites 'w0' and 1197 works more" in told[0]
    page = effects.read("build/site/references.html").decode()
    assert page.count('<li id="ref-') == 4
    assert 'id="ref-w700" value="4"' in page
