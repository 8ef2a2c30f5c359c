/** F24's rivals: the mean of a class and two directions. */

/** x̂ = m + z₁ d₁ + z₂ d₂, cut to 0 … 1; `directions` holds d₁ and d₂ one after the other. */
export function drawn(
  mean: ArrayLike<number>,
  directions: ArrayLike<number>,
  [z1, z2]: readonly [number, number],
): Float32Array {
  const pixels = mean.length;
  return Float32Array.from(mean, (ink, i) => {
    const value = ink + z1 * (directions[i] as number) + z2 * (directions[pixels + i] as number);
    return Math.min(1, Math.max(0, value));
  });
}
