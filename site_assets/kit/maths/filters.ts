/** Filters that clean a signal without a network, the twin of `training/measure/filters.py`. */

/** A place beyond the first or the last, mirrored about that. */
function mirrored(at: number, last: number): number {
  const near = Math.abs(at);
  return near > last ? 2 * last - near : near;
}

/**
 * Each sample's neighbourhood weighed, along rows of `length` samples that lie one after the other; ends are
 * mirrored about their outermost sample. A kernel of odd length, symmetric, no longer than a row.
 */
export function smoothed(rows: ArrayLike<number>, length: number, kernel: ArrayLike<number>): Float64Array {
  const half = (kernel.length - 1) / 2;
  return Float64Array.from({ length: rows.length }, (_, place) => {
    const [start, at] = [place - (place % length), place % length];
    let sum = 0;
    for (let k = 0; k < kernel.length; k++) {
      sum += (kernel[k] as number) * (rows[start + mirrored(at + k - half, length - 1)] as number);
    }
    return sum;
  });
}

/**
 * What lies further than `limit` from the median of the samples around it becomes that median. Rows of `length` samples lie
 * one after the other; around each sample are `down` rows and `along` samples of each, odd numbers, mirrored at the ends.
 */
export function despiked(
  rows: ArrayLike<number>,
  length: number,
  [down, along]: readonly [down: number, along: number],
  limit: number,
): Float64Array {
  const bottom = rows.length / length - 1;
  const around = new Float64Array(down * along);
  return Float64Array.from({ length: rows.length }, (_, place) => {
    const [row, column] = [Math.floor(place / length), place % length];
    for (let i = 0; i < around.length; i++) {
      const above = mirrored(row + Math.floor(i / along) - (down - 1) / 2, bottom);
      around[i] = rows[above * length + mirrored(column + (i % along) - (along - 1) / 2, length - 1)] as number;
    }
    const middle = around.sort()[(around.length - 1) / 2] as number;
    const value = rows[place] as number;
    return Math.abs(value - middle) > limit ? middle : value;
  });
}

/** A square picture with its rows as columns. */
export function transposed(picture: ArrayLike<number>, side: number): Float64Array {
  return Float64Array.from(
    { length: side * side },
    (_, place) => picture[(place % side) * side + Math.floor(place / side)] as number,
  );
}

/** Directions of rows of so many samples, one after the other, and the mean row. */
export interface Directions {
  readonly mean: ArrayLike<number>;
  readonly directions: ArrayLike<number>;
}

/** Rows whose part along each direction is multiplied by its gain; what lies along none of them is left out. */
export function gained(
  rows: ArrayLike<number>,
  { mean, directions }: Directions,
  gains: ArrayLike<number>,
): Float64Array {
  const width = mean.length;
  const result = new Float64Array(rows.length);
  for (let start = 0; start < rows.length; start += width) {
    for (let i = 0; i < width; i++) result[start + i] = mean[i] as number;
    for (let axis = 0; axis < gains.length; axis++) {
      const gain = gains[axis] as number;
      if (gain === 0) continue;
      let along = 0;
      for (let i = 0; i < width; i++)
        along += ((rows[start + i] as number) - (mean[i] as number)) * (directions[axis * width + i] as number);
      for (let i = 0; i < width; i++)
        result[start + i] = (result[start + i] as number) + gain * along * (directions[axis * width + i] as number);
    }
  }
  return result;
}

/** Wiener's gains λ / (λ + s²) for variances λ of the clean signal and white noise of deviation s. */
export function wienerGains(variances: ArrayLike<number>, noise: number): Float64Array {
  return Float64Array.from(variances, (variance) => variance / (variance + noise * noise));
}

/** By how many decibels the ratio of signal to noise has grown. */
export function gainInDecibels(clean: ArrayLike<number>, noisy: ArrayLike<number>, cleaned: ArrayLike<number>): number {
  let [before, after] = [0, 0];
  for (let i = 0; i < clean.length; i++) {
    before += ((noisy[i] as number) - (clean[i] as number)) ** 2;
    after += ((cleaned[i] as number) - (clean[i] as number)) ** 2;
  }
  return 10 * Math.log10(before / after);
}
