/**
 * A run in the page: *recorded → untrained → running ⇄ paused → done | diverged*.
 *
 * Training goes at its own pace, one call of the step graph after the other, at background priority; the
 * figure is redrawn at the display's pace and looks at the newest parameters. Off screen, and in a hidden tab,
 * both rest.
 */

import type { Call } from "../../engine/lane.ts";
import type { Outputs } from "../../engine/tensor.ts";
import { Trainer, type Stretch, type TrainerData } from "../../engine/trainer.ts";
import type { Trains } from "../figure/figure.ts";
import type { Model } from "../figure/models.ts";
import {
  formatSchedule,
  knobsAt,
  parseSchedule,
  setAtFirst,
  shortened,
  stepsUntilChange,
  withChange,
  withTurned,
  type Change,
} from "../figure/schedule.ts";
import {
  recordedTraining,
  trainingCard,
  trainingData,
  type Phase,
  type Run,
  type RunHost,
  type Training,
  type TrainingActions,
  type TrainingCard,
  type TrainingRecord,
  type TrainingState,
} from "../figure/training.ts";
import { CalmPace } from "./calm_pace.ts";
import { OwnRun, validationEvery } from "./own_run.ts";
import { Throughput } from "./throughput.ts";

/** Where a session stands. Who reads it says what happens in each phase, and the compiler finds who forgot one. */
type SessionState =
  /** The build's run is shown; the reader has trained nothing. */
  | { readonly phase: "recorded" }
  | { readonly phase: "untrained" | "running" | "done"; readonly run: OwnRun }
  /** `wanted`: single steps that the reader has asked for. `trouble`: why the engine, not the reader, paused it. */
  | { readonly phase: "paused"; readonly run: OwnRun; readonly wanted: number; readonly trouble: string }
  | { readonly phase: "diverged"; readonly run: OwnRun; readonly trouble: string }
  /** The figure shows another run. Nothing happens any more; who still asks sees where this one stood. */
  | { readonly phase: "ended"; readonly run: OwnRun | null };

const OUTRUN = 50; // ms, three displayed frames: at full speed none is spent on a moment that is over by then

export class TrainingSession implements Run {
  private readonly model: Model;
  private readonly card: TrainingCard;
  private readonly host: RunHost;
  private readonly actions: TrainingActions;
  private readonly throughput = new Throughput();
  private readonly calm: CalmPace;
  private readonly unsubscribe: () => void;
  private trains: Trains;
  private settings: TrainingState;
  private changes: readonly Change[];
  private data: TrainerData | null = null;
  private state: SessionState = { phase: "recorded" };
  private began = 0; // when the reader pressed Train last, in ms
  private visible = true;
  private looping = false;

  constructor(model: Model, trains: Trains, settings: TrainingState, host: RunHost) {
    this.model = model;
    this.card = trainingCard(model);
    this.calm = new CalmPace(this.card.steps);
    this.host = host;
    this.trains = trains;
    this.settings = settings;
    const turned = parseSchedule(settings.run, this.card.knobs);
    this.changes = withTurned(setAtFirst(trains.knobs ?? {}), turned);
    this.actions = {
      play: () => this.play(),
      pause: () => this.pause(),
      step: () => this.stepOnce(),
      restart: () => this.restart(),
      turn: (knob, value) => this.turn(knob, value),
      recover: () => this.recover(),
    };
    if (settings.seed !== model.card.seed || turned.length > 0) this.restart();
    this.unsubscribe = host.onVisibility((visible) => {
      this.visible = visible;
      if (visible) void this.loop();
    });
  }

  /** The reader (or the address) set the figure's state; true when this run can't go on with it. */
  differs({ knobs = {}, recorded }: Trains, settings: TrainingState): boolean {
    if (this.state.phase === "recorded" && recorded !== this.trains.recorded) return true;
    const asked = withTurned(setAtFirst(knobs), parseSchedule(settings.run, this.card.knobs));
    return settings.seed !== this.settings.seed || formatSchedule(asked) !== formatSchedule(this.changes);
  }

  /** What doesn't change the run: the speed, and another state's knobs if they have been turned on the way. */
  adopt(trains: Trains, settings: TrainingState): void {
    this.trains = trains;
    this.settings = settings;
  }

  pause(): void {
    if (this.state.phase === "running") this.go({ phase: "paused", run: this.state.run, wanted: 0, trouble: "" });
  }

  end(): void {
    this.state = { phase: "ended", run: this.ownRun };
    this.unsubscribe();
  }

  /** Of an untrained run the loss is computed first, and of one that the reader starts meanwhile as well. */
  async moment(): Promise<Training> {
    let begun: OwnRun | null;
    do {
      begun = this.ownRun;
      await begun?.begin();
    } while (this.ownRun !== begun);
    const { state } = this;
    switch (state.phase) {
      case "recorded":
        return this.recorded();
      case "untrained":
      case "running":
      case "done":
        return this.own(state.run, state.phase, "");
      case "paused":
      case "diverged":
        return this.own(state.run, state.phase, state.trouble);
      case "ended":
        return state.run ? this.own(state.run, "paused", "") : this.recorded();
    }
  }

  /** Every loss of the reader's own run and its weights, bit for bit. */
  record(): TrainingRecord | null {
    const run = this.ownRun;
    if (!run) return null;
    const { train, validation } = run.curves.raw();
    return { step: run.trainer.step, params: [...run.trainer.params], train, validation };
  }

  private get ownRun(): OwnRun | null {
    return this.state.phase === "recorded" ? null : this.state.run;
  }

  private recorded(): Training {
    return { ...recordedTraining(this.model, this.trains, this.changes), actions: this.actions };
  }

  private own({ trainer, curves }: OwnRun, phase: Phase, trouble: string): Training {
    return {
      phase,
      recorded: false,
      step: trainer.step,
      total: this.card.steps,
      seed: this.settings.seed,
      params: trainer.params,
      knobs: knobsAt(this.changes, this.card.knobs, trainer.step),
      card: this.card,
      curves: curves.drawn(),
      stepsPerSecond: phase === "running" ? this.throughput.stepsPerSecond : 0,
      trouble,
      actions: this.actions,
    };
  }

  private play(): void {
    const { state } = this;
    switch (state.phase) {
      case "recorded":
      case "done":
        this.go({ phase: "running", run: this.untrained() });
        break;
      case "untrained":
      case "paused":
        this.go({ phase: "running", run: state.run });
        break;
      case "running":
      case "diverged": // it has to be led back to good weights first
      case "ended":
        return;
      default:
        return state satisfies never;
    }
    void this.loop();
  }

  private stepOnce(): void {
    const { state } = this;
    switch (state.phase) {
      case "recorded":
        this.go({ phase: "paused", run: this.untrained(), wanted: 1, trouble: "" });
        break;
      case "untrained":
      case "running":
        this.go({ phase: "paused", run: state.run, wanted: 1, trouble: "" });
        break;
      case "paused":
        this.go({ ...state, wanted: state.wanted + 1, trouble: "" });
        break;
      case "done":
      case "diverged":
      case "ended":
        return;
      default:
        return state satisfies never;
    }
    void this.loop();
  }

  private restart(): void {
    if (this.state.phase !== "ended") this.go({ phase: "untrained", run: this.untrained() });
  }

  /** The last good weights, with the knobs that they were made with. */
  private recover(): void {
    if (this.state.phase !== "diverged") return;
    const { run } = this.state;
    const { step } = run.trainer;
    this.reschedule(this.changes.filter((change) => change.step < step));
    if (step === 0) return this.restart();
    run.curves.cut(step);
    this.go({ phase: "paused", run, wanted: 0, trouble: "" });
  }

  private turn(knob: string, value: number): void {
    this.recover();
    const { state } = this;
    switch (state.phase) {
      case "recorded":
      case "done":
        this.reschedule(shortened(withChange(this.changes, { step: 0, knob, value })));
        return this.restart();
      case "untrained":
      case "running":
      case "paused":
      case "diverged": {
        const step = state.run.stepsSent;
        this.reschedule(shortened(withChange(this.changes, { step, knob, value })));
        if (step === 0) return this.restart(); // the untrained loss may depend on the knob, too
        return this.changed();
      }
      case "ended":
        return;
      default:
        return state satisfies never;
    }
  }

  private reschedule(changes: readonly Change[]): void {
    this.settings = { ...this.settings, run: formatSchedule(changes) };
    this.changes = parseSchedule(this.settings.run, this.card.knobs); // as the address will say it: to four digits
    this.host.remember({ run: this.settings.run });
  }

  private go(state: SessionState): void {
    this.state = state;
    if (state.phase === "running") this.began = performance.now();
    this.changed();
  }

  /** Asks to be drawn: at full speed neither right after the start nor right before the end. */
  private changed(): void {
    const { state, settings } = this;
    if (state.phase !== "running" || settings.speed !== "max") return this.host.changed();
    const left = this.throughput.milliseconds(this.card.steps - state.run.trainer.step);
    this.host.changed(left < OUTRUN ? OUTRUN : Math.max(0, this.began + OUTRUN - performance.now()));
  }

  private untrained(): OwnRun {
    const { card, model } = this;
    const run = (calls: readonly Call[], keep?: number): Promise<readonly Outputs[]> => {
      const steps = calls.reduce((sum, { feeds }) => sum + (feeds["index"]?.dims[0] ?? 0), 0);
      const spent = (milliseconds: number): void => this.throughput.measure(milliseconds, steps);
      return model.runAll(calls, { priority: "background", keep, ...(steps > 0 ? { spent } : {}) });
    };
    this.data ??= trainingData(model, card);
    const trainer = new Trainer(card, this.data, run, this.settings.seed);
    return new OwnRun(trainer, card.terms.length, (step) => knobsAt(this.changes, card.knobs, step));
  }

  private async loop(): Promise<void> {
    if (this.looping) return;
    this.looping = true;
    this.throughput.begin();
    this.calm.begin(performance.now());
    try {
      for (let run = this.due(); run; run = this.due()) await this.oneRound(run);
    } finally {
      this.looping = false;
    }
  }

  /** The run that steps are to be made of, now. */
  private due(): OwnRun | null {
    const { state } = this;
    switch (state.phase) {
      case "running":
        return this.visible ? state.run : null;
      case "paused":
        return state.wanted > 0 ? state.run : null;
      case "recorded":
      case "untrained":
      case "done":
      case "diverged":
      case "ended":
        return null;
    }
  }

  /** A step that the reader asked for, what a displayed frame is due, or what a call can hold. */
  private async oneRound(run: OwnRun): Promise<void> {
    const { speed } = this.settings;
    const single = this.state.phase === "paused";
    if (this.state.phase === "paused") this.state = { ...this.state, wanted: this.state.wanted - 1 };
    const count = single ? 1 : this.asked(speed, run);
    const then = !single && speed === "max" ? this.throughput.nextRow() : 0;
    if (count > 0) {
      try {
        await this.advance(run, count, then);
      } catch (error) {
        this.stop(run, error);
      }
      this.changed();
    }
    if (!single && speed !== "max") await new Promise(requestAnimationFrame);
  }

  /** Steps of one round; none in a frame for which the calm pace has none. */
  private asked(speed: TrainingState["speed"], run: OwnRun): number {
    switch (speed) {
      case "calm":
        return this.calm.due(performance.now());
      case "max":
        return run.stepsAhead || this.throughput.nextRow();
      case "1":
      case "5":
      case "25":
        return Number(speed);
    }
  }

  /** `count` steps at most, and `then` as many more, if nothing comes between. */
  private async advance(run: OwnRun, count: number, then: number): Promise<void> {
    const total = this.card.steps;
    const first = run.trainer.step;
    const trouble = await run.advance(this.stretches(first, count), this.stretches(first + count, then));
    this.throughput.count(Math.max(run.trainer.step - first, 0)); // less than none where it diverged
    if (!this.isCurrent(run)) return;
    if (trouble !== null) this.state = { phase: "diverged", run, trouble };
    else if (run.trainer.step >= total) this.state = { phase: "done", run };
  }

  /** The steps after the first `done`, `count` at most: stretches end where the validation is due and where a knob is turned. */
  private stretches(done: number, count: number): Stretch[] {
    const total = this.card.steps;
    const every = validationEvery(total);
    const until = Math.min(done + count, total);
    const stretches: Stretch[] = [];
    for (let step = done; step < until;) {
      const untilValidation = every - (step % every);
      const steps = Math.min(until - step, untilValidation, stepsUntilChange(this.changes, step));
      const validate = steps === untilValidation || step + steps === total;
      stretches.push({ steps, knobs: knobsAt(this.changes, this.card.knobs, step), validate });
      step += steps;
    }
    return stretches;
  }

  /** False of a run that the reader has started over, or left, while it was busy. */
  private isCurrent(run: OwnRun): boolean {
    return this.state.phase !== "ended" && this.ownRun === run;
  }

  /** The engine failed, not the run: it can go on from where it is. */
  private stop(run: OwnRun, error: unknown): void {
    if (!this.isCurrent(run)) return;
    const trouble = `Training stopped: ${error instanceof Error ? error.message : String(error)}. It can go on from here.`;
    this.state = { phase: "paused", run, wanted: 0, trouble };
  }
}
