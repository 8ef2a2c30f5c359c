/** The energy distance, on sets for which it is known. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { energyDistance, noisePoints } from "../../../site_assets/figures/diffusion-steps/maths.ts";

test("of two pairs of points it is what the formula has", () => {
  // between: 5, 5, 5, 5; within: 6 and 8, each once
  const [one, other] = [
    [-3, 0, 3, 0],
    [0, -4, 0, 4],
  ];
  assert.equal(energyDistance(one, other), 2 * 5 - 6 - 8);
});

test("it is small between halves of one cloud and large to a shifted one", () => {
  const cloud = noisePoints(3, 400);
  const [one, other] = [cloud.slice(0, 400), cloud.slice(400)];
  assert.ok(Math.abs(energyDistance(one, other)) < 0.05);
  assert.ok(
    energyDistance(
      one,
      other.map((value) => value + 2),
    ) > 1,
  );
});
