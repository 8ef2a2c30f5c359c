/** A grid of places that can be marked: by a tap on or near one, or with arrow keys and Enter or the space bar. */

import type { ComponentChildren, TargetedKeyboardEvent } from "preact";
import { useState } from "preact/hooks";
import { useFigure, useNewest } from "../base/context.ts";
import { fixed } from "../base/format.ts";
import { makeCoordinates, place, PlotArea, type Axis } from "../marks/plot.tsx";
import { useGesture, type Point } from "../base/pointer.ts";

export interface MarkPadProps {
  readonly label: string;
  readonly x: Axis;
  readonly y: Axis;
  /** Of the grid's places along the axes, evenly spaced; place i is at xs[⌊i / ys.length⌋] and ys[i mod ys.length]. */
  readonly xs: readonly number[];
  readonly ys: readonly number[];
  readonly marked: readonly number[];
  /** A place's mark is set, or taken away. */
  readonly onToggle: (index: number) => void;
  /** What a mark says, after the numbers of its place: “measured”. */
  readonly mark: string;
  readonly size?: number;
  /** Marks beneath. */
  readonly children?: ComponentChildren;
}

const ARROWS: Readonly<Record<string, Point>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, 1],
  ArrowDown: [0, -1],
};

function nearest(values: readonly number[], wanted: number): number {
  const [first, last] = [values[0] as number, values.at(-1) as number];
  const share = Math.min(1, Math.max(0, (wanted - first) / (last - first)));
  return Math.round(share * (values.length - 1));
}

export function MarkPad({ label, x, y, xs, ys, marked, onToggle, mark, size = 360, children }: MarkPadProps) {
  const { interactive } = useFigure();
  const coordinates = makeCoordinates(x, y, size, size);
  const [shown, show] = useState(marked[0] ?? 0);
  const newest = useNewest(shown);
  const toggle = ([left, top]: Point): void => {
    const column = nearest(xs, coordinates.x.invert(left));
    const index = column * ys.length + nearest(ys, coordinates.y.invert(top));
    newest.ask(index, show);
    onToggle(index);
  };
  // not at once: a finger that then moves scrolls the page, and marks nothing
  const gesture = useGesture(interactive ? { onRelease: toggle } : {});
  const steer = (event: TargetedKeyboardEvent<SVGElement>): void => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const direction = ARROWS[event.key];
    if (!direction && event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    const here = newest.get();
    if (!direction) return onToggle(here);
    const column = Math.floor(here / ys.length) + direction[0];
    const row = (here % ys.length) + direction[1];
    if (column >= 0 && column < xs.length && row >= 0 && row < ys.length) newest.ask(column * ys.length + row, show);
  };
  const at = (index: number): Point => [
    place(coordinates.x(xs[Math.floor(index / ys.length)] as number)),
    place(coordinates.y(ys[index % ys.length] as number)),
  ];
  const [left, top] = at(shown);
  const [a, b] = [xs[Math.floor(shown / ys.length)] as number, ys[shown % ys.length] as number];
  return (
    <svg class="plot scatter" viewBox={`0 0 ${size} ${size}`} {...gesture}>
      <PlotArea x={x} y={y} coordinates={coordinates}>
        {children}
        {marked.map((index) => {
          const [cx, cy] = at(index);
          return <circle key={index} class="mark-set" cx={cx} cy={cy} r="6" />;
        })}
      </PlotArea>
      <g
        class="scatter-cursor"
        role="slider"
        tabindex={interactive ? 0 : -1}
        aria-label={label}
        aria-roledescription="grid of places; Enter marks one"
        aria-disabled={interactive ? undefined : "true"}
        aria-valuemin={0}
        aria-valuemax={xs.length * ys.length - 1}
        aria-valuenow={shown}
        aria-valuetext={`${x.label} ${fixed(a, 1)}, ${y.label} ${fixed(b, 1)}${marked.includes(shown) ? `, ${mark}` : ""}`}
        transform={`translate(${left} ${top})`}
        onKeyDown={interactive ? steer : undefined}
      >
        <circle class="pad-reach" r="22" />
      </g>
    </svg>
  );
}
