/** Scales: the numbers stand where they belong. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { makeCoordinates, makeScale, place, tickText, type Axis } from "../../../../site_assets/kit/marks/plot.tsx";

const Z: Axis = { label: "z", min: -3, max: 3 };
const ERROR: Axis = { label: "error", min: 0.001, max: 1, scale: "log" };

test("an axis spans its plot, y upwards", () => {
  const plot = makeCoordinates(Z, Z, 360, 240);
  assert.equal(plot.x(-3), plot.left);
  assert.equal(plot.x(3), plot.right);
  assert.equal(plot.y(-3), plot.bottom);
  assert.equal(plot.y(3), plot.top);
  assert.equal(plot.x(0), (plot.left + plot.right) / 2);
});

test("inverting gives back the value", () => {
  const plot = makeCoordinates(Z, ERROR, 360, 240);
  for (const value of [-3, -0.01, 0, 2.5]) assert.ok(Math.abs(plot.x.invert(plot.x(value)) - value) < 1e-12);
  for (const value of [0.001, 0.03, 1]) assert.ok(Math.abs(plot.y.invert(plot.y(value)) - value) < 1e-12);
});

test("a log axis gives each power of ten the same room", () => {
  const scale = makeScale(ERROR, 0, 300);
  for (const [value, where] of [
    [0.001, 0],
    [0.01, 100],
    [0.1, 200],
    [1, 300],
  ] as const) {
    assert.ok(Math.abs(scale(value) - where) < 1e-9);
  }
});

test("ticks have as many decimals as their step and a true minus", () => {
  assert.equal(tickText(Z, -2, 1), "−2");
  assert.equal(tickText(Z, 0.5, 0.5), "0.5");
  assert.equal(tickText(Z, 0.25, 0.05), "0.25");
  assert.equal(tickText(Z, 0, 0.1), "0.0");
  assert.equal(tickText(Z, -2000, 500), "−2,000", "as the text has it");
  assert.equal(tickText({ ...Z, format: (v) => `${v} %` }, 5, 1), "5 %");
});

test("places are rounded to tenths", () => {
  assert.equal(place(12.3456), 12.3);
  assert.equal(place(-0.04), -0);
});
