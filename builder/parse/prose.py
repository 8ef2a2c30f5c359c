"""Blocks and the text in them to HTML.

Python-Markdown writes the tree of blocks, which is read by CommonMark's rules: see `blocks`. The
text inside is read by them too, by markdown-it: Python-Markdown's own reading of emphasis loses
text (findings/emphasis_loses_text.sh). Our own constructs are placeholders by the time text comes
here, and what is HTML already, code and raw tags, stands aside as `raw` until the end.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from xml.etree.ElementTree import Element

from markdown import Markdown
from markdown_it import MarkdownIt
from markupsafe import Markup
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer
from pymdownx.highlight import Highlight

OURS = ("autolink", "backticks", "html_inline", "image")
"""What is read inside text by the book's scanner, not here."""

RAW_START, RAW_END = "\U0001bc9f", "\U00016fe2"
"""Rare characters around the index of a piece of HTML that stands aside. They are punctuation, as
the `<` of a tag and the backtick of code are: that decides what stars beside them mean."""
RAW = re.compile(
    f"<p>{RAW_START}b(?P<block>\\d+){RAW_END}</p>|{RAW_START}(?P<inline>\\d+){RAW_END}"
)

PLAIN = re.compile(r"[^*_~\\\[\]<>&\"\n]*")
"""Text without anything that Markdown could mean."""
BEFORE_BREAK = re.compile(r"(?<!\\)((?:\\\\)*)\\(?= {2,}\n)")
"""A backslash that stands before a hard break. markdown-it takes one of the break's blanks with it
(findings/markdown_it_backslash_before_break.sh), so it is escaped itself."""
CODE_BLOCK = re.compile(r'(<div class="highlight">(?:<span class="filename">.*?</span>)?<pre)>')
TABLE_START = re.compile(r"<table>")
TABLE_END = re.compile(r"</table>")


def raw_placeholder(index: int, *, block: bool = False) -> str:
    """The text that stands for a piece of HTML; a block's paragraph goes when it is put in."""
    return f"{RAW_START}{'b' if block else ''}{index}{RAW_END}"


@cache
def _writer() -> Markdown:
    """What writes a tree of blocks as HTML, line by line."""
    writer = Markdown()
    writer.treeprocessors.deregister("inline")
    return writer


@cache
def _reader() -> MarkdownIt:
    """What reads text inside blocks."""
    reader = MarkdownIt("commonmark").enable("strikethrough").disable(OURS)
    # an address is a placeholder here
    reader.normalizeLink = lambda url: url  # type: ignore[method-assign]
    reader.validateLink = lambda url: True  # type: ignore[method-assign]
    return reader


def inline_html(text: str) -> str:
    """The HTML of Markdown inside a block."""
    if PLAIN.fullmatch(text):
        return text
    if "\\  " in text:
        text = BEFORE_BREAK.sub(r"\1\\\\", text)
    html: str = _reader().renderInline(text)
    return html


def to_html(root: Element, raw: Sequence[str]) -> str:
    """The HTML of a tree of blocks; what may scroll sideways can be reached by keyboard."""
    writer = _writer()
    for processor in writer.treeprocessors:
        root = processor.run(root) or root
    html = writer.serializer(root)
    html = put_raw(html[html.index(">") + 1 : html.rindex("</")].strip(), raw)
    if "<table>" in html:
        html = TABLE_START.sub(
            '<div class="table-wrap" role="group" aria-label="Table" tabindex="0"><table>', html
        )
        html = TABLE_END.sub("</table></div>", html)
    return html


def put_raw(html: str, raw: Sequence[str]) -> str:
    """HTML with each piece that stood aside in its place, those inside other pieces too."""
    while RAW_START in html:
        html = RAW.sub(lambda match: raw[int(match["block"] or match["inline"])], html)
    return html


def to_phrase(text: str, raw: Sequence[str] = ()) -> str:
    """Inline HTML of a Markdown text that is one phrase."""
    return put_raw(inline_html(" ".join(text.split())), raw)


def code_block(code: str, language: str = "", title: str = "") -> str:
    """Code as HTML, highlighted, below its title if it has one."""
    made = Highlight(_writer(), guess_lang=False).highlight(
        code, language or "text", title=title or None
    )
    return CODE_BLOCK.sub(r'\1 tabindex="0">', made)


def code_lines(text: str) -> list[Markup]:
    """The lines of Python text as HTML, highlighted, no element reaching over a line's end."""
    html = highlight(text, PythonLexer(stripnl=False), HtmlFormatter(nowrap=True))
    return [Markup(line) for line in html.rstrip("\n").split("\n")]
