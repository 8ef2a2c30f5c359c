/** What every component of a figure may know about the figure that it is part of. */

import { createContext } from "preact";
import { useContext, useEffect, useLayoutEffect, useRef } from "preact/hooks";
import type { StateSpec } from "./state_spec.ts";
import type { VisibilityListener } from "./visibility.ts";

export interface FigureContext {
  /** The figure's id in the page: the root of the ids of its parts. */
  readonly id: string;
  /** What figure.toml says of each piece of the figure's state. */
  readonly declared: Readonly<Record<string, StateSpec>>;
  /** False in the static frame: no handler is attached and controls are inert. */
  readonly interactive: boolean;
  /** How often the state has been changed so far, whether the change is drawn yet or not. */
  readonly changes: () => number;
  /** Calls back when the figure leaves the screen or the tab is hidden, and when it returns. */
  readonly onVisibility: (listener: VisibilityListener) => () => void;
  /** At build, where there is no canvas: pixels → the address of an image. */
  readonly encodeImage: ((pixels: ArrayLike<number>, width: number, height: number) => string) | null;
}

export const Context = createContext<FigureContext>({
  id: "fig",
  declared: {},
  interactive: false,
  changes: () => 0,
  onVisibility: () => () => undefined,
  encodeImage: null,
});

export function useFigure(): FigureContext {
  return useContext(Context);
}

/**
 * The value that the next step by key counts from. Keys may come faster than frames are computed, so this is what
 * the last step asked for, not what is shown; once something else has changed the state, it is what is shown.
 */
export function useNewest<T>(shown: T) {
  const { changes } = useFigure();
  const asked = useRef<{ readonly value: T; readonly change: number } | null>(null);
  return {
    get: (): T => (asked.current?.change === changes() ? asked.current.value : shown),
    ask<V extends T>(value: V, change: (value: V) => void): void {
      change(value);
      asked.current = { value, change: changes() };
    },
  };
}

/**
 * Calls `tick` with the seconds since the last call, once a displayed frame, while `running` and on screen.
 * The newest `tick` is used, so it may close over the newest state.
 */
export function useTicker(running: boolean, tick: (seconds: number) => void): void {
  const { onVisibility } = useFigure();
  const newest = useRef(tick);
  useLayoutEffect(() => {
    newest.current = tick;
  });
  useEffect(() => {
    if (!running) return;
    let request = 0;
    let last: number | null = null;
    const frame = (now: number): void => {
      request = requestAnimationFrame(frame);
      if (last !== null) newest.current((now - last) / 1000);
      last = now;
    };
    const stop = (): void => {
      cancelAnimationFrame(request);
      last = null;
    };
    const start = (): void => {
      stop();
      request = requestAnimationFrame(frame);
    };
    start();
    const unsubscribe = onVisibility((visible) => (visible ? start() : stop()));
    return () => {
      stop();
      unsubscribe();
    };
  }, [running, onVisibility]);
}
