/** Lines of equal height over a grid of values, by marching squares. */

import type { Pair } from "./plot.tsx";

export interface Grid {
  /** Heights, row by row. */
  readonly values: ArrayLike<number>;
  readonly columns: number;
  readonly rows: number;
}

/** The heights of `f` on a grid of `columns` × `rows` points that spans the ranges, ends included. */
export function sample(f: (x: number, y: number) => number, x: Pair, y: Pair, columns: number, rows: number): Grid {
  const values = new Float64Array(columns * rows);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      values[row * columns + column] = f(
        x[0] + ((x[1] - x[0]) * column) / (columns - 1),
        y[0] + ((y[1] - y[0]) * row) / (rows - 1),
      );
    }
  }
  return { values, columns, rows };
}

/**
 * The lines on which the height is one of `levels`, as polylines of [column, row] in grid units; heights must be finite and
 * are taken to be linear between the points of the grid. A line that leaves the grid is open, any other ends where it began.
 */
export function isolines(grid: Grid, levels: readonly number[]): Pair[][] {
  const cells = crossedCells(grid, levels);
  return levels.flatMap((level) => linesAt(grid, level, cells));
}

/** The cells that the lines of some level go through, by their first points: most have none. */
function crossedCells({ values, columns, rows }: Grid, levels: readonly number[]): number[] {
  const reached = new Uint8Array(columns * rows); // of each point: how many levels
  for (const level of levels) {
    for (let point = 0; point < reached.length; point++) {
      if ((values[point] as number) >= level) reached[point] = (reached[point] as number) + 1;
    }
  }
  const cells: number[] = [];
  for (let row = 0; row + 1 < rows; row++) {
    for (let point = row * columns; point + 1 < (row + 1) * columns; point++) {
      const first = reached[point];
      const next = point + columns; // in the next row
      if (first !== reached[point + 1] || first !== reached[next] || first !== reached[next + 1]) cells.push(point);
    }
  }
  return cells;
}

function linesAt(grid: Grid, level: number, cells: readonly number[]): Pair[][] {
  const { edges, ways } = crossings(grid, level, cells);
  const lines: Pair[][] = [];
  const trace = (start: number): void => {
    const line: Pair[] = [];
    for (let edge = start; edge !== NONE;) {
      line.push(pointOn(grid, level, edge));
      const next = (ways[2 * edge + 1] === NONE ? ways[2 * edge] : ways[2 * edge + 1]) as number;
      leave(ways, edge, next);
      if (next !== NONE) leave(ways, next, edge);
      edge = next;
    }
    if (line.length > 1) lines.push(line);
  };
  for (const edge of edges) if (ways[2 * edge] !== NONE && ways[2 * edge + 1] === NONE) trace(edge); // those with ends
  for (const edge of edges) if (ways[2 * edge] !== NONE) trace(edge);
  return lines;
}

/*
 * An edge of the grid is named by a number: 2i goes from point i to the next column, 2i + 1 to the next row.
 */

const NONE = -1;

/** The crossed edges in the order of their cells, and two places for each edge of the grid: where a line goes on from there. */
interface Crossings {
  readonly edges: readonly number[];
  readonly ways: Int32Array;
}

function endsOf(grid: Grid, edge: number): readonly [number, number] {
  const point = edge >> 1;
  return [point, point + (edge & 1 ? grid.columns : 1)];
}

function pointOn(grid: Grid, level: number, edge: number): Pair {
  const [from, to] = endsOf(grid, edge);
  const [low, high] = [grid.values[from] as number, grid.values[to] as number];
  const share = (level - low) / (high - low);
  const [column, row] = [from % grid.columns, Math.floor(from / grid.columns)];
  return edge & 1 ? [column, row + share] : [column + share, row];
}

/** Takes the way from `edge` to `other` out. */
function leave(ways: Int32Array, edge: number, other: number): void {
  if (ways[2 * edge] === other) ways[2 * edge] = ways[2 * edge + 1] as number;
  else if (ways[2 * edge + 1] !== other) return;
  ways[2 * edge + 1] = NONE;
}

function crossings(grid: Grid, level: number, cells: readonly number[]): Crossings {
  const { values, columns, rows } = grid;
  const isAbove = (point: number): boolean => (values[point] as number) >= level;
  const edges: number[] = [];
  const ways = new Int32Array(4 * columns * rows).fill(NONE);
  const goOn = (from: number, to: number): void => {
    if (ways[2 * from] === NONE) edges.push(from);
    ways[ways[2 * from] === NONE ? 2 * from : 2 * from + 1] = to;
  };
  const link = (a: number, b: number): void => {
    goOn(a, b);
    goOn(b, a);
  };
  for (const point of cells) {
    const next = point + columns; // in the next row
    // around the cell: bottom, right, top, left
    const around = [2 * point, 2 * (point + 1) + 1, 2 * next, 2 * point + 1];
    const crossed = around.filter((edge) => {
      const [from, to] = endsOf(grid, edge);
      return isAbove(from) !== isAbove(to);
    });
    if (crossed.length === 2) link(crossed[0] as number, crossed[1] as number);
    if (crossed.length === 4) {
      const corners = [point, point + 1, next, next + 1];
      const middle = corners.reduce((sum, corner) => sum + (values[corner] as number), 0) / 4;
      const joined = middle >= level === isAbove(point); // the first corner goes with the middle
      const [bottom, right, top, left] = crossed as [number, number, number, number];
      link(bottom, joined ? right : left);
      link(top, joined ? left : right);
    }
  }
  return { edges, ways };
}
