/** Geometry and measures of the hour-glass: layers as columns whose heights are to scale, activations as bars. */

export interface Column {
  /** How many numbers the layer holds. */
  readonly units: number;
  /** Middle of the column. */
  readonly x: number;
  readonly top: number;
  readonly bottom: number;
}

export const WIDTH = 440;
export const HEIGHT = 318;
/** Height of one unit, the same in every layer: the columns are to scale. */
export const UNIT = 4;
/** Half of a column's width. */
export const HALF = 12;
const MIDDLE = 172;
const PLACES = [104, 163, 220, 277, 336] as const;

/** The columns of layers with so many units, input first. */
export function columns(units: readonly number[]): Column[] {
  return units.map((count, index) => ({
    units: count,
    x: PLACES[index] as number,
    top: MIDDLE - (count * UNIT) / 2,
    bottom: MIDDLE + (count * UNIT) / 2,
  }));
}

/** The corners of what joins two neighbouring columns, as `points` of a polygon. */
export function between(left: Column, right: Column): string {
  const [a, b] = [left.x + HALF, right.x - HALF];
  return `${a},${left.top} ${a},${left.bottom} ${b},${right.bottom} ${b},${right.top}`;
}

/**
 * Bars of a column's values, one a unit; ±`limit` reaches the edge. From the middle, to the right above zero and
 * to the left below; where no value can be negative (`above`), from the left edge.
 */
export function bars({ x, top }: Column, values: ArrayLike<number>, limit: number, above = false): string {
  const [zero, reach] = above ? [x - HALF, 2 * HALF] : [x, HALF];
  let path = "";
  for (let i = 0; i < values.length; i++) {
    const share = Math.max(-1, Math.min(1, (values[i] as number) / limit));
    const length = Math.round(share * reach * 10) / 10;
    if (length !== 0) path += `M${zero} ${top + (i + 0.5) * UNIT}h${length}`;
  }
  return path;
}

/** The cells of a square picture by grey level, 1 … `levels`: a path for each that occurs. */
export function cells(
  pixels: ArrayLike<number>,
  side: number,
  cell: number,
  levels: number,
): { level: number; path: string }[] {
  const paths = new Map<number, string>();
  for (let i = 0; i < side * side; i++) {
    const level = Math.round(Math.min(1, Math.max(0, pixels[i] as number)) * levels);
    if (level === 0) continue;
    const [x, y] = [(i % side) * cell, Math.floor(i / side) * cell];
    paths.set(level, `${paths.get(level) ?? ""}M${x} ${y}h${cell}v${cell}h-${cell}z`);
  }
  return [...paths].map(([level, path]) => ({ level, path }));
}

export function largest(values: ArrayLike<number>): number {
  return Array.from(values).reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}
