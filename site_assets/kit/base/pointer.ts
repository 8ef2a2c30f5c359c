/**
 * One pointer gesture on an SVG element: press, drag, release, in the element's own view-box units. A pen goes before
 * the hand that holds it: its palm may have touched first.
 */

import type { TargetedEvent, TargetedPointerEvent } from "preact";
import { useRef } from "preact/hooks";

export type Point = readonly [number, number];

export interface Gesture {
  readonly onPress?: (point: Point) => void;
  readonly onDrag?: (point: Point) => void;
  readonly onRelease?: (point: Point) => void;
  /** A mouse or pen passing over, without a button pressed. */
  readonly onHover?: (point: Point) => void;
  readonly onLeave?: () => void;
  /** What was pressed and dragged was the palm. */
  readonly onCancel?: () => void;
}

type PointerEventOn = TargetedPointerEvent<SVGSVGElement>;

function toViewBox(svg: SVGSVGElement, clientX: number, clientY: number): Point {
  const matrix = svg.getScreenCTM();
  if (!matrix) return [0, 0];
  const point = new DOMPoint(clientX, clientY).matrixTransform(matrix.inverse());
  return [point.x, point.y];
}

/** Handlers to spread on an `<svg>`. A second finger is ignored while the first one is down, a pen is not. */
export function useGesture(gesture: Gesture) {
  const active = useRef<number | null>(null);
  const activeType = useRef("");
  const point = (event: PointerEventOn): Point => toViewBox(event.currentTarget, event.clientX, event.clientY);
  return {
    onPointerDown(event: PointerEventOn): void {
      if (event.button !== 0) return;
      if (active.current !== null) {
        if (event.pointerType !== "pen" || activeType.current !== "touch") return;
        gesture.onCancel?.();
      }
      active.current = event.pointerId;
      activeType.current = event.pointerType;
      event.currentTarget.setPointerCapture(event.pointerId);
      gesture.onPress?.(point(event));
    },
    onPointerMove(event: PointerEventOn): void {
      if (active.current === event.pointerId) gesture.onDrag?.(point(event));
      else if (active.current === null && event.pointerType !== "touch") gesture.onHover?.(point(event));
    },
    onPointerUp(event: PointerEventOn): void {
      if (active.current !== event.pointerId) return;
      active.current = null;
      gesture.onRelease?.(point(event));
    },
    onPointerCancel(event: PointerEventOn): void {
      if (active.current === event.pointerId) active.current = null;
    },
    onDragStart(event: TargetedEvent<SVGSVGElement>): void {
      event.preventDefault(); // where the page's text is selected, the browser would drag that instead
    },
    onPointerLeave(): void {
      if (active.current === null) gesture.onLeave?.();
    },
  };
}
