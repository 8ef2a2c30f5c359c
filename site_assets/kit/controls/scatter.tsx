/** Points that can be picked: by passing over them, by a tap, or by stepping from one to the next with arrow keys. */

import { Delaunay } from "d3-delaunay";
import type { TargetedKeyboardEvent } from "preact";
import { useMemo } from "preact/hooks";
import { useFigure, useNewest } from "../base/context.ts";
import { fixed } from "../base/format.ts";
import { Glyphs, makeCoordinates, place, PlotArea, type Axis, type Pair } from "../marks/plot.tsx";
import { useGesture, type Point } from "../base/pointer.ts";

export interface ScatterProps {
  readonly label: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly points: readonly Pair[];
  /** Of each point: its class, which gives colour and glyph. */
  readonly classes: ArrayLike<number>;
  readonly glyphs: readonly string[];
  /** The picked point, or null. */
  readonly picked: number | null;
  readonly onPick: (index: number) => void;
  /** A tap on a place without a point. */
  readonly onPlace: (at: Pair) => void;
  /** A place that was tapped, to be marked. */
  readonly placed: Pair | null;
  readonly size?: number;
}

const REACH = 12; // view-box units within which a pointer picks a point
const ARROWS: Readonly<Record<string, Point>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/** The nearest place in a direction: along it counts once, off to the side twice. */
export function neighbour(
  places: readonly Point[],
  from: Point,
  [dx, dy]: Point,
  except: number | null,
): number | null {
  let best: number | null = null;
  let least = Number.POSITIVE_INFINITY;
  places.forEach(([x, y], index) => {
    const along = (x - from[0]) * dx + (y - from[1]) * dy;
    const aside = Math.abs((x - from[0]) * dy) + Math.abs((y - from[1]) * dx);
    if (index === except || along <= 0) return;
    const cost = along + 2 * aside;
    if (cost < least) [best, least] = [index, cost];
  });
  return best;
}

export function Scatter(props: ScatterProps) {
  const { label, x, y, points, classes, glyphs, picked, onPick, onPlace, placed, size = 400 } = props;
  const { interactive } = useFigure();
  const coordinates = useMemo(() => makeCoordinates(x, y, size, size), [x.min, x.max, y.min, y.max, size]);
  const places = useMemo(
    () => points.map(([a, b]): Point => [coordinates.x(a), coordinates.y(b)]),
    [points, coordinates],
  );
  const search = useMemo(() => Delaunay.from(places as [number, number][]), [places]);
  const groups = useMemo(
    () => glyphs.map((_, kind) => points.filter((_, index) => classes[index] === kind)),
    [points, classes, glyphs],
  );

  const pointAt = ([left, top]: Point): number | null => {
    const index = search.find(left, top);
    const found = places[index];
    return found && Math.hypot(found[0] - left, found[1] - top) <= REACH ? index : null;
  };
  const choose = (at: Point): void => {
    const index = pointAt(at);
    if (index !== null) onPick(index);
    else onPlace([coordinates.x.invert(at[0]), coordinates.y.invert(at[1])]);
  };
  const hover = (at: Point): void => {
    const index = pointAt(at);
    if (index !== null && index !== picked) onPick(index);
  };
  const gesture = useGesture(interactive ? { onPress: choose, onDrag: choose, onHover: hover } : {});

  const centre: Point = [(coordinates.left + coordinates.right) / 2, (coordinates.top + coordinates.bottom) / 2];
  const newest = useNewest<number | Pair | null>(picked ?? placed);
  const placeOf = (spot: number | Pair | null): Point | undefined => {
    if (typeof spot === "number") return places[spot];
    return spot ? [coordinates.x(spot[0]), coordinates.y(spot[1])] : undefined;
  };
  const current = placeOf(picked ?? placed);
  const step = (event: TargetedKeyboardEvent<SVGElement>): void => {
    const direction = ARROWS[event.key];
    if (!direction || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const spot = newest.get();
    const from = placeOf(spot);
    if (event.shiftKey) {
      const [left, top] = from ?? centre;
      const at: Pair = [
        coordinates.x.invert(Math.min(coordinates.right, Math.max(coordinates.left, left + 8 * direction[0]))),
        coordinates.y.invert(Math.min(coordinates.bottom, Math.max(coordinates.top, top + 8 * direction[1]))),
      ];
      newest.ask(at, onPlace);
      return;
    }
    const next = from
      ? neighbour(places, from, direction, typeof spot === "number" ? spot : null)
      : search.find(...centre);
    if (next !== null) newest.ask(next, onPick);
  };

  const shown = picked !== null ? points[picked] : placed;
  const text = shown
    ? `${picked !== null ? `point ${picked + 1} of ${points.length}, ${glyphs[classes[picked] ?? 0]}` : "empty place"}, ${x.label} ${fixed(shown[0])}, ${y.label} ${fixed(shown[1])}`
    : "nothing picked";
  return (
    <svg class="plot scatter" viewBox={`0 0 ${size} ${size}`} {...gesture}>
      <PlotArea x={x} y={y} coordinates={coordinates}>
        {groups.map((group, kind) => (
          <Glyphs key={kind} points={group} glyph={glyphs[kind] ?? "·"} hue={`k${kind}`} />
        ))}
      </PlotArea>
      <g
        class="scatter-cursor"
        role="slider"
        tabindex={interactive ? 0 : -1}
        aria-label={label}
        aria-roledescription="point picker"
        aria-disabled={interactive ? undefined : "true"}
        aria-valuemin={0}
        aria-valuemax={points.length}
        aria-valuenow={picked === null ? 0 : picked + 1}
        aria-valuetext={text}
        transform={`translate(${place((current ?? centre)[0])} ${place((current ?? centre)[1])})`}
        onKeyDown={interactive ? step : undefined}
      >
        <circle class="pad-reach" r="25" />
        {current && <circle class={picked !== null ? "dot-picked" : "dot-placed"} r="9" />}
      </g>
    </svg>
  );
}
