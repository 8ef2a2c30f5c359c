/**
 * A figure's life in the page: it wakes near the viewport, loads what it needs, takes the static frame over,
 * recomputes as its state changes, and explains itself when something fails.
 */

import { forgetAssets, loadAsset } from "../base/asset.ts";
import type { FigureContext } from "../base/context.ts";
import { bytes } from "../base/format.ts";
import type { FigureData, ModelData } from "../base/page_data.ts";
import { AssetError, loadScript } from "../base/script.ts";
import type { State } from "../base/spec.ts";
import { part, setFigureState, showFailure } from "../base/status.ts";
import { Visibility } from "../base/visibility.ts";
import { FigureAddress } from "./address.ts";
import type { AnyFigure, Table } from "./figure.ts";
import { FigureRun } from "./figure_run.ts";
import { HeldNumbers } from "./held_numbers.ts";
import { assetSource } from "./model_assets.ts";
import { loadModels, type Models, type ModelSource } from "./models.ts";
import { Pace } from "./pace.ts";
import { offerTaking, type Trained } from "./taking.ts";
import { theEngine } from "./page_engine.ts";
import { Painter, type Shown } from "./painter.tsx";
import type { StartRun, Training, TrainingRecord, TrainingState } from "./training.ts";

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

export class FigureRuntime {
  private readonly element: HTMLElement;
  private readonly data: FigureData;
  private readonly address: FigureAddress;
  private readonly run: FigureRun;
  private readonly visibility = new Visibility();
  private readonly pace = new Pace();
  private loaded: { readonly definition: AnyFigure; readonly models: Models } | null = null;
  private painter: Painter | null = null; // since the first frame
  private shown: Shown | null = null;
  private numbers: HeldNumbers | null = null;
  private tellTaking: () => void = () => undefined;
  private activated = false;
  private computing = false;
  private stale = false;
  private resets = 0;
  private hasTrained = false; // since the last reset: what the reader's runs have left may still be drawn

  /** `start` begins a run, in a figure that trains. */
  constructor(element: HTMLElement, start: StartRun) {
    this.element = element;
    this.data = JSON.parse(part(element, "figure-data")?.textContent ?? "null") as FigureData;
    const { name, spec, state } = this.data;
    this.address = new FigureAddress({ id: element.id, name, specs: spec.state ?? {}, initial: state }, () =>
      this.follow(),
    );
    this.run = new FigureRun(start, {
      changed: (wait) => this.pace.soon(() => void this.recompute(), wait),
      remember: (change) => this.address.set(change as Partial<State>),
      onVisibility: this.visibility.subscribe,
    });
    part(element, "reset")?.addEventListener("click", () => {
      if (this.hasChanged) this.reset();
    });
    runtimes.set(element.id, this);
  }

  trainingRecord(): TrainingRecord | null {
    return this.run.record();
  }

  get isAtRest(): boolean {
    return !this.computing && !this.pace.isDue && this.address.isWritten;
  }

  /** Called by the page: on screen and in the foreground, or not. */
  setVisible(visible: boolean): void {
    this.visibility.set(visible);
  }

  /** Called by the page when the reader follows a link. */
  writeAddress(): void {
    this.address.writeNow();
  }

  /** Called by the page when the address has changed. */
  followAddress(): void {
    this.address.follow();
  }

  /** Loads what the figure needs and makes it live. Safe to call again after a failure. */
  async activate(): Promise<void> {
    if (this.activated) return;
    this.activated = true;
    setFigureState(this.element, "loading", `Loading ${bytes(this.weight())}…`);
    try {
      this.loaded = { definition: await this.loadDefinition(), models: await this.loadModels() };
      this.stale = false;
      this.shown = await this.compute();
    } catch (error) {
      this.activated = false;
      forgetAssets();
      showFailure(this.element, error, () => void this.activate());
      return;
    }
    setFigureState(this.element, "live");
    this.painter = new Painter(
      this.element,
      this.loaded.definition,
      this.context(),
      (change) => this.address.set(change),
      this.shown,
    );
    offerTaking({
      figure: this.element,
      link: () => this.address.link(),
      table: () => this.table(),
      trained: () => this.trained(),
      onChange: (listener) => {
        this.tellTaking = listener;
      },
    });
    this.numbers = new HeldNumbers(this.element, this.data.spec.state ?? {}, this.address);
    this.refresh();
    if (this.stale) void this.recompute(); // the state was set meanwhile
  }

  private table(): Table | null {
    if (!this.loaded?.definition.table || !this.shown) return null;
    const { state, frame, training } = this.shown;
    return this.loaded.definition.table(state, frame, training as Training);
  }

  private trained(): Trained | null {
    const training = this.shown?.training;
    if (!this.loaded?.definition.train || !this.shown || !training) return null;
    if (training.recorded || training.step === 0) return null;
    const trains = this.loaded.definition.train(this.shown.state, this.loaded.models.model);
    if (!trains) return null;
    const { name: model, program } = this.data.models[trains.role] as ModelData;
    return program ? { model, training, program: () => loadAsset(program) } : null;
  }

  private context(): FigureContext {
    return {
      id: this.element.id,
      declared: this.data.spec.state ?? {},
      interactive: true,
      changes: () => this.address.changes,
      onVisibility: this.visibility.subscribe,
      encodeImage: null,
    };
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
    for (const [role, { card, assets }] of Object.entries(this.data.models)) {
      uses[role] = Object.keys(assets);
      sources[role] = assetSource(card, assets);
    }
    return loadModels(sources, uses, theEngine);
  }

  private weight(): number {
    const files = Object.values(this.data.models).flatMap(({ assets }) => Object.values(assets));
    return files.reduce((total, { bytes: size, plan }) => total + (plan?.bytes ?? size), 0);
  }

  /** All that the reader did is undone, a run that was trained in the page included. */
  private reset(): void {
    this.resets++;
    this.hasTrained = false;
    this.run.end();
    this.painter?.renew();
    this.address.reset();
  }

  /** The state was set. */
  private follow(): void {
    this.numbers?.follow();
    this.refresh();
    void this.recompute();
  }

  /** The frame of the present state, and of the run's present moment. */
  private async compute(): Promise<Shown> {
    const { definition, models } = this.loaded as NonNullable<typeof this.loaded>;
    const state = { ...this.data.options, ...this.address.state };
    const training = await this.moment();
    return { state, training, frame: await definition.compute(state, models, training as Training) };
  }

  private async moment(): Promise<Training | null> {
    const { definition, models } = this.loaded as NonNullable<typeof this.loaded>;
    const trains = definition.train?.({ ...this.data.options, ...this.address.state }, models.model);
    if (!trains) {
      this.run.end();
      return null;
    }
    const model = models.model[trains.role];
    if (!model) throw new Error(`figure.toml of “${this.data.name}” has no model “${trains.role}”`);
    return this.run.moment(model, trains, this.address.state as unknown as TrainingState);
  }

  /** At most one computation runs; when it ends, only the newest state is computed: no queue of stale frames. */
  private async recompute(): Promise<void> {
    this.stale = true;
    if (this.computing || !this.painter) return;
    this.computing = true;
    try {
      await this.pace.time(() => this.computeNewest());
      this.painter.describe();
    } catch (error) {
      showFailure(this.element, error, () => void this.recompute());
    } finally {
      this.computing = false;
    }
  }

  private async computeNewest(): Promise<void> {
    while (this.stale) {
      this.stale = false;
      const { resets } = this;
      const shown = await this.compute();
      if (resets !== this.resets) continue; // it shows what was undone meanwhile; the reset has asked for another
      this.shown = shown;
      if (shown.training?.recorded === false) this.hasTrained = true;
      if (this.element.dataset["state"] === "error") setFigureState(this.element, "live");
      this.refresh();
      this.painter?.paint(shown);
    }
  }

  /** What the figure says of itself around the drawing: whether it trains, and whether there is anything to reset. */
  private refresh(): void {
    const training = this.shown?.training;
    if (this.painter && this.element.dataset["state"] !== "error") {
      const state = training?.phase === "running" ? "training" : "live";
      if (this.element.dataset["state"] !== state) this.element.dataset["state"] = state;
    }
    const reset = part(this.element, "reset") as HTMLButtonElement | null;
    if (!reset) return;
    reset.disabled = !this.activated;
    // not disabled: it keeps the focus of whoever has pressed it
    if (this.hasChanged) reset.removeAttribute("aria-disabled");
    else reset.setAttribute("aria-disabled", "true");
    this.tellTaking();
  }

  /** Whether there is anything to reset. */
  private get hasChanged(): boolean {
    return this.hasTrained || !this.address.isInitial;
  }
}
