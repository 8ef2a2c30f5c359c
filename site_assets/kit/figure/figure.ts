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

/** What trains in a state of a figure. */
export interface Trains<Role extends string = string> {
  readonly role: Role;
  /** What the state sets before the first step. */
  readonly knobs?: Readonly<Record<string, number>>;
  /** Where the build made a run for each of several conditions: this one's place in the arrays `history_…`. */
  readonly recorded?: number;
}

/** A figure that trains gets the run's present moment beside its state. */
export interface TrainingFigureDefinition<S, F, Role extends string = string> {
  train(state: S): Trains<Role>;
  compute(state: S, models: Models<Role>, training: Training): Promise<F> | F;
  view(state: S, frame: F, set: Setter<S>, training: Training): ComponentChild;
  describe(state: S, frame: F, training: Training): string;
  table?(state: S, frame: F, training: Training): Table;
}

/** Any figure, as the runtime holds it: the types of state and frame are the figure's own business. */
export type AnyFigure = Omit<TrainingFigureDefinition<Record<string, Value>, unknown>, "train"> & {
  /** Null in a state in which nothing trains. */
  train?(state: Record<string, Value>, models: Models["model"]): Trains | null;
};

export function defineFigure<S extends object, F, Role extends string = string>(
  definition: FigureDefinition<S, F, Role>,
): AnyFigure {
  return definition as unknown as AnyFigure;
}

/** A figure in which, depending on the state, something trains or nothing does. */
export interface TryingFigureDefinition<S, F, Role extends string = string> {
  train(state: S, models: Models<Role>["model"]): Trains<Role> | null;
  compute(state: S, models: Models<Role>, training: Training | null): Promise<F> | F;
  view(state: S, frame: F, set: Setter<S>, training: Training | null): ComponentChild;
  describe(state: S, frame: F, training: Training | null): string;
  table?(state: S, frame: F, training: Training | null): Table;
}

export function defineTryingFigure<S extends object, F, Role extends string = string>(
  definition: TryingFigureDefinition<S, F, Role>,
): AnyFigure {
  return definition as unknown as AnyFigure;
}

/** `defineFigure` for a figure that trains; its figure.toml says `trains = true`. */
export function defineTrainingFigure<S extends object, F, Role extends string = string>(
  definition: TrainingFigureDefinition<S, F, Role>,
): AnyFigure {
  return definition as unknown as AnyFigure;
}
