/** Which runs of the reader's count, and what is said of them. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { LiveConditionFields, MeasureFields } from "../../../../site_assets/kit/experiment/experiment_fields.ts";
import type { Measurements } from "../../../../site_assets/kit/experiment/measurements.ts";
import { measuredNow, ownSpread, type OwnRun } from "../../../../site_assets/kit/experiment/own_runs.ts";
import type { Training } from "../../../../site_assets/kit/figure/training.ts";

const MEASURED = { name: "error", decimals: 3 } as MeasureFields;
const named = (...names: string[]) => names.map((name) => ({ name }));
const FRAME = {
  settings: named("all"),
  series: named("squared", "huber"),
  conditions: named("0", "10"),
  measures: named("sharpness", "error"),
} as unknown as Measurements;
const TRAINED = { setting: "all", series: "huber", condition: "10" } as LiveConditionFields;

const training = (phase: Training["phase"], ...validation: [number, number][]): Training =>
  ({
    phase,
    card: { terms: named("loss", "error") },
    curves: { train: [], validation: [[], validation] },
  }) as unknown as Training;

const run = (value: number, done = true): OwnRun => ({ setting: 0, measure: 1, series: 1, condition: 1, value, done });

test("a run is that of its series and condition, by the measures that its loss has", () => {
  assert.deepEqual(measuredNow(FRAME, TRAINED, training("done", [0, 0.9], [50, 0.02])), [run(0.02)]);
  assert.deepEqual(measuredNow(FRAME, TRAINED, training("paused", [0, 0.9], [25, 0.1])), [run(0.1, false)]);
});

test("weights without a step are no run, and neither are those of one that diverged", () => {
  assert.deepEqual(measuredNow(FRAME, TRAINED, training("untrained", [0, 0.9])), []);
  assert.deepEqual(measuredNow(FRAME, TRAINED, training("running", [0, 0.9])), []);
  assert.deepEqual(measuredNow(FRAME, TRAINED, training("diverged", [0, 0.9], [25, Number.NaN])), []);
});

test("the mean is that of runs at their end; one under way is told as such, until there is one at its end", () => {
  assert.equal(ownSpread([], MEASURED), "none yet");
  assert.equal(ownSpread([run(0.5, false)], MEASURED), "0.500 so far");
  assert.equal(ownSpread([run(0.01), run(0.5, false)], MEASURED), "0.010");
  assert.equal(ownSpread([run(0.01), run(0.03)], MEASURED), "0.020 (0.010 to 0.030)");
});
