/** F9: a thousand draws fill the ellipse as a Gaussian should. */

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  closeUp,
  fromCentreToRim,
  moments,
  MOST,
  noise,
  radius,
  sample,
  SHARE_INSIDE,
  type Cloud,
  type Pair,
} from "../../../site_assets/figures/point-or-cloud/maths.ts";

const CLOUDS: readonly Cloud[] = [
  { mu: [1.54, -0.36], sigma: [0.314, 0.182] },
  { mu: [-2, 0.5], sigma: [0.14, 0.65] },
  { mu: [0, 0], sigma: [1, 1] },
];
const SEEDS = [0, 7, 8, 9999];

test("the share within one deviation is that of a chi-square with two degrees of freedom", () => {
  assert.ok(Math.abs(SHARE_INSIDE - 0.3934693402873666) < 1e-15);
});

test("1,000 draws have the share, the means and the deviations that they should, within four standard errors", () => {
  for (const cloud of CLOUDS) {
    for (const seed of SEEDS) {
      const { mean, deviation, inside } = moments(cloud, sample(cloud, noise(seed, MOST)));
      const binomial = Math.sqrt((SHARE_INSIDE * (1 - SHARE_INSIDE)) / MOST);
      assert.ok(Math.abs(inside / MOST - SHARE_INSIDE) < 4 * binomial, `seed ${seed}: ${inside}`);
      for (const axis of [0, 1] as const) {
        const error = cloud.sigma[axis] / Math.sqrt(MOST);
        assert.ok(Math.abs(mean[axis] - cloud.mu[axis]) < 4 * error);
        assert.ok(Math.abs(deviation[axis] - cloud.sigma[axis]) < (4 * error) / Math.SQRT2);
      }
    }
  }
});

test("no axis leans on the other", () => {
  for (const seed of SEEDS) {
    const correlation = noise(seed, MOST).reduce((sum, [a, b]) => sum + a * b, 0) / MOST;
    assert.ok(Math.abs(correlation) < 4 / Math.sqrt(MOST));
  }
});

test("drawing more keeps what has been drawn, and another seed gives other noise", () => {
  assert.deepEqual(noise(7, MOST).slice(0, 12), noise(7, 12));
  assert.notDeepEqual(noise(7, 12), noise(8, 12));
});

test("the ellipse is where the radius is one", () => {
  const cloud = CLOUDS[1] as Cloud;
  for (let angle = 0; angle < 6.28; angle += 0.1) {
    const rim: Pair = [cloud.mu[0] + cloud.sigma[0] * Math.cos(angle), cloud.mu[1] + cloud.sigma[1] * Math.sin(angle)];
    assert.ok(Math.abs(radius(cloud, rim) - 1) < 1e-12);
  }
});

test("the strip runs from the sample nearest to the mean to the farthest", () => {
  const cloud = CLOUDS[0] as Cloud;
  const samples = sample(cloud, noise(3, 200));
  const radii = fromCentreToRim(cloud, samples, 12).map((i) => radius(cloud, samples[i] as Pair));
  const all = samples.map((z) => radius(cloud, z));
  assert.equal(radii.length, 12);
  assert.deepEqual([radii[0], radii.at(-1)], [Math.min(...all), Math.max(...all)]);
  assert.ok(radii.every((r, i) => i === 0 || r >= (radii[i - 1] as number)));
  assert.equal(fromCentreToRim(cloud, samples.slice(0, 5), 12).length, 5);
  assert.deepEqual(fromCentreToRim(cloud, [], 12), []);
});

test("moments are the textbook's, also of one sample and of none", () => {
  const cloud = CLOUDS[2] as Cloud;
  const { mean, deviation, inside } = moments(cloud, [
    [0, 1],
    [1, 1],
    [2, 4],
  ]);
  assert.deepEqual([mean, inside], [[1, 2], 1]);
  assert.deepEqual(
    deviation.map((d) => Number(d.toFixed(12))),
    [1, Number(Math.sqrt(3).toFixed(12))],
  );
  assert.ok(Number.isNaN(moments(cloud, [[0, 1]]).deviation[0]));
  assert.equal(moments(cloud, []).inside, 0);
});

test("the close-up holds at least 3.2 deviations and is not much wider", () => {
  for (let sigma = 0.05; sigma < 2; sigma += 0.013) {
    const half = closeUp({ mu: [0, 0], sigma: [sigma / 2, sigma] });
    assert.ok(half >= 3.2 * sigma - 1e-12 && half < 4.3 * sigma, String(sigma));
  }
});
