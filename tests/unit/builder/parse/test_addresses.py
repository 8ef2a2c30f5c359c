"""No address gets into a page without a check, whatever stands in it: each is a node, which is
resolved, or something is reported. What a CommonMark parser takes for a link is none less here.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser

from hypothesis import example, given, settings
from hypothesis import strategies as st

from builder.issues.issue import Issue, Source
from builder.parse.document import (
    END,
    START,
    CrossReference,
    Destination,
    Fragment,
    children,
    walk,
)
from builder.parse.inline import ADDRESS_ATTRIBUTES
from builder.parse.parse import parse_page
from tests.unit.builder.parse.structure import oracle_html

PIECES = (
    " ", "  ", "\t", "\n", "a", "b c", "page.md", "#id", "/", "\\", "\\)", "\\(", "(", ")", "<",
    ">", "\"", "'", "\"t\"", "'t'", "(t)", "[", "]", "![", "](", "https://", "javascript:",
    "data:x,", "//host", "mailto:", "&quot;", "&#106;", "&amp;", "%20", "`", "``", "$", "*",
    "_", "~~", "é", "\u00a0", "{", "}", "@", "|", "<b>", "</b>", "<a href=x>", "<!--", "-->",
)  # fmt: skip
"""What addresses and the texts around them are put together from."""

ADDRESSES = st.lists(st.sampled_from(PIECES), max_size=7).map("".join)
LINKS = st.lists(
    st.tuples(st.sampled_from(("", "!", "**", "> ", "| ")), ADDRESSES, ADDRESSES).map(
        lambda parts: "{}[{}]({})".format(*parts)
    ),
    min_size=1,
    max_size=3,
).map(" ".join)
CHECKED = re.compile(f"{START}\\d+{END}")


def read(text: str) -> tuple[Fragment, tuple[Issue, ...]]:
    page, issues = parse_page(Source("content/01-a-case.md", text), "a-case", "A case")
    return page.body, issues


class Addresses(HTMLParser):
    """Collects the values of all attributes that hold an address."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value or "" for name, value in attrs if name in ADDRESS_ATTRIBUTES]


@given(LINKS)
@example("[page](no such page.md)")
@example("[x](other scheme: y)")
@example("![a cog](https://example.org/a cog.png)")
@example("[x]( <java script:alert(1)> )")
@settings(max_examples=1200, deadline=None, derandomize=True)
def test_every_address_is_checked_and_no_link_is_lost_in_silence(text: str) -> None:
    """Both of each text, for it is read in the same time as one of them."""
    fragment, issues = read(text)
    texts = [fragment, *(inner for node in walk(fragment) for inner in children(node))]
    for value in (value for inner in texts for value in Addresses(inner.html).found):
        assert CHECKED.fullmatch(value), text
    nodes = tuple(walk(fragment))
    if not issues and all(isinstance(node, (CrossReference, Destination)) for node in nodes):
        assert len(nodes) >= len(Addresses(oracle_html(text)).found), text
