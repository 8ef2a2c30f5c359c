#!/usr/bin/env bash
# d3-regression 2.2.0: a line through points one second apart is flat, if the seconds are a Date's.
#
# Expected: thirty points that rise by 2 a second give a line that rises by 2 a second, and R² = 1,
# whether x counts from 0 or is in milliseconds since 1970, as D3's own time scales have it.
# Happens: the slope comes out as a difference of two nearly equal means of products, without taking
# the mean of x away first. At 1.7e12 nothing but rounding is left of it: the slope is 0.05 where it
# should be 2, and R² 0.05. A minute apart it is a thousandth off, a day apart it is right. No error,
# no NaN: the chart shows a level line through a steep row of points.
# Hurts: trend lines over logs, sensors and training curves that are plotted against the clock.
# Way round: regress on x − x[0]. simple-statistics 7.12.1, from the same points, gives 2.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --prefix . d3-regression@2.2.0 simple-statistics@7.12.1 > /dev/null
cat > look.mjs <<'JS'
import { regressionLinear } from "d3-regression";
import { linearRegression } from "simple-statistics";

const points = (start, step) => Array.from({ length: 30 }, (_, i) => [start + i * step, 5 + 2 * i]);
const START = 1.7e12, SECOND = 1000, DAY = 864e5;
const rise = (start, step) => step * regressionLinear()(points(start, step)).a;
const seconds = regressionLinear()(points(START, SECOND));
const other = SECOND * linearRegression(points(START, SECOND)).m;
console.log("rise a step, x from 0:", rise(0, SECOND));
console.log("the same from a Date on, a second apart:", rise(START, SECOND), "R²", seconds.rSquared);
console.log("a minute apart:", rise(START, 60 * SECOND), "a day apart:", rise(START, DAY));
console.log("simple-statistics, a second apart:", other);
const right = (found) => Math.abs(found - 2) < 1e-4;
const asTold = right(rise(0, SECOND)) && right(rise(START, DAY)) && right(other)
  && Math.abs(rise(START, SECOND)) < 0.2 && seconds.rSquared < 0.2;
process.exit(asTold ? 0 : 1);
JS
node look.mjs
