/** A number of a figure's state is read and stepped alike, whichever type it has. */

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  atPlace,
  lastPlace,
  placeOf,
  shownNumber,
  type TurnedSpec,
} from "../../../../site_assets/kit/base/held_number.ts";

const description = "under test";
const fine = { type: "number", min: -2.5, max: 1.5, step: 0.05, default: 0, description } as const;
const free = { type: "number", min: 0, max: 1, default: 0, description } as const;
const turn = { type: "number", min: -180, max: 180, step: 5, default: 0, unit: "°", description } as const;
const whole = { type: "integer", min: 1, max: 2000, default: 1, description } as const;
const beta = { type: "choice", choices: ["0.05", "1", "4"], default: "1", description } as const;
const SPECS: readonly TurnedSpec[] = [fine, free, turn, whole, beta];

test("every value is read with the decimals of its steps, a true minus sign and its unit", () => {
  assert.equal(shownNumber(fine, -0.5), "\u22120.50");
  assert.equal(shownNumber(fine, -0.001), "0.00");
  assert.equal(shownNumber(free, 0.5), "0.50");
  assert.equal(shownNumber(turn, -15), "\u221215°");
  assert.equal(shownNumber(whole, 2000), "2,000");
  assert.equal(shownNumber(beta, "0.05"), "0.05");
});

test("from the least to the greatest there is a legal value at each step, and it knows its place", () => {
  for (const spec of SPECS) {
    for (let place = 0; place <= lastPlace(spec); place++) {
      assert.ok(Math.abs(placeOf(spec, atPlace(spec, place)) - place) < 1e-6, `${spec.type} at ${place}`);
    }
  }
  assert.deepEqual([lastPlace(fine), lastPlace(free), lastPlace(turn), lastPlace(whole)], [80, 100, 72, 1999]);
});

test("beyond its ends it stays at them", () => {
  assert.deepEqual([atPlace(fine, -7), atPlace(fine, Number.POSITIVE_INFINITY)], [-2.5, 1.5]);
  assert.deepEqual([atPlace(beta, Number.NEGATIVE_INFINITY), atPlace(beta, 3)], ["0.05", "4"]);
  assert.equal(atPlace(whole, placeOf(whole, 1) - 1), 1);
});
