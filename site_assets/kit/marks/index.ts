/** What draws numbers: plots and what stands in them, pictures, bars, tables. Knows base and maths; nothing here is worked by hand. */

export { Backdrop } from "./backdrop.tsx";
export { Bars } from "./bars.tsx";
export { DotRows, dotTable, meanAndRange, type DotRow } from "./dot_rows.tsx";
export { HeatMap, type HeatColumn } from "./heat_map.tsx";
export { Hinton } from "./hinton.tsx";
export { MarkedGrid } from "./marked_grid.tsx";
export { Meter } from "./meter.tsx";
export {
  axisOver,
  Dot,
  Dots,
  fromShare,
  Glyphs,
  Level,
  Line,
  Plot,
  stepwise,
  toShare,
  useCoordinates,
  type Axis,
  type Pair,
} from "./plot.tsx";
export { CaptionedRaster, Raster, RasterGrid } from "./raster.tsx";
export { Area, Arrow, Band, Columns, Isolines, Upright } from "./regions.tsx";
export { RocPlot } from "./roc_plot.tsx";
export { Stack } from "./stack.tsx";
