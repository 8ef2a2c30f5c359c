"""The names of all rules, and which of them an author may switch off.

A rule can be allowed if the page is complete without it: what it finds looks wrong but stands.
The others find what leaves a hole in a page, breaks its security policy, or stops the build. Names
are types, so that the type checker finds a rule that is not listed here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias, get_args

Allowable: TypeAlias = Literal[
    "attribute-style", "block-argument", "block-indent", "callout-style", "citation-syntax",
    "code-language", "config-key", "data-copies", "data-tail", "exercise-answer", "figure-caption",
    "figure-unused", "footnote", "front-matter-key", "front-matter-markdown", "heading-level",
    "heading-style", "html-markdown", "image-alt", "label-style", "line-style", "link-style",
    "link-syntax", "mark-style", "math-bar", "math-blank", "math-bracket", "math-closed",
    "option-old", "predict-answer", "predict-choices", "predict-right", "reference-unused",
    "references-command", "role-style", "sidenote-closed", "table-cells", "table-head",
    "term-meaning", "term-unused", "text-conflict",
]  # fmt: skip

Firm: TypeAlias = Literal[
    "allowance-firm", "allowance-known", "allowance-syntax", "allowance-unused", "anchor-known",
    "block-closed", "block-empty", "block-known", "block-open", "block-place", "caption",
    "cell-empty", "cell-import", "cell-indent", "cell-kind", "cell-option", "cell-order",
    "cell-raises", "cell-run", "chapter-missing", "chapter-name", "chapter-title", "citation-known",
    "code-closed", "comment-closed", "config-environment", "config-missing", "config-syntax",
    "config-type", "data-chosen", "data-classes", "data-column", "data-constant", "data-empty",
    "data-file", "data-group", "data-header", "data-known", "data-missing", "data-number",
    "data-picture", "data-row", "data-rows", "data-size", "equation", "exercise-check",
    "exercise-solution", "expression", "figure-frame", "figure-known", "figure-spec",
    "file-unreadable", "front-matter", "front-matter-date", "html-closed", "html-element",
    "html-foreign", "html-handler", "html-script", "html-style", "id-syntax", "id-unique",
    "image-broken", "image-foreign", "image-known", "image-type", "link-scheme", "listing-file",
    "listing-name", "listing-syntax", "math", "metric-format", "metric-known", "model-card",
    "model-file", "model-known", "model-network", "model-part", "model-trained", "node",
    "option-known", "option-range", "option-syntax", "option-twice", "option-type", "page-known",
    "plan", "poster", "predict-question", "reference-known", "references-fields",
    "references-syntax", "site-assets", "template", "term-known", "text-character", "text-encoding",
    "training",
]  # fmt: skip

OfSite: TypeAlias = Literal[
    "accessibility", "budget", "card-complete", "figure-first", "file-missing", "glyph", "html",
    "link-broken", "link-dead",
]  # fmt: skip
"""What `book check` finds in a site that is built."""

Rule: TypeAlias = Allowable | Firm | OfSite

ALLOWABLE = frozenset[str](get_args(Allowable))
RULES = ALLOWABLE | frozenset[str](get_args(Firm))
"""Those of a build."""

BY_NAME: Mapping[str, Rule] = {name: name for of in (Allowable, Firm) for name in get_args(of)}
"""For names that come from where rules have no types: the reader of own data."""
