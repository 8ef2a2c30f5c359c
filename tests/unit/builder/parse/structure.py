"""The skeleton of a text: its blocks, emphasis and words, as CommonMark has it and as the builder
makes it.

The witness is cmark-gfm, the reference implementation in C, which shares nothing with the builder's
own reader. It knows no definition lists: those are compared with markdown-it's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any

from cmarkgfm.cmark import Options, markdown_to_html_with_extensions
from markdown_it import MarkdownIt
from mdit_py_plugins.deflist import deflist_plugin

from builder.issues.issue import Issue, Source
from builder.parse.document import (
    END,
    START,
    Cell,
    Citation,
    CrossReference,
    Heading,
    Math,
    Term,
    Text,
    children,
)
from builder.parse.parse import parse_page

TAGS = frozenset(
    {"p", "ul", "ol", "li", "blockquote", "pre", "hr", "table", "thead", "tbody", "tr", "th", "td",
     "h1", "h2", "h3", "h4", "h5", "h6", "dl", "dt", "dd", "br", "details", "summary", "div",
     "em", "strong", "s", "code"}
)  # fmt: skip
INLINE = frozenset({"em", "strong", "s", "code", "br"})
SAME = {"del": "s"}
OURS = re.compile(r'<div class="(?:highlight|table-wrap)"[^>]*>|<span class="filename">.*?</span>')
PLACES = re.compile(f"<p>{START}(?P<alone>\\d+){END}</p>|{START}(?P<inline>\\d+){END}")
BOX = re.compile(r'<span class="task-box" data-task="(open|done)"[^>]*></span>')
OPTIONS = (
    Options.CMARK_OPT_UNSAFE
    | Options.CMARK_OPT_SOURCEPOS
    | Options.CMARK_OPT_STRIKETHROUGH_DOUBLE_TILDE
)
DEFINITIONS = "<dl>"


@dataclass(frozen=True)
class Part:
    """A tag, or the words between two tags without white space and signs; `line` is that where
    its block begins, as far as that is known. Parts are equal if they say the same."""

    what: str
    line: int = 0

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Part) and self.what == other.what

    def __hash__(self) -> int:
        return hash(self.what)


class Skeleton(HTMLParser):
    """Collects the tags, and the words between them."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[Part] = []
        self._line = 1
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if place := given.get("data-sourcepos"):
            self._line = int(place.partition(":")[0])
        tag = SAME.get(tag, tag)
        if tag in TAGS:
            start = given.get("start", "") if tag == "ol" else ""
            self.found.append(Part(f"<{tag}{start}>", self._line))

    def handle_endtag(self, tag: str) -> None:
        tag = SAME.get(tag, tag)
        if tag in TAGS and tag != "br":
            self.found.append(Part(f"</{tag}>", self._line))

    def handle_data(self, data: str) -> None:
        words = "".join(re.findall(r"\w+", data))
        if words and self.found and not self.found[-1].what.startswith("<"):
            self.found[-1] = Part(self.found[-1].what + words, self.found[-1].line)
        elif words:
            self.found.append(Part(words, self._line))


def oracle_html(text: str) -> str:
    """A text as GitHub's CommonMark has it, with tables and strikes; blocks have their places."""
    made: str = markdown_to_html_with_extensions(text, OPTIONS, ["table", "strikethrough"])
    return made


def expected(text: str) -> list[Part]:
    """The skeleton that a text has by CommonMark."""
    return Skeleton(oracle_html(text)).found


def expected_with_definitions(text: str) -> list[Part]:
    """The same with definition lists, by markdown-it."""
    reader = MarkdownIt("commonmark").enable(["table", "strikethrough"]).use(deflist_plugin)
    tokens = reader.parse(text)
    for token in tokens:
        if token.map and token.nesting >= 0:
            token.attrSet("data-sourcepos", f"{token.map[0] + 1}:1")
    return Skeleton(reader.renderer.render(tokens, reader.options, {})).found


def built(text: str) -> tuple[list[Part], tuple[Issue, ...]]:
    """The skeleton that the builder gives a text, and what it reports."""
    page, issues = parse_page(Source("content/01-a-case.md", text), "a-case", "A case")
    return skeleton(page.body), issues


def skeleton(body: Text[Any]) -> list[Part]:
    """The skeleton of a text that the builder has read, what it only refers to left out."""
    return Skeleton(_whole(body)).found


def _whole(text: Text[Any]) -> str:
    """The HTML of a text with its nodes in their places, no wrappers."""

    def fill(match: re.Match[str]) -> str:
        node = text.nodes[int(match["alone"] or match["inline"])]
        return _shown(node, alone=match["alone"] is not None)

    html = OURS.sub("", PLACES.sub(fill, text.html))
    html = BOX.sub(lambda match: "[ ]" if match[1] == "open" else "[x]", html)
    return re.sub(r"</table></div>", "</table>", re.sub(r"</pre></div>", "</pre>", html))


def _shown(node: Any, *, alone: bool) -> str:
    """What a node shows of its source, formulas left out; `alone` in a paragraph of its own."""
    match node:
        case Heading(level=level, text=text):
            return f"<h{level}>{_whole(text)}</h{level}>"
        case Math():
            return "<p></p>" if alone else ""
        case Citation(prefix=prefix, key=key, locator=locator):
            return _paragraph(f"{prefix} {key} {locator}", alone=alone)
        case Term(name=name, shown=shown):
            before = "" if name == " ".join(shown.html.split()) else name
            return _paragraph(before + _whole(shown), alone=alone)
        case CrossReference():
            return _paragraph("".join(_texts(children(node))), alone=alone)
        case Cell(code=code, check=check, solution=solution):
            texts = (part.text for part in (code, check, solution) if part)
            return "".join(f"<pre><code>{_escaped(one)}</code></pre>" for one in texts)
        case _:
            inner = "".join(_texts(children(node)))
            return inner if alone else inner.removeprefix("<p>").removesuffix("</p>")


def _texts(texts: Iterable[Text[Any]]) -> Iterable[str]:
    return (_whole(text) for text in texts)


def _paragraph(text: str, *, alone: bool) -> str:
    return f"<p>{text}</p>" if alone else text


def _escaped(code: str) -> str:
    return code.replace("&", "&amp;").replace("<", "&lt;")
