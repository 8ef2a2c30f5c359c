/** F27: who speaks, how loud, and what comes of it, on networks small enough to reckon by hand. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { draw, hear, pictures, voices, type Network } from "../../../site_assets/figures/sparse-codes/maths.ts";

const network: Network = {
  columns: Float32Array.of(1, 0, 0, 1, -1, 0, 0.5, 0.5),
  thresholds: [0, -0.5, 0, 0.25],
  rest: [0.25, 0.5],
};

test("a unit hears its column in what differs from the rest, and no less than nothing", () => {
  assert.deepEqual([...hear(network, [1.25, 2.5])], [1, 1.5, 0, 1.75]);
  assert.deepEqual([...hear(network, [0.25, 0.5])], [0, 0, 0, 0.25]);
});

test("the loudest speak, in the order of their loudness, and silent ones never", () => {
  const heard = Float64Array.of(1, 1.5, 0, 1.75);
  assert.deepEqual(voices(heard, 2), [
    { unit: 3, loudness: 1.75 },
    { unit: 1, loudness: 1.5 },
  ]);
  assert.equal(voices(heard, 4).length, 3);
});

test("a drawing is the rest and the columns that speak", () => {
  assert.deepEqual([...draw(network, [])], [0.25, 0.5]);
  const drawn = draw(network, [
    { unit: 3, loudness: 2 },
    { unit: 2, loudness: 0.5 },
  ]);
  assert.deepEqual([...drawn], [0.75, 1.5]);
});

test("pictures are grey where a column is zero, and black or white where it is largest", () => {
  assert.deepEqual([...pictures(Float32Array.of(0, 2, -4, 1, 0, 0), 3)], [0.5, 0.75, 0, 1, 0.5, 0.5]);
  assert.deepEqual([...pictures(Float32Array.of(0, 0), 2)], [0.5, 0.5]);
});
