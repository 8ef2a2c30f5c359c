"""Which graphs and arrays of models the book ships: those that figures use and that cells name."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from builder.draw.python_packages import SOURCES
from builder.load.model_card import ModelCard
from builder.parse.document import Code
from builder.resolve.resolve import ResolvedBook, ResolvedPage
from builder.store.effects import Effects

DATA_SETS = f"{SOURCES}/book/datasets.json"
LITERAL = re.compile(r"""(["'])([\w-]+)\1""")

Parts: TypeAlias = tuple[tuple[ModelCard, str], ...]
"""Models, each with the name of a graph or an array of it."""


@dataclass(frozen=True)
class Wanted:
    """What pages load of models."""

    parts: Parts
    """Of all pages, each once."""
    named: Mapping[str, Parts]
    """Page with cells → what these name."""


def wanted_parts(effects: Effects, book: ResolvedBook, models: Mapping[str, ModelCard]) -> Wanted:
    """What figures use, and what Python in cells calls by name."""
    named = {page.href: _named(effects, page, models) for page in book.pages if page.cells}
    parts = {
        (card.name, use): (card, use)
        for page in book.pages
        for figure in page.figures
        for role, card in figure.models.items()
        for use in figure.spec.models[role].uses
    }
    for of_page in named.values():
        parts |= {(card.name, part): (card, part) for card, part in of_page}
    return Wanted(tuple(parts.values()), named)


def codes_of(page: ResolvedPage) -> list[Code]:
    """All Python of a page: cells, checks and solutions, in order."""
    return [
        code
        for placed in page.cells
        for code in (placed.cell.code, placed.cell.check, placed.cell.solution)
        if code is not None
    ]


def _named(effects: Effects, page: ResolvedPage, models: Mapping[str, ModelCard]) -> Parts:
    """The graphs of the models and the arrays of the data sets that a page's cells name."""
    names = {match[2] for code in codes_of(page) for match in LITERAL.finditer(code.text)}
    if not names:
        return ()
    parts = {
        (name, graph)
        for name in names & models.keys()
        for graph in models[name].content.get("graphs", {})
    }
    for name, spec in json.loads(effects.read(DATA_SETS)).items():
        if name in names and spec["model"] in models:
            splits = spec["splits"].values()
            parts |= {(spec["model"], part) for split in splits for part in split.values()}
    return tuple((models[name], part) for name, part in sorted(parts))
