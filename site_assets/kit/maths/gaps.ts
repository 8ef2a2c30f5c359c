/** How far the number that tells most of a factor is ahead of the next. */

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
