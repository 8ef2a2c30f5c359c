/** What the reader's runs have measured, each under a single condition: a run counts when it has made all its steps. */

import { useRef } from "preact/hooks";
import { fixed } from "../base/format.ts";
import type { Training } from "../figure/index.ts";
import { meanAndRange } from "../marks/index.ts";
import type { LiveConditionFields, MeasureFields } from "./experiment_fields.ts";
import { placeOf, type Measurements } from "./measurements.ts";

/** A measurement of a run, by places. */
export interface OwnRun {
  readonly setting: number;
  readonly measure: number;
  readonly series: number;
  readonly condition: number;
  readonly value: number;
  /** All steps are made; else the value is that of the present step. */
  readonly done: boolean;
}

/** What the shown run measures, by each measure that its loss has as a term; `trained` is what it is a run of. */
export function measuredNow(
  { measures, settings, series, conditions }: Measurements,
  trained: LiveConditionFields,
  training: Training,
): readonly OwnRun[] {
  const places = {
    setting: placeOf(settings, trained.setting),
    series: placeOf(series, trained.series),
    condition: placeOf(conditions, trained.condition),
    done: training.phase === "done",
  };
  return measures.flatMap(({ name }, measure) => {
    const value = newest(training, name);
    return value === null ? [] : [{ ...places, measure, value }];
  });
}

/**
 * The newest value of a measure on the validation split. Null if no term is the measure, while the weights are those
 * that a run begins with, and of a run that diverged: its weights are older than its last value.
 */
export function newest({ phase, card, curves }: Training, measure: string): number | null {
  if (phase === "diverged") return null;
  const [step, value] = curves.validation[card.terms.findIndex(({ name }) => name === measure)]?.at(-1) ?? [0, 0];
  return step > 0 ? value : null;
}

/**
 * What the reader's runs have measured since the figure was reset; the present one moves. `mixed`: something was turned
 * on the way, so that the present one is of no single condition.
 */
export function useOwnRuns(
  frame: Measurements & { readonly trained: LiveConditionFields | null },
  training: Training | null,
  mixed: boolean,
): readonly OwnRun[] {
  const kept = useRef(new Map<string, readonly OwnRun[]>());
  const finished = (): readonly OwnRun[] => [...kept.current.values()].flat();
  if (!training || training.recorded || training.undone || !frame.trained || mixed) return finished();
  const now = measuredNow(frame, frame.trained, training);
  if (training.phase !== "done") return [...finished(), ...now];
  kept.current.set(`${frame.trained.entry} ${training.seed}`, now);
  return finished();
}

/** Those that are counted of runs of one series under one condition: all at their end, or else the one under way. */
export function counted(runs: readonly OwnRun[]): { readonly values: readonly number[]; readonly done: boolean } {
  const finished = runs.filter(({ done }) => done);
  const done = finished.length > 0;
  return { values: (done ? finished : runs).map(({ value }) => value), done };
}

/** “0.0163”, “0.0171 (0.0163 to 0.0180)”, “0.0412 so far” or “none yet”. */
export function ownSpread(runs: readonly OwnRun[], { decimals }: MeasureFields): string {
  const { values, done } = counted(runs);
  if (values.length === 0) return "none yet";
  return meanAndRange(values, (value) => fixed(value, decimals)) + (done ? "" : " so far");
}
