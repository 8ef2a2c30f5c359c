/** Scales: the numbers stand where they belong. */

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  makeCoordinates,
  makeScale,
  place,
  ticksInRow,
  tickText,
  type Axis,
} from "../../../../site_assets/kit/marks/plot.tsx";

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

test("ticks in a row are fewer where their texts would run into each other", () => {
  const many: Axis = { label: "multiplications", min: 0, max: 850_000, ticks: 4 };
  const texts = (width: number): string[] => ticksInRow(many, makeScale(many, 0, width)).map(({ text }) => text);
  assert.deepEqual(texts(400), ["0", "200,000", "400,000", "600,000", "800,000"]);
  assert.deepEqual(texts(180), ["0", "500,000"]);
  const names: Axis = { ...many, at: [0, 1, 2], format: () => "a long name" };
  assert.equal(ticksInRow(names, makeScale(names, 0, 1)).length, 3, "but all that were asked for");
});

test("names along the x axis that would touch are broken, and the plot leaves room for two lines", () => {
  const names = (...texts: string[]): Axis => {
    return {
      label: "data",
      min: -0.5,
      max: texts.length - 0.5,
      at: [...texts.keys()],
      format: (at) => texts[at] ?? "",
    };
  };
  const bottom = (axis: Axis): number => makeCoordinates(axis, Z, 360, 240).bottom;
  const plain = bottom(names("drawings", "currents"));
  assert.equal(bottom(names("drawings", "drawings, shuffled")), plain, "room enough for one line");
  const crowded = names("drawings", "drawings, shuffled", "currents", "currents, shuffled");
  assert.ok(bottom(crowded) < plain - 8);
  assert.equal(
    bottom(names("drawings", "drawings in disorder", "currents", "currents in disorder")),
    plain,
    "no comma",
  );
});

test("the ticks of the y axis have room beside its name, long ones too", () => {
  const left = (axis: Axis): number => makeCoordinates(Z, axis, 360, 240).left;
  assert.equal(left(Z), 46);
  const cost: Axis = { label: "multiplications a sample", min: 900, max: 1_100_000, scale: "log" };
  assert.ok(left(cost) >= 15 + 39 + 7, "name, “100,000” and gap");
  assert.ok(left({ ...cost, label: "" }) < left(cost), "none for a name that is not there");
});

test("places are rounded to tenths", () => {
  assert.equal(place(12.3456), 12.3);
  assert.equal(place(-0.04), -0);
});
