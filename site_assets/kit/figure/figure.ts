/** A figure is three pure parts: compute → view, describe (and `table` where it plots numbers). */

import type { ComponentChild } from "preact";
import type { Models } from "./models.ts";
import type { Value } from "../base/state_types.ts";
import type { Training } from "./training.ts";

export type Setter<S> = (change: Partial<S>) => void;

export interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
}

export interface FigureDefinition<S, F, Role extends string = string> {
  /** The numbers to show. Async, and the only place that asks the engine. */
  compute(state: S, models: Models<Role>): Promise<F> | F;
  view(state: S, frame: F, set: Setter<S>): ComponentChild;
  /** What a sighted reader would take from the present state, in a sentence or two. */
  describe(state: S, frame: F): string;
  table?(state: S, frame: F): Table;
}

/** A figure that trains gets the run's present moment beside its state. */
export interface TrainingFigureDefinition<S, F, Role extends string = string> {
  /** The role of the model that trains, in this state. */
  train(state: S): Role;
  compute(state: S, models: Models<Role>, training: Training): Promise<F> | F;
  view(state: S, frame: F, set: Setter<S>, training: Training): ComponentChild;
  describe(state: S, frame: F, training: Training): string;
  table?(state: S, frame: F, training: Training): Table;
}

/** Any figure, as the runtime holds it: the types of state and frame are the figure's own business. */
export type AnyFigure = Omit<TrainingFigureDefinition<Record<string, Value>, unknown>, "train"> & {
  train?(state: Record<string, Value>): string;
};

export function defineFigure<S extends object, F, Role extends string = string>(
  definition: FigureDefinition<S, F, Role>,
): AnyFigure {
  return definition as unknown as AnyFigure;
}

/** `defineFigure` for a figure that trains; its figure.toml says `trains = true`. */
export function defineTrainingFigure<S extends object, F, Role extends string = string>(
  definition: TrainingFigureDefinition<S, F, Role>,
): AnyFigure {
  return definition as unknown as AnyFigure;
}
