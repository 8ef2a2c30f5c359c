/** The kit's public surface: what a figure may import. */

export { defineFigure, defineLiveFigure, type FigureDefinition, type Setter, type Table } from "./figure.ts";
export { type Models, type Model, type NumberArray } from "./models.ts";
export { type Stroke } from "./spec.ts";
export { float32, floatOutput, type Tensor } from "../engine/tensor.ts";
export { Button, Checkbox, Controls, Panel, Panels, Readout, Select, Slider, Toggle } from "./controls.tsx";
export { Dot, Dots, Glyphs, Level, Line, Plot, useFrame, type Axis, type Pair } from "./plot.tsx";
export { Bars } from "./bars.tsx";
export { Pad } from "./pad.tsx";
export { GaussianPad } from "./gaussian_pad.tsx";
export { Area, Arrow, Band, Columns, Isolines, Upright } from "./regions.tsx";
export { Stack } from "./stack.tsx";
export { histogram, type Histogram } from "./histogram.ts";
export { Scatter } from "./scatter.tsx";
export { Sketch } from "./sketch.tsx";
export { Raster, RasterGrid } from "./raster.tsx";
export { Hinton } from "./hinton.tsx";
export { PartPicker, type Part } from "./part_picker.tsx";
export { PathRecorder } from "./path_recorder.tsx";
export { bytes, fixed, percent, subscript } from "./format.ts";
export { useFigure, useTicker } from "./context.ts";
export { liveCard, trainingData, type Training } from "./training.ts";
export { LossPlots, progressText, TrainingControls, type TrainingState } from "./training_controls.tsx";
export { Meter } from "./meter.tsx";
export { neighbourAccuracy } from "./nearest.ts";
export { MarkedGrid } from "./marked_grid.tsx";
export { Backdrop } from "./backdrop.tsx";
export { DotRows, meanOf, type DotRow } from "./dot_rows.tsx";
