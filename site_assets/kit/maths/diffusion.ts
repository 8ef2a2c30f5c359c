/** A diffusion's levels and steps. Twin of training/learn/code_diffusion.py. */

/** α and σ of a level λ = log(α/σ), with α² + σ² = 1. */
export function amounts(level: number): readonly [number, number] {
  return [1 / Math.sqrt(1 + Math.exp(-2 * level)), 1 / Math.sqrt(1 + Math.exp(2 * level))];
}

/**
 * Codes mixed with the noise of one level, and the guess at the clean ones, to the next level, without fresh noise
 * (Song et al. 2021, DDIM, equation 12). After the last level the guess itself is the code.
 */
export function pull(mixed: Float32Array, clean: Float32Array, level: number, next: number | undefined): Float32Array {
  if (next === undefined) return clean;
  const [alpha, sigma] = amounts(level);
  const [alphaNext, sigmaNext] = amounts(next);
  return clean.map((guess, i) => alphaNext * guess + (sigmaNext * ((mixed[i] as number) - alpha * guess)) / sigma);
}
