/** The axis of a run's losses: room for names at both ends, and no losses below nought where there are none. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { runAxis } from "../../../../site_assets/kit/run/run_curves.tsx";

test("a share that falls to nearly nothing has an axis from nought", () => {
  const { min, max } = runAxis("share", [0.979, 0.4, 0.013], "linear");
  assert.equal(min, 0);
  assert.ok(max > 0.979 + 0.15, "and room for a name over what is largest");
});

test("what is measured below nought, and far above, keeps its room", () => {
  assert.ok(runAxis("gain", [-1, 2], "linear").min < -1.5);
  const { min } = runAxis("loss", [10, 11], "linear");
  assert.ok(min > 9 && min < 10);
});

test("a log axis has room as well, when the run has hardly begun too", () => {
  const { min, max } = runAxis("loss", [1, 0.01, 0, Number.NaN], "log");
  assert.ok(min < 0.01 / 2 && max > 2);
  const begun = runAxis("loss", [0.5], "log");
  assert.ok(begun.min < 0.5 && begun.max > 0.5);
});
