/**
 * A number of a figure's state as it is read and turned anywhere in the page. How it is read is what
 * `shown` of builder/load/state_types.py has written there.
 */

import { fixed } from "./format.ts";
import { clamp } from "./spec.ts";
import type { ChoiceSpec, IntegerSpec, NumberSpec } from "./state_spec.ts";
import type { Value } from "./state_types.ts";

/** The types that have numbers; those of a choice are in order. */
export type TurnedSpec = NumberSpec | IntegerSpec | ChoiceSpec;

const STEPS = 100; // over the whole range, of a number without a step
const DECIMALS = 2; // of a number without a step

function stepOf(spec: NumberSpec | IntegerSpec): number {
  return spec.step ?? (spec.type === "integer" ? 1 : (spec.max - spec.min) / STEPS);
}

/** With a true minus sign, as many decimals as its steps have, and its unit. */
export function shownNumber(spec: TurnedSpec, value: Value): string {
  const unit = spec.unit ?? "";
  if (spec.type === "choice") return String(value).replace("-", "\u2212") + unit;
  const decimals = spec.type === "integer" ? 0 : spec.step ? (String(spec.step).split(".")[1]?.length ?? 0) : DECIMALS;
  return fixed(value as number, decimals) + unit;
}

/** How many steps there are from the least to the greatest. */
export function lastPlace(spec: TurnedSpec): number {
  return spec.type === "choice" ? spec.choices.length - 1 : Math.round((spec.max - spec.min) / stepOf(spec));
}

/** How many steps a value is away from the least. */
export function placeOf(spec: TurnedSpec, value: Value): number {
  if (spec.type === "choice") return spec.choices.indexOf(value as string);
  return ((value as number) - spec.min) / stepOf(spec);
}

/** The value so many steps away from the least, ends included. */
export function atPlace(spec: TurnedSpec, place: number): Value {
  const inside = Math.min(lastPlace(spec), Math.max(0, place));
  if (spec.type === "choice") return spec.choices[Math.round(inside)] as string;
  return clamp(spec, spec.min + inside * stepOf(spec));
}
