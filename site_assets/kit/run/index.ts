/** Training in the page: the session that makes steps, its controls and its curves. Knows figure and all below, and no page. */

export { RunCurves } from "./run_curves.tsx";
export { LossPlots, progressText, TrainingControls } from "./training_controls.tsx";
