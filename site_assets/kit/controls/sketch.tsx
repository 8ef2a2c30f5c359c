/** A square to draw on with mouse, pen or finger. Strokes come out as polylines in the unit square, y downwards. */

import { useRef } from "preact/hooks";
import { useFigure, useNewest } from "../base/context.ts";
import { place } from "../marks/plot.tsx";
import { useGesture, type Point } from "../base/pointer.ts";
import type { Stroke } from "../base/state_types.ts";

export interface SketchProps {
  readonly label: string;
  readonly strokes: readonly Stroke[];
  readonly onChange: (strokes: readonly Stroke[]) => void;
  /** Of the unit square. */
  readonly strokeWidth: number;
}

const SIZE = 280;
const SPACING = 0.012; // of the unit square: closer points add bytes to the address and nothing to the drawing

export function Sketch({ label, strokes, onChange, strokeWidth }: SketchProps) {
  const { interactive } = useFigure();
  const newest = useNewest(strokes);
  const drawing = useRef<readonly Stroke[]>([]);
  const unit = ([x, y]: Point): [number, number] => [
    Math.min(1, Math.max(0, x / SIZE)),
    Math.min(1, Math.max(0, y / SIZE)),
  ];
  const extend = (at: Point): void => {
    const earlier = drawing.current.slice(0, -1);
    const stroke = drawing.current.at(-1) ?? [];
    const next = unit(at);
    const last = stroke.at(-1);
    if (last && Math.hypot(next[0] - last[0], next[1] - last[1]) < SPACING) return;
    drawing.current = [...earlier, [...stroke, next]];
    newest.ask(drawing.current, onChange);
  };
  const begin = (at: Point): void => {
    drawing.current = [...newest.get(), []];
    extend(at);
  };
  const cancel = (): void => {
    drawing.current = drawing.current.slice(0, -1);
    newest.ask(drawing.current, onChange);
  };
  const gesture = useGesture(interactive ? { onPress: begin, onDrag: extend, onCancel: cancel } : {});
  const path = strokes
    .map((stroke) => {
      const places = stroke.map(([x, y]) => `${place(x * SIZE)} ${place(y * SIZE)}`);
      return places.length === 1 ? `M${places[0]}h0` : `M${places.join("L")}`;
    })
    .join("");
  return (
    <svg class="sketch" viewBox={`0 0 ${SIZE} ${SIZE}`} role="img" aria-label={label} {...gesture}>
      <rect class="sketch-paper" width={SIZE} height={SIZE} />
      <path class="sketch-ink c-x" d={path} stroke-width={place(strokeWidth * SIZE)} />
    </svg>
  );
}
