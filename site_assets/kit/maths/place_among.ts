/** The values of a sweep are float32 in a model and decimals in an address. */

const SAME = 1e-6; // relative; float32 is closer

/** The place of `value` among `values`; throws if it is none of them. */
export function placeAmong(values: ArrayLike<number>, value: number): number {
  const place = Array.from(values).findIndex((other) => Math.abs(other - value) <= SAME * Math.abs(value));
  if (place < 0) throw new Error(`${value} is none of ${Array.from(values).join(", ")}`);
  return place;
}
