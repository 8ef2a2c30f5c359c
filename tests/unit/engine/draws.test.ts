/** What steps draw at random is the same in whatever pieces, and whether or not it was drawn ahead. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Draws } from "../../../site_assets/engine/draws.ts";
import { batches, permutation, bits, stepNoise } from "../../../site_assets/engine/rng.ts";

const [SEED, SAMPLES, BATCH, NOISE] = [7, 53, 10, 6];
const draws = (): Draws => new Draws(SEED, SAMPLES, BATCH, NOISE);

test("pieces are those of the whole", () => {
  const order = batches(SEED, 0, 60, SAMPLES, BATCH);
  const noise = stepNoise(SEED, 0, 60, NOISE);
  for (const piece of [1, 4, 5, 7, 25, 60]) {
    const drawn = draws();
    for (let done = 0; done + piece <= 60; done += piece) {
      if (done % 2 === 0) drawn.ahead(done, piece);
      const { index, noise: found } = drawn.of(done, piece);
      assert.deepEqual(index, order.slice(done * BATCH, (done + piece) * BATCH));
      assert.deepEqual(found, noise.slice(done * NOISE, (done + piece) * NOISE));
    }
  }
});

test("a run that goes back draws the same again", () => {
  const drawn = draws();
  const first = drawn.of(3, 20);
  drawn.of(40, 20);
  assert.deepEqual(drawn.of(3, 20), first);
});

test("a batch of all samples is a fresh order every step", () => {
  const { index, noise } = new Draws(SEED, 12, 12, 0).of(0, 2);
  assert.notDeepEqual(index.slice(0, 12), index.slice(12));
  assert.deepEqual(
    index.slice(12).toSorted(),
    Int32Array.from({ length: 12 }, (_, i) => i),
  );
  assert.equal(noise.length, 0);
});

test("more than there are samples cannot be drawn", () => {
  assert.throws(() => new Draws(SEED, 5, 6, 0).of(0, 1), RangeError);
});

test("a permutation is sorted by its keys, ties by index, at every size", () => {
  for (const count of [0, 1, 2, 3, 5, 64, 100, 1077]) {
    const keys = bits(SEED, 3, count);
    const expected = Array.from(keys, (_, i) => i).sort((a, b) => keys[a]! - keys[b]! || a - b);
    assert.deepEqual([...permutation(SEED, 3, count)], expected);
  }
});
