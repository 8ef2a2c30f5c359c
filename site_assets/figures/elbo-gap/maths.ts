/**
 * F13's mathematics: a model with a one-number code, z ~ N(0, 1) and x | z ~ N(g(z), s²), for three
 * decoders g whose ELBO has a closed form for a Gaussian q; its evidence and true posterior by quadrature.
 */

import { expectation, klToPrior, logDensity } from "../../kit/maths/index.ts";

/** Standard deviation s of x around what the decoder says. */
export const NOISE = 0.5;

export interface Decoder {
  /** g(z). */
  readonly mean: (z: number) => number;
  /** E[g(z)] and E[g(z)²] for z ~ N(mu, sigma²). */
  readonly moments: (mu: number, sigma: number) => readonly [number, number];
}

export const DECODERS: Readonly<Record<"straight" | "bent" | "folded", Decoder>> = {
  straight: {
    mean: (z) => z,
    moments: (mu, sigma) => [mu, mu ** 2 + sigma ** 2],
  },
  bent: {
    mean: Math.exp,
    moments: (mu, sigma) => [Math.exp(mu + sigma ** 2 / 2), Math.exp(2 * mu + 2 * sigma ** 2)],
  },
  folded: {
    mean: (z) => z * z,
    moments: (mu, sigma) => [mu ** 2 + sigma ** 2, mu ** 4 + 6 * mu ** 2 * sigma ** 2 + 3 * sigma ** 4],
  },
};

/** log p(x, z) = log p(z) + log p(x | z). */
export function logJoint(decoder: Decoder, x: number, z: number): number {
  return logDensity(z) + logDensity(x, decoder.mean(z), NOISE);
}

/** E_q[log p(x | z)] in nats, in closed form: how well q's codes redraw x. */
export function reconstruction(decoder: Decoder, x: number, mu: number, sigma: number): number {
  const [first, second] = decoder.moments(mu, sigma);
  const square = x * x - 2 * x * first + second;
  return logDensity(0, 0, NOISE) - square / (2 * NOISE ** 2);
}

/** E_q[log p(x | z)] − KL(q ‖ p(z)) in nats, in closed form (Kingma & Welling 2013, eq. 3). */
export function elbo(decoder: Decoder, x: number, mu: number, sigma: number): number {
  return reconstruction(decoder, x, mu, sigma) - klToPrior(mu, sigma);
}

const [FROM, TO, SPACING] = [-8, 8, 1 / 128]; // of z; beyond ±8 the prior holds less than 2e-15

export interface Posterior {
  /** log p(x), in nats, by the trapezoidal rule. */
  readonly logEvidence: number;
  /** log p(z | x) at any z. */
  readonly logDensity: (z: number) => number;
}

/** The true posterior of z given x: the joint density over its integral. */
export function posterior(decoder: Decoder, x: number): Posterior {
  const count = (TO - FROM) / SPACING + 1;
  const joint = Float64Array.from({ length: count }, (_, i) => logJoint(decoder, x, FROM + i * SPACING));
  const largest = joint.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  const sum = joint.reduce((total, value) => total + Math.exp(value - largest), 0);
  const logEvidence = largest + Math.log(sum * SPACING);
  return { logEvidence, logDensity: (z) => logJoint(decoder, x, z) - logEvidence };
}

/** KL(q ‖ p(z | x)) in nats, by quadrature over q alone: it knows nothing of the ELBO. */
export function gap({ logDensity: logPosterior }: Posterior, mu: number, sigma: number): number {
  return expectation((eps) => {
    const z = mu + sigma * eps;
    return logDensity(z, mu, sigma) - logPosterior(z);
  });
}

export interface Gaussian {
  readonly mu: number;
  readonly sigma: number;
}

/** The limits within which the figure's reader, and `bestGaussian`, may choose. */
export const LIMITS = { mu: 2.5, sigma: [0.1, 1.5] } as const;

/**
 * The q of the largest ELBO within LIMITS: the best point of a coarse grid over μ and log σ, refined by a compass
 * search to 1e-7. Of two that are equally good, mirrored at μ = 0, the one on the side of `towards`.
 */
export function bestGaussian(decoder: Decoder, x: number, towards: number): Gaussian {
  const [low, high] = LIMITS.sigma.map(Math.log) as [number, number];
  const inside = (value: number, min: number, max: number): number => Math.min(max, Math.max(min, value));
  const height = ([mu, logSigma]: readonly [number, number]): number => elbo(decoder, x, mu, Math.exp(logSigma));
  let best: readonly [number, number] = [0, 0];
  for (let mu = -LIMITS.mu; mu <= LIMITS.mu; mu += 0.125) {
    for (let logSigma = low; logSigma <= high; logSigma += 0.125) {
      if (height([mu, logSigma]) > height(best)) best = [mu, logSigma];
    }
  }
  for (let stride = 0.125; stride > 1e-7;) {
    const [mu, logSigma] = best;
    const around = [
      [stride, 0],
      [-stride, 0],
      [0, stride],
      [0, -stride],
    ].map(([a, b]) => [inside(mu + a!, -LIMITS.mu, LIMITS.mu), inside(logSigma + b!, low, high)] as const);
    const next = around.reduce((a, b) => (height(b) > height(a) ? b : a));
    if (height(next) > height(best)) best = next;
    else stride /= 2;
  }
  const [mu, sigma] = [best[0], Math.exp(best[1])];
  const mirrored = elbo(decoder, x, -mu, sigma) >= elbo(decoder, x, mu, sigma) - 1e-9;
  return { mu: mirrored && mu * towards < 0 ? -mu : mu, sigma };
}
