/** Where the losses of a run stand when they are thinned out. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { LossCurves } from "../../../../site_assets/kit/run/loss_curves.ts";

test("losses that fall along a line are drawn on that line, however many they are", () => {
  for (const steps of [1, 150, 151, 2000, 4001]) {
    const curves = new LossCurves(1);
    curves.addTraining(Float32Array.from({ length: steps }, (_, step) => steps - step));
    const [train = []] = curves.drawn().train;
    assert.ok(train.length > 0 && train.length <= 150);
    for (const [step, loss] of train) assert.equal(loss, steps - step, `at step ${step} of ${steps}`);
  }
});
