/** Collects the losses of a run and thins them out for drawing: means over equal stretches of steps, in their middle. */

import type { Pair } from "../marks/plot.tsx";
import type { Curves } from "../figure/training.ts";

const POINTS = 150; // in a drawn curve: more than the eye tells apart in a small plot

export class LossCurves {
  private readonly terms: number;
  private train: number[][] = [];
  private validation: Pair[][] = [];

  constructor(terms: number) {
    this.terms = terms;
    this.clear();
  }

  clear(): void {
    this.train = Array.from({ length: this.terms }, () => []);
    this.validation = Array.from({ length: this.terms }, () => []);
  }

  /** Losses `[k, terms]` of the next k steps. */
  addTraining(losses: Float32Array): void {
    losses.forEach((loss, i) => this.train[i % this.terms]?.push(loss));
  }

  addValidation(step: number, losses: Float32Array): void {
    losses.forEach((loss, term) => this.validation[term]?.push([step, loss]));
  }

  /** Forgets everything from `step` on. */
  cut(step: number): void {
    this.train = this.train.map((losses) => losses.slice(0, step));
    this.validation = this.validation.map((curve) => curve.filter(([at]) => at <= step));
  }

  /** Every single loss so far, by term: of the training batches in order of the steps, of the validation [step, loss]. */
  raw(): { readonly train: readonly (readonly number[])[]; readonly validation: readonly (readonly Pair[])[] } {
    return { train: this.train.map((losses) => [...losses]), validation: this.validation.map((curve) => [...curve]) };
  }

  drawn(): Curves {
    return { train: this.train.map(thin), validation: this.validation.map((curve) => [...curve]) };
  }
}

function thin(losses: readonly number[]): Pair[] {
  const width = Math.max(1, Math.ceil(losses.length / POINTS));
  const points: Pair[] = [];
  for (let from = 0; from < losses.length; from += width) {
    const stretch = losses.slice(from, from + width);
    const middle = from + (stretch.length - 1) / 2;
    points.push([middle, stretch.reduce((sum, loss) => sum + loss, 0) / stretch.length]);
  }
  return points;
}
