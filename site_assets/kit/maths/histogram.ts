/** Counting values into equal bins. */

export interface Histogram {
  readonly min: number;
  readonly max: number;
  readonly counts: readonly number[];
  /** Values that lie outside of the bins. */
  readonly below: number;
  readonly above: number;
}

/** Bins are closed on the left, the last one on both sides. */
export function histogram(values: ArrayLike<number>, min: number, max: number, bins: number): Histogram {
  const counts = new Array<number>(bins).fill(0);
  let [below, above] = [0, 0];
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    if (value < min) below++;
    else if (value > max) above++;
    else {
      const bin = Math.min(bins - 1, Math.floor(((value - min) / (max - min)) * bins));
      counts[bin] = (counts[bin] as number) + 1;
    }
  }
  return { min, max, counts, below, above };
}
