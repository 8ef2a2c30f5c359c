/** A pace at which a reader can watch a run learn: all of it takes ten seconds, whatever the display and the machine. */

const RUN = 10_000; // ms from untrained weights to the last step
const LONGEST_FRAME = 100; // ms of which steps are made up for; what took longer was no training, or a slow machine

export class CalmPace {
  private readonly perMillisecond: number;
  private last = 0;
  private owed = 0; // steps, a fraction of one included

  /** `total` optimiser steps are a whole run. */
  constructor(total: number) {
    this.perMillisecond = total / RUN;
  }

  /** Training begins, or goes on, at `now` (ms). */
  begin(now: number): void {
    this.last = now;
    this.owed = 0;
  }

  /** Whole steps that are due at `now` and have not been asked for yet. */
  due(now: number): number {
    this.owed += Math.min(Math.max(now - this.last, 0), LONGEST_FRAME) * this.perMillisecond;
    this.last = now;
    const steps = Math.floor(this.owed);
    this.owed -= steps;
    return steps;
  }
}
