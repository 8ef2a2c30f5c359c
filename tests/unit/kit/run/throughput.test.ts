/** How many steps go in a row, and the shown pace, on a clock that the test works. */

import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { Throughput } from "../../../../site_assets/kit/run/throughput.ts";

let now = 0;
mock.method(performance, "now", () => now);

test("a row holds what takes some thirty milliseconds, one step at first and a thousand at most", () => {
  const throughput = new Throughput();
  assert.equal(throughput.milliseconds(1), Number.POSITIVE_INFINITY);
  assert.equal(throughput.nextRow(), 1);
  throughput.measure(2, 1);
  assert.equal(throughput.nextRow(), 15);
  assert.equal(throughput.milliseconds(100), 200);
  throughput.measure(3, 15);
  assert.ok(throughput.nextRow() > 100, "a first step that was slow is soon outweighed");
  for (let i = 0; i < 100; i++) throughput.measure(1, 1000);
  assert.equal(throughput.nextRow(), 1000);
  for (let i = 0; i < 100; i++) throughput.measure(400, 1);
  assert.equal(throughput.nextRow(), 1);
});

test("when training begins, and when it goes on, rows are short at first and double", () => {
  const throughput = new Throughput();
  throughput.measure(30, 400);
  for (let time = 0; time < 2; time++) {
    throughput.begin();
    assert.deepEqual(
      Array.from({ length: 6 }, () => throughput.nextRow()),
      [50, 100, 200, 400, 400, 400],
    );
  }
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
