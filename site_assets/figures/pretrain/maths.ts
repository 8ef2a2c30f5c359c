/** F20's mathematics: which digits get a label, and the linear probe that is trained on them. Twin of training/measure/probe.py. */

import { permutation, STREAM_DRAW } from "../../engine/rng.ts";
import { minimise } from "../../kit/maths/index.ts";

export const STREAM_LABELS = STREAM_DRAW + 26;

const TOLERANCE = 1e-4; // of the gradient's entries; the objective is a sum over the labelled examples
const ITERATIONS = 500;

/** Rows of the examples that get a label: the first `perClass` of each class in the draw's order, class by class. */
export function labelledRows(
  labels: ArrayLike<number>,
  classes: number,
  perClass: number,
  draw: number,
): readonly number[] {
  const rows: number[][] = Array.from({ length: classes }, () => []);
  for (const row of permutation(draw, STREAM_LABELS, labels.length)) {
    const own = rows[labels[row] as number] as number[];
    if (own.length < perClass) own.push(row);
  }
  return rows.flat();
}

/** Rows of `size` numbers each, one after the other. */
export interface Features {
  readonly size: number;
  readonly values: Float64Array;
}

export interface Split {
  readonly train: Features;
  readonly test: Features;
}

/** Less the training means, over one deviation common to all features. */
export function centred(train: ArrayLike<number>, test: ArrayLike<number>, size: number): Split {
  const count = train.length / size;
  const mean = new Float64Array(size);
  for (let i = 0; i < train.length; i++) mean[i % size]! += (train[i] as number) / count;
  const less = (values: ArrayLike<number>): Float64Array =>
    Float64Array.from({ length: values.length }, (_, i) => (values[i] as number) - (mean[i % size] as number));
  const known = less(train);
  const deviation = Math.sqrt(known.reduce((sum, value) => sum + value * value, 0) / known.length);
  const scaled = (values: Float64Array): Features => ({ size, values: values.map((value) => value / deviation) });
  return { train: scaled(known), test: scaled(less(test)) };
}

/** Weights of each class, its bias last, class by class. */
export interface Probe {
  readonly classes: number;
  readonly weights: Float64Array;
  readonly iterations: number;
}

function logits(
  weights: Float64Array,
  classes: number,
  { values, size }: Features,
  row: number,
  out: Float64Array,
): void {
  for (let k = 0; k < classes; k++) {
    const start = k * (size + 1);
    let sum = weights[start + size] as number;
    for (let i = 0; i < size; i++) sum += (weights[start + i] as number) * (values[row * size + i] as number);
    out[k] = sum;
  }
}

/** Softmax regression: the least of ½‖W‖² + strength · Σ cross-entropy over `rows`; biases are free. */
export function trainProbe(
  features: Features,
  labels: ArrayLike<number>,
  rows: readonly number[],
  classes: number,
  strength: number,
): Probe {
  const { size, values } = features;
  const width = size + 1;
  const scores = new Float64Array(classes);
  const objective = (weights: Float64Array, gradient: Float64Array): number => {
    let value = 0;
    for (let j = 0; j < weights.length; j++) {
      const weight = j % width === size ? 0 : (weights[j] as number);
      gradient[j] = weight;
      value += 0.5 * weight * weight;
    }
    for (const row of rows) {
      logits(weights, classes, features, row, scores);
      const top = Math.max(...scores);
      let total = 0;
      for (const score of scores) total += Math.exp(score - top);
      const own = labels[row] as number;
      value += strength * (Math.log(total) + top - (scores[own] as number));
      for (let k = 0; k < classes; k++) {
        const excess = strength * (Math.exp((scores[k] as number) - top) / total - (k === own ? 1 : 0));
        const start = k * width;
        for (let i = 0; i < size; i++) gradient[start + i]! += excess * (values[row * size + i] as number);
        gradient[start + size]! += excess;
      }
    }
    return value;
  };
  const { x, iterations } = minimise(objective, new Float64Array(classes * width), TOLERANCE * strength, ITERATIONS);
  return { classes, weights: x, iterations };
}

/** The class that the probe finds likeliest for each row. */
export function named({ weights, classes }: Probe, features: Features): Uint8Array {
  const scores = new Float64Array(classes);
  return Uint8Array.from({ length: features.values.length / features.size }, (_, row) => {
    logits(weights, classes, features, row, scores);
    return scores.indexOf(Math.max(...scores));
  });
}
