/** F15: the line and the arc between two codes. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { along, arc, length, line } from "../../../site_assets/figures/interpolate/maths.ts";

const close = (found: ArrayLike<number>, expected: ArrayLike<number>, within = 1e-12): void => {
  assert.equal(found.length, expected.length);
  for (let i = 0; i < expected.length; i++)
    assert.ok(Math.abs((found[i] as number) - (expected[i] as number)) < within, `${found} is not ${expected}`);
};

test("half-way between two axes the arc is at 45° and its length between both", () => {
  close(arc([2, 0], [0, 4], 0.5), [3 * Math.SQRT1_2, 3 * Math.SQRT1_2]);
  close(line([2, 0], [0, 4], 0.5), [1, 2]);
});

test("both ways lead from end to end, and back the same", () => {
  const [a, b] = [
    [1, -2, 0.5, 3],
    [-0.3, 1, 2, 0.1],
  ];
  for (const way of [line, arc]) {
    close(way(a, b, 0), a);
    close(way(a, b, 1), b);
    close(way(a, b, 0.3), way(b, a, 0.7));
  }
});

test("along the arc, length and angle go evenly", () => {
  const [a, b] = [
    [1, -2, 0.5, 3],
    [-0.3, 1, 2, 0.1],
  ];
  const angle = (u: ArrayLike<number>, v: ArrayLike<number>): number => {
    const dot = Array.from(u).reduce((sum, value, i) => sum + value * (v[i] as number), 0);
    return Math.acos(dot / length(u) / length(v));
  };
  for (const t of [0.125, 0.5, 0.75]) {
    const z = arc(a, b, t);
    assert.ok(Math.abs(length(z) - ((1 - t) * length(a) + t * length(b))) < 1e-12);
    assert.ok(Math.abs(angle(a, z) - t * angle(a, b)) < 1e-9);
  }
});

test("without a shortest arc the way is straight", () => {
  for (const [a, b] of [
    [
      [0, 0],
      [3, 4],
    ],
    [
      [1, 0],
      [-2, 0],
    ],
    [
      [1e-9, 0],
      [0, 1],
    ],
    [
      [1, 2],
      [2, 4],
    ],
    [
      [1, 2],
      [1, 2],
    ],
  ] as const) {
    close(arc(a, b, 0.25), line(a, b, 0.25), 1e-9);
  }
});

test("a way in eight steps has nine places, the ends among them", () => {
  const places = along(arc, Float32Array.of(2, 0), Float32Array.of(0, 4), 8);
  assert.equal(places.length, 18);
  close(places.slice(0, 2), [2, 0], 1e-6);
  close(places.slice(8, 10), [3 * Math.SQRT1_2, 3 * Math.SQRT1_2], 1e-6);
  close(places.slice(16), [0, 4], 1e-6);
});
