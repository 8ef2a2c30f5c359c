/** More marks: areas and bands, columns of a histogram, lines of equal height, uprights, arrows. */

import { useMemo } from "preact/hooks";
import type { Histogram } from "../maths/histogram.ts";
import { isolines, sample } from "./isolines.ts";
import { place, stepwise, useCoordinates, type Pair } from "./plot.tsx";

/** [x, lower, upper]. */
export type Span = readonly [number, number, number];

/** What lies between two curves over the same places, cut at the plot's edges. */
export function Band({ points, hue = "" }: { points: readonly Span[]; hue?: string }) {
  const { x, y, top, bottom } = useCoordinates();
  const at = (place: number, value: number): Pair => [x(place), Math.min(bottom, Math.max(top, y(value)))];
  const [lower, upper] = [points.map((p) => at(p[0], p[1])), points.map((p) => at(p[0], p[2]))];
  return <path class={`band ${hue}`} d={`${stepwise([...lower, ...upper.reverse()])}Z`} />;
}

/** What lies between a curve and zero. */
export function Area({ points, hue = "" }: { points: readonly Pair[]; hue?: string }) {
  return <Band points={points.map(([at, value]) => [at, 0, value] as const)} hue={hue} />;
}

/** A histogram; how many values lie outside of its range is written at its edges. */
export function Columns({ histogram, hue = "" }: { histogram: Histogram; hue?: string }) {
  const { x, y, left, right, bottom } = useCoordinates();
  const { counts, min, max, below, above } = histogram;
  const width = (max - min) / counts.length;
  const path = counts.map((count, bin) => {
    if (count === 0) return "";
    const [from, to] = [place(x(min + bin * width)), place(x(min + (bin + 1) * width))];
    return `M${from} ${bottom}V${place(y(count))}H${to}V${bottom}Z`;
  });
  return (
    <g class={hue}>
      <path class="columns" d={path.join("")} />
      {below > 0 && (
        <text class="aside-label" x={left + 4} y={bottom - 8}>
          ← {below} more
        </text>
      )}
      {above > 0 && (
        <text class="aside-label" x={right - 2} y={bottom - 8} text-anchor="end">
          {above} more →
        </text>
      )}
    </g>
  );
}

/** A place on the x axis, over the whole height. */
export function Upright({ value, name, hue = "" }: { value: number; name?: string; hue?: string }) {
  const { x, top, bottom, right } = useCoordinates();
  const at = place(x(value));
  const late = at > right - 90;
  return (
    <g class={hue}>
      <line class="line line-dashed" x1={at} x2={at} y1={top} y2={bottom} />
      {name && (
        <text class="direct-label" x={late ? at - 6 : at + 6} y={top + 11} text-anchor={late ? "end" : "start"}>
          {name}
        </text>
      )}
    </g>
  );
}

const HEAD = 7; // view-box units

/** From one place of the plot to another, named at its tip. One that would be shorter than half of its head is not drawn. */
export function Arrow({ from, to, name, hue = "" }: { from: Pair; to: Pair; name?: string; hue?: string }) {
  const { x, y, right } = useCoordinates();
  const [x1, y1, x2, y2] = [x(from[0]), y(from[1]), x(to[0]), y(to[1])];
  const length = Math.hypot(x2 - x1, y2 - y1);
  if (length < HEAD / 2) return null;
  const [ux, uy] = [(x2 - x1) / length, (y2 - y1) / length];
  const corner = (side: number): string =>
    `${place(x2 - HEAD * ux - side * HEAD * 0.55 * uy)} ${place(y2 - HEAD * uy + side * HEAD * 0.55 * ux)}`;
  const late = x2 > right - 70;
  return (
    <g class={`arrow ${hue}`}>
      <line
        class="line"
        x1={place(x1)}
        y1={place(y1)}
        x2={place(x2 - (HEAD - 1) * ux)}
        y2={place(y2 - (HEAD - 1) * uy)}
      />
      <path class="arrow-head" d={`M${place(x2)} ${place(y2)}L${corner(1)}L${corner(-1)}Z`} />
      {name &&
        (Math.abs(ux) > Math.abs(uy) ? (
          <text class="direct-label" x={place(x2)} y={place(y2 - 10)} text-anchor="middle">
            {name}
          </text>
        ) : (
          <text
            class="direct-label"
            x={place(x2 + (late ? -9 : 9))}
            y={place(y2 + 4)}
            text-anchor={late ? "end" : "start"}
          >
            {name}
          </text>
        ))}
    </g>
  );
}

const GRID = 57; // points along each side: closer than the eye sees a corner in the lines

/** Lines of equal height of `f` over the plot; `of` names everything that `f` depends on. */
export function Isolines({
  f,
  of,
  levels,
}: {
  f: (x: number, y: number) => number;
  of: string;
  levels: readonly number[];
}) {
  const { x, y } = useCoordinates();
  const [xs, ys] = [x.domain() as [number, number], y.domain() as [number, number]];
  const path = useMemo(() => {
    const grid = sample(f, xs, ys, GRID, GRID);
    const at = ([column, row]: Pair): Pair => [
      x(xs[0] + ((xs[1] - xs[0]) * column) / (GRID - 1)),
      y(ys[0] + ((ys[1] - ys[0]) * row) / (GRID - 1)),
    ];
    return isolines(grid, levels)
      .map((line) => stepwise(line.map(at)))
      .join("");
  }, [of, levels, ...xs, ...ys]);
  return <path class="isoline" d={path} />;
}
