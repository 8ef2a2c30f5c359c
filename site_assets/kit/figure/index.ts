/**
 * What a figure is and how it lives in the page: its definition, models, state, address. Knows of a run only what a
 * figure sees of it.
 */

export { court, type Court } from "./court.ts";
export { diffuse } from "./diffuse.ts";
export {
  defineFigure,
  defineTrainingFigure,
  defineTryingFigure,
  type FigureDefinition,
  type Setter,
  type Table,
} from "./figure.ts";
export { rowOf } from "./models.ts";
export type { Model, Models, NumberArray } from "./models.ts";
export { codeMap, columnName, inUnit, ownData, remarks, shown, type CodeMap, type OwnData } from "./own_data.ts";
export { ClassKey, OwnExample, TestRemarks } from "./own_example.tsx";
export { formatSchedule, parseSchedule } from "./schedule.ts";
export { trainingCard, trainingData, type Training, type TrainingState } from "./training.ts";
