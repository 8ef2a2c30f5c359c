"""No difference from CommonMark in the structure of blocks is silent: a text has the blocks that a
CommonMark parser gives it, or the builder reports something in it.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.builder.parse.structure import (
    DEFINITIONS,
    Part,
    built,
    expected,
    expected_with_definitions,
)

SNIPPETS = (Path(__file__).parent / "snippets.txt").read_text("utf-8")[:-1].split("\n%%\n")
"""More than a hundred short texts as authors write them."""
PIECES = (
    "- ", "* ", "+ ", "1. ", "2) ", "10. ", "> ", ">", "  ", "    ", "\t", "   ", "\n", "\n\n",
    "a", "b c", "word", "# ", "## x", "#", "```", "~~~", "````", "```python\n", "---", "***", "===",
    "-", "=", "|", "| a | b |\n|---|:-:|\n", "a | b\n- | -\n", "\\|", "\\", "  \n", "\\\n", "<div>",
    "</div>", "<details>", "</details>", "<b>", "<!-- c -->", ": ", "term\n: what", "`x`", "*e*",
    "**s**", "_u_", " ~~d~~ ", "[ ] ", "1", ".", "(", ")", "&amp;", "x = 1", "é", "中",
)  # fmt: skip
"""What documents are put together from: every mark of a block, and a little text."""

DOCUMENTS = st.lists(st.sampled_from(PIECES), min_size=1, max_size=14).map("".join)
LINES = st.lists(
    st.tuples(
        st.lists(st.sampled_from(("- ", "1. ", "> ", "  ", "    ", "* ", "   ")), max_size=3),
        st.sampled_from(("", "text", "more *text*", "```", "---", "# h", "| a | b |", "|---|---|",
                         "<div>", "</div>", "code `x`", "a\\", ": d", "===")),
    ),
    min_size=1,
    max_size=9,
).map(lambda lines: "\n".join("".join(marks) + text for marks, text in lines))  # fmt: skip


def right(text: str, found: list[Part]) -> list[Part]:
    """What the text must be: CommonMark's, and markdown-it's where it has definition lists."""
    return expected_with_definitions(text) if Part(DEFINITIONS) in found else expected(text)


def check(text: str) -> None:
    found, issues = built(text)
    if not issues:
        assert found == right(text, found), text


@given(st.one_of(DOCUMENTS, LINES))
@settings(max_examples=600, deadline=None, derandomize=True)
def test_generated_documents(text: str) -> None:
    check(text)


@pytest.mark.parametrize("text", SNIPPETS, ids=range(len(SNIPPETS)))
def test_written_documents(text: str) -> None:
    """These are an author's usual texts: they are read, and nothing in them is reported."""
    found, issues = built(text)
    assert [str(issue) for issue in issues] == []
    assert found == right(text, found)


def test_text_over_a_line_of_hyphens_is_a_heading_and_no_table() -> None:
    text = "Either \\| or\n---"
    found, issues = built(text)
    assert found == expected(text)
    assert [issue.rule for issue in issues] == ["heading-style"]


def test_the_comparison_sees_a_difference() -> None:
    parts = ["<p>", "a", "</p>", "<ul>", "<li>", "b", "</li>", "</ul>"]
    assert expected("a\n- b") == [Part(what) for what in parts]
    assert built("a\n\n- b")[0] == expected("a\n- b") != expected("a\nb")
