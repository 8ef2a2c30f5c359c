/** Two curves that may lie close, with their names at their ends: apart, on neither curve, and off the name of a level. */

import { meanOf } from "../maths/mean.ts";
import {
  LETTER,
  levelBaseline,
  Level,
  levelEnd,
  Line,
  nameEnd,
  useCoordinates,
  type Coordinates,
  type NameSpot,
  type Pair,
} from "./plot.tsx";

export interface NamedLine {
  readonly points: readonly Pair[];
  readonly name: string;
  readonly hue: string;
}

/** What the curves are compared with. */
export interface NamedLevel {
  readonly value: number;
  readonly name: string;
}

/** View-box units from a curve to the baseline of a name over it or under it, and from baseline to baseline. */
const [OVER, UNDER, ROW] = [6, 16, 14];
const [ASCENT, DESCENT] = [10, 4]; // of a name, which stays inside of the plot
const APART = 18; // from baseline to baseline of names, which are larger in a low window
const BESIDE = 6; // from the name of a level to those of the curves

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

/** Where a name of a curve stands: along the plot, and its baseline. */
interface Name {
  readonly from: number;
  readonly end: number;
  readonly baseline: number;
}

/**
 * Where the name of a level at `height`, so many units wide, is off the curves and their names. The first of: over the
 * level at its end, under it there, over and under it to the left of these names. Failing that, over them all.
 */
export function levelSpot(
  height: number,
  wide: number,
  names: readonly Name[],
  curves: readonly (readonly Pair[])[],
  within: Pick<Coordinates, "left" | "right" | "bottom">,
): NameSpot {
  const end = levelEnd(within.right);
  const sides = [levelBaseline(height, false), levelBaseline(height, true)].filter(
    (at) => at <= within.bottom - DESCENT,
  );
  const beside = Math.min(...names.map(({ from }) => from)) - BESIDE;
  const ends = beside - wide < within.left ? [end] : [end, beside];
  const isOffNames = (spot: NameSpot): boolean =>
    names.every(
      ({ from, end: to, baseline }) =>
        to <= spot.end - wide || from >= spot.end || Math.abs(baseline - spot.baseline) >= APART,
    );
  const isOffCurves = (spot: NameSpot): boolean =>
    curves.every((places) => {
      const heights = heightsWithin(places, spot.end - wide, spot.end);
      return heights.every((at) => at > spot.baseline) || heights.every((at) => at < spot.baseline - ASCENT);
    });
  const spots = ends.flatMap((at) => sides.map((baseline): NameSpot => ({ end: at, baseline })));
  return (
    spots.find((spot) => isOffNames(spot) && isOffCurves(spot)) ?? {
      end,
      baseline: Math.min(...names.map(({ baseline }) => baseline)) - APART,
    }
  );
}

export interface TwoLinesProps {
  readonly lines: readonly [NamedLine, NamedLine];
  readonly level?: NamedLevel | undefined;
}

export function TwoLines({ lines, level }: TwoLinesProps) {
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
  const curves = drawn.map(({ places }) => places);
  const names = drawn.flatMap(({ from, end }, index) =>
    end === undefined ? [] : [{ from, end, baseline: heights[index] as number }],
  );
  return (
    <>
      {level && (
        <Level
          {...level}
          spot={levelSpot(y(level.value), LETTER * level.name.length, names, curves, { left, right, bottom })}
        />
      )}
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
