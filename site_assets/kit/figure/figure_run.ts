/** The run that a figure shows: the one that belongs to its state, begun anew when model, seed or schedule change. */

import type { Trains } from "./figure.ts";
import type { Model } from "./models.ts";
import type { Run, RunHost, StartRun, Training, TrainingRecord, TrainingState } from "./training.ts";

export class FigureRun {
  private readonly start: StartRun;
  private readonly host: RunHost;
  private current: { readonly model: Model; readonly run: Run } | null = null;

  constructor(start: StartRun, host: RunHost) {
    this.start = start;
    this.host = host;
  }

  /** Where the run of `model` stands that `trains` and `settings` ask for. */
  moment(model: Model, trains: Trains, settings: TrainingState): Promise<Training> {
    if (this.current?.model === model && !this.current.run.differs(trains, settings)) {
      this.current.run.adopt(trains, settings);
    } else {
      this.end();
      this.current = { model, run: this.start(model, trains, settings, this.host) };
    }
    return this.current.run.moment();
  }

  /** The reader's own run; null if there is none. */
  record(): TrainingRecord | null {
    return this.current?.run.record() ?? null;
  }

  end(): void {
    this.current?.run.end();
    this.current = null;
  }
}
