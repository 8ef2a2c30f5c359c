/** F26: the codes come from the priors that are named, and a step of the diffusion keeps the noise that is there. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { mixtureCodes, normalCodes, placesOf, SIZE, THROWS } from "../../../site_assets/figures/fitted-prior/maths.ts";
import { amounts, pull } from "../../../site_assets/kit/maths/diffusion.ts";

const TRIANGLE = (SIZE * (SIZE + 1)) / 2;
const column = (codes: Float32Array, axis: number): number[] =>
  Array.from({ length: codes.length / SIZE }, (_, row) => codes[row * SIZE + axis] as number);
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const covariance = (a: readonly number[], b: readonly number[]): number => {
  const [ma, mb] = [mean(a), mean(b)];
  return mean(a.map((value, i) => (value - ma) * ((b[i] as number) - mb)));
};

/** A factor that is the identity but for what is given, `[row, column, value]`. */
function factor(...entries: readonly (readonly [number, number, number])[]): number[] {
  const values = Array.from({ length: TRIANGLE }, () => 0);
  const place = (row: number, across: number): number => (row * (row + 1)) / 2 + across;
  for (let axis = 0; axis < SIZE; axis++) values[place(axis, axis)] = 1;
  for (const [row, across, value] of entries) values[place(row, across)] = value;
  return values;
}

test("codes from N(0, I) have mean 0 and variance 1", () => {
  const codes = normalCodes(3);
  assert.equal(codes.length, THROWS * SIZE);
  for (let axis = 0; axis < SIZE; axis++) {
    const values = column(codes, axis);
    assert.ok(Math.abs(mean(values)) < 4 / Math.sqrt(THROWS));
    assert.ok(Math.abs(covariance(values, values) - 1) < 4 * Math.sqrt(2 / THROWS));
  }
});

test("a mixture of one part has its mean and covariance", () => {
  const means = Array.from({ length: SIZE }, (_, axis) => axis / 4);
  const codes = mixtureCodes(5, { weights: [1], means, factors: factor([1, 0, 0.8], [1, 1, 0.6], [15, 15, 2]) });
  const axes = Array.from({ length: SIZE }, (_, axis) => column(codes, axis));
  axes.forEach((values, axis) => assert.ok(Math.abs(mean(values) - axis / 4) < 0.3, `axis ${axis}`));
  const [first, second, last] = [axes[0], axes[1], axes[15]] as [number[], number[], number[]];
  assert.ok(Math.abs(covariance(first, second) - 0.8) < 0.15);
  assert.ok(Math.abs(covariance(second, second) - 1) < 0.2);
  assert.ok(Math.abs(covariance(last, last) - 4) < 0.8);
});

test("parts come by their weights, and padding never", () => {
  const centre = (at: number): number[] => Array.from({ length: SIZE }, () => at);
  const codes = mixtureCodes(7, {
    weights: [0.2, 0.8, 0, 0],
    means: [...centre(-50), ...centre(50), ...centre(1000), ...centre(1000)],
    factors: [factor(), factor(), factor(), factor()].flat(),
  });
  const lower = column(codes, 0).filter((value) => value < 0).length / THROWS;
  assert.ok(Math.abs(lower - 0.2) < 4 * Math.sqrt(0.16 / THROWS), `${lower}`);
  assert.ok(Math.max(...codes) < 100);
});

test("a level is the logarithm of α over σ, whose squares add up to one", () => {
  for (const level of [-4, -0.5, 0, 3]) {
    const [alpha, sigma] = amounts(level);
    assert.ok(Math.abs(alpha ** 2 + sigma ** 2 - 1) < 1e-12);
    assert.ok(Math.abs(Math.log(alpha / sigma) - level) < 1e-12);
  }
});

test("a step with the true codes leaves the same noise, at the next level", () => {
  const [clean, noise] = [normalCodes(1), normalCodes(2)];
  const at = (level: number): Float32Array => {
    const [alpha, sigma] = amounts(level);
    return clean.map((value, i) => alpha * value + sigma * (noise[i] as number));
  };
  const stepped = pull(at(-1), clean, -1, -0.5);
  at(-0.5).forEach((value, i) => assert.ok(Math.abs((stepped[i] as number) - value) < 1e-5));
  assert.deepEqual(pull(at(3), clean, 3, undefined), clean);
});

test("a place is what a code has of both directions", () => {
  const codes = Float32Array.from({ length: 2 * SIZE }, (_, i) => i);
  const directions = Float32Array.from({ length: 2 * SIZE }, (_, i) => Number(i === 3) - Number(i === SIZE + 5));
  assert.deepEqual(placesOf(codes, directions, 2), [
    [3, -5],
    [SIZE + 3, -SIZE - 5],
  ]);
});
