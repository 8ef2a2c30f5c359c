/** What a score of strangeness is worth: hits against false alarms, a threshold, alarms at a base rate. */

export interface Roc {
  /** [share of ordinary, share of strange] that lie above a threshold, for every threshold, from none to all. */
  readonly points: readonly (readonly [number, number])[];
  /** The area below: how often the strange one of a pair has the larger score; a tie counts half. */
  readonly area: number;
}

/** The receiver operating characteristic of scores, the larger the stranger. Both lists hold one or more. */
export function roc(ordinary: ArrayLike<number>, strange: ArrayLike<number>): Roc {
  const all = [
    ...Array.from(ordinary, (score) => ({ score, isStrange: false })),
    ...Array.from(strange, (score) => ({ score, isStrange: true })),
  ].sort((a, b) => b.score - a.score);
  const points: [number, number][] = [[0, 0]];
  let [falseAlarms, hits, area] = [0, 0, 0];
  for (let from = 0; from < all.length;) {
    const before = { falseAlarms, hits };
    const { score } = all[from] as { score: number };
    for (; from < all.length && all[from]?.score === score; from++) {
      if (all[from]?.isStrange) hits++;
      else falseAlarms++;
    }
    area += (falseAlarms - before.falseAlarms) * (before.hits + hits) * 0.5; // a trapezium: ties count half
    points.push([falseAlarms / ordinary.length, hits / strange.length]);
  }
  return { points, area: area / (ordinary.length * strange.length) };
}

/** The score that `share` of the ordinary ones exceed, rounded down to whole ones; 0 ≤ share < 1. */
export function thresholdFor(ordinary: ArrayLike<number>, share: number): number {
  const falling = Array.from(ordinary).sort((a, b) => b - a);
  return falling[Math.floor(share * falling.length + 1e-9)] as number;
}

export function countAbove(scores: ArrayLike<number>, threshold: number): number {
  let count = 0;
  for (let i = 0; i < scores.length; i++) if ((scores[i] as number) > threshold) count++;
  return count;
}

/**
 * Share of alarms that are true, by Bayes' rule: `caught` of the strange and `falseAlarms` of the ordinary ones
 * raise one, and `baseRate` of all are strange. Null if nothing raises any.
 */
export function trueAlarmShare(caught: number, falseAlarms: number, baseRate: number): number | null {
  const [isTrue, isFalse] = [baseRate * caught, (1 - baseRate) * falseAlarms];
  return isTrue + isFalse === 0 ? null : isTrue / (isTrue + isFalse);
}
