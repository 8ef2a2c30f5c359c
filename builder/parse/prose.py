"""Plain Markdown to HTML, by Python-Markdown.

Our own constructs are placeholders by the time text comes here. Syntax that the book's scanner
handles itself (headings) or does without (indented code, link references) is switched off.
"""

from __future__ import annotations

import re
from functools import cache

from markdown import Markdown
from markupsafe import Markup
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

EXTENSIONS = ["tables", "def_list", "sane_lists", "pymdownx.superfences", "pymdownx.highlight"]
EXTENSION_SETTINGS = {"pymdownx.highlight": {"use_pygments": True, "guess_lang": False}}

OWN_BLOCKS = ("hashheader", "setextheader", "code", "reference")
OWN_INLINES = ("reference", "image_reference", "short_reference", "short_image_ref")

PARAGRAPH = re.compile(r"<p>(.*)</p>", re.DOTALL)
PLAIN = re.compile(r"[^\W\d_][^*_`\\\[\]<>&!|:]*")
"""A phrase without anything that Markdown could mean: most terms, choices and headings."""
CODE_BLOCK = re.compile(r'(<div class="highlight">(?:<span class="filename">.*?</span>)?<pre)>')
TABLE_START = re.compile(r"<table>")
TABLE_END = re.compile(r"</table>")


@cache
def _converter() -> Markdown:
    converter = Markdown(extensions=EXTENSIONS, extension_configs=EXTENSION_SETTINGS)
    for name in OWN_BLOCKS:
        converter.parser.blockprocessors.deregister(name)
    for name in OWN_INLINES:
        converter.inlinePatterns.deregister(name)
    return converter


def to_html(text: str) -> str:
    """Block-level HTML of a Markdown text; what may scroll sideways can be reached by keyboard."""
    converter = _converter()
    converter.reset()
    html = converter.convert(text)
    if "<pre" in html:
        html = CODE_BLOCK.sub(r'\1 tabindex="0">', html)
    if "<table>" in html:
        html = TABLE_START.sub(
            '<div class="table-wrap" role="region" aria-label="Table" tabindex="0"><table>', html
        )
        html = TABLE_END.sub("</table></div>", html)
    return html


def to_phrase(text: str) -> str:
    """Inline HTML of a Markdown text that is one phrase or paragraph."""
    text = " ".join(text.split())
    if PLAIN.fullmatch(text):
        return text
    html = to_html(text)
    match = PARAGRAPH.fullmatch(html)
    return match[1] if match and "<p>" not in match[1] else html


def code_lines(text: str) -> list[Markup]:
    """The lines of Python text as HTML, highlighted, no element reaching over a line's end."""
    html = highlight(text, PythonLexer(stripnl=False), HtmlFormatter(nowrap=True))
    return [Markup(line) for line in html.rstrip("\n").split("\n")]
