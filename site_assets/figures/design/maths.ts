/** F22's mathematics: what a wish costs, and the search for it. Twin of training/measure/code_search.py. */

import { minimiseAsked } from "../../kit/maths/index.ts";
import type { Pair } from "../../kit/index.ts";

/** C: the mean over the measures of ((m − t) / s)², for rows of measures one after the other. */
export function costs(
  measures: ArrayLike<number>,
  target: readonly number[],
  deviations: readonly number[],
): Float64Array {
  const size = target.length;
  return Float64Array.from({ length: measures.length / size }, (_, row) =>
    target.reduce((sum, wish, k) => {
      const miss = ((measures[row * size + k] as number) - wish) / (deviations[k] as number);
      return sum + (miss * miss) / size;
    }, 0),
  );
}

/** The weight of each squared miss in C, once a miss is counted in shares of the largest value of its measure. */
export const weightsOf = (deviations: readonly number[], largest: readonly number[]): readonly number[] =>
  deviations.map((s, k) => ((largest[k] as number) / s) ** 2 / deviations.length);

/** What one look at some codes tells, row by row. */
export interface Look {
  readonly drawings: Float32Array;
  readonly measures: Float32Array;
  readonly slopes: Float32Array;
}

/** The places that a search took, from its start on; the last is where it ended. */
export interface Way {
  readonly places: readonly Pair[];
  /** How many codes it asked for. */
  readonly looks: number;
}

/** How a search is to go. */
export interface Rules {
  /** It ends when no entry of the slope is larger, */
  readonly tolerance: number;
  /** or after as many steps. */
  readonly iterations: number;
  /** Keeps it to a square around the origin, of half this side: as many times the square of the way beyond. */
  readonly wall: { readonly region: number; readonly steepness: number };
}

/** From `start` down C(g(z)) + λ ‖z‖² and the wall. `look` gives C and the slope of C + λ ‖z‖² at a code. */
export async function search(
  look: (code: Pair) => Promise<{ readonly cost: number; readonly slope: Pair }>,
  start: Pair,
  leash: number,
  { tolerance, iterations, wall: { region, steepness } }: Rules,
): Promise<Way> {
  const places = [start];
  let [looks, least] = [0, Infinity];
  const asked = async (z: Float64Array, gradient: Float64Array): Promise<number> => {
    const [a, b] = z as unknown as Pair;
    const { cost, slope } = await look([a, b]);
    const beyond = [a, b].map((each) => each - Math.max(-region, Math.min(region, each))) as unknown as Pair;
    gradient.set(slope.map((each, k) => each + 2 * steepness * (beyond[k] as number)));
    const total = cost + leash * (a * a + b * b) + steepness * (beyond[0] ** 2 + beyond[1] ** 2);
    if (looks > 0 && total < least) places.push([a, b]);
    least = Math.min(least, total);
    looks += 1;
    return total;
  };
  const { x } = await minimiseAsked(asked, Float64Array.from(start), tolerance, iterations);
  const end: Pair = [x[0] as number, x[1] as number];
  return { places: [...places.filter((place) => place.join() !== end.join()), end], looks };
}
