/**
 * A figure's state in the address: `page.html#fig-walk?fig-walk.z1=0.5&fig-walk.z2=-1`.
 *
 * The fragment is used, not the query, because it works from file:// in every browser and never reaches a
 * server. Only what differs from the author's default is written. Whatever is read is clamped by the spec.
 */

import { parseHash } from "../base/address.ts";
import { clamp, sameValue, type State } from "../base/spec.ts";
import { stateType, type StateSpec } from "../base/state_types.ts";

type Specs = Readonly<Record<string, StateSpec>>;

/** The state that `hash` asks of the figure `id`, over the author's `initial` one. */
export function readState(hash: string, id: string, specs: Specs, initial: State): State {
  const { parameters } = parseHash(hash);
  const state: State = { ...initial };
  for (const [key, spec] of Object.entries(specs)) {
    const text = parameters.get(`${id}.${key}`) ?? byPlace(spec, (older) => parameters.get(`${id}.${older}`));
    if (text !== null) state[key] = clamp(spec, stateType(spec).decode(text), initial[key]);
  }
  return state;
}

/** The choice that an older address tells by its place. */
function byPlace(spec: StateSpec, read: (key: string) => string | null): string | null {
  if (spec.type !== "choice" || spec.formerly === undefined) return null;
  const place = Number.parseInt(read(spec.formerly) ?? "", 10);
  return Number.isNaN(place) ? null : (spec.choices.at(Math.min(Math.max(place, 0), spec.choices.length - 1)) ?? null);
}

/** `link`, which leads to a place of the page and may set a figure there, with what `hash` says of the other figures. */
export function joinedState(hash: string, link: string): string {
  const { anchor, parameters } = parseHash(link);
  const sets = parameters.toString() !== "";
  for (const [key, value] of parseHash(hash).parameters) {
    if (!sets || !key.startsWith(`${anchor}.`)) parameters.append(key, value);
  }
  const query = parameters.toString();
  return query ? `#${anchor}?${query}` : `#${anchor}`;
}

/** Parameters of the figure, by key: what differs from the author's state. */
function parametersOf(id: string, specs: Specs, initial: State, state: State): Map<string, string> {
  const own = new Map<string, string>();
  for (const [key, spec] of Object.entries(specs)) {
    const value = state[key];
    if (value === undefined || sameValue(value, initial[key])) continue;
    own.set(`${id}.${key}`, stateType(spec).encode(value));
  }
  return own;
}

/** Whether `hash` says this state of the figure, as it would be written. */
export function saysState(hash: string, id: string, specs: Specs, initial: State, state: State): boolean {
  const { parameters } = parseHash(hash);
  const own = parametersOf(id, specs, initial, state);
  const said = [...parameters.keys()].filter((key) => key.startsWith(`${id}.`));
  return said.length === own.size && [...own].every(([key, value]) => parameters.get(key) === value);
}

/** `hash` with the figure's parameters replaced; other figures' parameters stay. The anchor becomes the figure. */
export function writeState(hash: string, id: string, specs: Specs, initial: State, state: State): string {
  const { anchor, parameters } = parseHash(hash);
  for (const key of [...parameters.keys()]) {
    if (key.startsWith(`${id}.`)) parameters.delete(key);
  }
  const own = parametersOf(id, specs, initial, state);
  for (const [key, value] of own) parameters.set(key, value);
  const query = parameters.toString();
  const target = own.size > 0 ? id : anchor;
  return query ? `#${target}?${query}` : target ? `#${target}` : "";
}
