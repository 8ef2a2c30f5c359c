/** State as figure.toml declares it. Generated from builder/load/state_types.py by a test; do not edit. */

/** A piece of state or an option. */
export type StateSpec = NumberSpec | IntegerSpec | BooleanSpec | ChoiceSpec | WordsSpec | StrokesSpec;

/** A number from `min` to `max`, on steps from `min` where there is a `step`. */
export interface NumberSpec {
  readonly type: "number";
  readonly description: string;
  readonly default: number;
  readonly min: number;
  readonly max: number;
  readonly step?: number;
  readonly unit?: string;
  readonly hue?: "x" | "z" | "xhat" | "mu" | "sigma" | "eps";
}

/** A whole number from `min` to `max`; its steps are of 1 where there is no `step`. */
export interface IntegerSpec {
  readonly type: "integer";
  readonly description: string;
  readonly default: number;
  readonly min: number;
  readonly max: number;
  readonly step?: number;
  readonly unit?: string;
  readonly hue?: "x" | "z" | "xhat" | "mu" | "sigma" | "eps";
}

/** True or false. */
export interface BooleanSpec {
  readonly type: "boolean";
  readonly description: string;
  readonly default: boolean;
}

/** One of the `choices`. Older addresses have its place among them, from 0, under `formerly`. */
export interface ChoiceSpec {
  readonly type: "choice";
  readonly description: string;
  readonly default: string;
  readonly choices: ReadonlyArray<string>;
  readonly formerly?: string;
  readonly unit?: string;
  readonly hue?: "x" | "z" | "xhat" | "mu" | "sigma" | "eps";
}

/** A text of `max_length` characters or fewer. */
export interface WordsSpec {
  readonly type: "text";
  readonly description: string;
  readonly default: string;
  readonly max_length: number;
}

/** A drawing: lines through points from 0 to 1, `max_points` or fewer in all. */
export interface StrokesSpec {
  readonly type: "strokes";
  readonly description: string;
  readonly default: ReadonlyArray<ReadonlyArray<readonly [number, number]>>;
  readonly max_points: number;
}
