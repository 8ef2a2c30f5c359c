#!/usr/bin/env bash
# simple-statistics 7.12.1: no tail of the normal is thinner than 0.001, and the two directions disagree.
#
# Expected: 1 - cumulativeStdNormalProbability(4) is 0.00003; probit undoes it to a few digits.
# Happens: the first looks z up in a table of a textbook, in steps of 0.01 and four decimals, that
# ends at 3.09: every z beyond gives 0.999. The second goes by an approximation that is 0.0028 off at
# 0.975 (1.9572, where 1.9600 is right) and 0.010 off at 0.999.
# Hurts: thresholds of an alarm ("four sigma") and p-values: nothing is ever rarer than one in a
# thousand; 95 % intervals come out narrower than they say.
# Way round: 0.5 + 0.5 * errorFunction(z / sqrt 2), which the same library has, for the first.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --prefix . simple-statistics@7.12.1 > /dev/null
cat > look.mjs <<'JS'
import { cumulativeStdNormalProbability, errorFunction, probit } from "simple-statistics";

const tail = (z) => 1 - cumulativeStdNormalProbability(z);
const byErf = 1 - (0.5 + 0.5 * errorFunction(4 / Math.SQRT2));
console.log("beyond 3.1, 4, 6:", tail(3.1), tail(4), tail(6), "(right: 9.7e-4, 3.2e-5, 9.9e-10)");
console.log("beyond 4 by errorFunction:", byErf);
console.log("probit(0.975), probit(0.999):", probit(0.975), probit(0.999), "(right: 1.95996, 3.09023)");
const flat = [3.1, 4, 6].every((z) => Math.abs(tail(z) - 0.001) < 1e-12);
const off = Math.abs(probit(0.975) - 1.95996) > 0.002 && Math.abs(probit(0.999) - 3.09023) > 0.005;
process.exit(flat && off && byErf < 1e-4 ? 0 : 1);
JS
node look.mjs
