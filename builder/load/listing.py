"""Listings: definitions of this repository's own Python, found by name, so that none goes stale."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from textwrap import dedent
from typing import TypeAlias

from builder.issues.issue import Source
from builder.parse.prose import code_block

Definition: TypeAlias = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Listing:
    """The lines `first` to `last` of a file, counted from 1."""

    path: str
    first: int
    last: int
    code: str

    @property
    def html(self) -> str:
        """The code, highlighted, below the place that it comes from."""
        title = f"{self.path}, lines {self.first}–{self.last}"
        return code_block(self.code, "python", title)


@lru_cache(maxsize=32)
def definitions(source: Source) -> dict[str, Definition]:
    """Functions and classes by name, those inside a class as `Class.name`.

    Raises SyntaxError.
    """
    return dict(_named(ast.parse(source.text, source.path).body, ""))


def _named(body: list[ast.stmt], prefix: str) -> Iterator[tuple[str, Definition]]:
    for node in body:
        if isinstance(node, Definition):
            yield f"{prefix}{node.name}", node
            if isinstance(node, ast.ClassDef):
                yield from _named(node.body, f"{prefix}{node.name}.")


def excerpt(source: Source, definition: Definition) -> Listing:
    """The whole lines of a definition, decorators included, moved to the left margin."""
    first = min(node.lineno for node in (definition, *definition.decorator_list))
    last = definition.end_lineno or definition.lineno
    lines = source.text.split("\n")[first - 1 : last]
    return Listing(source.path, first, last, dedent("\n".join(lines)))
