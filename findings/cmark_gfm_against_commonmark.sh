#!/usr/bin/env bash
# cmarkgfm 2025.10.22, which wraps cmark-gfm 0.29.0.gfm.2, reads four plain texts otherwise than
# CommonMark's own reader, commonmark.js 0.31.2.
#
# One would expect the same structure: none of the four uses what GitHub has added. What happens:
#   - after two backticks that nothing closes, only the next span of code is one, the second is text;
#   - of `*t**s*****` the outer emphasis is lost (lengths of runs are taken after a part was used);
#   - a line of blanks after an empty item of a list does not end the item;
#   - a tag alone in its line ends a quotation that its paragraph would lazily go on in.
# It hurts whoever takes the C reader as the witness of what Markdown means, as a test or a linter:
# right pages are called wrong, and what an author sees on GitHub's newer reader differs.
# Exits non-zero if that changes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check cmarkgfm==2025.10.22
(cd "$folder" && npm install --silent --no-audit --no-fund commonmark@0.31.2 >/dev/null)
cat >"$folder/read.mjs" <<'JAVASCRIPT'
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
const { HtmlRenderer, Parser } = createRequire(import.meta.url)("commonmark");
const texts = JSON.parse(readFileSync(0, "utf8"));
console.log(JSON.stringify(texts.map((text) => new HtmlRenderer().render(new Parser().parse(text)))));
JAVASCRIPT
FOLDER=$folder "$folder/venv/bin/python" - <<'PYTHON'
import json
import os
import re
import subprocess
from importlib.metadata import version

from cmarkgfm.cmark import Options, markdown_to_html

TEXTS = ("``a`b`-`c`", "*t**s*****", "*\n  \n  d", '> a\nb\n<span class="c">\n')
done = subprocess.run(
    ["node", os.environ["FOLDER"] + "/read.mjs"], input=json.dumps(TEXTS), capture_output=True, text=True, check=True
)
print(f"cmarkgfm {version('cmarkgfm')} beside commonmark.js 0.31.2")
same = []
for text, right in zip(TEXTS, json.loads(done.stdout)):
    found = markdown_to_html(text, Options.CMARK_OPT_UNSAFE)
    flat = lambda html: re.sub(r"\s*\n\s*", "", html)
    same.append(flat(found) == flat(right))
    print(f"text:       {text!r}\nfound:      {flat(found)}\nCommonMark: {flat(right)}\n")
raise SystemExit(any(same))
PYTHON
