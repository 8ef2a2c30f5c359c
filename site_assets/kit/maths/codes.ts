/** Codes of two numbers as points of their plane: by class, and the nearest one. */

type Point = readonly [number, number];

/** Flat codes x₀ y₀ x₁ y₁ … as points, one list a class. */
export function byClass(codes: ArrayLike<number>, labels: ArrayLike<number>, classes: number): Point[][] {
  const groups: Point[][] = Array.from({ length: classes }, () => []);
  for (let i = 0; i < labels.length; i++) {
    groups[labels[i] as number]?.push([codes[2 * i] as number, codes[2 * i + 1] as number]);
  }
  return groups;
}

/** The point nearest to `at`, the first of several as near; index −1 and infinitely far if there is none. */
export function nearestPoint(
  points: readonly Point[],
  [x, y]: Point,
): { readonly index: number; readonly distance: number } {
  let [index, distance] = [-1, Number.POSITIVE_INFINITY];
  points.forEach(([a, b], i) => {
    const far = Math.hypot(a - x, b - y);
    if (far < distance) [index, distance] = [i, far];
  });
  return { index, distance };
}
