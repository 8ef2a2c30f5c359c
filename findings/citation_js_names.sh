#!/usr/bin/env bash
# @citation-js/plugin-bibtex 0.8.2: three kinds of author that every large .bib file has are misread.
#
# Expected: in BibTeX {\aa} is å; a word that begins with a letter such as {\O} is a capitalised word,
# so a first name; and a list that ends in "and others" is a list cut short.
# Happens: {\aa} stays as \aa in the name, while {\O} and {\L} become letters; Øystein, written
# {\O}ystein, is taken for a particle like "van", so the surname's initial comes first and the name is
# not shortened; and a person named "others" joins the list, whom the style puts last as "& others".
# Hurts: Scandinavian and Polish authors in the reference list of a book or site made with it, and
# whoever copies entries from Google Scholar, which writes "and others" after some names. Nothing is
# reported: the entry is formatted.
# Way round: write å, Ø and Ł as they are; turn a last author "others" into "et al." after parsing.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund @citation-js/core@0.8.2 @citation-js/plugin-bibtex@0.8.2
cat >seen.mjs <<'JS'
import { Cite } from "@citation-js/core";
import "@citation-js/plugin-bibtex";

const authors = (written) =>
  new Cite(`@book{a, author = {${written}}, title = {T}, publisher = {P}, year = {2001}}`).data[0].author;
const seen = {
  ring: authors(String.raw`H{\aa}kan Berg`),
  other: authors(String.raw`Kl{\"a}us {\O}stby`),
  special: authors(String.raw`{\O}ystein Berg`),
  plain: authors("Øystein Berg"),
  cut: authors("Nora Berg and others"),
};
for (const [name, found] of Object.entries(seen)) console.log(name, JSON.stringify(found));
const asDescribed =
  seen.ring[0].given === "H\\aakan" &&
  seen.other[0].given === "Kläus" && seen.other[0].family === "Østby" &&
  seen.special[0].given === undefined && seen.special[0]["non-dropping-particle"] === "Øystein" &&
  seen.plain[0].given === "Øystein" &&
  seen.cut.length === 2 && seen.cut[1].family === "others";
process.exit(asDescribed ? 0 : 1);
JS
node seen.mjs
