#!/usr/bin/env bash
# Python-Markdown 3.11.3, with no extension, leaves out text after nested emphasis.
#
# One would expect `*e**e*-` to keep its hyphen, whatever it makes of the stars: CommonMark gives
# <p><em>e**e</em>-</p>. What happens: everything behind the stars is gone, without a word. It hurts
# whoever writes two sorts of emphasis next to each other: a sentence ends too early.
# Exits non-zero if that changes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check markdown==3.11.3 markdown-it-py==4.3.0
"$folder/venv/bin/python" - <<'PYTHON'
from importlib.metadata import version

from markdown import markdown
from markdown_it import MarkdownIt

text = "*e**e*-"
found, expected = markdown(text), MarkdownIt("commonmark").render(text).strip()
print(f"markdown {version('markdown')}, markdown-it-py {version('markdown-it-py')}")
print(f"text:       {text}\nfound:      {found}\nCommonMark: {expected}")
raise SystemExit("-" in found or "-" not in expected)
PYTHON
