/** A figure's markup, summary and table as text: what the builder writes into the page. */

import { renderToString } from "preact-render-to-string";
import { Context, type FigureContext } from "../kit/base/context.ts";
import type { AnyFigure, Table } from "../kit/figure/figure.ts";
export { Sessions } from "../engine/ort_sessions.ts";
import { loadModels, type GraphRunner, type Model, type ModelSource } from "../kit/figure/models.ts";
import type { ShippedSpec } from "../kit/base/page_data.ts";
import type { State } from "../kit/base/spec.ts";
import { recordedTraining, type Training } from "../kit/figure/training.ts";

export interface Drawing {
  readonly definition: AnyFigure;
  readonly id: string;
  readonly spec: ShippedSpec;
  readonly state: State;
  readonly sources: Readonly<Record<string, ModelSource>>;
  readonly uses: Readonly<Record<string, readonly string[]>>;
  readonly engine: () => Promise<GraphRunner>;
  readonly encodeImage: NonNullable<FigureContext["encodeImage"]>;
}

export async function draw(drawing: Drawing): Promise<{ markup: string; summary: string; table: Table | null }> {
  const { definition, id, spec, state, sources, uses, engine, encodeImage } = drawing;
  const models = await loadModels(sources, uses, engine);
  const trains = definition.train?.(state, models.model);
  const training = (trains ? recordedTraining(models.model[trains.role] as Model, trains) : null) as Training;
  const frame = await definition.compute(state, models, training);
  const context: FigureContext = {
    id,
    declared: spec.state ?? {},
    interactive: false,
    changes: () => 0,
    onVisibility: () => () => undefined,
    encodeImage,
  };
  const view = definition.view(state, frame, () => undefined, training);
  return {
    markup: renderToString(<Context.Provider value={context}>{view}</Context.Provider>),
    summary: definition.describe(state, frame, training),
    table: definition.table?.(state, frame, training) ?? null,
  };
}
