#!/usr/bin/env bash
# ml-confusion-matrix 2.0.0: the false omission rate is the miss rate.
#
# Expected: the false omission rate is the share of faults among what was passed as sound, FN / (FN + TN):
# what the negative predictive value leaves of one. It depends on how rare faults are.
# Happens: getFalseOmissionRate divides by FN + TP, and so gives what getFalseNegativeRate gives: the share
# of faults that were missed. With it, it no longer adds up to one with getNegativePredictiveValue.
# Hurts: whoever asks how many bad parts leave the works, or how many healthy findings are none. Where
# one part in a hundred is bad the two differ by two orders of magnitude.
# Way round: 1 - getNegativePredictiveValue(label).
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --prefix . ml-confusion-matrix@2.0.0 > /dev/null
cat > look.mjs <<'JS'
import { ConfusionMatrix } from "ml-confusion-matrix";

let asTold = true;
for (const [caught, missed, alarms, sound] of [[90, 10, 30, 870], [8, 2, 50, 940], [1, 9, 0, 9990]]) {
  const truth = [], told = [];
  const add = (count, is, said) => {
    for (let i = 0; i < count; i++) truth.push(is), told.push(said);
  };
  add(caught, "bad", "bad");
  add(missed, "bad", "good");
  add(alarms, "good", "bad");
  add(sound, "good", "good");
  const matrix = ConfusionMatrix.fromLabels(truth, told);
  const found = matrix.getFalseOmissionRate("bad");
  const byDefinition = missed / (missed + sound);
  const others = { missRate: matrix.getFalseNegativeRate("bad"), rest: 1 - matrix.getNegativePredictiveValue("bad") };
  console.log({ caught, missed, alarms, sound }, { found, byDefinition, ...others });
  const close = (a, b) => Math.abs(a - b) < 1e-12;
  asTold &&= close(found, others.missRate) && !close(found, byDefinition) && close(others.rest, byDefinition);
}
process.exit(asTold ? 0 : 1);
JS
node look.mjs
