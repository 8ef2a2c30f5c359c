/**
 * A figure's state in the address: `page.html#fig-walk?fig-walk.z1=0.5&fig-walk.z2=-1`.
 *
 * The fragment is used, not the query, because it works from file:// in every browser and never reaches a
 * server. Only what differs from the author's default is written. Whatever is read is clamped by the spec.
 */

import { clamp, LEVELS, sameValue, type State, type StateSpec, type Stroke, type Value } from "../base/spec.ts";

type Specs = Readonly<Record<string, StateSpec>>;

// Two characters a coordinate: 64² − 1 = `LEVELS`.
const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

function encodeCoordinate(value: number): string {
  const level = Math.round(value * LEVELS);
  return DIGITS.charAt(level >> 6) + DIGITS.charAt(level & 63);
}

function encodeStrokes(strokes: readonly Stroke[]): string {
  return strokes.map((stroke) => stroke.map(([x, y]) => encodeCoordinate(x) + encodeCoordinate(y)).join("")).join(".");
}

function decodeStrokes(text: string): Stroke[] {
  if (text === "") return [];
  return text.split(".").map((stroke) => {
    const points: [number, number][] = [];
    for (let i = 0; i + 4 <= stroke.length; i += 4) {
      const levels = [...stroke.slice(i, i + 4)].map((digit) => DIGITS.indexOf(digit)) as [number, number, number, number];
      if (levels.some((level) => level < 0)) continue;
      points.push([(levels[0] * 64 + levels[1]) / LEVELS, (levels[2] * 64 + levels[3]) / LEVELS]);
    }
    return points;
  });
}

function encode(spec: StateSpec, value: Value): string {
  if (spec.type === "strokes") return encodeStrokes(value as readonly Stroke[]);
  return String(value);
}

function decode(spec: StateSpec, text: string): unknown {
  switch (spec.type) {
    case "number":
    case "integer":
      return text.trim() === "" ? Number.NaN : Number(text);
    case "boolean":
      return text === "true" ? true : text === "false" ? false : null;
    case "strokes":
      return decodeStrokes(text);
    default:
      return text;
  }
}

/** The anchor and the parameters of a location hash; never throws. */
export function parseHash(hash: string): { anchor: string; parameters: URLSearchParams } {
  const [anchor = "", query = ""] = hash.replace(/^#/, "").split(/\?(.*)/s);
  return { anchor, parameters: new URLSearchParams(query) };
}

/** The state that `hash` asks of the figure `id`, over the author's `initial` one. */
export function readState(hash: string, id: string, specs: Specs, initial: State): State {
  const { parameters } = parseHash(hash);
  const state: State = { ...initial };
  for (const [key, spec] of Object.entries(specs)) {
    const text = parameters.get(`${id}.${key}`);
    if (text !== null) state[key] = clamp(spec, decode(spec, text), initial[key]);
  }
  return state;
}

/** `hash` with the figure's parameters replaced; other figures' parameters stay. The anchor becomes the figure. */
export function writeState(hash: string, id: string, specs: Specs, initial: State, state: State): string {
  const { anchor, parameters } = parseHash(hash);
  for (const key of [...parameters.keys()]) {
    if (key.startsWith(`${id}.`)) parameters.delete(key);
  }
  let own = false;
  for (const [key, spec] of Object.entries(specs)) {
    const value = state[key];
    if (value === undefined || sameValue(value, initial[key])) continue;
    parameters.set(`${id}.${key}`, encode(spec, value));
    own = true;
  }
  const query = parameters.toString();
  const target = own ? id : anchor;
  return query ? `#${target}?${query}` : target ? `#${target}` : "";
}
