/** Numbers from numbers: nothing here knows the page, a figure or a model. */

export { byClass, nearestPoint } from "./codes.ts";
export { compare, type Comparison, type Measured } from "./comparison.ts";
export { crossTable, rowShares } from "./cross_table.ts";
export { countAbove, roc, thresholdFor, trueAlarmShare, type Roc } from "./detection.ts";
export { amounts, pull } from "./diffusion.ts";
export { despiked, gained, gainInDecibels, smoothed, transposed, wienerGains, type Directions } from "./filters.ts";
export { gaps } from "./gaps.ts";
export { density, expectation, klGradient, klShares, klToPrior, logDensity } from "./gaussian.ts";
export { histogram, type Histogram } from "./histogram.ts";
export { judge, acceptedShare, type Verdict } from "./judge.ts";
export { meanOf } from "./mean.ts";
export { meanSquare } from "./mean_square.ts";
export { minimise, minimiseAsked, type AskedObjective, type Minimum, type Objective } from "./minimise.ts";
export { neighbourAccuracy } from "./nearest.ts";
export { placeAmong } from "./place_among.ts";
