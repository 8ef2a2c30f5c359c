"""Formulas: LaTeX to MathML by Temml in Node, remembered in `build/cache` by content.

Temml would write some styles into style attributes, which the pages' security policy forbids. Each
declaration is a class of the same words instead (site_assets/node/math.mjs), and the rules of those
that a book has are added to its style sheet here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from builder.draw.figures import Bundle, SiteCode
from builder.issues.issue import Issue, Source, Span, whole_file
from builder.node.methods import FormulaParams, Service, WrongFormula
from builder.node.service import ServiceError
from builder.parse.document import Math
from builder.store.effects import Effects
from builder.store.hashing import canonical, hashed_name
from builder.store.memory import Memory
from builder.store.paths import CACHE, SITE_ASSETS

CLASSES = re.compile(r' class="([^"]*:[^"]*)"')
SHEET = "book.css"


def typeset(
    effects: Effects,
    service: Service,
    formulas: Iterable[tuple[Source, Math]],
    macros: Mapping[str, str],
    code: SiteCode,
    memory: Memory,
) -> tuple[dict[tuple[str, bool], str], tuple[Issue, ...]]:
    """MathML of every formula, by TeX and display; bad LaTeX is an issue at its character.

    `macros` are the author's own, by name with its backslash.
    """
    every = list(formulas)
    path = f"{CACHE}/math.json"
    data = effects.read(path) if effects.exists(path) else b"{}"
    cached = memory.recall("math", _parsed, data)
    made_by = canonical([code.of("math"), dict(macros)])
    known: dict[str, str] = dict(cached["formulas"]) if cached.get("by") == made_by else {}
    wanted = {_formula_key(node): node for _, node in every}
    missing = [key for key in wanted if key not in known]
    failed: dict[str, WrongFormula] = {}
    if missing:
        items: list[FormulaParams] = [
            {"tex": wanted[key].tex, "display": wanted[key].display} for key in missing
        ]
        try:
            results = service.ask("math", {"items": items, "macros": dict(macros)}).result()
        except ServiceError as error:
            return {}, (whole_file("node", SITE_ASSETS, str(error)),)
        for key, result in zip(missing, results, strict=True):
            if "error" in result:
                failed[key] = result
            else:
                known[key] = result["mathml"]
        used = {key: known[key] for key in sorted(wanted) if key in known}
        effects.write(path, canonical({"by": made_by, "formulas": used}).encode())
    issues = tuple(
        _math_issue(source, node, failed[_formula_key(node)])
        for source, node in every
        if _formula_key(node) in failed
    )
    typeset_ = {
        (node.tex, node.display): known[key] for key, node in wanted.items() if key in known
    }
    return typeset_, issues


def _parsed(data: bytes) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(data)
    return content


def _formula_key(node: Math) -> str:
    return f"{'display' if node.display else 'inline'} {node.tex}"


def _math_issue(source: Source, node: Math, failure: WrongFormula) -> Issue:
    start = min(node.at.start + failure["position"], max(node.at.start, node.at.end - 1))
    at = Span(start, min(node.at.end, start + failure.get("length", 1)))
    return source.issue("math", at, failure["error"], failure.get("hint", ""))


def declarations(formulas: Iterable[str]) -> list[str]:
    """The classes in MathML that stand for a declaration: `border-top:0.06em_solid`."""
    classes = (names.split() for mathml in formulas for names in CLASSES.findall(mathml))
    return sorted({name for names in classes for name in names if ":" in name})


def rule(name: str) -> str:
    """The rule of such a class. It is as strong as a style attribute, whose place it takes."""
    return f'[class~="{name}"]{{{name.replace("_", " ")}!important}}'


def with_styles(bundled: Bundle, formulas: Mapping[tuple[str, bool], str]) -> Bundle:
    """The bundle with the rules of all formulas at the end of its style sheet."""
    rules = "".join(f"{rule(name)}\n" for name in declarations(formulas.values()))
    if not rules or SHEET not in bundled.assets:
        return bundled
    old = bundled.assets[SHEET]
    content = bundled.site_files[old] + rules.encode()
    new = hashed_name("book", content, ".css")
    files = {path: data for path, data in bundled.site_files.items() if path != old}
    return replace(
        bundled, assets={**bundled.assets, SHEET: new}, site_files={**files, new: content}
    )
