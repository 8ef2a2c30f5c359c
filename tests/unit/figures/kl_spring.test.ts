/** F11: the Monte-Carlo estimate means what its error bar says, and the spring slides down its own slope. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { draws, logSpaced, monteCarlo, slide, termDeviation } from "../../../site_assets/figures/kl-spring/maths.ts";
import { klGradient, klToPrior } from "../../../site_assets/kit/maths/gaussian.ts";

const PLANE = [-3, -1.2, 0, 0.4, 2.5].flatMap((mu) => [0.2, 0.45, 1, 1.7, 3].map((sigma) => [mu, sigma] as const));
const SEEDS = 1500;

test("the running estimate equals the two-pass mean and standard error", () => {
  const eps = draws(7, 1000);
  for (const [mu, sigma] of PLANE) {
    const terms = Array.from(eps, (e) => -0.5 * e * e - Math.log(sigma) + 0.5 * (mu + sigma * e) ** 2);
    for (const { draws: n, mean, standardError } of monteCarlo(mu, sigma, eps, [2, 17, 1000])) {
      const own = terms.slice(0, n);
      const expected = own.reduce((a, b) => a + b) / n;
      const variance = own.reduce((sum, term) => sum + (term - expected) ** 2, 0) / (n - 1);
      assert.ok(Math.abs(mean - expected) < 1e-10);
      assert.ok(Math.abs(standardError - Math.sqrt(variance / n)) < 1e-10);
    }
  }
});

test("over many seeds the stated standard error is calibrated", () => {
  for (const [mu, sigma] of [
    [1.5, 0.45],
    [0, 2],
    [-2, 1],
  ] as const) {
    const exact = klToPrior(mu, sigma);
    const errors = Array.from({ length: SEEDS }, (_, seed) => {
      const [estimate] = monteCarlo(mu, sigma, draws(seed, 256), [256]);
      return (estimate!.mean - exact) / estimate!.standardError;
    });
    const mean = errors.reduce((a, b) => a + b) / SEEDS;
    const variance = errors.reduce((sum, error) => sum + error * error, 0) / SEEDS;
    const within = errors.filter((error) => Math.abs(error) <= 1).length / SEEDS;
    assert.ok(Math.abs(mean) < 0.12, `bias ${mean}`);
    assert.ok(variance > 0.88 && variance < 1.18, `variance of standardised errors ${variance}`);
    assert.ok(Math.abs(within - 0.683) < 0.045, `${within} within one standard error`);
  }
});

test("the error bar shrinks as theory says, and is nothing where q is the prior", () => {
  const eps = draws(3, 16384);
  for (const [mu, sigma] of PLANE) {
    const [, estimate] = monteCarlo(mu, sigma, eps, [4096, 16384]);
    const theory = termDeviation(mu, sigma) / 128;
    assert.ok(Math.abs(estimate!.standardError - theory) <= 0.06 * theory + 1e-12);
    assert.ok(Math.abs(estimate!.mean - klToPrior(mu, sigma)) <= 4.5 * theory + 1e-12);
  }
  assert.deepEqual(monteCarlo(0, 1, eps, [64])[0], { draws: 64, mean: 0, standardError: 0 });
});

test("a slide moves down the gradient and ends at the prior", () => {
  const dt = 1e-6;
  for (const [mu, sigma] of PLANE) {
    const after = slide(mu, sigma, dt);
    const [alongMu, alongSigma] = klGradient(mu, sigma);
    assert.ok(Math.abs((after.mu - mu) / dt + alongMu) < 1e-4);
    assert.ok(Math.abs((after.sigma - sigma) / dt + alongSigma) < 1e-3);
    const later = slide(mu, sigma, 12);
    assert.ok(Math.abs(later.mu) < 1e-4 && Math.abs(later.sigma - 1) < 1e-4);
  }
});

test("numbers of draws ascend from the first to the last", () => {
  const counts = logSpaced(8, 1024, 4);
  assert.equal(counts[0], 8);
  assert.equal(counts.at(-1), 1024);
  assert.ok(counts.every((count, i) => i === 0 || count > counts[i - 1]!));
  assert.deepEqual(logSpaced(8, 8, 4), [8]);
});
