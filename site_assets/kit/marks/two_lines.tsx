/** Two curves that may lie close, with their names at their ends: apart, and on neither curve. */

import { meanOf } from "../maths/mean.ts";
import { LETTER, Line, nameEnd, useCoordinates, type Pair } from "./plot.tsx";

export interface NamedLine {
  readonly points: readonly Pair[];
  readonly name: string;
  readonly hue: string;
}

/** View-box units from a curve to the baseline of a name over it or under it, and from baseline to baseline. */
const [OVER, UNDER, ROW] = [6, 16, 14];
const [ASCENT, DESCENT] = [10, 4]; // of a name, which stays inside of the plot

/**
 * The baselines of the names of two curves: the upper curve's over both, the lower one's under both; where there is no
 * room under them, both over them. Of each curve its places in the stretch that the names take, downwards.
 */
export function baselines(
  one: readonly number[],
  other: readonly number[],
  top: number,
  bottom: number,
): readonly [number, number] {
  const over = Math.min(...one, ...other) - OVER;
  const under = Math.max(...one, ...other) + UNDER;
  const [upper, lower] =
    under <= bottom - DESCENT
      ? [Math.max(over, top + ASCENT), under]
      : [Math.max(over - ROW, top + ASCENT), Math.max(over, top + ASCENT + ROW)];
  return meanOf(one) <= meanOf(other) || other.length === 0 ? [upper, lower] : [lower, upper];
}

/** The heights of a curve's places between two places along it, and its height where the first of these is. */
export function heightsWithin(places: readonly Pair[], from: number, to: number): number[] {
  const first = places.findIndex(([at]) => at >= from);
  const [before, after] = [places[first - 1], places[first]];
  const inside = places.filter(([at]) => at >= from && at <= to).map(([, height]) => height);
  if (!before || !after) return inside;
  const share = (from - before[0]) / (after[0] - before[0]);
  return [before[1] + share * (after[1] - before[1]), ...inside];
}

export function TwoLines({ lines }: { lines: readonly [NamedLine, NamedLine] }) {
  const { x, y, left, right, top, bottom } = useCoordinates();
  const drawn = lines.map(({ points, name }) => {
    const places = points.map(([a, b]): Pair => [x(a), y(b)]).filter((at) => at.every(Number.isFinite));
    const last = places.at(-1);
    const end = last && nameEnd(last[0], name, left, right);
    return { places, end, from: end === undefined ? right : end - LETTER * name.length };
  });
  const from = Math.min(...drawn.map((curve) => curve.from));
  const [one = [], other = []] = drawn.map(({ places }) => heightsWithin(places, from, right));
  const heights = baselines(one, other, top, bottom);
  return (
    <>
      {lines.map(({ points, name, hue }, index) => (
        <g key={name} class={hue}>
          <Line points={points} />
          {drawn[index]?.end !== undefined && (
            <text class="direct-label" x={drawn[index].end} y={heights[index]} text-anchor="end">
              {name}
            </text>
          )}
        </g>
      ))}
    </>
  );
}
