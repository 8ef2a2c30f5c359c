/** F12: both estimators aim at the analytic gradient, and the variances are what theory and a second sum say. */

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  draws,
  estimates,
  exactVariance,
  moments,
  niceCeiling,
  OBJECTIVES,
  type Estimator,
  type Parameter,
} from "../../../site_assets/figures/reparameterise/maths.ts";
import { expectation } from "../../../site_assets/kit/maths/gaussian.ts";

const PLANE = [
  [1.5, 0.8],
  [-2, 0.3],
  [0, 1.5],
  [0.7, 1],
] as const;
const FUNCTIONS = ["bowl", "ripple"] as const;
const ESTIMATORS: readonly Estimator[] = ["reparameterised", "score"];
const PARAMETERS: readonly Parameter[] = ["mu", "sigma"];
const near = (a: number, b: number, within: number): boolean => Math.abs(a - b) <= within * Math.max(1, Math.abs(b));

test("expectation, slope and gradient of each function are exact", () => {
  const h = 1e-5;
  for (const name of FUNCTIONS) {
    const f = OBJECTIVES[name];
    for (const [mu, sigma] of PLANE) {
      assert.ok(
        near(
          f.mean(mu, sigma),
          expectation((eps) => f.value(mu + sigma * eps)),
          1e-11,
        ),
      );
      const { mu: alongMu, sigma: alongSigma } = f.gradient(mu, sigma);
      assert.ok(near(alongMu, (f.mean(mu + h, sigma) - f.mean(mu - h, sigma)) / (2 * h), 1e-8));
      assert.ok(near(alongSigma, (f.mean(mu, sigma + h) - f.mean(mu, sigma - h)) / (2 * h), 1e-8));
      assert.ok(near(f.slope(mu), (f.value(mu + h) - f.value(mu - h)) / (2 * h), 1e-8));
    }
  }
});

test("both estimators agree in the mean with the analytic gradient, and their variance with quadrature", () => {
  const [count, perEstimate] = [20_000, 4];
  const eps = draws(11, count * perEstimate);
  for (const name of FUNCTIONS) {
    for (const [mu, sigma] of PLANE) {
      for (const parameter of PARAMETERS) {
        for (const estimator of ESTIMATORS) {
          const f = OBJECTIVES[name];
          const found = moments(estimates(f, estimator, parameter, mu, sigma, eps, count, perEstimate));
          const exact = f.gradient(mu, sigma)[parameter];
          const what = `${name} ${mu} ${sigma} ${parameter} ${estimator}`;
          assert.ok(Math.abs(found.mean - exact) < 4 * found.standardError, what);
          const theory = exactVariance(f, estimator, parameter, mu, sigma, perEstimate);
          assert.ok(near(found.variance / theory, 1, 0.12), `${what}: ${found.variance}, theory ${theory}`);
        }
      }
    }
  }
});

test("the bowl's variances are the polynomials worked out by hand", () => {
  for (const [m, s] of PLANE) {
    const variance = (estimator: Estimator, parameter: Parameter): number =>
      exactVariance(OBJECTIVES.bowl, estimator, parameter, m, s, 1);
    assert.ok(near(variance("reparameterised", "mu"), 4 * s ** 2, 1e-9));
    assert.ok(near(variance("reparameterised", "sigma"), 4 * (m ** 2 + 2 * s ** 2), 1e-9));
    assert.ok(near(variance("score", "mu"), (m ** 4 + 18 * m ** 2 * s ** 2 + 15 * s ** 4) / s ** 2 - 4 * m ** 2, 1e-9));
    assert.ok(
      near(variance("score", "sigma"), (2 * m ** 4 + 60 * m ** 2 * s ** 2 + 78 * s ** 4) / s ** 2 - 4 * s ** 2, 1e-9),
    );
  }
});

test("reparameterising wins on the bowl everywhere, and loses on the ripple when the cloud is wide", () => {
  for (const [mu, sigma] of PLANE) {
    for (const parameter of PARAMETERS) {
      const variance = (name: (typeof FUNCTIONS)[number], estimator: Estimator): number =>
        exactVariance(OBJECTIVES[name], estimator, parameter, mu, sigma, 1);
      assert.ok(variance("bowl", "reparameterised") < variance("bowl", "score"));
      if (sigma >= 0.8) assert.ok(variance("ripple", "reparameterised") > variance("ripple", "score"));
    }
  }
});

test("moments are the textbook's", () => {
  assert.deepEqual(moments(Float64Array.of(1, 2, 3, 6)), {
    mean: 3,
    variance: 14 / 3,
    standardError: Math.sqrt(14 / 12),
  });
});

test("a nice ceiling is the next plain number", () => {
  assert.deepEqual(
    [0.7, 1, 1.2, 2, 30, 51, 0.03].map(niceCeiling).map((v) => Number(v.toPrecision(6))),
    [0.8, 1, 1.5, 2, 30, 60, 0.03],
  );
});
