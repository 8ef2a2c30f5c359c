/** How many steps go in a row, and the shown pace, on a clock that the test works. */

import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { Throughput } from "../../../../site_assets/kit/run/throughput.ts";

let now = 0;
mock.method(performance, "now", () => now);

test("a row holds what takes some thirty milliseconds, one step at first and a thousand at most", () => {
  const throughput = new Throughput();
  assert.equal(throughput.stepsInARow, 1);
  throughput.measure(2, 1);
  assert.equal(throughput.stepsInARow, 15);
  throughput.measure(3, 15);
  assert.ok(throughput.stepsInARow > 100, "a first step that was slow is soon outweighed");
  for (let i = 0; i < 100; i++) throughput.measure(1, 1000);
  assert.equal(throughput.stepsInARow, 1000);
  for (let i = 0; i < 100; i++) throughput.measure(400, 1);
  assert.equal(throughput.stepsInARow, 1);
});

test("steps a second are those of the last half second of training; a rest in between is not counted", () => {
  const throughput = new Throughput();
  throughput.begin();
  assert.equal(throughput.stepsPerSecond, 0);
  for (let i = 0; i < 50; i++) {
    now += 10;
    throughput.count(4);
  }
  assert.equal(throughput.stepsPerSecond, 400);
  now += 60_000;
  throughput.begin();
  for (let i = 0; i < 50; i++) {
    now += 10;
    throughput.count(1);
  }
  assert.equal(throughput.stepsPerSecond, 100);
});
