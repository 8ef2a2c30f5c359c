/** F8's mathematics: random codes, and the plane that two of them span. */

import { normal, STREAM_DRAW } from "../../engine/rng.ts";

/** As in training/recipes/digits_holes.py. */
export const STREAM_THROWS = STREAM_DRAW + 8;
export const THROWS = 1000;

export type Place = readonly [number, number];

/** Codes from N(0, I), one after the other, `size` numbers each. */
export function throwCodes(seed: number, size: number): Float32Array {
  return normal(seed, STREAM_THROWS, THROWS * size);
}

/** Two directions of length one at a right angle. */
export interface Plane {
  readonly across: Float64Array;
  readonly up: Float64Array;
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

/** The plane through the origin that holds the first two throws; a code of two numbers is its own plane. */
export function planeOf(codes: Float32Array, size: number): Plane {
  if (size === 2) return { across: Float64Array.of(1, 0), up: Float64Array.of(0, 1) };
  const [first, second] = [codes.subarray(0, size), codes.subarray(size, 2 * size)];
  const across = Float64Array.from(first, (value) => value / Math.sqrt(dot(first, first)));
  const along = dot(second, across);
  const rest = Float64Array.from(second, (value, i) => value - along * (across[i] as number));
  const length = Math.sqrt(dot(rest, rest));
  return { across, up: rest.map((value) => value / length) };
}

export function codeAt({ across, up }: Plane, [u, v]: Place): Float64Array {
  return across.map((value, i) => u * value + v * (up[i] as number));
}

/** Where the plane comes nearest to a code. */
export function placeOf({ across, up }: Plane, code: ArrayLike<number>): Place {
  return [dot(code, across), dot(code, up)];
}

/**
 * Median length of a throw: the root of the median of a χ² variable with `size` degrees of freedom, exact for
 * two and by Wilson & Hilferty's cube (1931) otherwise, which is off by less than 0.004 at four and 0.001 at sixteen.
 */
export function medianLength(size: number): number {
  return size === 2 ? Math.sqrt(2 * Math.LN2) : Math.sqrt(size * (1 - 2 / (9 * size)) ** 3);
}

/** Cell centres of a grid of `count` by `count` over ±limit, row by row from the top left. */
export function gridPlaces(limit: number, count: number): Place[] {
  const at = (index: number): number => (-1 + (2 * index + 1) / count) * limit;
  return Array.from({ length: count * count }, (_, i): Place => [at(i % count), -at(Math.floor(i / count))]);
}
