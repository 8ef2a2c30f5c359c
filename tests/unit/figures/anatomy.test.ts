/** The hour-glass is to scale and its bars are as long as the activations are large. */

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  bars,
  between,
  cells,
  columns,
  HALF,
  largest,
  UNIT,
  type Column,
} from "../../../site_assets/figures/anatomy/hourglass.ts";

test("heights are proportional to the numbers that the layers hold, and share a middle", () => {
  const places = columns([64, 40, 8, 40, 64]);
  assert.deepEqual(
    places.map(({ top, bottom }) => bottom - top),
    [64, 40, 8, 40, 64].map((units) => units * UNIT),
  );
  assert.equal(new Set(places.map(({ top, bottom }) => top + bottom)).size, 1);
});

test("what joins two columns touches all four of their corners", () => {
  const [left, right] = columns([4, 2]) as [Column, Column];
  const points = between(left, right)
    .split(" ")
    .map((point) => point.split(",").map(Number));
  assert.deepEqual(points, [
    [left.x + HALF, left.top],
    [left.x + HALF, left.bottom],
    [right.x - HALF, right.bottom],
    [right.x - HALF, right.top],
  ]);
});

test("bars go right above zero, left below, are cut at the limit, and nothing stands for zero", () => {
  const [column] = columns([4]) as [Column];
  const row = (index: number): number => column.top + (index + 0.5) * UNIT;
  assert.equal(
    bars(column, [1.5, -0.75, 0, 99], 3),
    `M${column.x} ${row(0)}h${HALF / 2}M${column.x} ${row(1)}h${-HALF / 4}M${column.x} ${row(3)}h${HALF}`,
  );
  assert.equal(bars(column, [0.5], 1, true), `M${column.x - HALF} ${row(0)}h${HALF}`);
});

test("cells gather equal greys and leave paper out", () => {
  const found = cells([0, 1, 0.5, 1], 2, 8, 16);
  assert.deepEqual(found, [
    { level: 16, path: "M8 0h8v8h-8zM8 8h8v8h-8z" },
    { level: 8, path: "M0 8h8v8h-8z" },
  ]);
});

test("largest is of the absolute values", () => {
  assert.equal(largest([0.5, -2, 1]), 2);
});
