/** What an experiment measured, as `training/publish/experiment.py` publishes it. */

import type { Model } from "../figure/models.ts";
import type { ExperimentFields, LiveConditionFields } from "./experiment_fields.ts";

/** The values of the seeds, by setting, measure, series and condition; none where nothing was measured. */
export type Values = readonly (readonly (readonly (readonly (readonly number[])[])[])[])[];

export interface Measurements extends ExperimentFields {
  readonly values: Values;
}

/** What is chosen, by the recipe's names; without one of the last three there is nothing to choose. */
export interface Chosen {
  readonly condition: string;
  readonly measure?: string;
  readonly setting?: string;
  /** Which of several series is trained in the page. */
  readonly series?: string;
}

function fieldsOf(model: Model): ExperimentFields {
  const fields = model.card.options["experiment"] as ExperimentFields | undefined;
  if (!fields) throw new Error(`the model “${model.card.name}” is no experiment`);
  return fields;
}

/** What trains in the page under the chosen condition: of the chosen series, or the first that does; null if none. */
export function liveCondition(model: Model, { condition, setting, series }: Chosen): LiveConditionFields | null {
  const { live, settings } = fieldsOf(model);
  const where = settings[placeOf(settings, setting)]?.name;
  const here = live.filter((one) => one.condition === condition && one.setting === where);
  return here.find((one) => one.series === series) ?? here[0] ?? null;
}

export function measurements(model: Model): Measurements {
  const fields = fieldsOf(model);
  const { shape, data } = model.array("values");
  let at = 0;
  const nested = (depth: number): unknown[] => {
    const length = shape[depth] as number;
    if (depth === shape.length - 1) {
      at += length;
      return [...data.slice(at - length, at)].filter((value) => !Number.isNaN(value));
    }
    return Array.from({ length }, () => nested(depth + 1));
  };
  return { ...fields, values: nested(0) as unknown as Values };
}

/** The place of a name among fields; the first place for none, as where there is nothing to choose. */
export function placeOf(fields: readonly { readonly name: string }[], name: string | undefined): number {
  const index = name === undefined ? 0 : fields.findIndex((field) => field.name === name);
  if (index < 0) throw new Error(`figure.toml has “${name}”, the experiment ${fields.map((f) => f.name).join(", ")}`);
  return index;
}
