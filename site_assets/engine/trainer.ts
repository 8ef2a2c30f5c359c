/**
 * The optimiser steps of a live model: start, batches and noise by the RNG twins, forward, backward and Adam
 * by the exported step graph. No DOM, no clock: the same code runs in the page and in Node's tests.
 */

import { batches, initialWeights, normal, stepNoise, STREAM_DRAW } from "./rng.ts";
import { float32, floatOutput, type Feeds, type Outputs, type Tensor } from "./tensor.ts";

/** What the steps need to know of `card.options.live` (see training/live/produce.py). */
export interface TrainerCard {
  readonly state_size: number;
  readonly parameters: readonly { readonly shape: readonly number[]; readonly fan_in: number }[];
  readonly input_size: number;
  readonly noise_size: number;
  readonly batch_size: number;
  readonly adam_eps: number;
  readonly knobs: readonly { readonly name: string }[];
}

/** Samples as the network sees them, `[M, input_size]` row by row. */
export interface TrainerData {
  readonly train: Float32Array;
  readonly validation: Float32Array;
}

export type Knobs = Readonly<Record<string, number>>;

interface State {
  readonly params: Float32Array;
  readonly adamM: Float32Array;
  readonly adamV: Float32Array;
  readonly step: number;
}

function scalar(value: number): Tensor<Float32Array> {
  return float32([], [value]);
}

function allFinite(values: Float32Array): boolean {
  return values.every(Number.isFinite);
}

export class Trainer {
  private readonly card: TrainerCard;
  private readonly data: TrainerData;
  private readonly run: (graph: string, feeds: Feeds) => Promise<Outputs>;
  private readonly seed: number;
  private state: State;
  private kept: State;

  constructor(card: TrainerCard, data: TrainerData, run: (graph: string, feeds: Feeds) => Promise<Outputs>, seed: number) {
    this.card = card;
    this.data = data;
    this.run = run;
    this.seed = seed;
    const params = initialWeights(seed, card.parameters.map(({ shape }) => shape), card.parameters.map(({ fan_in }) => fan_in));
    this.state = { params, adamM: new Float32Array(params.length), adamV: new Float32Array(params.length), step: 0 };
    this.kept = this.state;
  }

  /** Optimiser steps done. */
  get step(): number {
    return this.state.step;
  }

  /** Flat parameters `[N]` after the last finite step. */
  get params(): Float32Array {
    return this.state.params;
  }

  /** Remembers this moment for `rewind`. */
  keep(): void {
    this.kept = this.state;
  }

  /** Back to the moment that was kept last; to the untrained weights if none was. */
  rewind(): void {
    this.state = this.kept;
  }

  /**
   * `steps` optimiser steps in one call of the graph. `losses` holds the terms of every step's batch,
   * `[steps, T]`, before that step. If anything came out that is no number, the state stays as it was.
   */
  async advance(steps: number, knobs: Knobs): Promise<{ losses: Float32Array; finite: boolean }> {
    const { card, data, seed, state } = this;
    const samples = data.train.length / card.input_size;
    const index = batches(seed, state.step, steps, samples, card.batch_size);
    const feeds: Record<string, Tensor> = {
      params: float32([card.state_size], state.params),
      adam_m: float32([card.state_size], state.adamM),
      adam_v: float32([card.state_size], state.adamV),
      step: scalar(state.step),
      index: { dims: [steps, card.batch_size], data: index },
      x_all: float32([samples, card.input_size], data.train),
      adam_eps: scalar(card.adam_eps),
      ...this.scalars(knobs),
    };
    if (card.noise_size > 0) {
      const eps = stepNoise(seed, state.step, steps, card.batch_size * card.noise_size);
      feeds["eps"] = float32([steps, card.batch_size, card.noise_size], eps);
    }
    const outputs = await this.run("step", feeds);
    const losses = floatOutput(outputs, "losses");
    const next: State = {
      params: floatOutput(outputs, "params_out"),
      adamM: floatOutput(outputs, "adam_m_out"),
      adamV: floatOutput(outputs, "adam_v_out"),
      step: state.step + steps,
    };
    const finite = allFinite(losses) && allFinite(next.params);
    if (finite) this.state = next;
    return { losses, finite };
  }

  /** The loss terms on the validation split, `[T]`; its noise is the same at every step and for every seed. */
  async validate(knobs: Knobs): Promise<Float32Array> {
    const { card, data, state } = this;
    const samples = data.validation.length / card.input_size;
    const { lr: _, ...rest } = this.scalars(knobs); // the loss doesn't know the learning rate
    const feeds: Record<string, Tensor> = {
      params: float32([card.state_size], state.params),
      x: float32([samples, card.input_size], data.validation),
      ...rest,
    };
    if (card.noise_size > 0) {
      feeds["eps"] = float32([samples, card.noise_size], normal(0, STREAM_DRAW, samples * card.noise_size));
    }
    return floatOutput(await this.run("evaluate", feeds), "losses");
  }

  private scalars(knobs: Knobs): Record<string, Tensor> {
    return Object.fromEntries(this.card.knobs.map(({ name }) => [name, scalar(knobs[name] as number)]));
  }
}
