#!/usr/bin/env bash
# jstat 1.9.6: the mean and the median of a Pareto distribution are not its mean and its median.
#
# Expected: of pareto(scale 3, shape 4) the mean is shape · scale / (shape − 1) = 4 and the median
# scale · 2^(1/shape) = 3.57; half of the distribution lies below the median, by any library.
# Happens: mean() gives 108, median() gives 16.97, though 99.9 % lies below that by the same object's cdf().
# The mean raises the scale to the power of the shape, so it is right for a scale of 1 only, and the
# median multiplies by the shape and √2 where the shape-th root of 2 belongs. pdf, cdf, inv and variance
# are right. Nothing is thrown, no number looks odd.
# Hurts: whoever models heavy tails (gaps between faults, sizes of files, service times in a simulation)
# and compares a sample with what the model says: no sample ever fits.
# Way round: the formulas above; inv(0.5, scale, shape) for the median.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --prefix . jstat@1.9.6 > /dev/null
cat > look.mjs <<'JS'
import jstat from "jstat";

const { pareto } = jstat.jStat;
const near = (a, b) => Math.abs(a - b) < 1e-3 * Math.abs(b);
const parts = 1e6; // the mean and the variance by the midpoint rule over its own inverse
const moment = (power, scale, shape) => {
  let sum = 0;
  for (let i = 0; i < parts; i++) sum += pareto.inv((i + 0.5) / parts, scale, shape) ** power;
  return sum / parts;
};
let asDescribed = true;
for (const [scale, shape] of [[1, 4], [3, 4], [0.5, 6]]) {
  const mean = moment(1, scale, shape), variance = moment(2, scale, shape) - mean ** 2;
  const median = pareto.inv(0.5, scale, shape);
  const said = { mean: pareto.mean(scale, shape), median: pareto.median(scale, shape), variance: pareto.variance(scale, shape) };
  console.log(`scale ${scale}, shape ${shape}: mean ${said.mean} (by its inverse ${mean.toFixed(4)}),`,
    `median ${said.median.toFixed(4)} (${median.toFixed(4)}), below which lies`, pareto.cdf(said.median, scale, shape).toFixed(4));
  asDescribed &&= near(mean, (shape * scale) / (shape - 1)) && near(median, scale * 2 ** (1 / shape))
    && Math.abs(said.variance / variance - 1) < 0.02
    && near(said.mean, (shape * scale ** shape) / (shape - 1)) && near(said.median, scale * shape * Math.SQRT2);
}
process.exit(asDescribed && pareto.mean(3, 4) === 108 && pareto.cdf(pareto.median(3, 4), 3, 4) > 0.999 ? 0 : 1);
JS
node look.mjs
