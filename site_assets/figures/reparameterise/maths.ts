/** F12's mathematics: two estimators of the gradient of E[h(z)], z ~ N(μ, σ²), and what is exact about them. */

import { normal, STREAM_DRAW } from "../../engine/rng.ts";
import { expectation } from "../../kit/maths/index.ts";

export type Parameter = "mu" | "sigma";
export type Estimator = "reparameterised" | "score";

export interface Objective {
  readonly value: (z: number) => number;
  readonly slope: (z: number) => number;
  /** E[h(z)]. */
  readonly mean: (mu: number, sigma: number) => number;
  /** ∂E[h(z)]/∂μ and ∂E[h(z)]/∂σ. */
  readonly gradient: (mu: number, sigma: number) => Readonly<Record<Parameter, number>>;
}

const OMEGA = 3;

/** A wide bowl, z², and a quick ripple, sin 3z. */
export const OBJECTIVES: Readonly<Record<"bowl" | "ripple", Objective>> = {
  bowl: {
    value: (z) => z * z,
    slope: (z) => 2 * z,
    mean: (mu, sigma) => mu * mu + sigma * sigma,
    gradient: (mu, sigma) => ({ mu: 2 * mu, sigma: 2 * sigma }),
  },
  ripple: {
    value: (z) => Math.sin(OMEGA * z),
    slope: (z) => OMEGA * Math.cos(OMEGA * z),
    mean: (mu, sigma) => Math.sin(OMEGA * mu) * damping(sigma),
    gradient: (mu, sigma) => ({
      mu: OMEGA * Math.cos(OMEGA * mu) * damping(sigma),
      sigma: -OMEGA * OMEGA * sigma * Math.sin(OMEGA * mu) * damping(sigma),
    }),
  },
};

/** What is left of a wave of frequency OMEGA after averaging over a Gaussian: its characteristic function. */
function damping(sigma: number): number {
  return Math.exp(-0.5 * (OMEGA * sigma) ** 2);
}

/**
 * One sample's estimate of the gradient, from ε with z = μ + σε.
 * Reparameterised: h′(z) ∂z/∂θ (Kingma & Welling 2013, §2.4). Score function: h(z) ∂log q(z)/∂θ (Williams 1992).
 */
export function sampleGradient(
  h: Objective,
  estimator: Estimator,
  parameter: Parameter,
  mu: number,
  sigma: number,
  eps: number,
): number {
  const z = mu + sigma * eps;
  if (estimator === "reparameterised") return h.slope(z) * (parameter === "mu" ? 1 : eps);
  return h.value(z) * (parameter === "mu" ? eps / sigma : (eps * eps - 1) / sigma);
}

/** ε ~ N(0, 1) that this figure draws from, in order. */
export function draws(seed: number, count: number): Float32Array {
  return normal(seed, STREAM_DRAW + 1, count);
}

/** `count` estimates, each the mean over its own `perEstimate` draws of `eps`. */
export function estimates(
  h: Objective,
  estimator: Estimator,
  parameter: Parameter,
  mu: number,
  sigma: number,
  eps: ArrayLike<number>,
  count: number,
  perEstimate: number,
): Float64Array {
  return Float64Array.from({ length: count }, (_, estimate) => {
    let sum = 0;
    for (let i = 0; i < perEstimate; i++) {
      sum += sampleGradient(h, estimator, parameter, mu, sigma, eps[estimate * perEstimate + i] as number);
    }
    return sum / perEstimate;
  });
}

/** The exact variance of one estimate over `perEstimate` draws, by quadrature over ε. */
export function exactVariance(
  h: Objective,
  estimator: Estimator,
  parameter: Parameter,
  mu: number,
  sigma: number,
  perEstimate: number,
): number {
  const exact = h.gradient(mu, sigma)[parameter];
  return expectation((eps) => (sampleGradient(h, estimator, parameter, mu, sigma, eps) - exact) ** 2) / perEstimate;
}

export interface Moments {
  readonly mean: number;
  /** With n − 1. */
  readonly variance: number;
  /** Of the mean. */
  readonly standardError: number;
}

export function moments(values: Float64Array): Moments {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
  return { mean, variance, standardError: Math.sqrt(variance / values.length) };
}

/** The next number of one or two plain digits times a power of ten that is not below `value`. */
export function niceCeiling(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10].find((digit) => digit * power >= value * (1 - 1e-9)) ?? 10) * power;
}
