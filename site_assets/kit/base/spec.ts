/** What figure.toml says of a figure's state, and how any value is brought back into its range. */

export type Stroke = readonly (readonly [number, number])[];
export type Value = number | boolean | string | readonly Stroke[];

interface Described {
  readonly description: string;
}
export type StateSpec = Described &
  (
    | { readonly type: "number" | "integer"; readonly min: number; readonly max: number; readonly step?: number; readonly default: number }
    | { readonly type: "boolean"; readonly default: boolean }
    | { readonly type: "choice"; readonly choices: readonly string[]; readonly default: string }
    | { readonly type: "text"; readonly max_length: number; readonly default: string }
    | { readonly type: "strokes"; readonly max_points: number; readonly default: readonly Stroke[] }
  );

export interface FigureSpec {
  readonly title: string;
  readonly honesty: string;
  readonly description: string;
  readonly models?: Readonly<Record<string, { readonly model: string; readonly uses: readonly string[] }>>;
  readonly state?: Readonly<Record<string, StateSpec>>;
  readonly options?: Readonly<Record<string, StateSpec>>;
}

export type State = Record<string, Value>;

/** A coordinate of a stroke is a whole number of levels, as the address writes it: what is drawn is what is restored. */
export const LEVELS = 4095;

function onLevel(coordinate: number): number {
  return Math.round(Math.min(1, Math.max(0, coordinate)) * LEVELS) / LEVELS;
}

function clampStrokes(value: unknown, maxPoints: number): readonly Stroke[] {
  if (!Array.isArray(value)) return [];
  let room = maxPoints;
  const strokes: Stroke[] = [];
  for (const stroke of value as unknown[]) {
    if (!Array.isArray(stroke) || room <= 0) continue;
    const points = stroke
      .filter((p): p is [number, number] => Array.isArray(p) && Number.isFinite(p[0]) && Number.isFinite(p[1]))
      .slice(0, room)
      .map(([x, y]) => [onLevel(x), onLevel(y)] as const);
    room -= points.length;
    if (points.length > 0) strokes.push(points);
  }
  return strokes;
}

/** `value` made fit for `spec`: numbers clamped and put on the step, anything else foreign replaced by `fallback`. */
export function clamp(spec: StateSpec, value: unknown, fallback: Value = spec.default): Value {
  switch (spec.type) {
    case "number":
    case "integer": {
      if (typeof value !== "number" || !Number.isFinite(value)) return fallback;
      const bounded = Math.min(spec.max, Math.max(spec.min, value));
      const step = spec.type === "integer" ? (spec.step ?? 1) : spec.step;
      if (!step) return bounded;
      const snapped = spec.min + Math.round((bounded - spec.min) / step) * step;
      return Math.min(spec.max, Number(snapped.toFixed(10)));
    }
    case "boolean":
      return typeof value === "boolean" ? value : fallback;
    case "choice":
      return typeof value === "string" && spec.choices.includes(value) ? value : fallback;
    case "text":
      return typeof value === "string" ? [...value].slice(0, spec.max_length).join("") : fallback;
    case "strokes":
      return Array.isArray(value) ? clampStrokes(value, spec.max_points) : fallback;
  }
}

export function defaults(specs: Readonly<Record<string, StateSpec>>): State {
  return Object.fromEntries(Object.entries(specs).map(([key, spec]) => [key, spec.default]));
}

/** Deep enough for every `Value`. */
export function sameValue(a: Value | undefined, b: Value | undefined): boolean {
  return a === b || (typeof a === "object" && typeof b === "object" && JSON.stringify(a) === JSON.stringify(b));
}
