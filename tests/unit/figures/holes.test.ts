/** F8: the throws are Gaussian, the plane holds two of them, and the judge's two rules are what they say. */

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  codeAt,
  gridPlaces,
  medianLength,
  placeOf,
  planeOf,
  throwCodes,
  THROWS,
} from "../../../site_assets/figures/holes/maths.ts";
import { acceptedShare, judge, nearest } from "../../../site_assets/kit/maths/judge.ts";

const SIZE = 16;
const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((sum, value, i) => sum + value * (b[i] as number), 0);

test("throws have mean 0 and variance 1, and half of them lie within the ring", () => {
  for (const size of [2, 4, SIZE]) {
    const codes = throwCodes(7, size);
    const mean = codes.reduce((sum, value) => sum + value, 0) / codes.length;
    const variance = codes.reduce((sum, value) => sum + value * value, 0) / codes.length;
    assert.ok(Math.abs(mean) < 4 / Math.sqrt(codes.length));
    assert.ok(Math.abs(variance - 1) < 4 * Math.sqrt(2 / codes.length));
    const within = Array.from({ length: THROWS }, (_, i) => codes.subarray(i * size, (i + 1) * size)).filter(
      (code) => Math.sqrt(dot(code, code)) <= medianLength(size),
    );
    assert.ok(
      Math.abs(within.length / THROWS - 0.5) < 4 * Math.sqrt(0.25 / THROWS),
      `${within.length} of size ${size}`,
    );
  }
});

test("the ring's radius is the root of the chi-square's median", () => {
  assert.ok(Math.abs(medianLength(2) - Math.sqrt(1.3862943611198906)) < 1e-12);
  assert.ok(Math.abs(medianLength(4) - Math.sqrt(3.356693980033321)) < 4e-3);
  assert.ok(Math.abs(medianLength(16) - Math.sqrt(15.338498885001608)) < 1e-3);
});

test("the plane's directions are orthonormal and hold the first two throws", () => {
  for (const seed of [0, 7, 9999]) {
    const codes = throwCodes(seed, SIZE);
    const plane = planeOf(codes, SIZE);
    assert.ok(Math.abs(dot(plane.across, plane.across) - 1) < 1e-12);
    assert.ok(Math.abs(dot(plane.up, plane.up) - 1) < 1e-12);
    assert.ok(Math.abs(dot(plane.across, plane.up)) < 1e-12);
    for (const i of [0, 1]) {
      const code = codes.subarray(i * SIZE, (i + 1) * SIZE);
      codeAt(plane, placeOf(plane, code)).forEach((value, axis) =>
        assert.ok(Math.abs(value - (code[axis] as number)) < 1e-6),
      );
    }
  }
});

test("a code of two numbers is its own plane", () => {
  const plane = planeOf(throwCodes(7, 2), 2);
  assert.deepEqual([...codeAt(plane, [0.3, -2])], [0.3, -2]);
});

test("the grid covers the plane from the top left, cell by cell", () => {
  const places = gridPlaces(3, 3);
  assert.deepEqual(places[0], [-2, 2]);
  assert.deepEqual(places[4], [0, -0]);
  assert.deepEqual(places[8], [2, -2]);
});

test("the nearest image is found by full search", () => {
  const known = Float32Array.from({ length: 40 * 4 }, (_, i) => Math.sin(i * 12.9898) ** 2);
  for (let trial = 0; trial < 20; trial++) {
    const image = Float32Array.from({ length: 4 }, (_, i) => Math.cos(trial * 7 + i) ** 2);
    const distances = Array.from({ length: 40 }, (_, k) =>
      Math.hypot(...[0, 1, 2, 3].map((i) => (image[i] as number) - (known[4 * k + i] as number))),
    );
    const { index, distance } = nearest(image, 0, known, 4);
    assert.equal(index, distances.indexOf(Math.min(...distances)));
    assert.ok(Math.abs(distance - Math.min(...distances)) < 1e-12);
  }
});

test("a drawing must please both rules", () => {
  const known = Float32Array.of(0, 0, 1, 1);
  const images = Float32Array.of(0, 0.1, 0, 0.1, 5, 5, 1, 0.5);
  const probabilities = Float32Array.of(0.1, 0.9, 0.45, 0.55, 0.99, 0.01, 0.75, 0.25);
  const verdicts = judge(images, probabilities, known, 2, 2, { leastProbability: 0.75, largestDistance: 0.5 });
  assert.deepEqual(
    verdicts.map(({ accepted }) => accepted),
    [true, false, false, true],
  );
  assert.deepEqual(
    verdicts.map(({ digit, index }) => [digit, index]),
    [
      [1, 0],
      [1, 0],
      [0, 1],
      [0, 1],
    ],
  );
  assert.equal(acceptedShare(verdicts), 0.5);
});
