/** A place along a recorded path. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { along } from "../../../../site_assets/kit/controls/path_recorder.tsx";

const CORNER = [
  [0, 0],
  [0.3, 0],
  [0.3, 0.4],
] as const;

test("the start, the corner, between and the end", () => {
  assert.deepEqual(along(CORNER, 0), [0, 0]);
  assert.deepEqual(along(CORNER, 0.3), [0.3, 0]);
  const [x, y] = along(CORNER, 0.5) as [number, number];
  assert.ok(Math.abs(x - 0.3) < 1e-12 && Math.abs(y - 0.2) < 1e-12);
  assert.deepEqual(
    along(
      [
        [0, 0],
        [1, 0],
      ],
      1,
    ),
    [1, 0],
  );
});

test("beyond the end there is nothing, nor on a path of no or one point", () => {
  assert.equal(along(CORNER, 0.71), null);
  assert.equal(along([], 0), null);
  assert.equal(along([[0.5, 0.5]], 0), null);
});

test("equal steps are equally far apart, also over points that lie on each other", () => {
  const path = [
    [0, 0],
    [0, 0],
    [0.1, 0],
    [0.1, 0],
    [1, 0],
  ] as const;
  for (let i = 0; i <= 10; i++) {
    const place = along(path, i / 10 - (i === 10 ? 1e-12 : 0)) as [number, number];
    assert.ok(Math.abs(place[0] - i / 10) < 1e-9 && place[1] === 0, `${i}: ${place}`);
  }
});
