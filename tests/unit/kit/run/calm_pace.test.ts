/** Ten seconds for a run, at any rate of frames; a pause is not made up for. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { CalmPace } from "../../../../site_assets/kit/run/calm_pace.ts";

function steps(pace: CalmPace, from: number, until: number, frame: number): number[] {
  const due = [];
  for (let now = from + frame; now <= until + 1e-9; now += frame) due.push(pace.due(now));
  return due;
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

for (const rate of [24, 60, 144]) {
  test(`a run takes ten seconds at ${rate} frames a second`, () => {
    const pace = new CalmPace(2000);
    pace.begin(5000);
    const due = steps(pace, 5000, 15_000, 1000 / rate);
    assert.ok(Math.abs(sum(due) - 2000) <= 1, String(sum(due)));
    assert.ok(Math.max(...due) - Math.min(...due) <= 1, "evenly");
  });
}

test("a run of few steps makes one every few frames", () => {
  const pace = new CalmPace(100);
  pace.begin(0);
  const due = steps(pace, 0, 1000, 20);
  assert.equal(sum(due), 10);
  assert.equal(Math.max(...due), 1);
});

test("what a frame took too long is not made up for, nor is a pause", () => {
  const pace = new CalmPace(2000);
  pace.begin(0);
  assert.equal(pace.due(60_000), 20);
  pace.begin(120_000);
  assert.equal(pace.due(120_000), 0);
  assert.equal(pace.due(120_050), 10);
});
