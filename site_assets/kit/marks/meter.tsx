/** One number on a line, with others to compare it with: where it is now, where it was, where a rival stands. */

import { makeScale, place, tickText, type Axis } from "./plot.tsx";

export interface MeterProps {
  readonly label: string;
  readonly axis: Axis;
  readonly value: number;
  readonly name: string;
  readonly hue?: string;
  readonly marks: readonly { readonly name: string; readonly value: number }[];
  readonly format: (value: number) => string;
  readonly width?: number;
}

const HEIGHT = 80;
const LETTER = 7.5; // units that a letter of a name takes

export function Meter({ label, axis, value, name, hue = "c-z", marks, format, width = 360 }: MeterProps) {
  const scale = makeScale(axis, 12, width - 12);
  const ticks = scale.ticks(axis.ticks ?? 5);
  const step = (ticks[1] ?? 1) - (ticks[0] ?? 0);
  const inside = (at: number): number => place(scale(Math.min(axis.max, Math.max(axis.min, at))));
  /** A name that would stick out of the plot ends, or begins, at its edge. */
  const named = (text: string, at: number): { x: number; "text-anchor": "start" | "middle" | "end" } => {
    const room = (LETTER * text.length) / 2;
    if (at > width - room) return { x: place(width - at), "text-anchor": "end" };
    return at < room ? { x: place(-at), "text-anchor": "start" } : { x: 0, "text-anchor": "middle" };
  };
  const now = `${name} ${format(value)}`;
  const spoken = [now, ...marks.map((mark) => `${mark.name} ${format(mark.value)}`)].join(", ");
  return (
    <svg class="plot meter" viewBox={`0 0 ${width} ${HEIGHT}`} role="img" aria-label={`${label}: ${spoken}`}>
      <g class="axis" aria-hidden="true">
        <line x1={scale.range()[0]} x2={scale.range()[1]} y1="40" y2="40" />
        {ticks.map((tick) => (
          <g key={tick} class="tick" transform={`translate(${place(scale(tick))} 40)`}>
            <line y2="4" />
            <text y="17" text-anchor="middle">
              {tickText(axis, tick, step)}
            </text>
          </g>
        ))}
        <text class="axis-label" x={width / 2} y={HEIGHT - 3} text-anchor="middle">
          {axis.label}
        </text>
      </g>
      <g aria-hidden="true">
        {marks.map((mark) => (
          <g key={mark.name} class="meter-mark" transform={`translate(${inside(mark.value)} 0)`}>
            <line y1="26" y2="40" />
            <text class="direct-label" y="22" {...named(mark.name, inside(mark.value))}>
              {mark.name}
            </text>
          </g>
        ))}
        <g class={hue} transform={`translate(${inside(value)} 0)`}>
          <path class="meter-now" d="M0 39l-6 -10h12z" />
          <text class="direct-label" y="8" {...named(now, inside(value))}>
            {now}
          </text>
        </g>
      </g>
    </svg>
  );
}
