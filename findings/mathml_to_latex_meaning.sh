#!/usr/bin/env bash
# mathml-to-latex 1.8.0: four plain formulas come back from MathML as others, or as none.
#
# Expected: what KaTeX 0.19.1 or latex2mathml 3.81.1 makes of a formula turns into LaTeX for the same
# formula; that is all the converter is for.
# Happens: - <mtext>learning_rate</mtext> becomes \text{learning}_\text{rate}, "rate" as a subscript of
#            "learning": special characters end the text instead of being escaped inside it;
#          - ε and ϵ, two letters in LaTeX as in Unicode, both become \epsilon;
#          - a line over or under (U+203E, the accent that KaTeX writes for \overline and \underline)
#            becomes \overset{\overline}{z}, which no LaTeX accepts: \overline lacks its argument;
#          - a script on a group that has one, (a^b)^c with an <mrow> about the first, as latex2mathml
#            writes it, becomes a^{b}^{c}: double superscript. Without the <mrow> it is put in brackets.
# Hurts: whoever takes formulas out of web pages, e-books or office files to typeset them again. Of the
# first two nothing is reported, and the new formula says something else; the others stop the build.
# Way round: <mi> or <mo> instead of <mtext> for names; replace ‾ by ¯ and unwrap such rows beforehand;
# \varepsilon by hand.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --prefix . mathml-to-latex@1.8.0 katex@0.19.1 > /dev/null
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check latex2mathml==3.81.1
venv/bin/python -c 'from latex2mathml.converter import convert; print(convert("{a^b}^c"), end="")' > nested.xml
cat > look.mjs <<'JS'
import { readFileSync } from "node:fs";
import katex from "katex";
import { MathMLToLaTeX } from "mathml-to-latex";

const mathml = (tex) => katex.renderToString(tex, { output: "mathml" }).match(/<math[\s\S]*<\/math>/)[0]
  .replace(/<annotation[\s\S]*<\/annotation>/, ""); // which holds the LaTeX as it was
const shown = (text) => text.replace(/<\/?(math|semantics)[^>]*>/g, "");
const seen = [];
const look = (given, source) => {
  const latex = MathMLToLaTeX.convert(source);
  let again;
  try {
    again = shown(mathml(latex)) === shown(source) ? "the same" : "another: " + shown(mathml(latex));
  } catch (error) {
    again = "refused: " + error.message;
  }
  console.log(given, "→", shown(source), "→", latex, "→", again);
  seen.push([latex, again.split(":")[0]]);
};
for (const tex of ["\\alpha_i", "\\text{learning\\_rate}", "\\varepsilon+\\epsilon", "\\overline{z}", "\\underline{z}", "{a^b}^c"]) look(tex, mathml(tex));
look("{a^b}^c by latex2mathml", readFileSync("nested.xml", "utf8"));
const described = [
  ["\\alpha_{i}", "the same"],
  ["\\text{learning}_\\text{rate}", "another"],
  ["\\epsilon + \\epsilon", "another"],
  ["\\overset{\\overline}{z}", "refused"],
  ["\\underset{\\overline}{z}", "refused"],
  ["\\left(a^{b}\\right)^{c}", "another"], // brackets that the given one has not: the same value
  ["a^{b}^{c}", "refused"],
];
process.exit(JSON.stringify(seen) === JSON.stringify(described) ? 0 : 1);
JS
node look.mjs
