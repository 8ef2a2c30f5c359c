/**
 * What every room stands on: the figure around a component, what the builder tells the page, assets, numbers in print.
 * Draws nothing and runs no model.
 */

export { useFigure, useTicker } from "./context.ts";
export { fixed, grouped, percent, significant, subscript } from "./format.ts";
export type { Stroke } from "./state_types.ts";
export { aDigit } from "./words.ts";
