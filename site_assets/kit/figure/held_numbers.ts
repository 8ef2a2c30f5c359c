/**
 * The numbers of the text that a figure of the page holds: dragged, or stepped with the arrows, they turn the figure,
 * and they follow it. They are text until their figure is live.
 */

import { atPlace, lastPlace, placeOf, shownNumber, type TurnedSpec } from "../base/held_number.ts";
import type { StateSpec, Value } from "../base/state_types.ts";
import type { FigureAddress } from "./address.ts";

/** Steps that a key goes; with Shift ten times as many. */
const KEYS: Readonly<Record<string, number>> = {
  ArrowRight: 1,
  ArrowUp: 1,
  ArrowLeft: -1,
  ArrowDown: -1,
  PageUp: 10,
  PageDown: -10,
  Home: Number.NEGATIVE_INFINITY,
  End: Number.POSITIVE_INFINITY,
};
const TRAVEL = 240; // px of a drag from the least to the greatest
const LONGEST_STEP = 20; // px

/** Every number of the text that turns `figure`. */
export class HeldNumbers {
  private readonly followers: readonly (() => void)[];

  constructor(figure: HTMLElement, specs: Readonly<Record<string, StateSpec>>, address: FigureAddress) {
    const numbers = [...document.querySelectorAll<HTMLElement>(`[data-turns="${CSS.escape(figure.id)}"]`)];
    const place = figure.querySelector(".figure-number")?.textContent ?? "";
    this.followers = numbers.map((element) => {
      const key = element.dataset["key"] as string;
      const spec = specs[key] as TurnedSpec;
      element.setAttribute("aria-label", `${spec.description}, ${place}`);
      element.setAttribute("aria-controls", figure.id);
      return turned(
        element,
        spec,
        () => address.state[key] as Value,
        (value) => address.set({ [key]: value }),
      );
    });
    this.follow();
  }

  follow(): void {
    for (const follow of this.followers) follow();
  }
}

/** Makes a slider of a text; what is returned writes the newest value into it. */
function turned(element: HTMLElement, spec: TurnedSpec, get: () => Value, set: (value: Value) => void): () => void {
  const last = lastPlace(spec);
  const number = (place: number): string => String(Number(atPlace(spec, place)));
  const words = { role: "slider", tabindex: "0", "aria-valuemin": number(0), "aria-valuemax": number(last) };
  for (const [name, value] of Object.entries(words)) element.setAttribute(name, value);
  const go = (place: number): void => {
    const value = atPlace(spec, place);
    if (value !== get()) set(value);
  };
  element.addEventListener("keydown", (event) => {
    const steps = KEYS[event.key];
    if (steps === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    go(placeOf(spec, get()) + steps * (event.shiftKey ? 10 : 1));
  });
  startDrag(element, Math.min(LONGEST_STEP, TRAVEL / last), () => placeOf(spec, get()), go);
  let shown: Value | null = null;
  return () => {
    const value = get();
    if (value === shown) return; // a number that stays is not laid out anew
    shown = value;
    const text = shownNumber(spec, value);
    element.textContent = text;
    element.setAttribute("aria-valuenow", String(Number(value)));
    element.setAttribute("aria-valuetext", text);
  };
}

/** Sideways, a step every so many px; up and down a finger goes on scrolling the page. */
function startDrag(element: HTMLElement, stride: number, get: () => number, go: (place: number) => void): void {
  let pressed: { readonly pointer: number; readonly x: number; readonly place: number } | null = null;
  element.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || pressed) return;
    element.setPointerCapture(event.pointerId);
    pressed = { pointer: event.pointerId, x: event.clientX, place: get() };
  });
  element.addEventListener("pointermove", (event) => {
    if (pressed?.pointer !== event.pointerId) return;
    go(pressed.place + Math.trunc((event.clientX - pressed.x) / stride));
  });
  for (const end of ["pointerup", "pointercancel"] as const) {
    element.addEventListener(end, (event) => {
      if (pressed?.pointer === event.pointerId) pressed = null;
    });
  }
}
