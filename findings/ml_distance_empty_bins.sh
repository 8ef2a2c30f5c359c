#!/usr/bin/env bash
# ml-distance 5.0.0: of two histograms with an empty bin there is no Jensen-Shannon divergence.
#
# Expected: 0 log 0 is 0. The Jensen-Shannon divergence exists for all histograms, which is what it is
# used for in place of Kullback and Leibler's; that one exists where the second is empty only
# where the first is.
# Happens: a bin that is empty in the first makes jensenShannon, topsoe and kullbackLeibler NaN; one
# that is empty in both makes jeffreys and canberra NaN as well.
# Hurts: comparisons of counts, words or codes, where most bins are empty in some row; a search for
# the nearest one finds none, as no comparison with NaN is true.
# Way round: leave out bins that are empty in both, and write the sum with a term of 0 where p is 0.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --prefix . ml-distance@5.0.0 > /dev/null
cat > look.mjs <<'JS'
import { distance } from "ml-distance";

const term = (p, q) => (p === 0 ? 0 : p * Math.log(p / q));
const divergence = (a, b) => a.reduce((sum, p, i) => sum + term(p, b[i]), 0);
const mean = (a, b) => a.map((p, i) => (p + b[i]) / 2);
const jensenShannon = (a, b) => (divergence(a, mean(a, b)) + divergence(b, mean(a, b))) / 2;

const full = [[0.1, 0.4, 0.5], [0.2, 0.3, 0.5]];
const half = [[0, 0.5, 0.5], [0.2, 0.3, 0.5]]; // a bin that one of them has
const both = [[0.1, 0.4, 0.5, 0], [0.2, 0.3, 0.5, 0]]; // the first pair, and a bin that nobody has
for (const [name, [a, b]] of Object.entries({ full, half, both })) {
  const found = ["jensenShannon", "topsoe", "kullbackLeibler", "jeffreys", "canberra"];
  console.log(name, Object.fromEntries(found.map((each) => [each, distance[each](a, b)])));
  console.log("  by the definition:", jensenShannon(a, b), divergence(a, b));
}
const same = Math.abs(distance.jensenShannon(...full) - jensenShannon(...full)) < 1e-12;
const lost = ["jensenShannon", "topsoe", "kullbackLeibler"].every((name) => Number.isNaN(distance[name](...half)));
const alike = ["kullbackLeibler", "jeffreys", "canberra"].every((name) =>
  Number.isFinite(distance[name](...full)) && Number.isNaN(distance[name](...both)));
process.exit(same && lost && alike ? 0 : 1);
JS
node look.mjs
