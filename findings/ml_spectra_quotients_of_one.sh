#!/usr/bin/env bash
# ml-spectra-processing 14.35.1: probabilistic quotient normalization finds a quotient of one for everything.
#
# Expected: by the paper that matrixPQN cites (Dieterle et al. 2006) each spectrum, a row, is divided by the
# median of its quotients to the reference, which is the median spectrum: one factor a row. It mends what
# a norm alone does to a sample with one strong peak, all of whose other peaks are made too small.
# Happens: quotients are formed within a column, of all samples at one point, by the median of that very
# column; their median is that median by itself, 1. So medianOfQuotients has as many ones as there are
# columns, and the data are returned as after the norm. A point that is 0 in all samples gives NaN, and the
# row of that number is filled with it; with more rows than columns so are all rows beyond. No error.
# Hurts: who compares diluted samples (urine, by NMR, is what it was made for): it reads as done, and is not.
# Below, peaks that differ by dilution only come out 4.7 times apart.
# Way round: per row, the median of row[j] / reference[j] over the points, by which the row is divided.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --prefix . ml-spectra-processing@14.35.1 > /dev/null
cat > look.mjs <<'JS'
import { matrixPQN } from "ml-spectra-processing";

const middle = (list) => [...list].sort((a, b) => a - b)[(list.length - 1) >> 1];
const column = (rows, j) => rows.map((row) => row[j]);
const normed = (rows) => rows.map((row) => row.map((value) => (100 * value) / Math.hypot(...row)));
function byDefinition(spectra) {
  const rows = normed(spectra);
  const reference = rows[0].map((_, j) => middle(column(rows, j)));
  return rows.map((row) => {
    const quotient = middle(row.map((value, j) => value / reference[j]));
    return row.map((value) => value / quotient);
  });
}
const near = (a, b) => a.every((row, i) => row.every((value, j) => Math.abs(value - b[i][j]) < 1e-9));
const spread = (rows, j) => Math.max(...column(rows, j)) / Math.min(...column(rows, j));

// Seven samples of one mixture, each diluted otherwise; the last two have one peak more, at point 4.
const mixture = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8];
const dilution = [1, 0.5, 2, 0.8, 1.3, 1, 0.4];
const spectra = dilution.map((factor, i) => mixture.map((value, j) => factor * (i > 4 && j === 4 ? 80 : value)));
const { data, medianOfQuotients } = matrixPQN(spectra);
const wanted = byDefinition(spectra);
console.log("factors given:", medianOfQuotients.join(" "), `(${spectra.length} samples of ${mixture.length} points)`);
console.log("point 0, largest by smallest:", spread(spectra, 0).toFixed(3), "as measured,",
  spread(normed(spectra), 0).toFixed(3), "after the norm,", spread(data, 0).toFixed(3), "by matrixPQN,",
  spread(wanted, 0).toFixed(3), "by definition");

const silent = spectra.map((row) => row.with(2, 0)); // nothing at point 2 in any sample
const lost = matrixPQN(silent).data.map((row) => row.every(Number.isNaN));
const few = spectra.map((row) => row.slice(0, 4)); // seven samples, four points
const beyond = matrixPQN(few).data.map((row) => row.every(Number.isNaN));
console.log("samples that are all NaN, with a point that is always 0:", lost.join(" "));
console.log("the same of four points:", beyond.join(" "));

const asTold = medianOfQuotients.length === mixture.length && medianOfQuotients.every((each) => each === 1)
  && near(data, normed(spectra)) && !near(data, wanted)
  && spread(data, 0) > 4 && mixture.every((_, j) => j === 4 || spread(wanted, j) < 1 + 1e-9)
  && lost.every((each, i) => each === (i === 2)) && beyond.every((each, i) => each === (i > 3));
process.exit(asTold ? 0 : 1);
JS
node look.mjs
