/** Arrow keys go to the neighbour that a reader would point at. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { neighbour } from "../../../../site_assets/kit/controls/scatter.tsx";
import { lehmer } from "../../hostile.ts";

const [LEFT, RIGHT, UP, DOWN] = [
  [-1, 0],
  [1, 0],
  [0, -1],
  [0, 1],
] as const;
const CROSS = [
  [0, 0],
  [10, 0],
  [-10, 0],
  [0, 10],
  [0, -10],
] as const;

test("each direction leads to the point that lies there", () => {
  assert.equal(neighbour(CROSS, [0, 0], RIGHT, 0), 1);
  assert.equal(neighbour(CROSS, [0, 0], LEFT, 0), 2);
  assert.equal(neighbour(CROSS, [0, 0], DOWN, 0), 3);
  assert.equal(neighbour(CROSS, [0, 0], UP, 0), 4);
});

test("straight ahead beats nearer but off to the side", () => {
  assert.equal(
    neighbour(
      [
        [10, 0],
        [4, 5],
      ],
      [0, 0],
      RIGHT,
      null,
    ),
    0,
  );
});

test("at the edge there is no neighbour, and a point is not its own", () => {
  assert.equal(neighbour(CROSS, [10, 0], RIGHT, 1), null);
  assert.equal(neighbour([[0, 0]], [0, 0], RIGHT, 0), null);
  assert.equal(neighbour([], [0, 0], RIGHT, null), null);
});

test("walking one way always ends", () => {
  const random = lehmer(5);
  const places = Array.from({ length: 300 }, () => [random.next().value, random.next().value] as const);
  for (const way of [LEFT, RIGHT, UP, DOWN]) {
    let at: number | null = 0;
    let steps = 0;
    for (; at !== null && steps <= places.length; steps++) {
      at = neighbour(places, places[at] as readonly [number, number], way, at);
    }
    assert.ok(steps <= places.length, `walked in a circle, ${way}`);
  }
});
