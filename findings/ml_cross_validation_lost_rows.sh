#!/usr/bin/env bash
# ml-cross-validation 1.3.0: k folds of too few rows, and the rows left over are in none of them.
#
# Expected: k-fold cross-validation tests every row once: the folds' sizes add up to the number of rows, and
# the confusion matrix of kFold counts as many. The source says so where what remains goes to the last fold.
# Happens: rows are drawn into folds of floor(N / k) until none is left, and then only the first k folds are
# kept. Whatever filled further ones is neither tested on nor trained with: 9 rows of 19 in ten folds, 9
# of 99, and of 150 (the irises) in twenty folds 7. It is nothing where N mod k < floor(N / k), as for
# 150 rows in ten folds. Which rows are lost is drawn anew in each call. No error, no warning.
# Hurts: cross-validation of small collections, where one needs it most: with ten folds all numbers of rows
# from 11 to 19 lose some, and of 19 rows nine train a model, where 17 ought to. Sensitivities of
# a rare class go by those of its rows that happen to be left, and rates by N are too small.
# Way round: a k with N mod k < floor(N / k); leaveOneOut, which counts every row.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --prefix . ml-cross-validation@1.3.0 > /dev/null
cat > look.cjs <<'JS'
const { getFolds, kFold, leaveOneOut } = require("ml-cross-validation");

let asTold = true;
const cases = [[11, 10], [19, 10], [29, 10], [99, 10], [9, 5], [14, 5], [150, 20], [100, 10], [150, 10], [103, 5]];
for (const [rows, k] of cases) {
  const features = Array.from({ length: rows }, (_, i) => [i]);
  const labels = features.map(([i]) => i % 2);
  const tested = new Set(), seen = new Set();
  for (const { testIndex, trainIndex } of getFolds(features, k)) {
    testIndex.forEach((i) => tested.add(i));
    [...testIndex, ...trainIndex].forEach((i) => seen.add(i));
  }
  const trained = [];
  const always = (train, _, test) => (trained.push(train.length), test.map(([i]) => i % 2)); // always right
  const total = kFold(features, labels, k, always).getTotalCount();
  const least = Math.min(...trained);
  const all = leaveOneOut(features, labels, always).getTotalCount();
  const lost = Math.max(0, Math.floor(rows / Math.floor(rows / k)) - k) * Math.floor(rows / k);
  console.log(`${rows} rows, ${k} folds: ${tested.size} tested, ${seen.size} in any fold, ${total} in the matrix;`,
    `trained with as few as ${least}; leaveOneOut counts ${all}`);
  asTold &&= tested.size === rows - lost && seen.size === tested.size && total === rows - lost && all === rows
    && (lost > 0) === (rows % k >= Math.floor(rows / k));
}
process.exit(asTold ? 0 : 1);
JS
node look.cjs
