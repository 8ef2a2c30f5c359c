/** A figure's state, and how any value is brought back into the range that figure.toml declares. */

import { stateType, type StateSpec, type Value } from "./state_types.ts";

export type State = Record<string, Value>;

/** `value` made fit for `spec`: numbers clamped and put on the step, anything foreign replaced by `fallback`. */
export function clamp(spec: StateSpec, value: unknown, fallback: Value = spec.default): Value {
  return stateType(spec).clamp(spec, value) ?? fallback;
}

/** Deep enough for every `Value`. */
export function sameValue(a: Value | undefined, b: Value | undefined): boolean {
  return a === b || (typeof a === "object" && typeof b === "object" && JSON.stringify(a) === JSON.stringify(b));
}
