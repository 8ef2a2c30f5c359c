/**
 * What every room stands on: the figure around a component, its state's types, assets, numbers in print. Knows no
 * drawing and no model.
 */

export { useFigure, useTicker } from "./context.ts";
export { fixed, grouped, percent, significant, subscript } from "./format.ts";
export type { Stroke } from "./state_types.ts";
