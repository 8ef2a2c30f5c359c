/** The error of a reconstruction, on numbers small enough to check by hand. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { meanSquare } from "../../../../site_assets/kit/maths/mean_square.ts";

test("it is the mean of the squared differences, whichever way round", () => {
  assert.equal(meanSquare([1, 2], [0, 4]), 2.5);
  assert.equal(meanSquare(Float32Array.of(0, 4), [1, 2]), 2.5);
  assert.equal(meanSquare([3, -1], [3, -1]), 0);
});
