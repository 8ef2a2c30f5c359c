/** F21's draws of chance, the same numbers as `training/measure/rare_class.py` has: jittered copies, SMOTE, noise for codes. */

import { normal, STREAM_DRAW, uniform } from "../../engine/rng.ts";

/** As in training/measure/rare_class.py. */
const STREAM_PARENTS = STREAM_DRAW + 40;
const STREAM_NEIGHBOURS = STREAM_DRAW + 41;
const STREAM_WAY = STREAM_DRAW + 42;
const STREAM_NOISE = STREAM_DRAW + 43;

const NEIGHBOURS = 5;

/** Rows of `size` numbers, one after the other. */
export interface Rows {
  readonly size: number;
  readonly values: Float64Array;
}

export const rowOf = ({ size, values }: Rows, row: number): Float64Array =>
  values.subarray(row * size, (row + 1) * size);

/** Which of `of` examples each of `count` new ones is made from. */
export function parents(seed: number, of: number, count: number): Int32Array {
  return Int32Array.from(uniform(seed, STREAM_PARENTS, count), (share) => Math.floor(of * share));
}

/** Standard normal, for codes or samples. */
export const grain = (seed: number, count: number): Float32Array => normal(seed, STREAM_NOISE, count);

/** Copies of `x`: each as a whole larger or smaller by up to the share `scale`, with white noise of deviation `noise`. */
export function jittered(x: Rows, count: number, noise: number, scale: number, seed: number): Rows {
  const { size, values } = x;
  const first = parents(seed, values.length / size, count);
  const sizes = uniform(seed, STREAM_WAY, count);
  const added = grain(seed, count * size);
  const copies = new Float64Array(count * size);
  for (let row = 0; row < count; row++) {
    const factor = 1 + scale * (2 * (sizes[row] as number) - 1);
    const parent = rowOf(x, first[row] as number);
    for (let i = 0; i < size; i++)
      copies[row * size + i] = factor * (parent[i] as number) + noise * (added[row * size + i] as number);
  }
  return { size, values: copies };
}

/** The rows of `x` nearest to each of its rows, nearest first, itself left out. */
function neighbours(x: Rows): number[][] {
  const count = x.values.length / x.size;
  return Array.from({ length: count }, (_, row) => {
    const own = rowOf(x, row);
    const apart = Array.from({ length: count }, (_, other) =>
      rowOf(x, other).reduce((sum, value, i) => sum + (value - (own[i] as number)) ** 2, 0),
    );
    return apart
      .map((_, other) => other)
      .filter((other) => other !== row)
      .sort((a, b) => (apart[a] as number) - (apart[b] as number))
      .slice(0, NEIGHBOURS);
  });
}

/** Points on the lines from rows of `x` to one of their five nearest neighbours (Chawla et al. 2002, section 4.2). */
export function smote(x: Rows, count: number, seed: number): Rows {
  const { size, values } = x;
  const near = neighbours(x);
  const first = parents(seed, values.length / size, count);
  const chosen = uniform(seed, STREAM_NEIGHBOURS, count);
  const way = uniform(seed, STREAM_WAY, count);
  const between = new Float64Array(count * size);
  for (let row = 0; row < count; row++) {
    const parent = first[row] as number;
    const own = rowOf(x, parent);
    const other = rowOf(x, near[parent]?.[Math.floor(NEIGHBOURS * (chosen[row] as number))] as number);
    for (let i = 0; i < size; i++)
      between[row * size + i] = (own[i] as number) + (way[row] as number) * ((other[i] as number) - (own[i] as number));
  }
  return { size, values: between };
}

const PHASES = 3;

/**
 * log₁₀ amplitudes of windows' space vectors by frequency, a row for each window: from −half the sampling rate up, in
 * steps of rate / samples. What turns backwards has a negative frequency. As the first numbers of the recipe's
 * `spectrum`, in another order.
 */
export function spectra({ size, values }: Rows, floor: number): Rows {
  const samples = size / PHASES;
  const found = new Float64Array((values.length / size) * samples);
  const turn = (2 * Math.PI) / samples;
  const taper = Float64Array.from(
    { length: samples },
    (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / (samples - 1)),
  );
  for (let row = 0; row * size < values.length; row++) {
    const window = values.subarray(row * size, (row + 1) * size);
    for (let bin = 0; bin < samples; bin++) {
      let [re, im] = [0, 0];
      for (let phase = 0; phase < PHASES; phase++)
        for (let i = 0; i < samples; i++) {
          const angle = (2 * Math.PI * phase) / PHASES - turn * (bin - samples / 2) * i;
          const value = (taper[i] as number) * (window[phase * samples + i] as number);
          re += value * Math.cos(angle);
          im += value * Math.sin(angle);
        }
      found[row * samples + bin] = Math.log10(((Math.hypot(re, im) * 2) / PHASES / samples) * 2 + floor);
    }
  }
  return { size: samples, values: found };
}

/** The mean of rows. */
export function meanRow({ size, values }: Rows): Float64Array {
  const mean = new Float64Array(size);
  const count = values.length / size;
  values.forEach((value, i) => (mean[i % size]! += value / count));
  return mean;
}
