#!/usr/bin/env bash
# markdown-it 14.1.0 and markdown-it-py 4.3.0 lose a line break behind a backslash.
#
# Two blanks at the end of a line are a hard break, and a backslash before a blank is a backslash:
# one would expect "C:\  " and a new line to break there, as in CommonMark's own reader. What
# happens: the backslash takes the first of the two blanks with it, one is left, and the lines run
# together. It hurts whoever lists paths or commands line by line. Exits non-zero if that changes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check markdown-it-py==4.3.0
cd "$folder"
npm install --silent --no-audit --no-fund markdown-it@14.1.0 commonmark@0.31.2 >/dev/null
text='C:\  
next'
python=$(TEXT=$text "$folder/venv/bin/python" -c 'import os; from markdown_it import MarkdownIt; print(MarkdownIt("commonmark").render(os.environ["TEXT"]))')
javascript=$(TEXT=$text node -e 'console.log(require("markdown-it")("commonmark").render(process.env.TEXT))')
right=$(TEXT=$text node -e 'const { HtmlRenderer, Parser } = require("commonmark"); console.log(new HtmlRenderer().render(new Parser().parse(process.env.TEXT)))')
printf 'text:\n%s\n\nmarkdown-it-py: %s\nmarkdown-it:    %s\nCommonMark:     %s\n' "$text" "$python" "$javascript" "$right"
case "$python$javascript" in *"<br"*) exit 1 ;; esac
case "$right" in *"<br"*) ;; *) exit 1 ;; esac
