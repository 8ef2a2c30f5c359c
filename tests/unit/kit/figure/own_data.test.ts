/** How an author's own data are shown: each column in its unit, each class with a character. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { columnName, decimalsOf, glyphsFor, inUnit, type Column } from "../../../../site_assets/kit/figure/own_data.ts";

const column = (deviation: number, unit = ""): Column => ({
  name: "width",
  unit,
  mean: 10,
  deviation,
  min: 0,
  max: 20,
});

test("a class is told by its initial, or by a letter where two have the same", () => {
  assert.deepEqual(glyphsFor(["disc", "Ring", "écu"]), ["D", "R", "É"]);
  assert.deepEqual(glyphsFor(["cultivar A", "cultivar B", "other"]), ["A", "B", "C"]);
  assert.deepEqual(glyphsFor([]), ["•"]);
});

test("numbers come in their column's unit, with decimals that show a hundredth of its spread", () => {
  assert.equal(inUnit(column(4), -0.5), 8);
  assert.deepEqual(
    [314, 25, 2, 0.8, 0.01, 1e-20].map((deviation) => decimalsOf(column(deviation))),
    [0, 0, 1, 2, 3, 8],
  );
  assert.equal(columnName(column(1, "mm")), "width (mm)");
  assert.equal(columnName(column(1)), "width");
});
