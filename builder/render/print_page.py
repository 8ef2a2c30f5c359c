"""The whole book as one page to print: every page's text in reading order, with links inside it.

Ids get the name of their page in front, because two chapters may use the same one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict

from jinja2 import Environment
from markupsafe import Markup, escape

from builder.load.config import BookConfig
from builder.render.render import CSP
from builder.store.paths import OWN_STANDING

MAIN = re.compile(r"<main[^>]*>(.*)</main>", re.DOTALL)
KIND = re.compile(r'<body class="page-([a-z]+)"')
STYLES = re.compile(r'<link rel="stylesheet" href="([^"]+)"')
SCRIPT = re.compile(r"<script\b.*?</script>", re.DOTALL)
TAG = re.compile(r"""</figcaption>|<[A-Za-z](?:[^<>"']|"[^"]*"|'[^']*')*>""")
ATTRIBUTE = re.compile(r"""(\s)([\w:-]+)="([^"]*)\"""")
ID_LISTS = frozenset(
    {"id", "for", "headers", "aria-labelledby", "aria-describedby", "aria-controls", "aria-owns"}
)
ADDRESSES = frozenset({"href", "xlink:href"})
PAINT = re.compile(r"url\(#([^)]+)\)")


def print_page(config: BookConfig, pages: Mapping[str, str], templates: Environment) -> str:
    """One HTML page of all `pages` (path in the site → HTML) in their order."""
    printed = {path: html for path, html in pages.items() if path not in OWN_STANDING}
    sections = [
        {
            "id": _name(path),
            "kind": KIND.findall(html)[0],
            "html": Markup(_Section(path, printed, config.root).rewrite(html)),
        }
        for path, html in printed.items()
    ]
    styles = dict.fromkeys(style for html in printed.values() for style in STYLES.findall(html))
    return templates.get_template("print.html").render(
        book=asdict(config), csp=CSP, styles=styles, sections=sections
    )


def _name(path: str) -> str:
    return path.removesuffix(".html")


class _Section:
    """Rewrites one page so that it can stand beside the others."""

    def __init__(self, path: str, pages: Mapping[str, str], root: str) -> None:
        self.path, self.pages = path, pages
        self.live = root + path if root else ""
        self.figure = ""

    def rewrite(self, html: str) -> str:
        match = MAIN.search(html)
        assert match, f"{self.path} has no <main>"
        return TAG.sub(self._tag, SCRIPT.sub("", match[1]))

    def _tag(self, match: re.Match[str]) -> str:
        tag = match[0]
        if tag == "</figcaption>":
            return self._live_link() + tag
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
        return f"#{self._id(page, name)}" if hash_ else f"#{_name(page)}"

    def _live_link(self) -> str:
        if not self.live or not self.figure:
            return ""
        address = f"{self.live}#{self.figure}"
        return f'<p class="figure-live"><a href="{escape(address)}">{escape(address)}</a></p>'
