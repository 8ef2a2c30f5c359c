/**
 * The run that a figure shows: the one of its model, begun anew when seed or schedule change. A look at another model
 * leaves it where it stands.
 */

import type { Trains } from "./figure.ts";
import type { Model } from "./models.ts";
import type { Run, RunHost, StartRun, Training, TrainingRecord, TrainingState } from "./training.ts";

export class FigureRun {
  private readonly start: StartRun;
  private readonly host: RunHost;
  private readonly runs = new Map<Model, Run>();
  private current: Run | null = null;

  constructor(start: StartRun, host: RunHost) {
    this.start = start;
    this.host = host;
  }

  /** Where the run of `model` stands that `trains` and `settings` ask for. */
  moment(model: Model, trains: Trains, settings: TrainingState): Promise<Training> {
    let run = this.runs.get(model);
    if (this.current !== run) this.current?.pause();
    if (run && !run.differs(trains, settings)) {
      run.adopt(trains, settings);
    } else {
      run?.end();
      run = this.start(model, trains, settings, this.host);
      this.runs.set(model, run);
    }
    this.current = run;
    return run.moment();
  }

  /** The reader's own run; null if there is none. */
  record(): TrainingRecord | null {
    return this.current?.record() ?? null;
  }

  end(): void {
    for (const run of this.runs.values()) run.end();
    this.runs.clear();
    this.current = null;
  }
}
