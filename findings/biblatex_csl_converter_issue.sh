#!/usr/bin/env bash
# biblatex-csl-converter 3.6.0: a journal's article loses its issue, and is no journal's article.
#
# Expected: @article with a journal becomes CSL's "article-journal", and its number the "issue": BibTeX
# has no other field for that, and biblatex reads it so.
# Happens: the type is "article", which CSL 1.0.2 keeps for preprints, and the number becomes a
# "collection-number", the place in a series. No style shows that for an article: 12(3) becomes 12.
# Only a field named issue is taken for one, which .bib files seldom have.
# Hurts: whoever formats a bibliography from what it gives. Every field is there, nothing is reported,
# and the reference list lacks the issue of every paper.
# Way round: set the entry's type to "article-journal" before it is exported; the number is then an
# issue.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund biblatex-csl-converter@3.6.0
cat >seen.mjs <<'JS'
import { BibLatexParser, CSLExporter } from "biblatex-csl-converter";

const written = (field) =>
  `@article{a, author = {Berg, N.}, title = {T}, journal = {J}, year = {2001}, volume = {12}, ${field}}`;
function exported(field, type) {
  const { entries } = new BibLatexParser(written(field)).parse();
  if (type) entries[1].bib_type = type;
  const { type: kind, volume, issue, "collection-number": place } = new CSLExporter(entries).parse()[1];
  console.log(field, JSON.stringify({ type: kind, volume, issue, "collection-number": place }));
  return { kind, issue, place };
}
const number = exported("number = {3}");
const issue = exported("issue = {3}");
const mended = exported("number = {3}", "article-journal");
const asDescribed =
  number.kind === "article" && number.issue === undefined && number.place === "3" &&
  issue.issue === "3" && mended.kind === "article-journal" && mended.issue === "3";
process.exit(asDescribed ? 0 : 1);
JS
node seen.mjs
