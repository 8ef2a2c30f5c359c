/**
 * The optimiser steps of a live model: start, batches and noise by the RNG twins, forward, backward and Adam
 * by the exported step graph. No DOM: the same code runs in the page and in Node's tests.
 */

import { Draws } from "./draws.ts";
import type { Call } from "./lane.ts";
import type { KnobFields, LiveSection, ParameterFields, StepInput, StepOutput, StepState } from "./live_fields.ts";
import { initialWeights, normal, STREAM_DRAW } from "./rng.ts";
import { float32, floatOutput, held, type Feeds, type Outputs, type Tensor } from "./tensor.ts";

/** What the steps need to know of `card.options.live` (training/live/fields.py). */
export interface TrainerCard extends Pick<
  LiveSection,
  "state_size" | "input_size" | "noise_size" | "batch_size" | "adam_eps"
> {
  readonly parameters: readonly Pick<ParameterFields, "shape" | "fan_in">[];
  readonly knobs: readonly Pick<KnobFields, "name">[];
}

/** Samples as the network sees them, `[M, input_size]` row by row. */
export interface TrainerData {
  readonly train: Float32Array;
  readonly validation: Float32Array;
}

export type Knobs = Readonly<Record<string, number>>;

/** Makes calls of the model's graphs in a row, which is kept under the number `keep` for a row that goes on from there. */
export type RunAll = (calls: readonly Call[], keep?: number) => Promise<readonly Outputs[]>;

/** Steps that are made with the same knobs, and whether the validation follows them. */
export interface Stretch {
  readonly steps: number;
  readonly knobs: Knobs;
  readonly validate: boolean;
}

/** What a stretch came to. */
export interface Reached {
  /** The terms of every step's batch, `[steps, T]`, before that step. */
  readonly losses: Float32Array;
  /** The terms on the validation split after the stretch, `[T]`, if they were asked for. */
  readonly validation: Float32Array | null;
  /** False if anything came out that is no number. */
  readonly finite: boolean;
  readonly state: State;
}

/** Stretches that the engine has been asked for, all in one row. */
export interface Row {
  /** What they come to. */
  readonly reached: Promise<readonly Reached[]>;
  /** Optimiser steps done at its end. */
  readonly until: number;
  /** Where the state at its end is kept: the number of the row, and the place of the call. */
  readonly end: Origin;
}

/** A call that gives a state: its place in the row that is being made, or in one that is kept. */
interface Origin {
  readonly place: number;
  readonly row?: number;
}

let rows = 0; // that were asked for, on this page: the number of each is another

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
  let nothing = 0; // becomes NaN with the first value that is not finite: 0 · ∞ and 0 · NaN are NaN
  for (let i = 0; i < values.length; i++) nothing += 0 * (values[i] as number);
  return nothing === 0;
}

function output(outputs: Outputs, name: StepOutput): Float32Array {
  return floatOutput(outputs, name);
}

/** Where a row's outputs hold what a stretch came to, and the steps done then. */
interface Place {
  readonly step: number;
  readonly validation: number | null;
  readonly after: number;
}

function reachedAt(places: readonly Place[], outputs: readonly Outputs[]): Reached[] {
  return places.map(({ step, validation, after }) => {
    const made = outputs[step] as Outputs;
    const losses = output(made, "losses");
    const params = output(made, "params_out");
    const state = {
      params,
      adamM: output(made, "adam_m_out"),
      adamV: output(made, "adam_v_out"),
      step: after,
    };
    const finite = allFinite(losses) && allFinite(params);
    return {
      losses,
      validation: validation === null ? null : output(outputs[validation] as Outputs, "losses"),
      finite,
      state,
    };
  });
}

/** The state that a call leads to. */
function carried({ place }: Origin): Record<StepState, readonly [number, StepOutput]> {
  return { params: [place, "params_out"], adam_m: [place, "adam_m_out"], adam_v: [place, "adam_v_out"] };
}

export class Trainer {
  private readonly card: TrainerCard;
  private readonly run: RunAll;
  private readonly draws: Draws;
  private readonly samples: Tensor;
  private readonly validation: Feeds;
  private state: State;
  private kept: State;

  constructor(card: TrainerCard, data: TrainerData, run: RunAll, seed: number) {
    this.card = card;
    this.run = run;
    const samples = data.train.length / card.input_size;
    const validationSamples = data.validation.length / card.input_size;
    this.draws = new Draws(seed, samples, card.batch_size, card.batch_size * card.noise_size);
    this.samples = held(float32([samples, card.input_size], data.train));
    this.validation = {
      x: held(float32([validationSamples, card.input_size], data.validation)),
      ...(card.noise_size > 0 ? { eps: held(this.validationNoise(validationSamples)) } : {}),
    };
    const params = initialWeights(
      seed,
      card.parameters.map(({ shape }) => shape),
      card.parameters.map(({ fan_in }) => fan_in),
    );
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

  /** `steps` optimiser steps in one call of the graph. If anything came out that is no number, the state stays as it was. */
  async advance(steps: number, knobs: Knobs): Promise<{ losses: Float32Array; finite: boolean }> {
    const [reached] = (await this.ask([{ steps, knobs, validate: false }]).reached) as [Reached];
    if (reached.finite) this.take(reached);
    return reached;
  }

  /**
   * Asks for stretches one after the other, from the present state, or from the end of a row before that is known. The
   * present state stays until one of them is taken.
   */
  ask(stretches: readonly Stretch[], after: Row | null = null): Row {
    const calls: Call[] = [];
    const places: Place[] = [];
    const first = after?.until ?? this.state.step;
    let done = first;
    let last: Origin | null = after?.end ?? null;
    for (const { steps, knobs, validate } of stretches) {
      const step: number = calls.push(this.stepCall(done, steps, knobs, last)) - 1;
      last = { place: step };
      const validation = validate ? calls.push(this.validationCall(knobs, last)) - 1 : null;
      done += steps;
      places.push({ step, validation, after: done });
    }
    const row = ++rows;
    const answer = this.run(calls, row);
    setTimeout(() => this.draws.ahead(done, done - first)); // while the engine is busy with these
    return {
      reached: answer.then((outputs) => reachedAt(places, outputs)),
      until: done,
      end: { ...last, row } as Origin,
    };
  }

  /** The state that a stretch came to is the trainer's. */
  take({ state }: Reached): void {
    this.state = state;
  }

  /** The loss terms on the validation split, `[T]`; its noise is the same at every step and for every seed. */
  async validate(knobs: Knobs): Promise<Float32Array> {
    const [outputs] = (await this.run([this.validationCall(knobs, null)])) as [Outputs];
    return output(outputs, "losses");
  }

  /** `steps` steps after the first `done`, from the present state or from where the call `last` leads. */
  private stepCall(done: number, steps: number, knobs: Knobs, last: Origin | null): Call {
    const { card, samples, state } = this;
    const { index, noise } = this.draws.of(done, steps);
    const feeds: Partial<Record<StepInput, Tensor>> = {
      step: scalar(done),
      index: { dims: [steps, card.batch_size], data: index },
      x_all: samples,
      adam_eps: scalar(card.adam_eps),
      ...this.scalars(knobs),
    };
    if (card.noise_size > 0) feeds.eps = float32([steps, card.batch_size, card.noise_size], noise);
    if (last !== null) {
      return {
        graph: "step",
        feeds,
        carry: carried(last),
        of: last.row,
      };
    }
    feeds.params = float32([card.state_size], state.params);
    feeds.adam_m = float32([card.state_size], state.adamM);
    feeds.adam_v = float32([card.state_size], state.adamV);
    return { graph: "step", feeds };
  }

  /** Of the present parameters, or of those that the call `last` of the row gives. */
  private validationCall(knobs: Knobs, last: Origin | null): Call {
    const { lr: _, ...rest } = this.scalars(knobs); // the loss doesn't know the learning rate
    const feeds: Feeds = { ...this.validation, ...rest };
    if (last !== null) return { graph: "evaluate", feeds, carry: { params: [last.place, "params_out"] } };
    return { graph: "evaluate", feeds: { ...feeds, params: float32([this.card.state_size], this.state.params) } };
  }

  /** The same for every seed. */
  private validationNoise(samples: number): Tensor {
    const { noise_size } = this.card;
    return float32([samples, noise_size], normal(0, STREAM_DRAW, samples * noise_size));
  }

  private scalars(knobs: Knobs): Record<string, Tensor> {
    return Object.fromEntries(this.card.knobs.map(({ name }) => [name, scalar(knobs[name] as number)]));
  }
}
