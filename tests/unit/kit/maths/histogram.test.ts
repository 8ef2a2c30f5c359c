/** Every value is counted once. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { histogram } from "../../../../site_assets/kit/maths/histogram.ts";

test("values are counted in their bin, at the edges, or outside", () => {
  const found = histogram([-3, -2, -1.01, -1, 0, 0.5, 2, 2.01, 9], -2, 2, 4);
  assert.deepEqual(found, { min: -2, max: 2, counts: [2, 1, 2, 1], below: 1, above: 2 });
});
