/** A Hinton diagram: numbers as squares of that area, filled above zero and hollow below. */

import { place } from "./plot.tsx";

export interface HintonProps {
  readonly label: string;
  readonly values: ArrayLike<number>;
  readonly columns: number;
  /** The number whose square fills its cell; larger ones are cut to it. */
  readonly limit: number;
  readonly hue?: string;
}

const CELL = 36;

/** The side of the square for a value, as a share of its cell: area is proportional to the value. */
export function side(value: number, limit: number): number {
  return limit > 0 ? Math.sqrt(Math.min(1, Math.abs(value) / limit)) : 0;
}

export function Hinton({ label, values, columns, limit, hue = "" }: HintonProps) {
  const rows = Math.ceil(values.length / columns);
  const squares = Array.from({ length: values.length }, (_, index) => {
    const value = values[index] as number;
    const size = Math.max(1, side(value, limit) * (CELL - 6));
    const [column, row] = [index % columns, Math.floor(index / columns)];
    return { value, size, x: (column + 0.5) * CELL - size / 2, y: (row + 0.5) * CELL - size / 2 };
  });
  return (
    <svg class={`plot hinton ${hue}`} viewBox={`0 0 ${columns * CELL} ${rows * CELL}`} role="img" aria-label={label}>
      <rect class="hinton-paper" width={columns * CELL} height={rows * CELL} />
      {squares.map(({ value, size, x, y }, index) => (
        <rect
          key={index}
          class={value < 0 ? "hinton-below" : "hinton-above"}
          x={place(x)}
          y={place(y)}
          width={place(size)}
          height={place(size)}
        />
      ))}
    </svg>
  );
}
