"""The book as a whole: `content/book.toml`."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import lru_cache

from builder.issue import Issue, Source
from builder.toml_file import Table, read_toml


@dataclass(frozen=True, slots=True)
class BookConfig:
    """What book.toml says; only the title is required."""

    title: str
    subtitle: str = ""
    monograph: str = ""
    source_credit: str = ""
    author: str = ""
    description: str = ""
    language: str = "en"
    base_url: str = ""
    repository: str = ""


@lru_cache(maxsize=512)  # by content: most files are the same at the next build
def parse_config(source: Source) -> tuple[BookConfig, tuple[Issue, ...]]:
    """The configuration, with defaults for whatever is missing or wrong."""
    issues: list[Issue] = []
    values = read_toml(source, "config-syntax", issues)
    if values is None:
        return BookConfig(""), tuple(issues)
    table = Table(source, (), values, "config-type", issues)
    title = table.text("title")
    rest = {
        field.name: table.text(field.name, str(field.default)) for field in fields(BookConfig)[1:]
    }
    table.asked.add("data")  # the author's own data: see own_data.py
    table.finish("config-key")
    return BookConfig(title, **rest), tuple(issues)
