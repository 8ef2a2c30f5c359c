/** A table of shares, each cell shaded by its number and carrying it; one more column may stand apart at the right. */

import { place } from "./plot.tsx";

export interface HeatColumn {
  readonly name: string;
  /** A number under the name. */
  readonly note?: string;
}

export interface HeatMapProps {
  readonly label: string;
  readonly columns: readonly HeatColumn[];
  readonly rows: readonly string[];
  /** Row by row, 0 to 1; 1 is shaded fully. */
  readonly values: ArrayLike<number>;
  readonly format: (value: number) => string;
  /** What the numbers under the names are, with the unit: “nats”. */
  readonly notes?: string;
  readonly aside?: { readonly name: string; readonly note?: string; readonly values: readonly number[] };
  readonly hue?: string;
  readonly width?: number;
}

const [LEFT, TOP, ROW, GAP, ASIDE] = [62, 36, 36, 8, 56]; // view-box units
const DARKEST = 0.85; // opacity of a full cell: its number must stay legible

function Head({ at, name, note }: HeatColumn & { at: number }) {
  return (
    <>
      <text class="bar-name" x={place(at)} y="14" text-anchor="middle">
        {name}
      </text>
      {note && (
        <text class="heat-note" x={place(at)} y="29" text-anchor="middle">
          {note}
        </text>
      )}
    </>
  );
}

export function HeatMap({
  label,
  columns,
  rows,
  values,
  format,
  notes,
  aside,
  hue = "c-z",
  width = 400,
}: HeatMapProps) {
  const cell = (width - LEFT - (aside ? GAP + ASIDE : 0)) / columns.length;
  const apart = width - ASIDE / 2;
  const value = (row: number, column: number): number => values[row * columns.length + column] ?? 0;
  const spoken = rows.map(
    (row, i) => `${row}: ${columns.map(({ name }, j) => `${name} ${format(value(i, j))}`).join(", ")}`,
  );
  return (
    <svg
      class="plot heat-map"
      viewBox={`0 0 ${width} ${TOP + rows.length * ROW}`}
      role="img"
      aria-label={`${label}. ${spoken.join(". ")}`}
    >
      <g aria-hidden="true">
        {columns.map(({ name, note }, j) => (
          <Head key={name} at={LEFT + (j + 0.5) * cell} name={name} {...(note ? { note } : {})} />
        ))}
        {notes && (
          <text class="heat-note" y="29">
            {notes}
          </text>
        )}
        {aside && <Head at={apart} name={aside.name} {...(aside.note ? { note: aside.note } : {})} />}
        {rows.map((row, i) => (
          <g key={row} transform={`translate(0 ${TOP + i * ROW})`}>
            <text class="heat-row" y={ROW / 2} dy="0.35em">
              {row}
            </text>
            {columns.map(({ name }, j) => (
              <g key={name} transform={`translate(${place(LEFT + j * cell)} 0)`}>
                <rect
                  class={`heat-cell ${hue}`}
                  width={place(cell)}
                  height={ROW}
                  fill-opacity={(DARKEST * Math.min(1, value(i, j))).toFixed(3)}
                />
                <text class="heat-value" x={place(cell / 2)} y={ROW / 2} dy="0.35em" text-anchor="middle">
                  {format(value(i, j))}
                </text>
              </g>
            ))}
            {aside && (
              <text class="heat-value heat-aside" x={place(apart)} y={ROW / 2} dy="0.35em" text-anchor="middle">
                {format(aside.values[i] ?? 0)}
              </text>
            )}
          </g>
        ))}
      </g>
    </svg>
  );
}
