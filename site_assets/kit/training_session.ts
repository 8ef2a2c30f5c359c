/**
 * A live run in the page: *untrained → running ⇄ paused → done | diverged*.
 *
 * Training goes at its own pace, one call of the step graph after the other, at background priority; the
 * figure is redrawn at the display's pace and looks at the newest parameters. Off screen, and in a hidden tab,
 * both rest.
 */

import type { Feeds, Outputs } from "../engine/tensor.ts";
import { Trainer } from "../engine/trainer.ts";
import { LossCurves } from "./loss_curves.ts";
import type { Model } from "./models.ts";
import { formatSchedule, knobsAt, parseSchedule, stepsUntilChange, withChange, type Change } from "./schedule.ts";
import { liveCard, recordedTraining, trainingData, type LiveCard, type Phase, type Training, type TrainingActions } from "./training.ts";
import type { TrainingState } from "./training_controls.tsx";

const VALIDATE_EVERY = 25; // steps; fixed, so that the same run gives the same curve at any speed
const CALL_TARGET = 10; // ms a call should take, so that a finger elsewhere on the page waits no longer

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
  private readonly live: LiveCard;
  private readonly host: Host;
  private readonly curves: LossCurves;
  private readonly actions: TrainingActions;
  private readonly unsubscribe: () => void;
  private settings: TrainingState;
  private changes: readonly Change[];
  private trainer: Trainer | null = null;
  private phase: Phase = "done";
  private recorded = true;
  private trouble = "";
  private visible = true;
  private looping = false;
  private chunk = 1;
  private sending = 0; // steps of the call that is under way
  private perStep = 0; // ms, smoothed over calls
  private pace = 0; // steps a second, over the last stretch
  private stretch = { since: 0, steps: 0 };
  private ended = false;

  constructor(model: Model, settings: TrainingState, host: Host) {
    this.model = model;
    this.live = liveCard(model);
    this.host = host;
    this.settings = settings;
    this.changes = parseSchedule(settings.run, this.live.knobs);
    this.curves = new LossCurves(this.live.terms.length);
    this.actions = {
      play: () => this.play(),
      pause: () => this.pause(),
      step: () => void this.stepOnce(),
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
    return settings.seed !== this.settings.seed || settings.run !== formatSchedule(this.changes);
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

  snapshot(): Training {
    if (this.recorded || !this.trainer) return { ...recordedTraining(this.model, this.changes), actions: this.actions };
    return {
      phase: this.phase,
      recorded: false,
      step: this.trainer.step,
      total: this.live.steps,
      seed: this.settings.seed,
      params: this.trainer.params,
      knobs: knobsAt(this.changes, this.live.knobs, this.trainer.step),
      live: this.live,
      curves: this.curves.drawn(),
      stepsPerSecond: this.phase === "running" ? this.pace : 0,
      trouble: this.trouble,
      actions: this.actions,
    };
  }

  /** Every loss of the run so far, by term. */
  losses(): readonly (readonly number[])[] {
    return this.curves.raw();
  }

  private play(): void {
    if (this.recorded || this.phase === "done") this.restart();
    this.phase = "running";
    this.host.changed();
    void this.loop();
  }

  private pause(): void {
    if (this.phase === "running") this.phase = "paused";
    this.host.changed();
  }

  private async stepOnce(): Promise<void> {
    if (this.looping) return;
    if (this.recorded) this.restart();
    this.phase = "paused";
    await this.advance(1);
    this.host.changed();
  }

  private restart(): void {
    this.trainer = this.untrained();
    this.curves.clear();
    this.recorded = false;
    this.phase = "untrained";
    this.trouble = "";
    this.host.changed();
  }

  private untrained(): Trainer {
    const { live, model } = this;
    const run = (graph: string, feeds: Feeds): Promise<Outputs> => model.run(graph, feeds, { priority: "background" });
    return new Trainer(live, trainingData(model, live), run, this.settings.seed);
  }

  private turn(knob: string, value: number): void {
    const fresh = this.recorded || this.phase === "done" || !this.trainer;
    const step = fresh || !this.trainer ? 0 : this.trainer.step + this.sending;
    this.changes = withChange(this.changes, { step, knob, value });
    if (fresh) this.restart();
    this.settings = { ...this.settings, run: formatSchedule(this.changes) };
    this.changes = parseSchedule(this.settings.run, this.live.knobs); // as the address will say it
    this.host.remember({ run: this.settings.run });
    this.host.changed();
  }

  private recover(): void {
    if (!this.trainer) return;
    this.curves.cut(this.trainer.step);
    this.phase = "paused";
    this.trouble = "";
    this.host.changed();
  }

  private async loop(): Promise<void> {
    if (this.looping) return;
    this.looping = true;
    this.stretch = { since: performance.now(), steps: 0 };
    while (this.phase === "running" && this.visible && !this.ended) {
      if (this.settings.speed === "max") {
        await this.advance(this.chunk);
      } else {
        await this.advance(Number(this.settings.speed));
        await new Promise(requestAnimationFrame);
      }
      this.host.changed();
    }
    this.looping = false;
  }

  /** `count` steps at most: calls end where the validation is due and where a knob is turned. */
  private async advance(count: number): Promise<void> {
    const { trainer, live } = this;
    if (!trainer) return;
    let left = Math.min(count, live.steps - trainer.step);
    while (left > 0 && !this.ended) {
      const untilValidation = VALIDATE_EVERY - (trainer.step % VALIDATE_EVERY);
      const steps = Math.min(left, untilValidation, stepsUntilChange(this.changes, trainer.step));
      if (!(await this.call(trainer, steps))) return;
      left -= steps;
    }
    if (trainer.step >= live.steps) this.phase = "done";
  }

  /** One call of the step graph; false when the run diverged. */
  private async call(trainer: Trainer, steps: number): Promise<boolean> {
    const knobs = knobsAt(this.changes, this.live.knobs, trainer.step);
    if (trainer.step === 0) this.curves.addValidation(0, await trainer.validate(knobs));
    const start = performance.now();
    this.sending = steps;
    const result = await trainer.advance(steps, knobs);
    this.sending = 0;
    if (this.trainer !== trainer) return false; // the reader started over meanwhile
    this.measure(steps, performance.now() - start);
    this.curves.addTraining(result.losses);
    if (!result.finite) {
      this.phase = "diverged";
      this.trouble =
        `The loss is no longer a number after step ${trainer.step + result.losses.length / this.live.terms.length}: ` +
        `the steps were too large. The weights shown are the last finite ones, of step ${trainer.step}.`;
      return false;
    }
    if (trainer.step % VALIDATE_EVERY === 0 || trainer.step === this.live.steps) {
      this.curves.addValidation(trainer.step, await trainer.validate(knobs));
    }
    return true;
  }

  /** Fits the calls' length to the machine, and counts the steps that really were done in a second. */
  private measure(steps: number, milliseconds: number): void {
    const now = performance.now();
    this.perStep = this.perStep === 0 ? milliseconds / steps : 0.9 * this.perStep + (0.1 * milliseconds) / steps;
    this.chunk = Math.min(VALIDATE_EVERY, Math.max(1, Math.round(CALL_TARGET / Math.max(this.perStep, 1e-3))));
    this.stretch.steps += steps;
    const elapsed = now - this.stretch.since;
    if (elapsed < PACE_STRETCH) return;
    this.pace = (1000 * this.stretch.steps) / elapsed;
    this.stretch = { since: now, steps: 0 };
  }
}
