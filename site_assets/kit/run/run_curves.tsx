/** How a loss goes over a run, on training batches and on the validation split. */

import type { Training } from "../figure/training.ts";
import { axisOver, Plot, type Axis } from "../marks/plot.tsx";
import { TwoLines, type NamedLevel } from "../marks/two_lines.tsx";

const ROOM = 0.22; // of the values' range, over and under them: the curves' names stand there
const LEAST_TIMES = 1.25; // of a log axis, where a run has hardly begun and its values are all alike

/** An axis over losses, with room for the curves' names; not below nought unless a value is. */
export function runAxis(label: string, losses: readonly number[], scale: "linear" | "log"): Axis {
  const values = losses.filter((loss) => Number.isFinite(loss) && (scale === "linear" || loss > 0));
  if (values.length === 0) return { label, min: 0.1, max: 1, scale };
  const axis = axisOver(label, values, scale, ROOM);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  if (scale === "log") {
    return { ...axis, min: Math.min(axis.min, low / LEAST_TIMES), max: Math.max(axis.max, high * LEAST_TIMES) };
  }
  return low < 0 ? axis : { ...axis, min: Math.max(axis.min, 0) };
}

export interface RunCurvesProps {
  readonly training: Training;
  /** Which of the card's terms. */
  readonly term: number;
  /** The y axis: how it is called, if the heading does not say so, and how it is divided. */
  readonly name: string;
  readonly scale: "linear" | "log";
  readonly format?: (value: number) => string;
  /** Of validation. */
  readonly hue: string;
  /** What it is compared with, such as a rival's loss. */
  readonly level?: NamedLevel | undefined;
  readonly width?: number;
  readonly height: number;
  /** What is plotted, for those who don't see it. */
  readonly label: string;
}

export function RunCurves({ training, term, name, scale, format, hue, level, ...plot }: RunCurvesProps) {
  const { curves, total } = training;
  const [train, validation] = [curves.train[term] ?? [], curves.validation[term] ?? []];
  const losses = [...train, ...validation].map(([, loss]) => loss);
  const y = runAxis(name, level ? [...losses, level.value] : losses, scale);
  return (
    <Plot x={{ label: "optimiser steps", min: 0, max: total }} y={format ? { ...y, format } : y} {...plot}>
      <TwoLines
        level={level}
        lines={[
          { points: train, name: "training", hue: "c-muted" },
          { points: validation, name: "validation", hue },
        ]}
      />
    </Plot>
  );
}
