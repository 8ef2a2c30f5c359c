/**
 * What the address and the page do with a state's values, by its type: an entry for each type that
 * `builder/load/state_types.py` defines.
 */

import type { NumberSpec, StateSpec } from "./state_spec.ts";

export type { StateSpec };
export type Value = StateSpec["default"];
export type Stroke = Spec<"strokes">["default"][number];

type Bounds = Pick<NumberSpec, "min" | "max">;
type TypeName = StateSpec["type"];
type Spec<T extends TypeName> = Extract<StateSpec, { readonly type: T }>;

interface StateType<S extends StateSpec> {
  /** The value in the address. */
  encode(value: S["default"]): string;
  /** Anything that `text` may mean; `clamp` has the last word. */
  decode(text: string): unknown;
  /** `value` made fit for `spec`; null where it is something else altogether. */
  clamp(spec: S, value: unknown): Value | null;
}

function bounded({ min, max }: Bounds, value: unknown, step: number | undefined): number | null {
  if (typeof value !== "number" || !Number.isFinite(value)) return null;
  const inside = Math.min(max, Math.max(min, value));
  if (!step) return inside;
  const snapped = min + Math.round((inside - min) / step) * step;
  return Math.min(max, Number(snapped.toFixed(10)));
}

const toNumber = (text: string): number => (text.trim() === "" ? Number.NaN : Number(text));

// A stroke's coordinate takes two characters in the address, and is as exact as they are: 64² levels from 0 to 1.
const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const LEVELS = DIGITS.length ** 2 - 1;

/** On a level, as the address writes it: what is drawn is what is restored. */
function onLevel(coordinate: number): number {
  return Math.round(Math.min(1, Math.max(0, coordinate)) * LEVELS) / LEVELS;
}

function encodeCoordinate(value: number): string {
  const level = Math.round(value * LEVELS);
  return DIGITS.charAt(Math.floor(level / DIGITS.length)) + DIGITS.charAt(level % DIGITS.length);
}

function decodeStroke(text: string): Stroke {
  const points: [number, number][] = [];
  for (let i = 0; i + 4 <= text.length; i += 4) {
    const digits = [...text.slice(i, i + 4)].map((digit) => DIGITS.indexOf(digit)) as [number, number, number, number];
    if (digits.some((digit) => digit < 0)) continue;
    points.push([(digits[0] * DIGITS.length + digits[1]) / LEVELS, (digits[2] * DIGITS.length + digits[3]) / LEVELS]);
  }
  return points;
}

function clampStrokes(strokes: readonly unknown[], maxPoints: number): readonly Stroke[] {
  let room = maxPoints;
  const kept: Stroke[] = [];
  for (const stroke of strokes) {
    if (!Array.isArray(stroke) || room <= 0) continue;
    const points = stroke
      .filter((p): p is [number, number] => Array.isArray(p) && Number.isFinite(p[0]) && Number.isFinite(p[1]))
      .slice(0, room)
      .map(([x, y]) => [onLevel(x), onLevel(y)] as const);
    room -= points.length;
    if (points.length > 0) kept.push(points);
  }
  return kept;
}

export const STATE_TYPES: { readonly [T in TypeName]: StateType<Spec<T>> } = {
  number: {
    encode: String,
    decode: toNumber,
    clamp: (spec, value) => bounded(spec, value, spec.step),
  },
  integer: {
    encode: String,
    decode: toNumber,
    clamp: (spec, value) => bounded(spec, value, spec.step ?? 1),
  },
  boolean: {
    encode: String,
    decode: (text) => (text === "true" ? true : text === "false" ? false : null),
    clamp: (_, value) => (typeof value === "boolean" ? value : null),
  },
  choice: {
    encode: String,
    decode: (text) => text,
    clamp: ({ choices }, value) => (typeof value === "string" && choices.includes(value) ? value : null),
  },
  text: {
    encode: String,
    decode: (text) => text,
    clamp: (spec, value) => (typeof value === "string" ? [...value].slice(0, spec.max_length).join("") : null),
  },
  strokes: {
    encode: (strokes) =>
      strokes.map((stroke) => stroke.map(([x, y]) => encodeCoordinate(x) + encodeCoordinate(y)).join("")).join("."),
    decode: (text) => (text === "" ? [] : text.split(".").map(decodeStroke)),
    clamp: (spec, value) => (Array.isArray(value) ? clampStrokes(value, spec.max_points) : null),
  },
};

/** The entry of a spec's type. */
export function stateType<S extends StateSpec>(spec: S): StateType<S> {
  return STATE_TYPES[spec.type] as unknown as StateType<S>;
}
