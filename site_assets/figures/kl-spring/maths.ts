/** F11's mathematics: the Monte-Carlo estimate of the divergence, and the way down its slope. */

import { normal, STREAM_DRAW } from "../../engine/rng.ts";
import { logDensity } from "../../kit/maths/index.ts";

/** ε ~ N(0, 1) that every estimate of this figure draws from, in order. */
export function draws(seed: number, count: number): Float32Array {
  return normal(seed, STREAM_DRAW, count);
}

export interface Estimate {
  readonly draws: number;
  /** Mean of log q(z) − log p(z) over the draws, in nats. */
  readonly mean: number;
  /** Of that mean: the draws' own standard deviation (n − 1) over √n. */
  readonly standardError: number;
}

/**
 * KL(q ‖ p) = E_q[log q(z) − log p(z)] for q = N(mu, sigma²), p = N(0, 1), estimated from the first n of the
 * draws z = mu + sigma · eps, for each n of the ascending `counts` (each at least 2).
 */
export function monteCarlo(mu: number, sigma: number, eps: ArrayLike<number>, counts: readonly number[]): Estimate[] {
  const estimates: Estimate[] = [];
  let [n, mean, squares] = [0, 0, 0]; // Welford 1962: stable where the terms are nearly equal
  for (const count of counts) {
    for (; n < count;) {
      const z = mu + sigma * (eps[n] as number);
      const term = logDensity(z, mu, sigma) - logDensity(z);
      const from = term - mean;
      mean += from / ++n;
      squares += from * (term - mean);
    }
    estimates.push({ draws: n, mean, standardError: Math.sqrt(squares / (n - 1) / n) });
  }
  return estimates;
}

/** Standard deviation of log q(z) − log p(z) under q: √(μ²σ² + ½(σ² − 1)²), since the term is quadratic in ε. */
export function termDeviation(mu: number, sigma: number): number {
  return Math.hypot(mu * sigma, (sigma * sigma - 1) / Math.SQRT2);
}

/** Ascending whole numbers from `from` to `to`, about evenly spaced on a logarithmic axis, ends included. */
export function logSpaced(from: number, to: number, perDoubling: number): number[] {
  const steps = Math.ceil(Math.log2(to / from) * perDoubling);
  const numbers = Array.from({ length: steps + 1 }, (_, i) =>
    Math.round(from * (to / from) ** (i / Math.max(1, steps))),
  );
  return [...new Set(numbers)];
}

/**
 * Where (mu, sigma) is after a time `t` of sliding straight down the slope of the divergence, that is with
 * dμ/dt = −∂KL/∂μ and dσ/dt = −∂KL/∂σ; solved exactly.
 */
export function slide(mu: number, sigma: number, t: number): { readonly mu: number; readonly sigma: number } {
  return { mu: mu * Math.exp(-t), sigma: Math.sqrt(1 + (sigma * sigma - 1) * Math.exp(-2 * t)) };
}
