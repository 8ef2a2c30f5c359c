/** One-dimensional Gaussians in closed form: densities, and the divergence from the standard normal. */

const LOG_SQRT_TWO_PI = 0.5 * Math.log(2 * Math.PI);

/** log N(z; mu, sigma²). */
export function logDensity(z: number, mu = 0, sigma = 1): number {
  const eps = (z - mu) / sigma;
  return -0.5 * eps * eps - Math.log(sigma) - LOG_SQRT_TWO_PI;
}

/** N(z; mu, sigma²). */
export function density(z: number, mu = 0, sigma = 1): number {
  return Math.exp(logDensity(z, mu, sigma));
}

/** KL(N(mu, sigma²) ‖ N(0, 1)) in nats: −½ (1 + log σ² − μ² − σ²) (Kingma & Welling 2013, appendix B). */
export function klToPrior(mu: number, sigma: number): number {
  return 0.5 * (mu * mu + sigma * sigma - 1) - Math.log(sigma);
}

/** The mean's and the spread's share of `klToPrior`; neither is ever negative. */
export function klShares(mu: number, sigma: number): { readonly mean: number; readonly spread: number } {
  return { mean: 0.5 * mu * mu, spread: klToPrior(0, sigma) };
}

/** ∂KL/∂μ and ∂KL/∂σ of `klToPrior`, in nats per unit. */
export function klGradient(mu: number, sigma: number): readonly [number, number] {
  return [mu, sigma - 1 / sigma];
}

/**
 * E[h(ε)] for ε ~ N(0, 1), by the trapezoidal rule, whose error for a smooth h of moderate growth is
 * below 1e-10 of the largest term: it falls faster than any power of the spacing.
 */
export function expectation(h: (eps: number) => number): number {
  const [limit, spacing] = [12, 1 / 64];
  let sum = 0;
  for (let i = -limit / spacing; i <= limit / spacing; i++) {
    const eps = i * spacing;
    sum += h(eps) * density(eps);
  }
  return sum * spacing;
}
