/** F15's mathematics: the straight line between two codes, and the arc about the origin; as in training/measure/paths.py. */

export type Vector = ArrayLike<number>;

/** A code nearer to the origin than this has no direction to speak of. */
const SHORTEST = 1e-3;
/** Directions whose angle has a smaller sine are the same or opposite. */
const LEAST_SINE = 1e-6;

/** (1 − t) a + t b, for codes and for pixels alike. */
export function line(a: Vector, b: Vector, t: number): Float64Array {
  return Float64Array.from(a, (value, i) => (1 - t) * value + t * (b[i] as number));
}

export function length(a: Vector): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) ** 2;
  return Math.sqrt(sum);
}

/**
 * Along a great circle from the direction of a to that of b (slerp, Shoemake 1985), its length going evenly from
 * |a| to |b|. The way is the straight line where no arc is the shortest (a code at the origin, or opposite
 * directions), and where both directions are the same, as the arc is the line then.
 */
export function arc(a: Vector, b: Vector, t: number): Float64Array {
  const [lengthA, lengthB] = [length(a), length(b)];
  if (lengthA <= SHORTEST || lengthB <= SHORTEST) return line(a, b, t);
  let cosine = 0;
  for (let i = 0; i < a.length; i++) cosine += ((a[i] as number) / lengthA) * ((b[i] as number) / lengthB);
  const angle = Math.acos(Math.min(1, Math.max(-1, cosine)));
  const sine = Math.sin(angle);
  if (sine <= LEAST_SINE) return line(a, b, t);
  const far = (1 - t) * lengthA + t * lengthB;
  const shareA = (far * Math.sin((1 - t) * angle)) / (sine * lengthA);
  const shareB = (far * Math.sin(t * angle)) / (sine * lengthB);
  return Float64Array.from(a, (value, i) => shareA * value + shareB * (b[i] as number));
}

/** The places of a way in `count` even steps, one after the other, the ends included. */
export function along(way: typeof line, a: Vector, b: Vector, count: number): Float32Array {
  const places = Array.from({ length: count + 1 }, (_, i) => way(a, b, i / count));
  const all = new Float32Array(a.length * places.length);
  places.forEach((place, i) => all.set(place, i * a.length));
  return all;
}
