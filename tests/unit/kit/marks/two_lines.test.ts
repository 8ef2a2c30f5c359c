/** The names of two curves never lie on each other, on a curve, on the name of a level or out of the plot; nor does that. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Pair } from "../../../../site_assets/kit/marks/plot.tsx";
import { baselines, heightsWithin, levelSpot } from "../../../../site_assets/kit/marks/two_lines.tsx";

const [TOP, BOTTOM] = [12, 150];
const LETTERS = [10, 4]; // over and under the baseline

function expectApart(one: number[], other: number[]): readonly [number, number] {
  const [first, second] = baselines(one, other, TOP, BOTTOM);
  assert.ok(Math.abs(first - second) >= 14, "one name over the other");
  for (const baseline of [first, second]) {
    const [from, to] = [baseline - (LETTERS[0] as number), baseline + (LETTERS[1] as number)];
    assert.ok(from >= TOP && to <= BOTTOM, "inside of the plot");
    for (const height of [...one, ...other]) assert.ok(height < from || height > to, "off the curves");
  }
  return [first, second];
}

test("the upper curve has its name over both, the lower one under both, whichever they are", () => {
  const [validation, training] = expectApart([80, 84], [70, 76]);
  assert.ok(training < 70 && validation > 84);
  const [upper, lower] = expectApart([70, 76], [80, 84]);
  assert.ok(upper < 70 && lower > 84);
});

test("curves at the bottom of the plot have both names over them, in their order", () => {
  const [training, validation] = expectApart([140, 147], [130, 142]);
  assert.ok(validation < training && training < 130);
});

test("a curve without places leaves the name over the other to that", () => {
  assert.ok(baselines([80], [], TOP, BOTTOM)[0] < 80);
  assert.ok(baselines([], [80], TOP, BOTTOM)[1] < 80);
});

test("a curve that comes down into the stretch is off its name, though it has no point at its beginning", () => {
  const places = [
    [0, 10],
    [100, 60],
    [120, 62],
  ] as const;
  assert.deepEqual(heightsWithin(places, 50, 110), [35, 60]);
  assert.deepEqual(heightsWithin(places, -10, 110), [10, 60]);
});

test("the name of a level is off the names of the curves: over it, under it, to the left of them or over them", () => {
  const within = { left: 46, right: 228, bottom: BOTTOM };
  const spot = (height: number, ...baselines: number[]) =>
    levelSpot(
      height,
      90,
      baselines.map((baseline) => ({ from: 150, end: 224, baseline })),
      [],
      within,
    );
  const end = 226;
  const [over, under] = [96, 114]; // the baselines of a name over and under the level
  assert.deepEqual(spot(100), { end, baseline: over }, "over its end, where nothing else stands");
  assert.deepEqual(spot(100, 70, 135), { end, baseline: over }, "what stands far over or under it does not matter");
  assert.deepEqual(spot(100, 90, 70), { end, baseline: under }, "under it, off a name over it");
  assert.deepEqual(spot(100, 90, 116), { end: 144, baseline: over }, "to the left of names over it and under it");
  assert.deepEqual(spot(140, 130), { end: 144, baseline: 136 }, "to the left, where there is no room under it");
  const early = levelSpot(100, 90, [{ from: 46, end: 106, baseline: 90 }], [], within);
  assert.deepEqual(early, { end, baseline: over }, "what ends before it does not matter");
  const middle = [90, 116].map((baseline) => ({ from: 120, end: 190, baseline }));
  assert.deepEqual(
    levelSpot(100, 90, middle, [], within),
    { end, baseline: 72 },
    "over them, where there is no room beside",
  );
});

test("no curve goes through the name of a level", () => {
  const within = { left: 46, right: 228, bottom: BOTTOM };
  const names = [90, 116].map((baseline) => ({ from: 150, end: 224, baseline }));
  const fallen: Pair[] = [46, 52, 58, 64, 228].map((at, i) => [at, [20, 60, 90, 99, 99][i] as number]);
  const beside = (curves: Pair[][]) => levelSpot(100, 90, names, curves, within);
  assert.deepEqual(beside([fallen]), { end: 144, baseline: 114 }, "that comes down where the name would be over it");
  const level: Pair[] = [46, 100, 228].map((at) => [at, 99]);
  assert.deepEqual(beside([level]), { end: 144, baseline: 96 }, "one that runs along the level is under the name");
  const over = levelSpot(100, 90, [], [fallen.map(([at, height]): Pair => [at + 100, height])], within);
  assert.deepEqual(over, { end: 226, baseline: 114 }, "nor at its end");
});
