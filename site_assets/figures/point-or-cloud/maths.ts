/** F9's mathematics: samples z = μ + σε of a diagonal Gaussian, and how they fill its ellipse. */

import { normal, STREAM_DRAW } from "../../engine/rng.ts";

export type Pair = readonly [number, number];

/** A Gaussian with its axes along the code numbers. */
export interface Cloud {
  readonly mu: Pair;
  readonly sigma: Pair;
}

export const MOST = 1000;
const STREAM = STREAM_DRAW + 9;

/** ε ~ N(0, I); the first `count` stay the same when more are drawn. */
export function noise(seed: number, count: number): Pair[] {
  const values = normal(seed, STREAM, 2 * count);
  return Array.from({ length: count }, (_, i): Pair => [values[2 * i] as number, values[2 * i + 1] as number]);
}

/** z = μ + σ ⊙ ε (Kingma & Welling 2013, §2.4). */
export function sample({ mu, sigma }: Cloud, eps: readonly Pair[]): Pair[] {
  return eps.map(([a, b]): Pair => [mu[0] + sigma[0] * a, mu[1] + sigma[1] * b]);
}

/** How many standard deviations z lies from the mean; 1 on the ellipse. */
export function radius({ mu, sigma }: Cloud, z: Pair): number {
  return Math.hypot((z[0] - mu[0]) / sigma[0], (z[1] - mu[1]) / sigma[1]);
}

/** Of a two-dimensional Gaussian, within one standard deviation: P(r ≤ 1) = 1 − e^(−1/2). */
export const SHARE_INSIDE = 1 - Math.exp(-0.5);

export interface Moments {
  readonly mean: Pair;
  /** With n − 1; NaN for fewer than two samples. */
  readonly deviation: Pair;
  /** Samples on or within the ellipse. */
  readonly inside: number;
}

export function moments(cloud: Cloud, samples: readonly Pair[]): Moments {
  const n = samples.length;
  const along = (axis: 0 | 1): readonly [number, number] => {
    const mean = samples.reduce((sum, z) => sum + z[axis], 0) / n;
    const square = samples.reduce((sum, z) => sum + (z[axis] - mean) ** 2, 0);
    return [mean, n > 1 ? Math.sqrt(square / (n - 1)) : Number.NaN];
  };
  const [a, b] = [along(0), along(1)];
  return {
    mean: [a[0], b[0]],
    deviation: [a[1], b[1]],
    inside: samples.filter((z) => radius(cloud, z) <= 1).length,
  };
}

/** Indices of up to `count` samples from the nearest to the mean to the farthest, evenly spaced by rank. */
export function fromCentreToRim(cloud: Cloud, samples: readonly Pair[], count: number): number[] {
  const order = samples.map((z, index) => ({ index, r: radius(cloud, z) })).sort((a, b) => a.r - b.r);
  if (order.length <= count) return order.map(({ index }) => index);
  return Array.from(
    { length: count },
    (_, i) => order[Math.round((i * (order.length - 1)) / (count - 1))]?.index as number,
  );
}

/** Half of a window that shows the cloud with room: at least 3.2 deviations of its longer axis, on a plain number. */
export function closeUp({ sigma }: Cloud): number {
  const wanted = 3.2 * Math.max(...sigma);
  const power = 10 ** Math.floor(Math.log10(wanted));
  return ([1, 1.25, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10].find((digit) => digit * power >= wanted) ?? 10) * power;
}
