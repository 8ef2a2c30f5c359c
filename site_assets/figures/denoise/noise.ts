/** Noise of two kinds, the same numbers as `training/recipes/families/denoise.py` draws. */

import { normal, STREAM_DRAW, uniform } from "../../engine/rng.ts";

/** As in training/recipes/families/denoise.py. */
const STREAM_NOISE = STREAM_DRAW + 9;

/**
 * `count` numbers of standard deviation `deviation`: Gaussian, or zero but for the share `spikes` of them, which are
 * as high as that takes, half of them up and half down.
 */
export function noiseOf(
  kind: "white" | "spikes",
  seed: number,
  count: number,
  deviation: number,
  spikes: number,
): Float64Array {
  if (kind === "white") return Float64Array.from(normal(seed, STREAM_NOISE, count), (value) => deviation * value);
  const height = deviation / Math.sqrt(spikes);
  return Float64Array.from(uniform(seed, STREAM_NOISE, count), (chance) =>
    chance < spikes / 2 ? height : chance < spikes ? -height : 0,
  );
}
