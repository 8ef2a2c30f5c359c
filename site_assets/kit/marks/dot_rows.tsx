/** A measurement repeated over several seeds, in a row of dots for each thing measured, with its mean. */

import { meanOf } from "../maths/mean.ts";
import { makeScale, place, TicksBelow, type Axis } from "./plot.tsx";

export interface DotRow {
  readonly name: string;
  /** Whose row it is, where its hue says so and its name alone does not. */
  readonly of?: string;
  readonly values: readonly number[];
  /** The dot that is shown elsewhere in the figure. */
  readonly current?: number | undefined;
  readonly hue?: string;
}

export interface DotRowsProps {
  readonly label: string;
  readonly axis: Axis;
  readonly rows: readonly DotRow[];
  readonly format: (value: number) => string;
  readonly width?: number;
  /** Room for the names left of the axis, where dots would come to lie under them. */
  readonly names?: number;
}

const [ROW, LEFT, RIGHT, TOP] = [30, 14, 14, 4]; // view-box units

/**
 * The same in a table: a column for each repetition, called by `seed`, and the mean. A row that was measured less often
 * has dashes.
 */
export function dotTable(
  of: string,
  seed: (index: number) => string,
  rows: readonly DotRow[],
  format: (value: number) => string,
): { readonly columns: readonly string[]; readonly rows: readonly (readonly string[])[] } {
  const seeds = Array.from({ length: Math.max(...rows.map(({ values }) => values.length)) }, (_, i) => i);
  const cell = (value: number | undefined): string => (value === undefined ? "–" : format(value));
  return {
    columns: [of, ...seeds.map(seed), "mean"],
    rows: rows.map(({ name, values }) => [name, ...seeds.map((i) => cell(values[i])), format(meanOf(values))]),
  };
}

/** “0.31 (0.29 to 0.45)”: the mean of the repetitions and how far they reach; of a single one, itself. */
export function meanAndRange(values: readonly number[], format: (value: number) => string): string {
  const mean = format(meanOf(values));
  return values.length === 1 ? mean : `${mean} (${format(Math.min(...values))} to ${format(Math.max(...values))})`;
}

export function DotRows({ label, axis, rows, format, width = 360, names = 0 }: DotRowsProps) {
  const scale = makeScale(axis, LEFT + names, width - RIGHT);
  const bottom = TOP + rows.length * ROW;
  const spoken = rows.map(
    ({ name, of, values }) =>
      `${of ? `${of}, ` : ""}${name}: mean ${format(meanOf(values))} of ${values.map(format).join(", ")}`,
  );
  return (
    <svg
      class="plot dot-rows"
      viewBox={`0 0 ${width} ${bottom + 38}`}
      role="img"
      aria-label={`${label}. ${spoken.join(". ")}`}
    >
      <g class="axis" aria-hidden="true">
        <TicksBelow axis={axis} scale={scale} top={TOP} bottom={bottom} />
        <text class="axis-label" x={(names + width) / 2} y={bottom + 34} text-anchor="middle">
          {axis.label}
        </text>
      </g>
      {rows.map(({ name, of, values, current, hue = "" }, index) => (
        <g
          key={[of, name].join(" ")}
          class={hue}
          transform={`translate(0 ${TOP + (index + 0.5) * ROW})`}
          aria-hidden="true"
        >
          <line
            class="dot-rows-mean"
            x1={place(scale(meanOf(values)))}
            x2={place(scale(meanOf(values)))}
            y1="-10"
            y2="10"
          />
          {values.map((value, i) => (
            <circle
              key={i}
              class={i === current ? "dot-current" : "dot-seed"}
              cx={place(scale(value))}
              r={i === current ? 5.5 : 4}
            />
          ))}
          <text class="direct-label" x={LEFT} dy="0.32em">{`${name} · ${format(meanOf(values))}`}</text>
        </g>
      ))}
    </svg>
  );
}
