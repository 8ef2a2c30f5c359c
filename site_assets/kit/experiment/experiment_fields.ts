/** Of experiments. Generated from training/publish/experiment.py by a test; do not edit. */

/** All that a figure is told besides the measurements. */
export interface ExperimentFields {
  readonly axis: AxisFields;
  readonly conditions: ReadonlyArray<ConditionFields>;
  readonly series: ReadonlyArray<SeriesFields>;
  readonly measures: ReadonlyArray<MeasureFields>;
  readonly settings: ReadonlyArray<SettingFields>;
  readonly rule: string;
  readonly findings: ReadonlyArray<FindingFields>;
  readonly verdict: "held" | "held in part" | "not on these data";
  readonly live: ReadonlyArray<LiveConditionFields>;
}

/** Along what the conditions lie. */
export interface AxisFields {
  readonly label: string;
  readonly scale: "linear" | "log" | "names";
}

/** What is varied. `value` is its place on an axis of numbers, null on one of names. */
export interface ConditionFields {
  readonly name: string;
  readonly label: string;
  readonly value: number | null;
}

/** Who was measured; a rival is the simple tool for the same job. */
export interface SeriesFields {
  readonly name: string;
  readonly label: string;
  readonly rival: boolean;
}

/** What was measured, with its unit and the axis that it wants; `decimals` are shown. */
export interface MeasureFields {
  readonly name: string;
  readonly label: string;
  readonly unit: string;
  readonly better: "lower" | "higher";
  readonly scale: "linear" | "log";
  readonly decimals: number;
}

/** Where it was measured: a data set, say. */
export interface SettingFields {
  readonly name: string;
  readonly label: string;
}

/** A comparison and what came of it; positive is as the rule has it. In the measure's unit, or as a share of what is compared with. */
export interface FindingFields {
  readonly text: string;
  readonly relative: boolean;
  readonly setting: string;
  readonly measure: string;
  readonly effect: number;
  readonly lowest: number;
  readonly highest: number;
  readonly holds: boolean;
}

/** A condition that the reader can train in the page: what is measured, and the knobs that it sets. `entry` is its place along the first axis of the arrays `history_…`. */
export interface LiveConditionFields {
  readonly setting: string;
  readonly series: string;
  readonly condition: string;
  readonly knobs: Readonly<Record<string, number>>;
  readonly entry: number;
}
