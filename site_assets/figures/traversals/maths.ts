/** F16's mathematics: the gap of a factor, and the codes along one axis. */

/** Of each row of shares (one factor; `columns` numbers): the largest less the second (Chen et al. 2018, section 4.1). */
export function gaps(shares: ArrayLike<number>, columns: number): number[] {
  return Array.from({ length: shares.length / columns }, (_, row) => {
    let [first, second] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (let j = 0; j < columns; j++) {
      const share = shares[row * columns + j] as number;
      if (share > first) [first, second] = [share, first];
      else if (share > second) second = share;
    }
    return first - second;
  });
}

/** The code `count` times with number `axis` going from −limit to limit in even steps, one code after the other. */
export function traverse(code: readonly number[], axis: number, limit: number, count: number): number[] {
  return Array.from({ length: count }, (_, step) =>
    code.map((value, k) => (k === axis ? limit * ((2 * step) / (count - 1) - 1) : value)),
  ).flat();
}
