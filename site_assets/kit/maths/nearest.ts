/** Neighbours in a 2-D code, the twin of `training/measure/metrics.py`. Codes are flat: x₀ y₀ x₁ y₁ … */

/** As in training/measure/metrics.py. */
const NEIGHBOURS = 10;

/**
 * Indices of the reference codes nearest to (x, y), as many as `indices` holds, written there from the nearest
 * on; how many were found. `distances` is scratch. A training figure asks this thousands of times a frame.
 */
function nearest(
  x: number,
  y: number,
  reference: ArrayLike<number>,
  indices: Int32Array,
  distances: Float64Array,
): number {
  let found = 0;
  for (let i = 0; i < reference.length / 2; i++) {
    const [dx, dy] = [(reference[2 * i] as number) - x, (reference[2 * i + 1] as number) - y];
    const distance = dx * dx + dy * dy;
    if (found === indices.length && distance >= (distances[found - 1] as number)) continue;
    let place = found < indices.length ? found++ : found - 1;
    for (; place > 0 && (distances[place - 1] as number) > distance; place--) {
      distances[place] = distances[place - 1] as number;
      indices[place] = indices[place - 1] as number;
    }
    distances[place] = distance;
    indices[place] = i;
  }
  return found;
}

/**
 * Share of codes, 0 to 1, whose class a vote of their ten nearest reference codes finds; a tie goes to the
 * smallest class, as in scikit-learn.
 */
export function neighbourAccuracy(
  reference: ArrayLike<number>,
  referenceClasses: ArrayLike<number>,
  codes: ArrayLike<number>,
  classes: ArrayLike<number>,
): number {
  let right = 0;
  const indices = new Int32Array(NEIGHBOURS);
  const distances = new Float64Array(NEIGHBOURS);
  for (let i = 0; i < classes.length; i++) {
    const votes: number[] = [];
    const found = nearest(codes[2 * i] as number, codes[2 * i + 1] as number, reference, indices, distances);
    for (const index of indices.subarray(0, found)) {
      const kind = referenceClasses[index] as number;
      votes[kind] = (votes[kind] ?? 0) + 1;
    }
    const most = votes.reduce((best, count) => Math.max(best, count ?? 0), 0);
    if (votes.findIndex((count) => count === most) === classes[i]) right++;
  }
  return right / classes.length;
}
