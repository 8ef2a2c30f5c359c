"""The whole book as one page to print: every page's text in reading order, with links inside it.

Ids get the name of their page in front, because two chapters may use the same one. What needs the
browser's layout, such as the numbers of pages, is done by `site_assets/paper` in the page itself.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from jinja2 import Environment
from markupsafe import Markup, escape

from builder.load.config import BookConfig
from builder.node.methods import PaperFiles
from builder.pack.pdf import Print
from builder.render.render import CSP, script_json
from builder.render.sheets import Part, sheet_styles
from builder.store.paths import AUTHORS_PAGE, OWN_STANDING, PRINT_PAGE

MAIN = re.compile(r"<main[^>]*>(.*)</main>", re.DOTALL)
KIND = re.compile(r'<body class="page-([a-z]+)"')
NUMBER = re.compile(r'<p class="chapter-number">\D*(\d+)</p>')
TITLE = re.compile(r"<h1[^>]*>(.*?)</h1>", re.DOTALL)
STYLES = re.compile(r'<link rel="stylesheet" href="([^"]+)"')
SCRIPT = re.compile(r"<script\b.*?</script>", re.DOTALL)
TAG = re.compile(r"""</figcaption>|<[A-Za-z](?:[^<>"']|"[^"]*"|'[^']*')*>""")
ATTRIBUTE = re.compile(r"""(\s)([\w:-]+)="([^"]*)\"""")
ID_LISTS = frozenset(
    {"id", "for", "headers", "aria-labelledby", "aria-describedby", "aria-controls", "aria-owns"}
)
ADDRESSES = frozenset({"href", "xlink:href"})
PAINT = re.compile(r"url\(#([^)]+)\)")


ON_SCREEN = (*OWN_STANDING, AUTHORS_PAGE)
"""Pages that are no part of the printed book."""
ANSWERS = "answers"
SCRIPT_FILE, STYLE_FILE, SHEETS_FILE = "paper.js", "assets/paper.css", "sheets.css"
MEDIA = re.compile(r"@media (print|screen)\b")
OF_MEDIUM = {"print": "@media all", "screen": "@media not all"}


@dataclass(frozen=True)
class PrintBook:
    """What is printed; after each print, what it told is written into the next."""

    config: BookConfig
    pages: Mapping[str, str]
    """Path in the site → HTML, in reading order."""
    files: Mapping[str, bytes]
    """Path in the site → content, the styles among them."""
    paper: PaperFiles
    templates: Environment

    def made(self, prints: Sequence[Print]) -> dict[str, bytes]:
        """The page to print and the files that only it needs, after these prints."""
        printed = {path: html for path, html in self.pages.items() if path not in ON_SCREEN}
        links = {style for html in printed.values() for style in STYLES.findall(html)}
        styles = {
            style: MEDIA.sub(lambda media: OF_MEDIUM[media[1]], self.files[style].decode())
            for style in sorted(links)
        }
        sections = _sections(printed, self.config)
        parts = [Part(section["id"], section["head"]) for section in sections]
        html = self.templates.get_template("print.html").render(
            book=asdict(self.config),
            csp=CSP,
            styles=[*styles, STYLE_FILE, SHEETS_FILE],
            script=SCRIPT_FILE,
            prints=script_json([print_.places for print_ in prints]),
            sections=sections,
        )
        return {
            PRINT_PAGE: html.encode(),
            SCRIPT_FILE: self.paper["script"].encode(),
            STYLE_FILE: self.paper["styles"].encode(),
            SHEETS_FILE: sheet_styles(self.config.title, parts, prints).encode(),
            **{path: text.encode() for path, text in styles.items()},
        }


def _sections(pages: Mapping[str, str], config: BookConfig) -> list[dict[str, str]]:
    """The text of each page; the answers are to come before what follows the chapters."""
    sections = [
        {
            "id": _name(path),
            "kind": KIND.findall(html)[0],
            "head": _head(html),
            "html": Markup(_Section(path, pages, config.root).rewrite(html)),
        }
        for path, html in pages.items()
    ]
    text = Markup('<header class="page-head"><h1>Answers</h1></header><div class="prose"></div>')
    answers = {"id": ANSWERS, "kind": ANSWERS, "head": "Answers", "html": text}
    kinds = [section["kind"] for section in sections]
    end = max((at for at, kind in enumerate(kinds) if kind in ("index", "chapter")), default=-1) + 1
    return [*sections[:end], answers, *sections[end:]]


def _head(html: str) -> str:
    """What stands at the head of a page's sheets: “3 · The bottleneck”."""
    number, title = NUMBER.search(html), TITLE.search(html)
    words = [number[1]] if number else []
    return " · ".join([*words, Markup(title[1]).striptags() if title else ""])


def _name(path: str) -> str:
    return path.removesuffix(".html")


class _Section:
    """Rewrites one page so that it can stand beside the others."""

    def __init__(self, path: str, pages: Mapping[str, str], root: str) -> None:
        self.path, self.pages = path, pages
        self.online = root + path if root else ""
        self.figure = ""

    def rewrite(self, html: str) -> str:
        match = MAIN.search(html)
        assert match, f"{self.path} has no <main>"
        return TAG.sub(self._tag, SCRIPT.sub("", match[1]))

    def _tag(self, match: re.Match[str]) -> str:
        tag = match[0]
        if tag == "</figcaption>":
            return self._online_address() + tag
        if tag.startswith("<figure "):
            found = re.search(r'\sid="([^"]*)"', tag)
            self.figure = found[1] if found else ""
        return ATTRIBUTE.sub(self._attribute, tag)

    def _attribute(self, match: re.Match[str]) -> str:
        space, name, value = match.groups()
        if name in ID_LISTS:
            value = " ".join(self._id(self.path, part) for part in value.split())
        elif name in ADDRESSES:
            value = self._address(value)
        else:
            value = PAINT.sub(lambda paint: f"url(#{self._id(self.path, paint[1])})", value)
        return f'{space}{name}="{value}"'

    def _id(self, path: str, name: str) -> str:
        return f"{_name(path)}--{name}"

    def _address(self, address: str) -> str:
        page, hash_, name = address.partition("#")
        page = page or self.path
        if page not in self.pages:
            return address
        name = name.partition("?")[0]  # on paper a figure has one state
        return f"#{self._id(page, name)}" if hash_ else f"#{_name(page)}"

    def _online_address(self) -> str:
        if not self.online or not self.figure:
            return ""
        address = f"{self.online}#{self.figure}"
        return f'<p class="figure-online"><a href="{escape(address)}">{escape(address)}</a></p>'
