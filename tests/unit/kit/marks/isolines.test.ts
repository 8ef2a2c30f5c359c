/** Isolines lie on their level, close where they should, and end only at the grid's border. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { isolines, sample } from "../../../../site_assets/kit/marks/isolines.ts";

const SIDE = 61;
const toPlane = (at: number): number => (6 * at) / (SIDE - 1) - 3;

test("a circle is one closed line on its radius", () => {
  const grid = sample((x, y) => x * x + y * y, [-3, 3], [-3, 3], SIDE, SIDE);
  const lines = isolines(grid, [4]);
  assert.equal(lines.length, 1);
  const line = lines[0]!;
  assert.deepEqual(line[0], line.at(-1));
  for (const [column, row] of line) {
    assert.ok(Math.abs(Math.hypot(toPlane(column), toPlane(row)) - 2) < 2e-3);
  }
});

test("a straight line is open and ends on the border", () => {
  const grid = sample((x, y) => x + 0.3 * y, [-3, 3], [-3, 3], SIDE, SIDE);
  const lines = isolines(grid, [0.05]);
  assert.equal(lines.length, 1);
  const [first, last] = [lines[0]![0]!, lines[0]!.at(-1)!];
  for (const [, row] of [first, last]) assert.ok(row === 0 || row === SIDE - 1);
  for (const [column, row] of lines[0]!) {
    assert.ok(Math.abs(toPlane(column) + 0.3 * toPlane(row) - 0.05) < 1e-9);
  }
});

test("a saddle's line comes in two parts that don't cross", () => {
  for (const level of [0.3, -0.3]) {
    const lines = isolines(
      sample((x, y) => x * y, [-3, 3], [-3, 3], SIDE, SIDE),
      [level],
    );
    assert.equal(lines.length, 2);
    for (const line of lines) {
      const sides = new Set(line.map(([column]) => Math.sign(toPlane(column))));
      assert.equal(sides.size, 1);
    }
  }
});

test("a chequered cell is joined through its middle", () => {
  const high = isolines({ values: [1, 0, 0, 1], columns: 2, rows: 2 }, [0.4]);
  const low = isolines({ values: [1, 0, 0, 1], columns: 2, rows: 2 }, [0.6]);
  assert.equal(high.length, 2);
  assert.equal(low.length, 2);
  // the middle, ½, is above 0.4: the lines cut off the low corners [1, 0] and [0, 1]
  const cutsOff = (line: readonly (readonly [number, number])[], corner: readonly [number, number]): boolean =>
    line.every(([x, y]) => Math.hypot(x - corner[0], y - corner[1]) < 0.7);
  assert.ok(
    [
      [1, 0],
      [0, 1],
    ].every((corner) => high.some((line) => cutsOff(line, corner as [number, number]))),
  );
  assert.ok(
    [
      [0, 0],
      [1, 1],
    ].every((corner) => low.some((line) => cutsOff(line, corner as [number, number]))),
  );
});

test("nothing is drawn for a level that is never reached", () => {
  assert.deepEqual(
    isolines(
      sample((x) => x, [-3, 3], [-3, 3], 9, 9),
      [5],
    ),
    [],
  );
});

test("lines of several levels are those of each, in their order", () => {
  const grid = sample((x, y) => x * x * y, [-3, 3], [-3, 3], SIDE, SIDE);
  const levels = [0.5, -1, 4];
  assert.deepEqual(
    isolines(grid, levels),
    levels.flatMap((level) => isolines(grid, [level])),
  );
});
