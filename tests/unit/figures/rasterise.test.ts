/** A drawing comes into the form of the training data. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { DigitFrame } from "../../../site_assets/figures/draw-and-squeeze/digit_frame.ts";
import { placeStrokes, rasterise } from "../../../site_assets/figures/draw-and-squeeze/rasterise.ts";

const at = (median: number) => ({ median, low: median, high: median });
const FRAME: DigitFrame = {
  bitmap_side: 32,
  block_side: 4,
  width: { median: 20, low: 11, high: 24 },
  height: at(30),
  centre_x: at(16),
  centre_y: at(16),
  stroke: at(4),
  mean_ink: at(0.3),
};
type Strokes = readonly (readonly (readonly [number, number])[])[];
const CROSS: Strokes = [
  [
    [0.5, 0.2],
    [0.5, 0.8],
  ],
  [
    [0.3, 0.5],
    [0.7, 0.5],
  ],
];

const moved = (strokes: Strokes, scale: number, dx: number, dy: number): Strokes =>
  strokes.map((stroke) => stroke.map(([x, y]) => [x * scale + dx, y * scale + dy] as const));

test("a centred cross is symmetric, and its middle is full of ink", () => {
  const ink = rasterise(CROSS, FRAME);
  assert.equal(ink.length, 64);
  for (let row = 0; row < 8; row++) {
    for (let column = 0; column < 8; column++) {
      const here = ink[row * 8 + column] as number;
      assert.equal(here, ink[row * 8 + 7 - column], `left and right differ in row ${row}`);
      assert.equal(here, ink[(7 - row) * 8 + column], `top and bottom differ in column ${column}`);
      assert.equal((here * 16) % 1, 0, "ink is counted in sixteenths");
    }
  }
  // a pen of 4 cells around x = 16 inks half of each of the two middle columns of blocks
  assert.equal(ink[8 + 3], 0.5);
  assert.equal(ink[0], 0);
});

test("the ink is as high as the data's digits, pen included, and centred", () => {
  const ys = placeStrokes(CROSS, FRAME)
    .flat()
    .map(([, y]) => y);
  const xs = placeStrokes(CROSS, FRAME)
    .flat()
    .map(([x]) => x);
  assert.ok(Math.abs(Math.max(...ys) - Math.min(...ys) + 4 - 30) < 1e-9);
  assert.ok(Math.abs(Math.max(...ys) + Math.min(...ys) - 32) < 1e-9);
  assert.ok(Math.abs(Math.max(...xs) + Math.min(...xs) - 32) < 1e-9);
});

test("a wide drawing is held by the data's width", () => {
  const xs = placeStrokes(
    [
      [
        [0, 0.5],
        [1, 0.52],
      ],
    ],
    FRAME,
  )
    .flat()
    .map(([x]) => x);
  assert.ok(Math.abs(Math.max(...xs) - Math.min(...xs) - 20) < 1e-9, String(xs));
});

test("place and size on the paper make no difference", () => {
  for (const [scale, dx, dy] of [
    [0.5, 0, 0],
    [0.25, 0.7, 0.1],
    [1, 0.125, -0.125],
  ] as const) {
    assert.deepEqual(rasterise(moved(CROSS, scale, dx, dy), FRAME), rasterise(CROSS, FRAME), `${scale}`);
  }
});

test("no stroke, empty strokes and a single dot", () => {
  assert.deepEqual(rasterise([], FRAME), new Float32Array(64));
  assert.deepEqual(rasterise([[], []], FRAME), new Float32Array(64));
  const dot = rasterise([[[0.9, 0.1]]], FRAME);
  assert.ok(dot.every(Number.isFinite));
  const total = dot.reduce((sum, value) => sum + value, 0) * 16;
  assert.ok(total >= 8 && total <= 16, `a round pen of 4 cells inks about 12 cells, not ${total}`);
});
