/** A figure that any recipe's experiment can have: conditions beside each other, over seeds, and the verdict. Knows figure and all below. */

export { experiment } from "./experiment.tsx";
