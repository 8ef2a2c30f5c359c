/** The length of calls and the shown pace, on a clock that the test works. */

import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { Throughput } from "../../../../site_assets/kit/run/throughput.ts";

let now = 0;
mock.method(performance, "now", () => now);

test("a call holds what takes some ten milliseconds, one step at first and never more than allowed", () => {
  const throughput = new Throughput(25);
  assert.equal(throughput.stepsPerCall, 1);
  throughput.measure(2, 1);
  assert.equal(throughput.stepsPerCall, 5);
  for (let i = 0; i < 100; i++) throughput.measure(1, 10);
  assert.equal(throughput.stepsPerCall, 25);
  for (let i = 0; i < 100; i++) throughput.measure(400, 1);
  assert.equal(throughput.stepsPerCall, 1);
});

test("steps a second are those of the last half second of training; a rest in between is not counted", () => {
  const throughput = new Throughput(25);
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
