/** How often each pair of two numberings meets: `rows` × `columns` counts, row by row. */
export function crossTable(rows: number, columns: number, a: ArrayLike<number>, b: ArrayLike<number>): number[] {
  const counts = new Array<number>(rows * columns).fill(0);
  for (let i = 0; i < a.length; i++) counts[(a[i] as number) * columns + (b[i] as number)]! += 1;
  return counts;
}

/** The same as shares of each row; a row without any is all zero. */
export function rowShares(counts: readonly number[], columns: number): number[] {
  return counts.map((count, i) => {
    const start = i - (i % columns);
    const total = counts.slice(start, start + columns).reduce((sum, each) => sum + each, 0);
    return total === 0 ? 0 : count / total;
  });
}
