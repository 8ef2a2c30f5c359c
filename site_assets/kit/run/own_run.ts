/** The reader's own run, from untrained weights on: its optimiser steps, its loss curves, and where it diverges. */

import type { Knobs, Reached, Row, Stretch, Trainer } from "../../engine/trainer.ts";
import { LossCurves } from "./loss_curves.ts";

const VALIDATIONS = 30; // in a run, about: the curve needs no more, and each costs as much as a few steps
const WHOLE = 25; // steps

/** Steps from one validation to the next; of the run's length alone, so that a run gives the same curve at any speed. */
export const validationEvery = (total: number): number => WHOLE * Math.ceil(total / (WHOLE * VALIDATIONS));

const RUNAWAY = 1000; // times the untrained loss: weights that do worse are no use, even if the loss is still a number

/** Stretches that the engine has been asked for before it was known that they are wanted. */
interface Ahead {
  readonly stretches: readonly Stretch[];
  readonly row: Row;
}

export class OwnRun {
  readonly trainer: Trainer;
  readonly curves: LossCurves;
  private readonly terms: number;
  private readonly knobsAt: (step: number) => Knobs;
  private begun: Promise<void> | null = null; // the untrained loss is known, or is being computed
  private limit = Number.POSITIVE_INFINITY; // of the minimised loss; beyond it the run has diverged
  private sending = 0;
  private ahead: Ahead | null = null; // of what was taken last

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

  /** Steps that the engine has been asked for ahead; nothing is lost if the same are asked for next. */
  get stepsAhead(): number {
    return this.ahead ? this.ahead.row.until - this.trainer.step : 0;
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
   * then the last good ones. `next` will probably be asked for after them: the engine goes on with these while the page
   * is busy. A guess that turns out wrong, as the reader turned a knob or paused, is forgotten.
   */
  async advance(stretches: readonly Stretch[], next: readonly Stretch[] = []): Promise<string | null> {
    this.sending = stretches.reduce((sum, { steps }) => sum + steps, 0); // before anything is awaited: what is turned from here on counts after these
    const guessed = this.guessed(stretches);
    const row = guessed ?? this.trainer.ask(stretches);
    this.ahead = null;
    const ahead = this.askAhead(next, row, guessed !== null);
    try {
      // both are under way at once: the worker does not wait while the page draws the untrained moment
      const reached = guessed ? this.certain(guessed, stretches) : row.reached;
      const [tried] = await Promise.all([reached, this.begin()]);
      for (const reached of tried) {
        const trouble = this.take(reached);
        if (trouble !== null) return trouble;
      }
    } finally {
      this.sending = 0;
    }
    this.ahead = await ahead;
    return null;
  }

  /** Asks for what follows `row`: where the engine has not begun with that, after it has. */
  private async askAhead(next: readonly Stretch[], row: Row, begun: boolean): Promise<Ahead | null> {
    if (next.length === 0) return null;
    if (!begun) await new Promise((posted) => setTimeout(posted)); // before the page draws at random for `next`
    const ahead = { stretches: next, row: this.trainer.ask(next, row) };
    ahead.row.reached.catch(() => undefined); // said only where the guess was right
    return ahead;
  }

  /** What a guess comes to. If the lane with the row that it goes on from is gone, the same is asked for from here. */
  private async certain(guess: Row, stretches: readonly Stretch[]): Promise<readonly Reached[]> {
    try {
      return await guess.reached;
    } catch {
      return await this.trainer.ask(stretches).reached;
    }
  }

  /** The row that was asked for ahead, if it is of these stretches. */
  private guessed(stretches: readonly Stretch[]): Row | null {
    const { ahead } = this;
    return ahead && JSON.stringify(ahead.stretches) === JSON.stringify(stretches) ? ahead.row : null;
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
