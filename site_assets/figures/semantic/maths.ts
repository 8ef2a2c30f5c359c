/** F23's mathematics: k-means, and how alike two partitions are. Twin of training/measure/groups.py. */

import { STREAM_DRAW, uniform } from "../../engine/rng.ts";
import { crossTable } from "../../kit/maths/index.ts";

export const STREAM_STARTS = STREAM_DRAW + 23;

const MOST_STEPS = 300;

/** Rows of `size` numbers each, one after the other. */
export interface Rows {
  readonly size: number;
  readonly values: ArrayLike<number>;
}

export interface Groups {
  /** The group of each row. */
  readonly labels: Uint8Array;
  /** Means of the groups. */
  readonly centres: Rows;
  /** Sum of the squared distances of the rows from the means of their groups. */
  readonly inertia: number;
}

const countOf = ({ size, values }: Rows): number => values.length / size;

export function rowOf({ size, values }: Rows, row: number): number[] {
  return Array.from({ length: size }, (_, d) => values[row * size + d] as number);
}

/** Squared, between a row of one and a row of the other. */
export function distance(a: Rows, i: number, b: Rows, j: number): number {
  let sum = 0;
  for (let d = 0; d < a.size; d++) {
    const off = (a.values[i * a.size + d] as number) - (b.values[j * a.size + d] as number);
    sum += off * off;
  }
  return sum;
}

/**
 * Rows to begin with, drawn one after the other: the chance of a row is in proportion to its squared distance from
 * those drawn before (k-means++, Arthur & Vassilvitskii 2007, section 2.2). There are `k` different rows or more.
 */
export function startingRows(rows: Rows, k: number, start: number): number[] {
  const draws = uniform(start, STREAM_STARTS, k);
  const count = countOf(rows);
  const chosen = [Math.floor((draws[0] as number) * count)];
  const left = Float64Array.from({ length: count }, (_, i) => distance(rows, i, rows, chosen[0] as number));
  for (const draw of draws.subarray(1)) {
    let sum = 0;
    const sums = left.map((value) => (sum += value));
    const next = sums.findIndex((value) => value > draw * sum);
    chosen.push(next);
    left.forEach((value, i) => (left[i] = Math.min(value, distance(rows, i, rows, next))));
  }
  return chosen;
}

/** The group whose mean is nearest to each row. */
export function nearestGroups(rows: Rows, centres: Rows): Uint8Array {
  return Uint8Array.from({ length: countOf(rows) }, (_, i) => {
    let [best, least] = [0, Infinity];
    for (let k = 0; k < countOf(centres); k++) {
      const off = distance(rows, i, centres, k);
      if (off < least) [best, least] = [k, off];
    }
    return best;
  });
}

/** Gives each group that lost all of its rows one of those that lie furthest from their own mean, as scikit-learn does. */
function refill(rows: Rows, centres: Rows, labels: Uint8Array, k: number): void {
  const sizes = new Array<number>(k).fill(0);
  for (const label of labels) sizes[label]! += 1;
  const empty = sizes.flatMap((size, group) => (size === 0 ? [group] : []));
  if (empty.length === 0) return;
  const off = Array.from(labels, (label, i) => distance(rows, i, centres, label));
  const furthest = off.map((_, i) => i).sort((i, j) => (off[j] as number) - (off[i] as number));
  empty.forEach((group, place) => (labels[furthest[place] as number] = group));
}

function means({ size, values }: Rows, labels: Uint8Array, k: number): Rows {
  const sums = new Float64Array(k * size);
  const counts = new Float64Array(k);
  labels.forEach((label, i) => {
    counts[label]! += 1;
    for (let d = 0; d < size; d++) sums[label * size + d]! += values[i * size + d] as number;
  });
  return { size, values: sums.map((sum, at) => sum / (counts[Math.floor(at / size)] as number)) };
}

/** Lloyd's steps from the given rows as means, until no row changes its group. */
export function kMeans(rows: Rows, start: readonly number[]): Groups {
  const k = start.length;
  let centres: Rows = { size: rows.size, values: start.flatMap((row) => rowOf(rows, row)) };
  let labels = nearestGroups(rows, centres);
  for (let step = 0; step < MOST_STEPS; step++) {
    refill(rows, centres, labels, k);
    centres = means(rows, labels, k);
    const next = nearestGroups(rows, centres);
    const settled = next.every((label, i) => label === labels[i]);
    labels = next;
    if (settled) break;
  }
  const inertia = labels.reduce((sum, label, i) => sum + distance(rows, i, centres, label), 0);
  return { labels, centres, inertia };
}

/** The run of k-means with the least inertia, from `starts` starts. */
export function grouped(rows: Rows, k: number, starts: number): Groups {
  return Array.from({ length: starts }, (_, start) => kMeans(rows, startingRows(rows, k, start))).reduce(
    (best, next) => (next.inertia < best.inertia ? next : best),
  );
}

/** The same groups by other numbers: the group `order[0]` becomes group 0. */
export function renumbered({ labels, centres, inertia }: Groups, order: readonly number[]): Groups {
  return {
    labels: labels.map((label) => order.indexOf(label)),
    centres: { size: centres.size, values: order.flatMap((group) => rowOf(centres, group)) },
    inertia,
  };
}

const pairs = (count: number): number => (count * (count - 1)) / 2;

/** The adjusted Rand index of two partitions of the same things into groups 0 … (Hubert & Arabie 1985, equation 5). */
export function adjustedRand(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const [rows, columns] = [a, b].map((labels) => 1 + Math.max(...Array.from(labels))) as [number, number];
  const counts = crossTable(rows, columns, a, b);
  const sizes = (of: ArrayLike<number>, groups: number): number[] =>
    crossTable(1, groups, new Uint8Array(of.length), of);
  const together = (of: readonly number[]): number => of.reduce((sum, count) => sum + pairs(count), 0);
  const [both, first, second] = [together(counts), together(sizes(a, rows)), together(sizes(b, columns))];
  const expected = (first * second) / pairs(a.length);
  const most = (first + second) / 2;
  return most === expected ? 1 : (both - expected) / (most - expected);
}
