/** Lengths on one axis in rows beneath each other, with guides that show where they meet. */

import { makeScale, place, TicksBelow, type Axis } from "./plot.tsx";

export interface Length {
  readonly name: string;
  readonly from: number;
  readonly to: number;
  readonly hue: string;
  /** Which end of the length the name stands over; by default the end, if the name fits. */
  readonly anchor?: "start" | "end";
}

export interface StackProps {
  readonly label: string;
  readonly axis: Axis;
  readonly rows: readonly (readonly Length[])[];
  /** Places that are marked through all rows. */
  readonly guides: readonly number[];
  readonly width?: number;
}

const [ROW, THICK, LEFT, RIGHT, TOP] = [52, 22, 14, 12, 6]; // view-box units

export function Stack({ label, axis, rows, guides, width = 360 }: StackProps) {
  const bottom = TOP + rows.length * ROW;
  const scale = makeScale(axis, LEFT, width - RIGHT);
  return (
    <svg class="plot stack" viewBox={`0 0 ${width} ${bottom + 40}`} role="img" aria-label={label}>
      <g class="axis" aria-hidden="true">
        <TicksBelow axis={axis} scale={scale} top={TOP} bottom={bottom} />
        <text class="axis-label" x={(LEFT + width - RIGHT) / 2} y={bottom + 34} text-anchor="middle">
          {axis.label}
        </text>
      </g>
      {guides.map((value) => (
        <line key={value} class="stack-guide" x1={place(scale(value))} x2={place(scale(value))} y1={TOP} y2={bottom} />
      ))}
      {rows.map((row, index) =>
        row.map((length) => <Bar key={length.name} length={length} scale={scale} top={TOP + index * ROW} />),
      )}
    </svg>
  );
}

const LETTER = 7.2; // width of a letter of a name, about

function Bar({ length, scale, top }: { length: Length; scale: (value: number) => number; top: number }) {
  const [left, right] = [
    place(scale(Math.min(length.from, length.to))),
    place(scale(Math.max(length.from, length.to))),
  ];
  const anchor = length.anchor ?? (right - left > LETTER * length.name.length ? "end" : "start");
  return (
    <g class={length.hue}>
      <rect class="bar" x={left} y={top + ROW - THICK - 6} width={Math.max(place(right - left), 1)} height={THICK} />
      <text
        class="direct-label"
        x={anchor === "end" ? right - 5 : left + 5}
        y={top + ROW - THICK - 12}
        text-anchor={anchor}
      >
        {length.name}
      </text>
    </g>
  );
}
