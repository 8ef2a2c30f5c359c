/**
 * What the reader turned during a run, and when: `0:lr=0.01;120:beta=4`. Together with the seed it makes the
 * run reproducible from its address.
 */

import type { KnobFields } from "../../engine/live_fields.ts";

export interface Change {
  /** The first optimiser step that sees the new value; 0 is the first of all. */
  readonly step: number;
  readonly knob: string;
  readonly value: number;
}

/** Changes in order of their steps. Foreign knobs and broken entries are left out; values are clamped. */
export function parseSchedule(text: string, knobs: readonly KnobFields[]): Change[] {
  const changes: Change[] = [];
  for (const entry of text.split(";")) {
    const match = /^(\d{1,7}):([a-z][a-z0-9_]*)=(-?[\d.]+(?:e-?\d+)?)$/.exec(entry);
    const knob = knobs.find(({ name }) => name === match?.[2]);
    const value = Number(match?.[3]);
    if (!match || !knob || !Number.isFinite(value)) continue;
    const bounded = Math.min(knob.maximum, Math.max(knob.minimum, value));
    changes.push({ step: Number(match[1]), knob: knob.name, value: bounded });
  }
  return changes.sort((a, b) => a.step - b.step);
}

export function formatSchedule(changes: readonly Change[]): string {
  return changes.map(({ step, knob, value }) => `${step}:${knob}=${Number(value.toPrecision(4))}`).join(";");
}

const LONGEST = 4000; // characters in the address: `max_length` of `run` in training_state.toml, as a test sees to

/** `changes`; if the address can't hold them all, without the oldest ones that later ones have overridden. */
export function shortened(changes: readonly Change[], longest = LONGEST): Change[] {
  const kept = [...changes];
  while (formatSchedule(kept).length > longest) {
    const oldest = kept.findIndex(({ knob }, i) => kept.findLastIndex((other) => other.knob === knob) > i);
    if (oldest < 0) break;
    kept.splice(oldest, 1);
  }
  return kept;
}

/** What a state of the figure sets before the first step, as changes. */
export function setAtFirst(knobs: Readonly<Record<string, number>>): Change[] {
  return Object.entries(knobs).map(([knob, value]) => ({ step: 0, knob, value }));
}

/** `turned` over what the state sets: where the reader has set a knob before the first step, that holds. */
export function withTurned(atFirst: readonly Change[], turned: readonly Change[]): Change[] {
  const own = (knob: string): boolean => turned.some((change) => change.step === 0 && change.knob === knob);
  return [...atFirst.filter(({ knob }) => !own(knob)), ...turned];
}

/** The knobs' values that the step after `step` is made with. */
export function knobsAt(
  changes: readonly Change[],
  knobs: readonly KnobFields[],
  step: number,
): Record<string, number> {
  const values = Object.fromEntries(knobs.map((knob) => [knob.name, knob.default]));
  for (const change of changes) {
    if (change.step <= step) values[change.knob] = change.value;
  }
  return values;
}

/** How many steps from `step` on are made with the same knobs. */
export function stepsUntilChange(changes: readonly Change[], step: number): number {
  const next = changes.find((change) => change.step > step);
  return next ? next.step - step : Number.POSITIVE_INFINITY;
}

/** `changes` with `knob` set from `step` on; what an earlier run did to it later is forgotten. */
export function withChange(changes: readonly Change[], { step, knob, value }: Change): Change[] {
  const kept = changes.filter((change) => change.knob !== knob || change.step < step);
  return [...kept, { step, knob, value }].sort((a, b) => a.step - b.step);
}
