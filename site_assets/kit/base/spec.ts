/** What figure.toml says of a figure, and how any value is brought back into the range of its state. */

import { stateType, type StateSpec, type Value } from "./state_types.ts";

export interface FigureSpec {
  readonly title: string;
  readonly honesty: string;
  readonly description: string;
  readonly models?: Readonly<Record<string, { readonly model: string; readonly uses: readonly string[] }>>;
  readonly state?: Readonly<Record<string, StateSpec>>;
  readonly options?: Readonly<Record<string, StateSpec>>;
}

export type State = Record<string, Value>;

/** `value` made fit for `spec`: numbers clamped and put on the step, anything foreign replaced by `fallback`. */
export function clamp(spec: StateSpec, value: unknown, fallback: Value = spec.default): Value {
  return stateType(spec).clamp(spec, value) ?? fallback;
}

/** Deep enough for every `Value`. */
export function sameValue(a: Value | undefined, b: Value | undefined): boolean {
  return a === b || (typeof a === "object" && typeof b === "object" && JSON.stringify(a) === JSON.stringify(b));
}
