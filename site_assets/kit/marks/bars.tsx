/** A few numbers as bars up and down from zero, each with its name beneath and its value at its end. */

import { fixed } from "../base/format.ts";
import { place } from "./plot.tsx";

export interface BarsProps {
  readonly label: string;
  readonly names: readonly string[];
  readonly values: ArrayLike<number>;
  /** The bars' range is from −limit to +limit; longer bars are cut there and keep their number. */
  readonly limit: number;
  readonly hue?: string;
  readonly width?: number;
  readonly height?: number;
}

export function Bars({ label, names, values, limit, hue = "c-z", width = 360, height = 150 }: BarsProps) {
  const [top, bottom] = [16, height - 22];
  const middle = (top + bottom) / 2;
  const slot = width / names.length;
  const thick = Math.min(26, slot * 0.6);
  return (
    <svg class="plot bars" viewBox={`0 0 ${width} ${height}`} role="img" aria-label={label}>
      {names.map((name, index) => {
        const value = values[index] ?? 0;
        const length = (Math.max(-limit, Math.min(limit, value)) / limit) * (middle - top);
        const centre = place(slot * (index + 0.5));
        return (
          <g key={name} aria-hidden="true">
            <rect
              class={`bar ${hue}`}
              x={place(centre - thick / 2)}
              y={place(Math.min(middle, middle - length))}
              width={place(thick)}
              height={place(Math.abs(length))}
            />
            <text
              class="bar-value"
              x={centre}
              y={place(value < 0 ? middle - length + 12 : middle - length - 4)}
              text-anchor="middle"
            >
              {fixed(value, 1)}
            </text>
            <text class={`bar-name ${hue}`} x={centre} y={height - 5} text-anchor="middle">
              {name}
            </text>
          </g>
        );
      })}
      <line class="bar-zero" x1="0" x2={width} y1={middle} y2={middle} />
    </svg>
  );
}
