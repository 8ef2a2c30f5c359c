/**
 * A figure's life in the page: it wakes near the viewport, loads what it needs, takes the static frame over,
 * recomputes as its state changes, keeps the state in the address, and explains itself when something fails.
 */

import { render } from "preact";
import { forgetAssets, loadAsset, type AssetReference } from "../base/asset.ts";
import { Context, type FigureContext } from "../base/context.ts";
import type { AnyFigure, Table } from "./figure.ts";
import { bytes } from "../base/format.ts";
import { loadModels, type Card, type Models, type ModelSource } from "./models.ts";
import { theEngine } from "./page_engine.ts";
import { AssetError, loadScript } from "../base/script.ts";
import { clamp, sameValue, type FigureSpec, type State, type Value } from "../base/spec.ts";
import { part, setFigureState, showFailure } from "../base/status.ts";
import type { Training, TrainingRecord } from "./training.ts";
import type { TrainingState } from "../run/training_controls.tsx";
import { TrainingSession } from "../run/training_session.ts";
import { readState, writeState } from "./url_state.ts";

/** What the builder wrote beside the static frame. */
interface FigureData {
  readonly name: string;
  readonly spec: FigureSpec;
  readonly state: State;
  readonly options: State;
  readonly script: string;
  readonly models: Readonly<Record<string, { readonly name: string; readonly card: Card; readonly assets: Readonly<Record<string, AssetReference>> }>>;
}

const definitions = new Map<string, AnyFigure>();

/** Called by a figure's script. */
export function registerFigure(name: string, definition: AnyFigure): void {
  definitions.set(name, definition);
}

const runtimes = new Map<string, FigureRuntime>();

/** The reader's own run in the figure `id`, for the console and for tests; null if there is none. */
export function trainingRecord(id: string): TrainingRecord | null {
  return runtimes.get(id)?.trainingRecord() ?? null;
}

/** Whether the figure `id` shows its newest state and the address says it; for the console and for tests. */
export function isAtRest(id: string): boolean {
  return runtimes.get(id)?.isAtRest ?? false;
}

/** The address as figures have read or written it: where it is another, the event that tells of it is on its way. */
let known = location.hash;

const ADDRESS_PAUSE = 350; // ms; Safari refuses more than 100 address changes in 30 s
const SUMMARY_PAUSE = 600; // ms of rest before a screen reader is told

export class FigureRuntime {
  private readonly element: HTMLElement;
  private readonly stage: HTMLElement;
  private readonly data: FigureData;
  private readonly initial: State;
  private state: State;
  private shownState: State | null = null;
  private frame: unknown = null;
  private session: { readonly role: string; readonly training: TrainingSession } | null = null;
  private training: Training | null = null;
  private request = 0;
  private tabled = false;
  private drawing = { ended: 0, took: 0, painted: 0 }; // of the last frame, in ms: when, how long, and for the browser's part
  private definition: AnyFigure | null = null;
  private models: Models | null = null;
  private activated = false;
  private changes = 0;
  private life = 0; // grows with every Reset: what a control remembers ends with it, a recording under way too
  private computing = false;
  private stale = false;
  private visible = false;
  private readonly visibilityListeners = new Set<(visible: boolean) => void>();
  private addressTimer = 0;
  private summaryTimer = 0;
  private readonly context: FigureContext;

  constructor(element: HTMLElement) {
    this.element = element;
    this.stage = part(element, "stage") as HTMLElement;
    this.data = JSON.parse(part(element, "figure-data")?.textContent ?? "null") as FigureData;
    this.initial = this.data.state;
    this.state = this.stateOfAddress();
    this.context = {
      id: element.id,
      interactive: true,
      changes: () => this.changes,
      onVisibility: (listener) => {
        this.visibilityListeners.add(listener);
        return () => this.visibilityListeners.delete(listener);
      },
      encodeImage: null,
    };
    part(element, "reset")?.addEventListener("click", () => this.reset());
    runtimes.set(element.id, this);
  }

  trainingRecord(): TrainingRecord | null {
    return this.session?.training.record() ?? null;
  }

  get isAtRest(): boolean {
    return !this.computing && this.addressTimer === 0;
  }

  private get specs() {
    return this.data.spec.state ?? {};
  }

  /** Loads what the figure needs and makes it live. Safe to call again after a failure. */
  async activate(): Promise<void> {
    if (this.activated) return;
    this.activated = true;
    setFigureState(this.element, "loading", `Loading ${bytes(this.weight())}…`);
    try {
      this.definition = await this.loadDefinition();
      this.models = await this.loadModels();
      await this.computeFrame();
    } catch (error) {
      this.activated = false;
      forgetAssets();
      showFailure(this.element, error, () => void this.activate());
      return;
    }
    this.stage.replaceChildren();
    this.table();
    setFigureState(this.element, "live");
    this.draw();
    this.describe();
  }

  /** Called by the page: on screen and in the foreground, or not. */
  setVisible(visible: boolean): void {
    if (visible === this.visible) return;
    this.visible = visible;
    for (const listener of this.visibilityListeners) listener(visible);
  }

  /** The address changed (a link, the back button): the state follows it. */
  followAddress(): void {
    const state = this.stateOfAddress();
    const changed = Object.keys(this.specs).some((key) => !sameValue(state[key], this.state[key]));
    if (changed) this.replace(state);
  }

  private stateOfAddress(): State {
    known = location.hash;
    return readState(known, this.element.id, this.specs, this.initial);
  }

  private async loadDefinition(): Promise<AnyFigure> {
    const { name, script } = this.data;
    if (!definitions.has(name)) await loadScript(script);
    const definition = definitions.get(name);
    if (!definition) throw new AssetError(`the file ${script} is damaged`);
    return definition;
  }

  private loadModels(): Promise<Models> {
    const sources: Record<string, ModelSource> = {};
    const uses: Record<string, readonly string[]> = {};
    for (const [role, { card, assets, name }] of Object.entries(this.data.models)) {
      uses[role] = Object.keys(assets);
      sources[role] = {
        card,
        bytes: (asset) => {
          const reference = assets[asset];
          if (!reference) throw new Error(`the model “${name}” came without “${asset}”`);
          return loadAsset(reference);
        },
      };
    }
    return loadModels(sources, uses, theEngine);
  }

  private weight(): number {
    const files = Object.values(this.data.models).flatMap(({ assets }) => Object.values(assets));
    return files.reduce((total, { bytes: size }) => total + size, 0);
  }

  private readonly set = (change: Partial<State>): void => {
    const next = { ...this.state };
    for (const [key, value] of Object.entries(change)) {
      const spec = this.specs[key];
      if (!spec) throw new Error(`figure.toml of “${this.data.name}” has no state “${key}”`);
      next[key] = clamp(spec, value, this.state[key] as Value);
    }
    this.replace(next);
  };

  /** What controls call; one that Reset has ended may tick once more before it is gone, and is not heard. */
  private setterOf(life: number): (change: Partial<State>) => void {
    return (change) => {
      if (life === this.life) this.set(change);
    };
  }

  private setInLife = this.setterOf(this.life);

  /** All that the reader did is undone, a run that was trained in the page included. */
  private reset(): void {
    this.session?.training.end();
    this.session = null;
    this.setInLife = this.setterOf(++this.life);
    this.draw(); // with controls that are heard: the reader may be at one before the first frame is there again
    this.replace(this.initial);
  }

  private replace(state: State): void {
    this.state = state;
    this.changes++;
    this.refreshReset();
    clearTimeout(this.addressTimer);
    this.addressTimer = setTimeout(() => this.writeAddress(), ADDRESS_PAUSE);
    if (this.frame !== null) void this.recompute();
  }

  private async computeFrame(): Promise<void> {
    if (!this.definition || !this.models) return;
    const state = this.state;
    const training = (await this.currentSession()?.moment()) ?? null;
    this.frame = await this.definition.compute({ ...this.data.options, ...state }, this.models, training as Training);
    this.shownState = state;
    this.training = training;
  }

  /** The run that belongs to the present state; a new one when model, seed or schedule have changed. */
  private currentSession(): TrainingSession | null {
    if (!this.definition?.train || !this.models) return null;
    const role = this.definition.train({ ...this.data.options, ...this.state });
    const settings = this.state as unknown as TrainingState;
    if (this.session?.role === role && !this.session.training.differs(settings)) {
      this.session.training.adopt(settings);
      return this.session.training;
    }
    this.session?.training.end();
    const model = this.models.model[role];
    if (!model) throw new Error(`figure.toml of “${this.data.name}” has no model “${role}”`);
    const training = new TrainingSession(model, settings, {
      changed: () => this.redrawSoon(),
      remember: (change) => this.set(change as Partial<State>),
      onVisibility: this.context.onVisibility,
    });
    this.session = { role, training };
    return training;
  }

  /** Many changes between two displayed frames are drawn once; training gets at least as much time as drawing it. */
  private redrawSoon(): void {
    if (this.request !== 0) return;
    this.request = requestAnimationFrame(() => {
      this.request = 0;
      const { ended, took, painted } = this.drawing;
      if (performance.now() - ended < took + 2 * painted) this.redrawSoon(); // twice: `ended` was before the painting
      else void this.recompute();
    });
  }

  /** At most one computation runs; when it ends, only the newest state is computed: no queue of stale frames. */
  private async recompute(): Promise<void> {
    this.stale = true;
    if (this.computing || !this.definition || !this.models) return;
    this.computing = true;
    const start = performance.now();
    try {
      while (this.stale) {
        this.stale = false;
        await this.computeFrame();
        if (this.element.dataset["state"] === "error") setFigureState(this.element, "live");
        this.draw();
      }
      this.describe();
    } catch (error) {
      showFailure(this.element, error, () => void this.recompute());
    } finally {
      this.computing = false;
      const ended = performance.now();
      this.drawing = { ...this.drawing, ended, took: ended - start };
      this.timePainting();
    }
  }

  /** Layout and painting come after a frame's callbacks and before the next task. */
  private timePainting(): void {
    requestAnimationFrame(() => {
      const start = performance.now();
      setTimeout(() => {
        this.drawing = { ...this.drawing, painted: performance.now() - start };
      });
    });
  }

  private draw(): void {
    if (!this.definition || !this.shownState) return;
    const state = { ...this.data.options, ...this.shownState };
    this.refreshReset();
    const running = this.training?.phase === "running";
    if (this.element.dataset["state"] !== "error") this.element.dataset["state"] = running ? "training" : "live";
    const view = this.definition.view(state, this.frame, this.setInLife, this.training as Training);
    render(<Context.Provider key={this.life} value={this.context}>{view}</Context.Provider>, this.stage);
  }

  private describe(): void {
    clearTimeout(this.summaryTimer);
    this.summaryTimer = setTimeout(() => {
      if (!this.definition || !this.shownState) return;
      const state = { ...this.data.options, ...this.shownState };
      const summary = part(this.element, "summary");
      if (summary) summary.textContent = this.definition.describe(state, this.frame, this.training as Training);
      this.table();
    }, SUMMARY_PAUSE);
  }

  /** The numbers of the present state; the static frame's table gives way to the first live one. */
  private table(): void {
    const place = part(this.element, "table");
    if (!place || !this.definition?.table || !this.shownState) return;
    const state = { ...this.data.options, ...this.shownState };
    if (!this.tabled) place.replaceChildren();
    this.tabled = true;
    render(<DataTable table={this.definition.table(state, this.frame, this.training as Training)} />, place);
  }

  private refreshReset(): void {
    const reset = part(this.element, "reset") as HTMLButtonElement | null;
    if (!reset) return;
    reset.disabled =
      !this.activated ||
      (this.training?.recorded !== false && Object.keys(this.specs).every((key) => sameValue(this.state[key], this.initial[key])));
  }

  private writeAddress(): void {
    this.addressTimer = 0;
    if (location.hash !== known) return this.followAddress(); // the reader went elsewhere in the page, and that counts
    const hash = writeState(location.hash, this.element.id, this.specs, this.initial, this.state);
    if (hash === location.hash) return;
    // Replaced, not pushed: the back button leads to the last page, not to the last drag.
    history.replaceState(history.state, "", `${location.pathname}${location.search}${hash}`);
    known = location.hash;
  }
}

function DataTable({ table }: { table: Table }) {
  return (
    <table>
      <thead>
        <tr>
          {table.columns.map((column) => (
            <th key={column} scope="col">{column}</th>
          ))}
        </tr>
      </thead>
      <tbody>
        {table.rows.map((row, index) => (
          <tr key={index}>
            {row.map((cell, place) => (
              <td key={place}>{cell}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
