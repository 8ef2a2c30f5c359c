/** A training run as a figure sees it: where it stands, its curves, and what the reader can do with it. */

import type { LiveSection } from "../../engine/live_fields.ts";
import type { TrainerData } from "../../engine/trainer.ts";
import type { VisibilityListener } from "../base/visibility.ts";
import type { Pair } from "../marks/plot.tsx";
import type { Trains } from "./figure.ts";
import type { Model } from "./models.ts";
import { knobsAt, setAtFirst, type Change } from "./schedule.ts";

/** `card.options.live`, as `training/live/produce.py` writes it. */
export type TrainingCard = LiveSection;

/** The part of a figure's state that every figure that trains has (kit/run/training_state.toml). */
export interface TrainingState {
  readonly seed: number;
  readonly speed: "calm" | "1" | "5" | "25" | "max";
  /** What the reader turned, and when: see schedule.ts. */
  readonly run: string;
}

export type Phase = "untrained" | "running" | "paused" | "done" | "diverged";

export interface Curves {
  /** Of each loss term: [optimiser step, loss], the mean over a few batches with that step in their middle. */
  readonly train: readonly (readonly Pair[])[];
  /** Of each loss term: [optimiser step, loss] on the validation split. */
  readonly validation: readonly (readonly Pair[])[];
}

export interface Training {
  readonly phase: Phase;
  /** True while the run shown is the one that was made at build. */
  readonly recorded: boolean;
  /** Of a run that a reset has ended, until the next frame is there. */
  readonly undone?: true;
  readonly step: number;
  readonly total: number;
  readonly seed: number;
  /**
   * Flat parameters `[N]` of the moment shown; always finite, and of a diverged run the last good ones. None of a run
   * made at build for one of several conditions: only its losses are published.
   */
  readonly params: Float32Array;
  readonly knobs: Readonly<Record<string, number>>;
  readonly card: TrainingCard;
  readonly curves: Curves;
  /** Zero while nothing runs. */
  readonly stepsPerSecond: number;
  /** What went wrong, in words: the run diverged, or the engine failed. Empty if nothing did. */
  readonly trouble: string;
  readonly actions: TrainingActions;
}

/** A run to the last bit, for comparing one with another. */
export interface TrainingRecord {
  readonly step: number;
  readonly params: readonly number[];
  /** Of each loss term, the loss of every step's batch. */
  readonly train: readonly (readonly number[])[];
  /** Of each loss term, [optimiser step, loss] on the validation split. */
  readonly validation: readonly (readonly Pair[])[];
}

export interface TrainingActions {
  /** Starts, or goes on; from a finished run it begins anew. */
  play(): void;
  pause(): void;
  /** One optimiser step. */
  step(): void;
  /** Back to untrained weights. */
  restart(): void;
  /** From the next step on. */
  turn(knob: string, value: number): void;
  /** After a divergence: back to the last good weights and the knobs that made them, paused. */
  recover(): void;
}

/** A run of one model in the page. `run/` has the one there is; a figure's runtime is handed the way to start it. */
export interface Run {
  /** Where it stands. Rejects if the engine fails. */
  moment(): Promise<Training>;
  /** Whether the figure's state asks for another run than this one. */
  differs(trains: Trains, settings: TrainingState): boolean;
  /** What doesn't ask for another run. */
  adopt(trains: Trains, settings: TrainingState): void;
  /** Null of the run that was made at build. */
  record(): TrainingRecord | null;
  /** Nothing happens if it isn't running. */
  pause(): void;
  end(): void;
}

export interface RunHost {
  /** The figure should be computed and drawn anew; a newer moment is expected within `wait` ms and then drawn instead. */
  changed(wait?: number): void;
  /** The reader turned something that belongs into the address. */
  remember(change: Partial<TrainingState>): void;
  onVisibility(listener: VisibilityListener): () => void;
}

export type StartRun = (model: Model, trains: Trains, settings: TrainingState, host: RunHost) => Run;

export const NO_ACTIONS: TrainingActions = {
  play: () => undefined,
  pause: () => undefined,
  step: () => undefined,
  restart: () => undefined,
  turn: () => undefined,
  recover: () => undefined,
};

export function trainingCard(model: Model): TrainingCard {
  const live = model.card.options["live"] as TrainingCard | undefined;
  if (!live) throw new Error(`the model “${model.card.name}” is not one that trains in the page`);
  return live;
}

/** The splits as the network sees them: what is shipped × scale − offset, in float32. */
export function trainingData(model: Model, { data }: TrainingCard): TrainerData {
  const offset = data.offset === null ? null : model.array(data.offset).data;
  const samples = (name: string): Float32Array =>
    Float32Array.from(model.array(name).data, (value, i) => {
      const scaled = Math.fround(value * Math.fround(data.scale));
      return offset === null ? scaled : scaled - (offset[i % offset.length] as number);
    });
  return { train: samples(data.train), validation: samples(data.validation) };
}

/** Points of one term; of curves `[conditions, points, terms]` those of the condition `entry`. */
function curvesOf(model: Model, name: string, terms: number, entry: number | undefined): Pair[][] {
  const steps = model.array("history_steps").data;
  const { data, shape } = model.array(name);
  const points = steps.length;
  if (data.length !== points * terms * (entry === undefined ? 1 : (shape[0] as number))) {
    throw new Error(
      `the curves “${name}” of “${model.card.name}” are not of one condition or of several, as the figure has it`,
    );
  }
  const from = (entry ?? 0) * points;
  return Array.from({ length: terms }, (_, term) =>
    Array.from(steps, (step, i): Pair => [step, data[(from + i) * terms + term] as number]),
  );
}

/**
 * Means over the batches from each step to the next, in the middle of these. At their first step they would run ahead of
 * validation, whose losses fall as fast, and look as if training data were redrawn better from the start.
 */
function inTheMiddle(curve: readonly Pair[]): Pair[] {
  return curve.slice(1).map(([next], i): Pair => {
    const [step, loss] = curve[i] as Pair;
    return [(step + next - 1) / 2, loss];
  });
}

/** The build's own run: what the figure shows before the reader has trained anything. */
export function recordedTraining(
  model: Model,
  { knobs = {}, recorded }: Trains,
  changes: readonly Change[] = setAtFirst(knobs),
): Training {
  const card = trainingCard(model);
  const curves = (name: string): Pair[][] => curvesOf(model, name, card.terms.length, recorded);
  return {
    phase: "done",
    recorded: true,
    step: card.steps,
    total: card.steps,
    seed: model.card.seed,
    params: recorded === undefined ? (model.array("params_trained").data as Float32Array) : new Float32Array(),
    knobs: knobsAt(changes, card.knobs, card.steps),
    card,
    curves: { train: curves("history_train").map(inTheMiddle), validation: curves("history_validation") },
    stepsPerSecond: 0,
    trouble: "",
    actions: NO_ACTIONS,
  };
}
