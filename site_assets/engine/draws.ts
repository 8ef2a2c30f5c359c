/** What a run's optimiser steps draw at random, an epoch at a time: each is drawn once, and can be drawn ahead. */

import { batches, stepNoise } from "./rng.ts";

interface Epoch {
  readonly index: Int32Array;
  readonly noise: Float32Array;
}

export class Draws {
  private readonly seed: number;
  private readonly samples: number;
  private readonly batchSize: number;
  private readonly noiseSize: number;
  private readonly stepsPerEpoch: number;
  private readonly epochs = new Map<number, Epoch>();

  /** `noiseSize` standard normal numbers a step. Batches are larger than the samples: a RangeError at the first draw. */
  constructor(seed: number, samples: number, batchSize: number, noiseSize: number) {
    this.seed = seed;
    this.samples = samples;
    this.batchSize = batchSize;
    this.noiseSize = noiseSize;
    this.stepsPerEpoch = Math.max(1, Math.floor(samples / batchSize));
  }

  /** Of the `steps` steps after the first `done`: samples `[steps, batchSize]` and noise `[steps, noiseSize]`. */
  of(done: number, steps: number): Epoch {
    const { batchSize, noiseSize, stepsPerEpoch } = this;
    const index = new Int32Array(steps * batchSize);
    const noise = new Float32Array(steps * noiseSize);
    const first = Math.floor(done / stepsPerEpoch);
    for (const epoch of this.epochs.keys()) if (epoch < first) this.epochs.delete(epoch);
    for (let step = done; step < done + steps;) {
      const epoch = Math.floor(step / stepsPerEpoch);
      const from = step - epoch * stepsPerEpoch;
      const to = Math.min(stepsPerEpoch, from + done + steps - step);
      const drawn = this.epoch(epoch);
      index.set(drawn.index.subarray(from * batchSize, to * batchSize), (step - done) * batchSize);
      noise.set(drawn.noise.subarray(from * noiseSize, to * noiseSize), (step - done) * noiseSize);
      step += to - from;
    }
    return { index, noise };
  }

  /** Draws what `of` will be asked for. */
  ahead(done: number, steps: number): void {
    const last = Math.floor((done + steps - 1) / this.stepsPerEpoch);
    for (let epoch = Math.floor(done / this.stepsPerEpoch); epoch <= last; epoch++) this.epoch(epoch);
  }

  private epoch(epoch: number): Epoch {
    const { seed, samples, batchSize, noiseSize, stepsPerEpoch } = this;
    const known = this.epochs.get(epoch);
    if (known) return known;
    const first = epoch * stepsPerEpoch;
    const drawn = {
      index: batches(seed, first, stepsPerEpoch, samples, batchSize),
      noise: stepNoise(seed, first, stepsPerEpoch, noiseSize),
    };
    this.epochs.set(epoch, drawn);
    return drawn;
  }
}
