/** F27's mathematics: what each unit hears, who speaks, and what that draws. Twin of training/recipes/sparse_codes.py. */

/** One network: `columns` hold what unit after unit listens for and draws. */
export interface Network {
  readonly columns: Float32Array;
  readonly thresholds: ArrayLike<number>;
  /** What is drawn when no unit speaks. */
  readonly rest: ArrayLike<number>;
}

/** A unit that speaks, counted from zero. */
export interface Voice {
  readonly unit: number;
  readonly loudness: number;
}

/** How loud every unit would be: the column times the drawing less the rest, plus the threshold, at least zero. */
export function hear({ columns, thresholds, rest }: Network, x: ArrayLike<number>): Float64Array {
  return Float64Array.from(thresholds, (threshold, unit) => {
    let sum = threshold;
    for (let i = 0; i < rest.length; i++) {
      sum += (columns[unit * rest.length + i] as number) * ((x[i] as number) - (rest[i] as number));
    }
    return Math.max(0, sum);
  });
}

/** The loudest units, at most `count` of them and none that is silent, the loudest first. */
export function voices(heard: Float64Array, count: number): Voice[] {
  return Array.from(heard, (loudness, unit) => ({ unit, loudness }))
    .filter(({ loudness }) => loudness > 0)
    .sort((a, b) => b.loudness - a.loudness)
    .slice(0, count);
}

/** The rest, plus each speaking unit's column as loud as it speaks. */
export function draw({ columns, rest }: Network, speaking: readonly Voice[]): Float32Array {
  const size = rest.length;
  return Float32Array.from(rest, (value, i) =>
    speaking.reduce((sum, { unit, loudness }) => sum + loudness * (columns[unit * size + i] as number), value),
  );
}

/** Columns as pictures: mid-grey is zero, and of each the largest part is black or white. */
export function pictures(columns: Float32Array, size: number): Float32Array {
  const shades = new Float32Array(columns.length);
  for (let start = 0; start < columns.length; start += size) {
    const own = columns.subarray(start, start + size);
    const most = own.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0) || 1;
    shades.set(
      own.map((value) => 0.5 + value / (2 * most)),
      start,
    );
  }
  return shades;
}
