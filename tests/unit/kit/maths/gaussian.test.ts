/** The closed forms equal quadrature. */

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  density,
  expectation,
  klGradient,
  klShares,
  klToPrior,
  logDensity,
} from "../../../../site_assets/kit/maths/gaussian.ts";

const PLANE = [-3, -1.2, 0, 0.4, 2.5].flatMap((mu) => [0.2, 0.45, 1, 1.7, 3].map((sigma) => [mu, sigma] as const));

/** ∫ h by Simpson's rule on a fine grid over z: another rule over another variable than the code under test. */
function simpson(h: (z: number) => number, from: number, to: number, panels = 40_000): number {
  const width = (to - from) / panels;
  let sum = h(from) + h(to);
  for (let i = 1; i < panels; i++) sum += h(from + i * width) * (i % 2 ? 4 : 2);
  return (sum * width) / 3;
}

test("a density integrates to one and has its mean and spread", () => {
  for (const [mu, sigma] of PLANE) {
    const moment = (h: (z: number) => number): number =>
      simpson((z) => h(z) * density(z, mu, sigma), mu - 12 * sigma, mu + 12 * sigma);
    assert.ok(Math.abs(moment(() => 1) - 1) < 1e-12);
    assert.ok(Math.abs(moment((z) => z) - mu) < 1e-12);
    assert.ok(Math.abs(moment((z) => (z - mu) ** 2) - sigma ** 2) < 1e-11);
  }
});

test("the closed form of the divergence equals quadrature", () => {
  for (const [mu, sigma] of PLANE) {
    const integrand = (z: number): number => density(z, mu, sigma) * (logDensity(z, mu, sigma) - logDensity(z));
    const expected = simpson(integrand, mu - 12 * sigma, mu + 12 * sigma);
    assert.ok(Math.abs(klToPrior(mu, sigma) - expected) < 1e-10);
    const { mean, spread } = klShares(mu, sigma);
    assert.ok(mean >= 0 && spread >= 0);
    assert.ok(Math.abs(mean + spread - klToPrior(mu, sigma)) < 1e-12);
  }
  assert.equal(klToPrior(0, 1), 0);
});

test("its gradient equals central differences and vanishes at the prior", () => {
  const h = 1e-5;
  for (const [mu, sigma] of PLANE) {
    const [alongMu, alongSigma] = klGradient(mu, sigma);
    assert.ok(Math.abs(alongMu - (klToPrior(mu + h, sigma) - klToPrior(mu - h, sigma)) / (2 * h)) < 1e-8);
    assert.ok(Math.abs(alongSigma - (klToPrior(mu, sigma + h) - klToPrior(mu, sigma - h)) / (2 * h)) < 1e-6);
  }
  assert.deepEqual(klGradient(0, 1), [0, 0]);
});

test("expectations of powers and waves are those of the textbook", () => {
  for (const [power, expected] of [
    [0, 1],
    [1, 0],
    [2, 1],
    [4, 3],
    [6, 15],
    [8, 105],
  ] as const) {
    assert.ok(Math.abs(expectation((eps) => eps ** power) - expected) < 1e-10 * Math.max(1, expected));
  }
  assert.ok(Math.abs(expectation((eps) => Math.cos(4 * eps)) - Math.exp(-8)) < 1e-12);
});
