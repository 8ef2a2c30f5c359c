#!/usr/bin/env bash
# temml 0.13.5: a sized bracket that a plain one closes is refused.
#
# Expected: \big and its kin set one symbol in a fixed size and pair with nothing (that is what \left and
# \right are for), so \bigl( x ) is well formed in TeX, and KaTeX 0.19.1 draws it.
# Happens: temml 0.13.5 throws ParseError: "Invalid delimiter 'undefined' after '\bigl'", for (, [ and \{.
# The same with no closing bracket at all, or with the size at the closing one only, is drawn.
# Hurts: whoever moves notes from KaTeX or LaTeX to MathML; the message names no bracket and points at
# the half that is right.
# Way round: size both brackets, or neither, or name the first one: \bigl\lparen x ).
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund temml@0.13.5 katex@0.19.1
cat >seen.mjs <<'JS'
import katex from "katex";
import temml from "temml/dist/temml.mjs";

const outcome = (draw) => {
  try {
    draw();
    return "drawn";
  } catch (error) {
    return error.message.split("\n")[0];
  }
};
const mixed = [String.raw`\bigl( x )`, String.raw`f\big[ x ]`, String.raw`\Big\{ x \}`];
const others = [String.raw`\bigl( x`, String.raw`( x \bigr)`, String.raw`\bigl( x \bigr)`];
let asDescribed = true;
for (const formula of [...mixed, ...others]) {
  const found = outcome(() => temml.renderToString(formula, { throwOnError: true }));
  const peer = outcome(() => katex.renderToString(formula, { throwOnError: true }));
  console.log(formula.padEnd(20), "temml:", found.padEnd(60), "katex:", peer);
  asDescribed &&= peer === "drawn" && (found === "drawn") === others.includes(formula);
  if (mixed.includes(formula)) asDescribed &&= found.includes("Invalid delimiter");
}
process.exit(asDescribed ? 0 : 1);
JS
node seen.mjs
