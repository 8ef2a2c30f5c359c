/** Pairs of two numberings, counted and as shares of their rows. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { crossTable, rowShares } from "../../../../site_assets/kit/maths/cross_table.ts";

test("counts how often each pair meets, row by row", () => {
  assert.deepEqual(crossTable(3, 2, [0, 0, 2, 0], [1, 1, 0, 0]), [1, 2, 0, 0, 1, 0]);
});

test("a row's shares sum to one, and an empty row is all zero", () => {
  assert.deepEqual(rowShares([1, 3, 0, 0, 2, 0], 2), [0.25, 0.75, 0, 0, 1, 0]);
});
