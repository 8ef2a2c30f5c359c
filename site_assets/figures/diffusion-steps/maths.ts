/** How far drawn points are from the data as a set. Twin of training/measure/samples.py. */

import { normal, STREAM_DRAW } from "../../engine/rng.ts";

const STREAM_NOISE = STREAM_DRAW + 71;

/** What points begin as, standard normal numbers, two each. */
export function noisePoints(seed: number, count: number): Float32Array {
  return normal(seed, STREAM_NOISE, 2 * count);
}

/** Mean distance between points of the plane; of a set to itself, pairs of a point with itself left out. */
function meanDistance(one: ArrayLike<number>, other: ArrayLike<number>): number {
  const [n, m] = [one.length / 2, other.length / 2];
  let sum = 0;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < m; j++) {
      sum += Math.hypot(
        (one[2 * i] as number) - (other[2 * j] as number),
        (one[2 * i + 1] as number) - (other[2 * j + 1] as number),
      );
    }
  }
  return sum / (one === other ? n * (n - 1) : n * m);
}

/** 2 E‖X − Y‖ − E‖X − X′‖ − E‖Y − Y′‖ (Székely & Rizzo 2013, equation 5) of points, two numbers each. */
export function energyDistance(samples: ArrayLike<number>, data: ArrayLike<number>): number {
  return 2 * meanDistance(samples, data) - meanDistance(samples, samples) - meanDistance(data, data);
}
