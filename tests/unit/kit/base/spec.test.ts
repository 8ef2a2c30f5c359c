/** Clamping brings a value into its range and onto its step, or keeps what there was. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { clamp, sameValue } from "../../../../site_assets/kit/base/spec.ts";
import type { StateSpec } from "../../../../site_assets/kit/base/state_types.ts";

const description = "under test";
const number = (min: number, max: number, step?: number): StateSpec => ({
  type: "number",
  min,
  max,
  default: min,
  description,
  ...(step === undefined ? {} : { step }),
});

test("numbers are bounded and put on the step that starts at the minimum", () => {
  assert.equal(clamp(number(-3, 3, 0.01), 0.4567), 0.46);
  assert.equal(clamp(number(-3, 3, 0.01), 7), 3);
  assert.equal(clamp(number(-3, 3, 0.01), -7), -3);
  assert.equal(clamp(number(1, 32, 2), 6.2), 7);
  assert.equal(clamp(number(0, 1, 0.3), 1), 0.9, "never beyond the maximum");
  assert.equal(clamp(number(0, 1), 0.123456789), 0.123456789);
});

test("steps add up without binary dust", () => {
  let value = 0;
  for (let i = 0; i < 30; i++) value = clamp(number(-3, 3, 0.01), value + 0.05) as number;
  assert.equal(value, 1.5);
});

test("integers are whole without a step being named", () => {
  const spec: StateSpec = { type: "integer", min: -1, max: 9, default: 2, description };
  assert.equal(clamp(spec, 3.6), 4);
  assert.equal(clamp(spec, -8), -1);
});

test("what is foreign leaves the fallback", () => {
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, "1", null, [1], true]) {
    assert.equal(clamp(number(0, 1), value, 0.7), 0.7, String(value));
  }
  const choice: StateSpec = { type: "choice", choices: ["a", "b"], default: "a", description };
  assert.equal(clamp(choice, "c", "b"), "b");
  assert.equal(clamp(choice, "toString"), "a");
});

test("strokes lose bad points, points outside and points beyond the limit", () => {
  const spec: StateSpec = { type: "strokes", max_points: 3, default: [], description };
  assert.deepEqual(
    clamp(spec, [
      [
        [0.4, 0.2],
        [Number.NaN, 0],
        ["x", 0],
      ],
      [],
      "no",
      [[-4, 9]],
    ]),
    [[[0.4, 0.2]], [[0, 1]]],
  );
  assert.deepEqual(
    clamp(spec, [
      [
        [0, 0],
        [0, 0],
      ],
      [
        [0, 0],
        [1, 1],
      ],
      [[1, 1]],
    ]),
    [
      [
        [0, 0],
        [0, 0],
      ],
      [[0, 0]],
    ],
  );
});

test("values are compared by what they hold", () => {
  assert.ok(sameValue([[[0, 1]]], [[[0, 1]]]));
  assert.ok(!sameValue([[[0, 1]]], [[[1, 0]]]));
  assert.ok(!sameValue(0, false));
  assert.ok(!sameValue(undefined, 0));
});
