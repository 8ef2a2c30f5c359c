/** The reader's own run, from untrained weights on: its optimiser steps, its loss curves, and where it diverges. */

import type { Knobs, Reached, Stretch, Trainer } from "../../engine/trainer.ts";
import { LossCurves } from "./loss_curves.ts";

const VALIDATIONS = 30; // in a run, about: the curve needs no more, and each costs as much as a few steps
const WHOLE = 25; // steps

/** Steps from one validation to the next; of the run's length alone, so that a run gives the same curve at any speed. */
export const validationEvery = (total: number): number => WHOLE * Math.ceil(total / (WHOLE * VALIDATIONS));

const RUNAWAY = 1000; // times the untrained loss: weights that do worse are no use, even if the loss is still a number

export class OwnRun {
  readonly trainer: Trainer;
  readonly curves: LossCurves;
  private readonly terms: number;
  private readonly knobsAt: (step: number) => Knobs;
  private begun: Promise<void> | null = null; // the untrained loss is known, or is being computed
  private limit = Number.POSITIVE_INFINITY; // of the minimised loss; beyond it the run has diverged
  private sending = 0;

  /** `terms` losses a step; `knobsAt(step)` are the knobs that the step after `step` is made with. */
  constructor(trainer: Trainer, terms: number, knobsAt: (step: number) => Knobs) {
    this.trainer = trainer;
    this.curves = new LossCurves(terms);
    this.terms = terms;
    this.knobsAt = knobsAt;
  }

  /** Optimiser steps done, those of a call that is under way included. */
  get stepsSent(): number {
    return this.trainer.step + this.sending;
  }

  /** Makes sure that the loss of the untrained weights is known. */
  begin(): Promise<void> {
    this.begun ??= (async () => {
      try {
        const losses = await this.trainer.validate(this.knobsAt(0));
        this.curves.addValidation(0, losses);
        this.limit = RUNAWAY * (losses[0] as number);
      } catch (error) {
        this.begun = null; // so that the next call asks again
        throw error;
      }
    })();
    return this.begun;
  }

  /**
   * Stretches of steps in a row, as far as they go well. Null, or in words why the run has diverged: its weights are
   * then the last good ones.
   */
  async advance(stretches: readonly Stretch[]): Promise<string | null> {
    this.sending = stretches.reduce((sum, { steps }) => sum + steps, 0); // before anything is awaited: what is turned from here on counts after these
    try {
      // both are under way at once: the worker does not wait while the page draws the untrained moment
      const [tried] = await Promise.all([this.trainer.tryAll(stretches), this.begin()]);
      for (const reached of tried) {
        const trouble = this.take(reached);
        if (trouble !== null) return trouble;
      }
    } finally {
      this.sending = 0;
    }
    return null;
  }

  /** Adds to the curves; weights that pass the validation are kept as good. */
  private take(reached: Reached): string | null {
    const { trainer, terms } = this;
    const { losses, validation, finite } = reached;
    const first = trainer.step;
    const bad = this.firstBad(losses);
    this.curves.addTraining(bad < 0 ? losses : losses.subarray(0, (bad + 1) * terms));
    if (bad >= 0) return this.diverged(first + bad + 1, losses[bad * terms] as number);
    if (!finite) return this.diverged(first + losses.length / terms, Number.NaN);
    trainer.take(reached);
    if (!validation) return null;
    this.curves.addValidation(trainer.step, validation);
    if (this.firstBad(validation) >= 0) return this.diverged(trainer.step, validation[0] as number);
    trainer.keep();
    return null;
  }

  /** Of losses `[steps, terms]`, the first step whose loss is out of bounds; −1 if there is none. */
  private firstBad(losses: Float32Array): number {
    for (let i = 0; i < losses.length; i++) {
      const loss = losses[i] as number;
      if (!Number.isFinite(loss) || (i % this.terms === 0 && loss > this.limit)) return Math.floor(i / this.terms);
    }
    return -1;
  }

  private diverged(step: number, loss: number): string {
    this.trainer.rewind();
    const what = Number.isFinite(loss)
      ? `The loss has grown to more than ${RUNAWAY} times that of the untrained weights`
      : "The loss is no longer a number";
    return (
      `${what} at step ${step}: the run diverged, as it does when steps are too large. ` +
      `The weights shown are the last good ones, of step ${this.trainer.step}.`
    );
  }
}
