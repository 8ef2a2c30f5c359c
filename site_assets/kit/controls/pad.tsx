/** A plane with one handle: drag it, tap a place, or steer it with the arrow keys. */

import type { ComponentChildren, TargetedKeyboardEvent } from "preact";
import { useFigure, useNewest } from "../base/context.ts";
import { fixed } from "../base/format.ts";
import { makeCoordinates, place, PlotArea, type Axis, type Pair } from "../marks/plot.tsx";
import { useGesture, type Point } from "../base/pointer.ts";

export interface PadProps {
  readonly label: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly value: Pair;
  readonly onMove: (value: Pair) => void;
  /** What an arrow key adds; with Shift, or Page Up and Page Down, ten times as much. */
  readonly step: number;
  readonly size?: number;
  readonly hue?: string;
  /** Marks beneath the handle. */
  readonly children?: ComponentChildren;
}

const ARROWS: Readonly<Record<string, Pair>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, 1],
  ArrowDown: [0, -1],
  PageUp: [0, 10],
  PageDown: [0, -10],
};

function within(axis: Axis, value: number): number {
  return Math.min(axis.max, Math.max(axis.min, value));
}

export function Pad({ label, x, y, value, onMove, step, size = 360, hue = "c-z", children }: PadProps) {
  const { interactive } = useFigure();
  const coordinates = makeCoordinates(x, y, size, size);
  const newest = useNewest(value);
  const moveTo = (a: number, b: number): void => newest.ask([within(x, a), within(y, b)], onMove);
  const follow = ([left, top]: Point): void => moveTo(coordinates.x.invert(left), coordinates.y.invert(top));
  const gesture = useGesture(interactive ? { onPress: follow, onDrag: follow } : {});
  const steer = (event: TargetedKeyboardEvent<SVGElement>): void => {
    const direction = ARROWS[event.key];
    if (!direction || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const stride = step * (event.shiftKey ? 10 : 1);
    const [a, b] = newest.get();
    moveTo(a + direction[0] * stride, b + direction[1] * stride);
  };
  const [left, top] = [place(coordinates.x(value[0])), place(coordinates.y(value[1]))];
  return (
    <svg class="plot pad" viewBox={`0 0 ${size} ${size}`} {...gesture}>
      <PlotArea x={x} y={y} coordinates={coordinates}>
        {children}
        <g class={hue} aria-hidden="true">
          <line class="pad-hair" x1={coordinates.left} x2={coordinates.right} y1={top} y2={top} />
          <line class="pad-hair" x1={left} x2={left} y1={coordinates.top} y2={coordinates.bottom} />
        </g>
      </PlotArea>
      <g
        class={`pad-handle ${hue}`}
        transform={`translate(${left} ${top})`}
        role="slider"
        tabindex={interactive ? 0 : -1}
        aria-label={label}
        aria-roledescription="two-dimensional slider"
        aria-disabled={interactive ? undefined : "true"}
        aria-valuemin={x.min}
        aria-valuemax={x.max}
        aria-valuenow={Number(value[0].toFixed(3))}
        aria-valuetext={`${x.label} ${fixed(value[0])}, ${y.label} ${fixed(value[1])}`}
        onKeyDown={interactive ? steer : undefined}
      >
        <circle class="pad-reach" r="25" />
        <circle class="pad-knob" r="8" />
      </g>
    </svg>
  );
}
