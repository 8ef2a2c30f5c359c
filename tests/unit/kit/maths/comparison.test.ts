/** Who is ahead is said only where every seed says so. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { compare } from "../../../../site_assets/kit/maths/comparison.ts";

const rivals = [
  { name: "weak", values: [0.1, 0.2, 0.1] },
  { name: "strong", values: [0.5, 0.6, 0.7] },
];
const against = (values: readonly number[]): string =>
  compare([{ name: "net", values }, { name: "other", values: [0, 0, 0] }, ...rivals], ["net", "other"]).ahead;

test("ahead is who leads in every seed", () => {
  assert.equal(against([0.51, 0.61, 0.71]), "ours");
  assert.equal(against([0.4, 0.5, 0.6]), "rival");
  assert.equal(against([0.9, 0.9, 0.6]), "neither");
  assert.equal(against([0.5, 0.6, 0.7]), "neither");
});

test("the best of each side is compared", () => {
  const found = compare([{ name: "net", values: [0.2, 0.4] }, ...rivals], ["net"]);
  assert.equal(found.ours.name, "net");
  assert.ok(Math.abs(found.ours.mean - 0.3) < 1e-12);
  assert.equal(found.rival.name, "strong");
});
