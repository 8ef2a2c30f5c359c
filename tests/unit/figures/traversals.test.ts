/** F16: the gap of a factor, and the codes of a strip. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { traverse } from "../../../site_assets/figures/traversals/maths.ts";
import { gaps } from "../../../site_assets/kit/maths/gaps.ts";

test("the gap is the largest share less the second, ties leave none", () => {
  const found = gaps([0.125, 0.75, 0.25, 0.5, 0, 0.5, 0, 0, 0.875], 3);
  assert.deepEqual(found, [0.5, 0, 0.875]);
});

test("a strip turns one number and leaves the others", () => {
  assert.deepEqual(traverse([1, 7, 3], 1, 2, 5), [1, -2, 3, 1, -1, 3, 1, 0, 3, 1, 1, 3, 1, 2, 3]);
});
