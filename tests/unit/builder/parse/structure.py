"""The skeleton of a text: its blocks, emphasis and words, as a CommonMark parser has it and as the
builder makes it.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser

from markdown_it import MarkdownIt
from mdit_py_plugins.deflist import deflist_plugin

from builder.issues.issue import Issue, Source
from builder.parse.document import END, START, Fragment, Heading, Math
from builder.parse.parse import parse_page

TAGS = frozenset(
    {"p", "ul", "ol", "li", "blockquote", "pre", "hr", "table", "thead", "tbody", "tr", "th", "td",
     "h1", "h2", "h3", "h4", "h5", "h6", "dl", "dt", "dd", "br", "details", "summary", "div",
     "em", "strong", "s", "code"}
)  # fmt: skip
OURS = re.compile(r'<div class="(?:highlight|table-wrap)"[^>]*>|<span class="filename">.*?</span>')
PLACES = re.compile(f"<p>{START}(?P<alone>\\d+){END}</p>|{START}(?P<inline>\\d+){END}")
BOX = re.compile(r'<span class="task-box" data-task="(open|done)"[^>]*></span>')


class Skeleton(HTMLParser):
    """Collects the tags, and the words between them without white space."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in TAGS:
            start = [value for name, value in attrs if name == "start" and tag == "ol"]
            self.found.append(f"<{tag}{start[0] if start else ''}>")

    def handle_endtag(self, tag: str) -> None:
        if tag in TAGS:
            self.found.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        words = "".join(data.split())
        if words and self.found and not self.found[-1].startswith("<"):
            self.found[-1] += words
        elif words:
            self.found.append(words)


def oracle() -> MarkdownIt:
    """CommonMark with tables, strikes and definition lists, as its own library renders it."""
    return MarkdownIt("commonmark").enable(["table", "strikethrough"]).use(deflist_plugin)


def expected(text: str) -> list[str]:
    """The skeleton that a text has by CommonMark."""
    return Skeleton(oracle().render(text)).found


def built(text: str) -> tuple[list[str], tuple[Issue, ...]]:
    """The skeleton that the builder gives a text, and what it reports."""
    page, issues = parse_page(Source("content/01-a-case.md", text), "a-case", "A case")
    return Skeleton(_whole(page.body)).found, issues


def _whole(fragment: Fragment) -> str:
    """The HTML of a fragment with headings, formulas and boxes in their places, no wrappers."""

    def fill(match: re.Match[str]) -> str:
        node = fragment.nodes[int(match["alone"] or match["inline"])]
        if isinstance(node, Heading):
            return f"<h{node.level}>{_whole(node.text)}</h{node.level}>"
        assert isinstance(node, Math)
        return f"<p>${node.tex}$</p>" if match["alone"] else f"${node.tex}$"

    html = OURS.sub("", PLACES.sub(fill, fragment.html))
    html = BOX.sub(lambda match: "[ ]" if match[1] == "open" else "[x]", html)
    return re.sub(r"</table></div>", "</table>", re.sub(r"</pre></div>", "</pre>", html))
