/** F26's mathematics: codes from three priors. Twin of its recipe. */

import { normal, STREAM_DRAW, uniform } from "../../engine/rng.ts";

/** As in training/recipes/digits_fitted_prior.py. */
export const SIZE = 16;
export const THROWS = 1000;
const STREAM_NORMAL = STREAM_DRAW + 26;
const STREAM_COMPONENT = STREAM_DRAW + 27;

export type Pair = readonly [number, number];

/** Codes from N(0, I), one after the other. */
export function normalCodes(seed: number): Float32Array {
  return normal(seed, STREAM_NORMAL, THROWS * SIZE);
}

/** Parts of no weight are padding. */
export interface Mixture {
  readonly weights: ArrayLike<number>;
  /** Part by part. */
  readonly means: ArrayLike<number>;
  /** Part by part the lower triangle, row by row, of the Cholesky factor of its covariance. */
  readonly factors: ArrayLike<number>;
}

/** Codes from a mixture of Gaussians, made of the same normals. */
export function mixtureCodes(seed: number, { weights, means, factors }: Mixture): Float32Array {
  const parts = Array.from(weights).filter((weight) => weight > 0).length;
  const triangle = (SIZE * (SIZE + 1)) / 2;
  const noise = normalCodes(seed);
  const codes = new Float32Array(noise.length);
  uniform(seed, STREAM_COMPONENT, THROWS).forEach((u, row) => {
    let part = 0;
    for (let sum = weights[0] as number; part < parts - 1 && u >= sum; sum += weights[part] as number) part++;
    let entry = part * triangle;
    for (let i = 0; i < SIZE; i++) {
      let value = means[part * SIZE + i] as number;
      for (let j = 0; j <= i; j++) value += (factors[entry++] as number) * (noise[row * SIZE + j] as number);
      codes[row * SIZE + i] = value;
    }
  });
  return codes;
}

/** Where the first codes lie in a plane of two directions, `directions` of `SIZE` numbers each. */
export function placesOf(codes: ArrayLike<number>, directions: ArrayLike<number>, count: number): Pair[] {
  const along = (code: number, axis: 0 | 1): number => {
    let sum = 0;
    for (let i = 0; i < SIZE; i++) sum += (codes[code * SIZE + i] as number) * (directions[axis * SIZE + i] as number);
    return sum;
  };
  return Array.from({ length: count }, (_, code) => [along(code, 0), along(code, 1)]);
}
