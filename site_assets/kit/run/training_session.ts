/**
 * A run in the page: *untrained → running ⇄ paused → done | diverged*.
 *
 * Training goes at its own pace, one call of the step graph after the other, at background priority; the
 * figure is redrawn at the display's pace and looks at the newest parameters. Off screen, and in a hidden tab,
 * both rest.
 */

import type { Feeds, Outputs } from "../../engine/tensor.ts";
import { Trainer, type TrainerData } from "../../engine/trainer.ts";
import { LossCurves } from "./loss_curves.ts";
import type { Model } from "../figure/models.ts";
import { formatSchedule, knobsAt, parseSchedule, shortened, stepsUntilChange, withChange, type Change } from "../figure/schedule.ts";
import {
  trainingCard, recordedTraining, trainingData, type TrainingCard, type Phase, type Training, type TrainingActions, type TrainingRecord,
} from "../figure/training.ts";
import type { TrainingState } from "./training_controls.tsx";

const VALIDATE_EVERY = 25; // steps; fixed, so that the same run gives the same curve at any speed
const CALL_TARGET = 10; // ms a call should take, so that a finger elsewhere on the page waits no longer
const RUNAWAY = 1000; // times the untrained loss: what is worse has left the data behind, though it still be a number
const PACE_STRETCH = 500; // ms over which the shown steps a second are counted

interface Host {
  /** The figure should be computed and drawn anew. */
  changed(): void;
  /** The reader turned something that belongs into the address. */
  remember(change: Partial<TrainingState>): void;
  onVisibility(listener: (visible: boolean) => void): () => void;
}

export class TrainingSession {
  private readonly model: Model;
  private readonly card: TrainingCard;
  private readonly host: Host;
  private readonly curves: LossCurves;
  private readonly actions: TrainingActions;
  private readonly unsubscribe: () => void;
  private settings: TrainingState;
  private changes: readonly Change[];
  private data: TrainerData | null = null;
  private trainer: Trainer | null = null;
  private phase: Phase = "done";
  private recorded = true;
  private trouble = "";
  private visible = true;
  private looping = false;
  private wanted = 0; // single steps that the reader has asked for
  private begun: Promise<void> | null = null; // the untrained loss is known, or is being computed
  private limit = Number.POSITIVE_INFINITY; // of the minimised loss; beyond it the run has diverged
  private chunk = 1;
  private sending = 0; // steps of the call that is under way
  private perStep = 0; // ms, smoothed over calls
  private pace = 0; // steps a second, over the last stretch
  private stretch = { since: 0, steps: 0 };
  private ended = false;

  constructor(model: Model, settings: TrainingState, host: Host) {
    this.model = model;
    this.card = trainingCard(model);
    this.host = host;
    this.settings = settings;
    this.changes = parseSchedule(settings.run, this.card.knobs);
    this.curves = new LossCurves(this.card.terms.length);
    this.actions = {
      play: () => this.play(),
      pause: () => this.pause(),
      step: () => this.stepOnce(),
      restart: () => this.restart(),
      turn: (knob, value) => this.turn(knob, value),
      recover: () => this.recover(),
    };
    if (settings.seed !== model.card.seed || this.changes.length > 0) this.restart();
    this.unsubscribe = host.onVisibility((visible) => {
      this.visible = visible;
      if (visible) void this.loop();
    });
  }

  /** The reader (or the address) set the figure's state; true when this run can't go on with it. */
  differs(settings: TrainingState): boolean {
    const asked = formatSchedule(parseSchedule(settings.run, this.card.knobs));
    return settings.seed !== this.settings.seed || asked !== formatSchedule(this.changes);
  }

  /** What doesn't change the run: the speed. */
  adopt(settings: TrainingState): void {
    this.settings = settings;
  }

  end(): void {
    this.ended = true;
    this.phase = "paused";
    this.unsubscribe();
  }

  /** Where the run stands. Of an untrained one the loss is computed first. Rejects if the engine fails. */
  async moment(): Promise<Training> {
    if (this.trainer && !this.recorded) await this.begin(this.trainer);
    return this.snapshot();
  }

  private snapshot(): Training {
    if (this.recorded || !this.trainer) return { ...recordedTraining(this.model, this.changes), actions: this.actions };
    return {
      phase: this.phase,
      recorded: false,
      step: this.trainer.step,
      total: this.card.steps,
      seed: this.settings.seed,
      params: this.trainer.params,
      knobs: knobsAt(this.changes, this.card.knobs, this.trainer.step),
      card: this.card,
      curves: this.curves.drawn(),
      stepsPerSecond: this.phase === "running" ? this.pace : 0,
      trouble: this.trouble,
      actions: this.actions,
    };
  }

  /** Every loss of the reader's own run and its weights, bit for bit; of the recorded run there is none. */
  record(): TrainingRecord | null {
    if (this.recorded || !this.trainer) return null;
    const { train, validation } = this.curves.raw();
    return { step: this.trainer.step, params: [...this.trainer.params], train, validation };
  }

  private play(): void {
    if (this.recorded || this.phase === "done") this.restart();
    this.phase = "running";
    this.trouble = "";
    this.host.changed();
    void this.loop();
  }

  private pause(): void {
    if (this.phase === "running") this.phase = "paused";
    this.host.changed();
  }

  private stepOnce(): void {
    if (this.recorded) this.restart();
    this.phase = "paused";
    this.trouble = "";
    this.wanted++;
    void this.loop();
  }

  private restart(): void {
    this.trainer = this.untrained();
    this.curves.clear();
    this.begun = null;
    this.limit = Number.POSITIVE_INFINITY;
    this.sending = 0;
    this.wanted = 0;
    this.recorded = false;
    this.phase = "untrained";
    this.trouble = "";
    this.host.changed();
  }

  private untrained(): Trainer {
    const { card, model } = this;
    const spent = (milliseconds: number): void => this.fit(milliseconds / this.sending);
    const run = (graph: string, feeds: Feeds): Promise<Outputs> =>
      model.run(graph, feeds, { priority: "background", ...(graph === "step" ? { spent } : {}) });
    this.data ??= trainingData(model, card);
    return new Trainer(card, this.data, run, this.settings.seed);
  }

  private turn(knob: string, value: number): void {
    if (this.phase === "diverged") this.recover();
    const step = this.recorded || this.phase === "done" || !this.trainer ? 0 : this.trainer.step + this.sending;
    this.reschedule(shortened(withChange(this.changes, { step, knob, value })));
    if (step === 0) this.restart(); // the untrained loss may depend on the knob, too
    this.host.changed();
  }

  private reschedule(changes: readonly Change[]): void {
    this.settings = { ...this.settings, run: formatSchedule(changes) };
    this.changes = parseSchedule(this.settings.run, this.card.knobs); // as the address will say it
    this.host.remember({ run: this.settings.run });
  }

  /** The last good weights, with the knobs that they were made with. */
  private recover(): void {
    if (!this.trainer) return;
    const { step } = this.trainer;
    this.reschedule(this.changes.filter((change) => change.step < step));
    if (step === 0) return this.restart();
    this.curves.cut(step);
    this.phase = "paused";
    this.trouble = "";
    this.host.changed();
  }

  private async loop(): Promise<void> {
    if (this.looping) return;
    this.looping = true;
    this.stretch = { since: performance.now(), steps: 0 };
    try {
      while (!this.ended && (this.wanted > 0 || (this.phase === "running" && this.visible))) {
        await this.turnOnce();
      }
    } catch (error) {
      this.stop(error);
    } finally {
      this.looping = false;
    }
  }

  /** One round of the loop: a step that the reader asked for, what a frame is due, or what a call can hold. */
  private async turnOnce(): Promise<void> {
    const { speed } = this.settings;
    const single = this.wanted > 0;
    if (single) this.wanted--;
    await this.advance(single ? 1 : speed === "max" ? this.chunk : Number(speed));
    this.host.changed();
    if (!single && speed !== "max") await new Promise(requestAnimationFrame);
  }

  /** The engine failed, not the run: it can go on from where it is. */
  private stop(error: unknown): void {
    this.sending = 0;
    this.wanted = 0;
    this.phase = "paused";
    this.trouble = `Training stopped: ${error instanceof Error ? error.message : String(error)}. It can go on from here.`;
    this.host.changed();
  }

  /** `count` steps at most: calls end where the validation is due and where a knob is turned. */
  private async advance(count: number): Promise<void> {
    const { trainer, card } = this;
    if (!trainer) return;
    let left = Math.min(count, card.steps - trainer.step);
    while (left > 0 && !this.ended) {
      const untilValidation = VALIDATE_EVERY - (trainer.step % VALIDATE_EVERY);
      const steps = Math.min(left, untilValidation, stepsUntilChange(this.changes, trainer.step));
      if (!(await this.call(trainer, steps))) return;
      left -= steps;
    }
    if (trainer.step >= card.steps) this.phase = "done";
  }

  /** One call of the step graph; false when the run diverged or the reader has started over meanwhile. */
  private async call(trainer: Trainer, steps: number): Promise<boolean> {
    const knobs = knobsAt(this.changes, this.card.knobs, trainer.step);
    this.sending = steps; // before anything is awaited: a knob that is turned from here on counts after these steps
    await this.begin(trainer);
    const first = trainer.step;
    const { losses, finite } = await trainer.advance(steps, knobs);
    if (this.trainer !== trainer) return false;
    this.sending = 0;
    this.count(steps);
    const bad = this.firstBad(losses);
    this.curves.addTraining(bad < 0 ? losses : losses.subarray(0, (bad + 1) * this.card.terms.length));
    if (bad >= 0) return this.diverge(trainer, first + bad + 1, losses[bad * this.card.terms.length] as number);
    if (!finite) return this.diverge(trainer, first + steps, Number.NaN);
    if (trainer.step % VALIDATE_EVERY !== 0 && trainer.step !== this.card.steps) return true;
    return this.validate(trainer, knobs);
  }

  /** Makes sure that the loss of the untrained weights is known. */
  private begin(trainer: Trainer): Promise<void> {
    this.begun ??= (async () => {
      try {
        const losses = await trainer.validate(knobsAt(this.changes, this.card.knobs, 0));
        if (this.trainer !== trainer) return;
        this.curves.addValidation(0, losses);
        this.limit = RUNAWAY * (losses[0] as number);
      } catch (error) {
        if (this.trainer === trainer) this.begun = null;
        throw error;
      }
    })();
    return this.begun;
  }

  /** Adds a point to the validation's curve; weights that pass are kept as good. False as of `call`. */
  private async validate(trainer: Trainer, knobs: Record<string, number>): Promise<boolean> {
    const losses = await trainer.validate(knobs);
    if (this.trainer !== trainer) return false;
    this.curves.addValidation(trainer.step, losses);
    if (this.firstBad(losses) >= 0) return this.diverge(trainer, trainer.step, losses[0] as number);
    trainer.keep();
    return true;
  }

  /** Of losses `[steps, T]`, the first step whose loss is out of bounds; −1 if there is none. */
  private firstBad(losses: Float32Array): number {
    const { length } = this.card.terms;
    for (let i = 0; i < losses.length; i++) {
      const loss = losses[i] as number;
      if (!Number.isFinite(loss) || (i % length === 0 && loss > this.limit)) return Math.floor(i / length);
    }
    return -1;
  }

  private diverge(trainer: Trainer, step: number, loss: number): false {
    trainer.rewind();
    this.wanted = 0;
    this.phase = "diverged";
    const what = Number.isFinite(loss)
      ? `The loss has grown to more than ${RUNAWAY} times that of the untrained weights`
      : "The loss is no longer a number";
    this.trouble =
      `${what} at step ${step}: the run diverged, as it does when steps are too large. ` +
      `The weights shown are the last good ones, of step ${trainer.step}.`;
    return false;
  }

  /** Fits the calls' length to the worker's speed; what the page itself is busy with doesn't count. */
  private fit(millisecondsPerStep: number): void {
    this.perStep = this.perStep === 0 ? millisecondsPerStep : 0.9 * this.perStep + 0.1 * millisecondsPerStep;
    this.chunk = Math.min(VALIDATE_EVERY, Math.max(1, Math.round(CALL_TARGET / Math.max(this.perStep, 1e-3))));
  }

  /** Counts the steps that really were done in a second. */
  private count(steps: number): void {
    const now = performance.now();
    this.stretch.steps += steps;
    const elapsed = now - this.stretch.since;
    if (elapsed < PACE_STRETCH) return;
    this.pace = (1000 * this.stretch.steps) / elapsed;
    this.stretch = { since: now, steps: 0 };
  }
}
