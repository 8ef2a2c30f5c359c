/** F24's rivals: the mean of a class and two directions. */

/** x̂ = m + z₁ d₁ + z₂ d₂, cut to what x may be; `directions` holds d₁ and d₂ one after the other. */
export function drawn(
  mean: ArrayLike<number>,
  directions: ArrayLike<number>,
  [z1, z2]: readonly [number, number],
  [low, high]: readonly [number, number],
): Float32Array {
  const size = mean.length;
  return Float32Array.from(mean, (middle, i) => {
    const value = middle + z1 * (directions[i] as number) + z2 * (directions[size + i] as number);
    return Math.min(high, Math.max(low, value));
  });
}
