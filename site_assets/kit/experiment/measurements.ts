/** What an experiment measured, as `training/publish/experiment.py` publishes it. */

import type { Model } from "../figure/models.ts";
import type { ExperimentFields } from "./experiment_fields.ts";

/** The values of the seeds, by setting, measure, series and condition; none where nothing was measured. */
export type Values = readonly (readonly (readonly (readonly (readonly number[])[])[])[])[];

export interface Measurements extends ExperimentFields {
  readonly values: Values;
}

export function measurements(model: Model): Measurements {
  const fields = model.card.options["experiment"] as ExperimentFields | undefined;
  if (!fields) throw new Error(`the model “${model.card.name}” is no experiment`);
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
