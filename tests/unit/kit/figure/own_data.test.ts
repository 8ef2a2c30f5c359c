/** How an author's own data are shown: each column in its unit, each class with a character. */

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  codeMap,
  columnName,
  glyphsFor,
  inUnit,
  keptTogether,
  pcaIsBetter,
  remarks,
  shown,
  type Column,
  type OwnData,
} from "../../../../site_assets/kit/figure/own_data.ts";

const column = (deviation: number, unit = ""): Column => ({
  name: "width",
  unit,
  mean: 10,
  deviation,
  min: 0,
  max: 20,
  low: 0,
  high: 20,
  middle: 10,
});

test("a class is told by its initial, or by a letter where two have the same", () => {
  assert.deepEqual(glyphsFor(["disc", "Ring", "écu"]), ["D", "R", "É"]);
  assert.deepEqual(glyphsFor(["cultivar A", "cultivar B", "other"]), ["A", "B", "C"]);
  assert.deepEqual(glyphsFor([]), ["•"]);
});

test("numbers come in their column's unit, with decimals that show a hundredth of its spread", () => {
  assert.equal(inUnit(column(4), -0.5), 8);
  assert.deepEqual(
    [314, 25, 2, 0.8, 0.01].map((deviation) => shown(column(deviation), 1.23456)),
    ["1", "1", "1.2", "1.23", "1.235"],
  );
  assert.equal(shown(column(10), 2015), "2015", "a year");
  assert.equal(columnName(column(1, "mm")), "width (mm)");
  assert.equal(columnName(column(1)), "width");
});

test("a few rows far out take no digits from the others", () => {
  const far = { ...column(60), min: -999, max: 1000, low: -0.94, high: 0.95 };
  assert.deepEqual(
    [-0.94, 0.5, -999].map((value) => shown(far, value)),
    ["\u22120.9", "0.5", "\u2212999.0"],
  );
});

test("tiny and huge units are written with an exponent, as many digits as tell them apart", () => {
  const tiny = { ...column(1.2e-11), mean: 7e-11, min: 5e-11, max: 9e-11 };
  assert.deepEqual(
    [7.12e-11, -7.12e-11, 9e-12, 0].map((value) => shown(tiny, value)),
    ["7.1e-11", "\u22127.1e-11", "9e-12", "0.0e0"],
  );
  assert.equal(shown({ ...column(3e6), max: 5e7, high: 5e7 }, 4.2e7), "4.20e7");
});

test("PCA is named where it does better than the model", () => {
  const data = (model: number, pca: number): OwnData => ({ errors: { model, pca } }) as OwnData;
  assert.match(pcaIsBetter(data(0.048, 0.032)), /PCA with two numbers does better: .* 0\.032, this model’s is 0\.048/);
  assert.equal(pcaIsBetter(data(0.03, 0.032)), "");
});

test("what rows were kept together by is told before the verdict that rests on it", () => {
  const groups = { column: "machine", splits: { train: 8, validation: 3, test: 2 } };
  const data = { groups, errors: { model: 0.048, pca: 0.032 } } as OwnData;
  const told = "No “machine” is in two splits: 8 train, 3 validate, 2 test.";
  assert.equal(keptTogether(data), told);
  assert.deepEqual(remarks(data), [told, pcaIsBetter(data)]);
  assert.deepEqual(remarks({ ...data, groups: null, errors: { model: 0.03, pca: 0.032 } }), []);
});

test("a row far from all that train leaves the others room on the map", () => {
  const others = [
    [-2, 1],
    [0, -1],
    [2, 0],
  ] as const;
  const map = codeMap([...others, [578, -90]]);
  assert.ok(map.x.max < 3 && map.y.min > -2);
  assert.deepEqual(map.points, [...others, [map.x.max, map.y.min]]);
  assert.equal(map.beyond, 1);
  assert.equal(codeMap(others).beyond, 0);
  assert.deepEqual(codeMap([[578, -90]]).points, [[578, -90]]);
});
