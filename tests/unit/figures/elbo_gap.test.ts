/** F13: three numbers, each computed in its own way, add up; and no Gaussian beats the one called best. */

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  bestGaussian,
  DECODERS,
  elbo,
  gap,
  LIMITS,
  NOISE,
  posterior,
  reconstruction,
} from "../../../site_assets/figures/elbo-gap/maths.ts";
import { density, expectation, klToPrior, logDensity } from "../../../site_assets/kit/maths/gaussian.ts";

const NAMES = ["straight", "bent", "folded"] as const;
const XS = [-1, -0.3, 0.2, 1, 1.5, 2.6, 3];
const QS = [
  [0.5, 0.5],
  [-2.5, 0.1],
  [2.5, 1.5],
  [0, 1],
  [-1.2, 0.25],
  [2.5, 0.1],
  [-2.5, 1.5],
] as const;

test("log p(x) = ELBO + KL(q ‖ p(z|x)) to 1e-6 over the whole range of the figure", () => {
  let worst = 0;
  for (const name of NAMES) {
    for (const x of XS) {
      const truth = posterior(DECODERS[name], x);
      for (const [mu, sigma] of QS) {
        const sum = elbo(DECODERS[name], x, mu, sigma) + gap(truth, mu, sigma);
        worst = Math.max(worst, Math.abs(sum - truth.logEvidence));
        assert.ok(gap(truth, mu, sigma) > -1e-9);
      }
    }
  }
  assert.ok(worst < 1e-6, `off by ${worst}`);
});

test("the straight decoder's evidence and posterior are those of a linear Gaussian model", () => {
  for (const x of XS) {
    const truth = posterior(DECODERS.straight, x);
    assert.ok(Math.abs(truth.logEvidence - logDensity(x, 0, Math.hypot(1, NOISE))) < 1e-10);
    const [mean, spread] = [x / (1 + NOISE ** 2), NOISE / Math.hypot(1, NOISE)];
    for (const z of [-2, 0, 0.7, 3]) assert.ok(Math.abs(truth.logDensity(z) - logDensity(z, mean, spread)) < 1e-9);
    const best = bestGaussian(DECODERS.straight, x, 0);
    assert.ok(Math.abs(best.mu - mean) < 1e-5 && Math.abs(best.sigma - spread) < 1e-5);
    assert.ok(gap(truth, best.mu, best.sigma) < 1e-8);
  }
});

test("a posterior integrates to one", () => {
  for (const name of NAMES) {
    for (const x of XS) {
      const truth = posterior(DECODERS[name], x);
      let sum = 0;
      for (let z = -9; z <= 9; z += 1 / 500) sum += Math.exp(truth.logDensity(z)) / 500;
      assert.ok(Math.abs(sum - 1) < 1e-9);
    }
  }
});

test("the ELBO in closed form is the expectation that defines it", () => {
  for (const name of NAMES) {
    for (const [mu, sigma] of QS) {
      const expected = expectation((eps) => logDensity(1.5, DECODERS[name].mean(mu + sigma * eps), NOISE));
      assert.ok(
        Math.abs(reconstruction(DECODERS[name], 1.5, mu, sigma) - expected) < 1e-10 * Math.max(1, Math.abs(expected)),
      );
      const difference = reconstruction(DECODERS[name], 1.5, mu, sigma) - elbo(DECODERS[name], 1.5, mu, sigma);
      assert.ok(Math.abs(difference - klToPrior(mu, sigma)) < 1e-9);
    }
  }
});

test("no Gaussian on a fine grid beats the best one", () => {
  for (const name of NAMES) {
    for (const x of XS) {
      const best = bestGaussian(DECODERS[name], x, 1);
      const most = elbo(DECODERS[name], x, best.mu, best.sigma);
      const [least, largest] = LIMITS.sigma;
      assert.ok(Math.abs(best.mu) < LIMITS.mu && best.sigma > least && best.sigma < largest, "at a limit");
      for (let mu = -2.5; mu <= 2.5; mu += 0.02) {
        for (let sigma = 0.1; sigma <= 1.5; sigma += 0.02) {
          assert.ok(elbo(DECODERS[name], x, mu, sigma) <= most + 1e-9, `${name} ${x} at ${mu}, ${sigma}`);
        }
      }
    }
  }
});

test("two humps leave the best Gaussian a gap of about log 2, and it sits on the nearer one", () => {
  const truth = posterior(DECODERS.folded, 2.6);
  const [left, right] = [bestGaussian(DECODERS.folded, 2.6, -0.3), bestGaussian(DECODERS.folded, 2.6, 0.3)];
  assert.ok(right.mu > 1 && left.mu === -right.mu && left.sigma === right.sigma);
  assert.ok(Math.abs(gap(truth, right.mu, right.sigma) - Math.log(2)) < 0.05);
  assert.ok(density(0, right.mu, right.sigma) < 1e-6);
});
