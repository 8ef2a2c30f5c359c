/** The mathematics of F3: projection on principal components, the spectrum of a waveform, errors. */

export interface Components {
  /** The mean training waveform, `[samples]`. */
  readonly mean: Float32Array;
  /** Orthonormal rows, `[components, samples]`. */
  readonly rows: Float32Array;
}

/** x̂ = m + Σ ((x − m)·wᵢ) wᵢ over the first k components. */
export function project(x: ArrayLike<number>, { mean, rows }: Components, k: number): Float32Array {
  const samples = mean.length;
  if (k < 0 || k * samples > rows.length)
    throw new RangeError(`there are ${rows.length / samples} components, not ${k}`);
  const result = Float64Array.from(mean);
  for (let component = 0; component < k; component++) {
    let along = 0;
    for (let i = 0; i < samples; i++) {
      along += ((x[i] as number) - (mean[i] as number)) * (rows[component * samples + i] as number);
    }
    for (let i = 0; i < samples; i++) {
      result[i] = (result[i] as number) + along * (rows[component * samples + i] as number);
    }
  }
  return Float32Array.from(result);
}

/** Amplitudes of the harmonics 1 … `count` of one period: 2/N |Σ x(t) exp(−2πi h t / N)|. */
export function spectrum(x: ArrayLike<number>, count: number): Float32Array {
  const samples = x.length;
  return Float32Array.from({ length: count }, (_, index) => {
    let [cosine, sine] = [0, 0];
    for (let t = 0; t < samples; t++) {
      const angle = (2 * Math.PI * (index + 1) * t) / samples;
      cosine += (x[t] as number) * Math.cos(angle);
      sine += (x[t] as number) * Math.sin(angle);
    }
    return (2 / samples) * Math.hypot(cosine, sine);
  });
}

/** The least count on a curve of (count, error) whose error is at most `error`, or null. */
export function countFor(curve: readonly (readonly [number, number])[], error: number): number | null {
  return curve.find(([, reached]) => reached <= error)?.[0] ?? null;
}
