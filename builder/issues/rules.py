"""The names of all rules, and which of them an author may switch off.

A rule can be allowed if the page is complete without it: what it finds looks wrong but stands.
The others find what leaves a hole in a page, breaks its security policy, or stops the build.
"""

from __future__ import annotations

ALLOWABLE = frozenset(
    {
        "block-argument", "block-indent", "citation-syntax", "code-language", "config-key",
        "exercise-answer", "figure-caption", "figure-unused", "footnote", "front-matter-key",
        "heading-level", "heading-style", "image-alt", "link-style", "math-closed",
        "predict-answer", "predict-choices", "reference-unused", "sidenote-closed", "term-meaning",
        "term-unused",
    }
)  # fmt: skip

FIRM = frozenset(
    {
        "allowance-firm", "allowance-known", "allowance-syntax", "allowance-unused",
        "anchor-known", "block-closed", "block-empty", "block-known", "block-open", "cell-empty",
        "cell-import", "cell-indent", "cell-kind", "cell-option", "cell-order", "cell-raises",
        "cell-run", "chapter-missing", "chapter-name", "chapter-title", "citation-known",
        "code-closed", "comment-closed", "config-environment", "config-missing", "config-syntax",
        "config-type", "data-chosen", "data-classes", "data-column", "data-constant", "data-empty",
        "data-file", "data-header", "data-known", "data-missing", "data-number", "data-picture",
        "data-row", "data-rows", "data-size", "exercise-check", "exercise-solution", "expression",
        "figure-frame", "figure-known", "figure-spec", "front-matter", "front-matter-date",
        "html-element", "html-foreign", "html-handler", "html-script", "html-style", "id-syntax",
        "id-unique", "image-foreign", "image-known", "link-scheme", "listing-file", "listing-name",
        "listing-syntax", "math", "metric-format", "metric-known", "model-card", "model-file",
        "model-known", "model-part", "model-trained", "node", "option-known", "option-range",
        "option-syntax", "option-twice", "option-type", "page-known", "poster", "predict-question",
        "reference-known", "references-fields", "references-syntax", "site-assets", "slim-engine",
        "template", "term-known", "text-character", "text-encoding", "training",
    }
)  # fmt: skip

RULES = ALLOWABLE | FIRM
