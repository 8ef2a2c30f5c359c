/** Records where a handle was dragged and plays it back at an even pace. */

import { useEffect, useRef, useState } from "preact/hooks";
import { useTicker } from "../base/context.ts";
import { Button, Controls } from "./controls.tsx";
import type { Stroke } from "../base/state_types.ts";

type Point = readonly [number, number];

export interface PathRecorderProps {
  /** Where the handle is, in the unit square. */
  readonly point: Point;
  readonly path: Stroke;
  readonly maxPoints: number;
  readonly onPath: (path: Stroke) => void;
  readonly onPoint: (point: Point) => void;
}

const SPACING = 0.008; // of the unit square, between recorded points
const SPEED = 0.22; // of the unit square, a second
const SNAP = 0.002; // of the unit square: the state's step may move a point this far
const STILL_PACE = 0.6; // seconds a step, for readers who asked for less motion

function distance(a: Point, b: Point): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1]);
}

/** The place `travelled` along the polyline, or null past its end. */
export function along(path: Stroke, travelled: number): Point | null {
  let left = travelled;
  for (let i = 0; i + 1 < path.length; i++) {
    const [from, to] = [path[i] as Point, path[i + 1] as Point];
    const length = distance(from, to);
    if (left <= length) {
      const share = length === 0 ? 0 : left / length;
      return [from[0] + share * (to[0] - from[0]), from[1] + share * (to[1] - from[1])];
    }
    left -= length;
  }
  return null;
}

export function PathRecorder({ point, path, maxPoints, onPath, onPoint }: PathRecorderProps) {
  const [mode, setMode] = useState<"idle" | "recording" | "playing">("idle");
  const travelled = useRef(0);
  const sent = useRef<readonly Point[]>([]); // the place shown now, then those that are still being drawn
  const recorded = useRef<Stroke>([]);

  useEffect(() => {
    if (mode === "playing") {
      const place = sent.current.findIndex((other) => distance(other, point) < SNAP);
      if (place < 0)
        setMode("idle"); // the reader took over
      else sent.current = sent.current.slice(place);
    }
    if (mode !== "recording") return;
    const last = recorded.current.at(-1);
    if (last && distance(last, point) < SPACING) return;
    recorded.current = [...recorded.current, point];
    onPath(recorded.current);
    if (recorded.current.length >= maxPoints) setMode("idle");
  }, [point[0], point[1], mode]);

  useTicker(mode === "playing", (seconds) => {
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    travelled.current += still ? seconds * (SPEED / STILL_PACE) : seconds * SPEED;
    const stride = SPEED * STILL_PACE;
    const place = still ? Math.floor(travelled.current / stride) * stride : travelled.current;
    const next = along(path, place);
    if (!next) {
      // However long the last frame took, the handle comes to rest at the end of the path.
      onPoint(path.at(-1) as Point);
      return setMode("idle");
    }
    sent.current = [...sent.current, next];
    onPoint(next);
  });

  const record = (): void => {
    recorded.current = [];
    setMode(mode === "recording" ? "idle" : "recording");
  };
  const play = (): void => {
    travelled.current = 0;
    sent.current = [point];
    setMode(mode === "playing" ? "idle" : "playing");
  };
  return (
    <Controls label="Path">
      <Button onClick={record} pressed={mode === "recording"}>
        {mode === "recording" ? "Stop recording" : "Record a path"}
      </Button>
      <Button onClick={play} pressed={mode === "playing"} disabled={path.length < 2}>
        {mode === "playing" ? "Stop" : "Play the path"}
      </Button>
    </Controls>
  );
}
