/** A figure's state as the reader has set it, and the address that says it. */

import { clamp, sameValue, type State } from "../base/spec.ts";
import type { StateSpec, Value } from "../base/state_types.ts";
import { readState, saysState, writeState } from "./url_state.ts";

const PAUSE = 350; // ms; Safari refuses more than 100 address changes in 30 s

/** The address as figures have read or written it: where it is another, the event that tells of it is on its way. */
let known = location.hash;
/** How often the reader went to another address of the page; each figure has to follow there. */
let visits = 0;

function notice(): void {
  if (location.hash === known) return;
  known = location.hash;
  visits++;
}

export interface Addressed {
  /** The figure's id in the page. */
  readonly id: string;
  /** The figure's name, for messages. */
  readonly name: string;
  readonly specs: Readonly<Record<string, StateSpec>>;
  /** The author's state, which the address leaves out. */
  readonly initial: State;
}

export class FigureAddress {
  private readonly figure: Addressed;
  private readonly changed: () => void;
  private current: State;
  private count = 0;
  private followed = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;

  /** `changed` is called whenever the state has been set, even to what it was before. */
  constructor(figure: Addressed, changed: () => void) {
    this.figure = figure;
    this.changed = changed;
    this.current = this.read();
  }

  get state(): State {
    return this.current;
  }

  /** How often the state has been set so far. */
  get changes(): number {
    return this.count;
  }

  /** Whether the address says the present state. */
  get isWritten(): boolean {
    return this.timer === undefined;
  }

  /** Whether the state is the author's. */
  get isInitial(): boolean {
    return this.says(this.figure.initial);
  }

  /** Values outside of what figure.toml allows are brought back into it. */
  set(change: Partial<State>): void {
    const next = { ...this.current };
    for (const [key, value] of Object.entries(change)) {
      const spec = this.figure.specs[key];
      if (!spec) throw new Error(`figure.toml of “${this.figure.name}” has no state “${key}”`);
      next[key] = clamp(spec, value, this.current[key] as Value);
    }
    this.replace(next);
  }

  reset(): void {
    this.replace(this.figure.initial);
  }

  /** The whole address of the state, also of the author's. */
  link(): string {
    const { id, specs, initial } = this.figure;
    const hash = writeState(`#${id}`, id, specs, initial, this.current);
    return `${location.href.replace(/#.*$/s, "")}${hash}`;
  }

  /** The address changed (a link, the back button): the state follows it. */
  follow(): void {
    const state = this.read();
    if (!this.says(state)) this.replace(state);
    const { id, specs, initial } = this.figure;
    if (saysState(known, id, specs, initial, this.current)) this.settle(); // it is written already
  }

  /** The address is about to be read, or the page to be left. */
  writeNow(): void {
    if (this.isWritten) return;
    this.settle();
    this.write();
  }

  private read(): State {
    notice();
    this.followed = visits;
    const { id, specs, initial } = this.figure;
    return readState(known, id, specs, initial);
  }

  private says(state: State): boolean {
    return Object.keys(this.figure.specs).every((key) => sameValue(state[key], this.current[key]));
  }

  private replace(state: State): void {
    this.current = state;
    this.count++;
    this.settle();
    this.timer = setTimeout(() => this.write(), PAUSE);
    this.changed();
  }

  /** Nothing is to be written any more. */
  private settle(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  private write(): void {
    this.timer = undefined;
    notice();
    if (this.followed < visits) return this.follow(); // the reader went elsewhere in the page, and that counts
    const { id, specs, initial } = this.figure;
    const hash = writeState(location.hash, id, specs, initial, this.current);
    if (hash === location.hash) return;
    // Replaced, not pushed: the back button leads to the last page, not to the last drag.
    history.replaceState(history.state, "", `${location.pathname}${location.search}${hash}`);
    known = location.hash;
  }
}
