/** Points of a code plane by class, and the nearest of them. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { byClass, nearestPoint } from "../../../../site_assets/kit/maths/codes.ts";

test("codes go to their classes in order; a class without any is empty", () => {
  const groups = byClass(Float32Array.of(0, 1, 2, 3, 4, 5), Uint8Array.of(2, 0, 2), 3);
  assert.deepEqual(groups, [
    [[2, 3]],
    [],
    [
      [0, 1],
      [4, 5],
    ],
  ]);
});

test("the nearest point, the first of several as near, or none", () => {
  assert.deepEqual(
    nearestPoint(
      [
        [0, 0],
        [3, 4],
        [3, -4],
      ],
      [3, 0],
    ),
    { index: 0, distance: 3 },
  );
  assert.deepEqual(
    nearestPoint(
      [
        [9, 9],
        [3, 4],
        [3, -4],
      ],
      [3, 0],
    ),
    { index: 1, distance: 4 },
  );
  assert.deepEqual(nearestPoint([], [0, 0]), { index: -1, distance: Number.POSITIVE_INFINITY });
});
