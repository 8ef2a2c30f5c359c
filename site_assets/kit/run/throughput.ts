/** How fast the worker trains: how many steps may be made in a row, and how many steps a second are shown. */

const ROW_TARGET = 30; // ms that calls in a row should take: as long waits who pauses, or asks the worker for something large
const MOST = 500; // steps in a row; what they draw at random is made on the page before
const STRETCH = 500; // ms over which the shown steps a second are counted

export class Throughput {
  private perStep = 0; // ms, smoothed over calls
  private pace = 0; // steps a second, over the last stretch
  private stretch = { since: 0, steps: 0 };

  /** Steps that can be made in a row in some 30 ms; one before any was measured. */
  get stepsInARow(): number {
    if (this.perStep === 0) return 1;
    return Math.min(MOST, Math.max(1, Math.round(ROW_TARGET / Math.max(this.perStep, 1e-3))));
  }

  get stepsPerSecond(): number {
    return this.pace;
  }

  /** Training begins, or goes on: what was not training is not counted. */
  begin(): void {
    this.stretch = { since: performance.now(), steps: 0 };
  }

  /** The worker was busy with a call for so long; what the page itself was busy with doesn't count. */
  measure(milliseconds: number, steps: number): void {
    const perStep = milliseconds / steps;
    this.perStep = this.perStep === 0 ? perStep : 0.9 * this.perStep + 0.1 * perStep;
  }

  /** Counts the steps that really were done in a second. */
  count(steps: number): void {
    const now = performance.now();
    this.stretch.steps += steps;
    const elapsed = now - this.stretch.since;
    if (elapsed < STRETCH) return;
    this.pace = (1000 * this.stretch.steps) / elapsed;
    this.stretch = { since: now, steps: 0 };
  }
}
