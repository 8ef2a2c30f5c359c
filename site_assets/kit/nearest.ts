/** Neighbours in a 2-D code, the twin of `training/metrics.py`. Codes are flat: x₀ y₀ x₁ y₁ … */

/** As in training/metrics.py. */
export const NEIGHBOURS = 10;

/** Indices of the `count` reference codes nearest to (x, y), in no order. */
function nearest(x: number, y: number, reference: ArrayLike<number>, count: number): number[] {
  const indices: number[] = [];
  const distances: number[] = [];
  for (let i = 0; i < reference.length / 2; i++) {
    const distance = ((reference[2 * i] as number) - x) ** 2 + ((reference[2 * i + 1] as number) - y) ** 2;
    if (indices.length === count && distance >= (distances[0] as number)) continue;
    if (indices.length === count) {
      indices.shift();
      distances.shift();
    }
    let place = distances.findIndex((other) => other < distance); // kept from the farthest to the nearest
    if (place < 0) place = distances.length;
    indices.splice(place, 0, i);
    distances.splice(place, 0, distance);
  }
  return indices;
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
  for (let i = 0; i < classes.length; i++) {
    const votes: number[] = [];
    for (const index of nearest(codes[2 * i] as number, codes[2 * i + 1] as number, reference, NEIGHBOURS)) {
      const kind = referenceClasses[index] as number;
      votes[kind] = (votes[kind] ?? 0) + 1;
    }
    const most = votes.reduce((best, count) => Math.max(best, count ?? 0), 0);
    if (votes.findIndex((count) => count === most) === classes[i]) right++;
  }
  return right / classes.length;
}
