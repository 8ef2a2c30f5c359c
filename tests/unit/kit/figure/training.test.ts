/** The run of the build, as a figure has it before the reader trains. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Model } from "../../../../site_assets/kit/figure/models.ts";
import { recordedTraining } from "../../../../site_assets/kit/figure/training.ts";
import { oneWeight } from "../live.ts";

const [STEPS, STRETCH] = [400, 100];

/** A run whose loss, of batches and of validation alike, falls by one a step. */
function fallen(): Model {
  const at = [0, 100, 200, 300, 400];
  const arrays: Record<string, readonly number[]> = {
    history_steps: at,
    history_validation: at.map((step) => STEPS - step),
    // as training/live/produce.py has it: means over the batches from a step to the next; of the last batch at the end
    history_train: at.map((step) => (step < STEPS ? STEPS - step - (STRETCH - 1) / 2 : 1)),
    params_trained: [0],
  };
  const card = { name: "fallen", seed: 7, options: { live: oneWeight(STEPS) } };
  return {
    card: card as unknown as Model["card"],
    array: (name) => ({ shape: [at.length], data: Float32Array.from(arrays[name] ?? []) }),
    metric: () => 0,
    run: () => assert.fail("nothing runs"),
    runAll: () => assert.fail("nothing runs"),
  };
}

test("a network that does as well on both splits has its two curves on one line", () => {
  const { train, validation } = recordedTraining(fallen(), { role: "model" }).curves;
  for (const curve of [train, validation]) {
    const [points = []] = curve;
    assert.ok(points.length >= STEPS / STRETCH);
    for (const [step, loss] of points) assert.equal(loss, STEPS - step);
  }
});
