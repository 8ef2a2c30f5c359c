/** F19's mathematics: what is measured of a map, and the knobs that fit it. Twin of training/recipes/flux_knobs.py. */

import { normal, STREAM_DRAW } from "../../engine/rng.ts";
import { minimise, minimiseAsked } from "../../kit/maths/index.ts";

export const STREAM_NOISE = STREAM_DRAW + 60;

const TOLERANCE = 0.05; // of the gradient, (mVs)² a knob
const ITERATIONS = 200;

/** The fixed layers: scores along directions to a map, mVs. */
export interface Ground {
  readonly mean: ArrayLike<number>;
  /** One after the other, each as long as a map. */
  readonly directions: ArrayLike<number>;
  /** mVs of a score. */
  readonly unit: number;
}

/** Numbers of a map that were measured, and what the instrument read, mVs. */
export interface Measured {
  readonly places: readonly number[];
  readonly readings: readonly number[];
}

/** Scores, and how they change with each knob, score by score. */
export interface Sloped {
  readonly scores: ArrayLike<number>;
  readonly slopes: ArrayLike<number>;
}

/** A map as the instrument would read it at each point, mVs. */
export function readingsOf(map: ArrayLike<number>, machine: number, noise: number): Float64Array {
  const grain = normal(machine, STREAM_NOISE, map.length);
  return Float64Array.from(grain, (value, i) => (map[i] as number) + noise * value);
}

/** Both axes of the measured points of a grid, out of the readings at all of them. */
export function measuredAt(points: readonly number[], readings: ArrayLike<number>): Measured {
  const places = [...points, ...points.map((point) => point + readings.length / 2)];
  return { places, readings: places.map((at) => readings[at] as number) };
}

/** The map of some scores, mVs. */
export function mapOf({ mean, directions, unit }: Ground, scores: ArrayLike<number>): Float64Array {
  const map = Float64Array.from(mean);
  for (let p = 0; p < scores.length; p++)
    for (let i = 0; i < map.length; i++)
      map[i]! += unit * (scores[p] as number) * (directions[p * map.length + i] as number);
  return map;
}

/** Σ_j (g(z)_j − y_j)² + λ ‖z‖² and its gradient in z, given what z decodes to. */
export function objective(
  { mean, directions, unit }: Ground,
  { places, readings }: Measured,
  strength: number,
  z: ArrayLike<number>,
  { scores, slopes }: Sloped,
  gradient: Float64Array,
): number {
  const width = slopes.length / scores.length; // of a row of slopes; a padded code is wider than z
  const pulls = new Float64Array(scores.length);
  let value = 0;
  places.forEach((at, j) => {
    let off = (mean[at] as number) - (readings[j] as number);
    for (let p = 0; p < scores.length; p++)
      off += unit * (scores[p] as number) * (directions[p * mean.length + at] as number);
    value += off * off;
    for (let p = 0; p < scores.length; p++) pulls[p]! += 2 * off * unit * (directions[p * mean.length + at] as number);
  });
  for (let k = 0; k < gradient.length; k++) {
    const own = z[k] as number;
    value += strength * own * own;
    gradient[k] = 2 * strength * own;
    for (let p = 0; p < scores.length; p++) gradient[k]! += (pulls[p] as number) * (slopes[p * width + k] as number);
  }
  return value;
}

/** The knobs of a decoder that has to be asked, from all at zero. */
export async function fitAsked(
  decode: (z: Float64Array) => Promise<Sloped>,
  ground: Ground,
  measured: Measured,
  strength: number,
  knobs: number,
): Promise<Float64Array> {
  const asked = async (z: Float64Array, gradient: Float64Array): Promise<number> =>
    objective(ground, measured, strength, z, await decode(z), gradient);
  return (await minimiseAsked(asked, new Float64Array(knobs), TOLERANCE, ITERATIONS)).x;
}

/** PCA as a decoder: each knob turns the score along its own direction, by the deviation of that. */
export function linearly(z: ArrayLike<number>, scales: ArrayLike<number>): Sloped {
  const slopes = new Float64Array(z.length * z.length);
  for (let k = 0; k < z.length; k++) slopes[k * z.length + k] = scales[k] as number;
  return { scores: Float64Array.from(z, (value, k) => value * (scales[k] as number)), slopes };
}

/** The knobs of PCA. */
export function fitLinear(
  scales: ArrayLike<number>,
  ground: Ground,
  measured: Measured,
  strength: number,
  knobs: number,
): Float64Array {
  const asked = (z: Float64Array, gradient: Float64Array): number =>
    objective(ground, measured, strength, z, linearly(z, scales), gradient);
  return minimise(asked, new Float64Array(knobs), TOLERANCE, ITERATIONS).x;
}

/** Root mean square error over the points that were not measured, both axes, mVs; 0 where all were. */
export function restError(map: ArrayLike<number>, truth: ArrayLike<number>, { places }: Measured): number {
  const known = new Set(places);
  let [sum, count] = [0, 0];
  for (let i = 0; i < truth.length; i++) {
    if (known.has(i)) continue;
    sum += ((map[i] as number) - (truth[i] as number)) ** 2;
    count += 1;
  }
  return count ? Math.sqrt(sum / count) : 0;
}
