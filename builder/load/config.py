"""The book as a whole: `content/book.toml`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import lru_cache
from typing import Any

from builder.issues.issue import Issue, Source, suggest, whole_file
from builder.load.toml_file import Table, key_span, read_toml

ADDRESSES = ("base_url", "repository")
"""Settings that name a place on the web; a published build learns them from its environment."""
TEXTS = (
    "subtitle", "monograph", "source_credit", "author", "licence", "description", "language",
    "base_url", "repository", "branch",
)  # fmt: skip
STYLES = ("book", "apa", "harvard1", "vancouver")
"""CSL styles that are there, the usual one first."""
MACRO = re.compile(r"\\?([A-Za-z]+)")
ADDRESS = re.compile(r"https?://[^\s/?#]+(/[^\s?#]*)?")


@dataclass(frozen=True, slots=True)
class BookConfig:
    """What book.toml says; only the title is required."""

    title: str
    subtitle: str = ""
    monograph: str = ""
    source_credit: str = ""
    author: str = ""
    licence: str = ""
    """Of text and figures, in a few words: pictures that readers save carry it."""
    description: str = ""
    language: str = "en"
    base_url: str = ""
    """Where the book is published; without it, pages say nothing that needs a full address."""
    repository: str = ""
    branch: str = "main"
    """The branch of the repository on which readers edit pages."""
    bibliography_style: str = "book"
    """How works are listed: a CSL style that is there by name, or its file in content/."""
    macros: Mapping[str, str] = field(default_factory=dict)
    """LaTeX commands of the author's own: what each stands for, by name with its backslash."""

    @property
    def root(self) -> str:
        """The published book's folder, with its final slash; empty without `base_url`."""
        return f"{self.base_url.rstrip('/')}/" if self.base_url else ""


@lru_cache(maxsize=512)  # by content: most files are the same at the next build
def parse_config(source: Source) -> tuple[BookConfig, tuple[Issue, ...]]:
    """The configuration, with defaults for whatever is missing or wrong."""
    issues: list[Issue] = []
    values = read_toml(source, "config-syntax", issues)
    if values is None:
        return BookConfig(""), tuple(issues)
    table = Table(source, (), values, "config-type", issues)
    title = table.text("title")
    defaults = {field.name: field.default for field in fields(BookConfig)}
    rest = {name: table.text(name, str(defaults[name])) for name in TEXTS}
    macros = _macros(table, issues)
    style = _bibliography_style(table)
    table.asked.add("data")  # the author's own data: see own_data.py
    for key in ADDRESSES:
        if rest[key] and not ADDRESS.fullmatch(rest[key]):
            table.report_at(key, f"'{key}' is not an address", "https://…", value=True)
    table.finish("config-key")
    config = BookConfig(title, bibliography_style=style, macros=macros, **rest)
    return config, tuple(issues)


def _bibliography_style(table: Table) -> str:
    """The `style` under `[bibliography]`."""
    values = table.values.get("bibliography", {})
    table.asked.add("bibliography")
    if not isinstance(values, dict):
        table.report_at("bibliography", "'bibliography' must be a table", value=True)
        return STYLES[0]
    group = Table(table.source, ("bibliography",), values, table.rule, table.issues)
    style = group.text("style", STYLES[0])
    group.finish("config-key")
    if style not in STYLES and not style.endswith(".csl"):
        hint = suggest(style, STYLES) or "a file of content/ that ends in .csl"
        group.report_at("style", f"there is no style '{style}'", hint, value=True)
        return STYLES[0]
    return style


def _macros(table: Table, issues: list[Issue]) -> dict[str, str]:
    """The commands under `[math.macros]`; those that LaTeX could not define are left out."""
    groups = table.table("math")
    for name in groups.keys() - {"macros"}:
        at = key_span(table.source, ("math",), name)
        hint = suggest(name, ["macros"])
        issues.append(table.source.issue("config-key", at, f"unknown key '{name}'", hint))
    if "macros" not in groups:
        return {}
    macros: dict[str, str] = {}
    for name in groups["macros"].values:
        body, command = groups["macros"].text(name), MACRO.fullmatch(name)
        if command is None:
            message, hint = f"'{name}' cannot be a command", "letters alone: E, or '\\E'"
            groups["macros"].report_at(name, message, hint)
        elif body:
            macros[f"\\{command[1]}"] = body
    return macros


def with_environment(
    config: BookConfig, variable: Callable[[str], str]
) -> tuple[BookConfig, tuple[Issue, ...]]:
    """The configuration with the addresses that BOOK_BASE_URL and BOOK_REPOSITORY give."""
    issues: list[Issue] = []
    given: dict[str, Any] = {}
    for key in ADDRESSES:
        name = f"BOOK_{key.upper()}"
        value = variable(name).strip()
        if value and ADDRESS.fullmatch(value):
            given[key] = value
        elif value:
            issues.append(whole_file("config-environment", name, f"'{value}' is not an address"))
    return replace(config, **given), tuple(issues)
