/** Hits against false alarms: one curve that matters now among others, and the place of its threshold. */

import { Dot, Line, Plot, type Axis, type Pair } from "./plot.tsx";

export interface RocPlotProps {
  readonly label: string;
  readonly curve: readonly Pair[];
  readonly others: readonly (readonly Pair[])[];
  /** What the threshold gives now. */
  readonly at: Pair;
  readonly hue?: string;
  readonly height?: number;
}

const share = (label: string): Axis => ({ label, min: 0, max: 1, ticks: 5 });
const FALSE_ALARMS = share("false alarms (share of ordinary ones)");
const CAUGHT = share("caught (share of strange ones)");

export function RocPlot({ label, curve, others, at, hue = "c-xhat", height = 250 }: RocPlotProps) {
  return (
    <Plot x={FALSE_ALARMS} y={CAUGHT} height={height} label={label}>
      <Line
        points={[
          [0, 0],
          [1, 1],
        ]}
        dashed
        hue="muted"
      />
      {others.map((points, index) => (
        <Line key={index} points={points} hue="muted roc-other" />
      ))}
      <Line points={curve} hue={hue} />
      <Dot at={at} hue={hue} />
    </Plot>
  );
}
