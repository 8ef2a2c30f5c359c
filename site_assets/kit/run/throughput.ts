/** How fast the worker trains: how many steps may be made in a row, and how many steps a second are shown. */

const ROW_TARGET = 30; // ms that calls in a row should take: as long waits who pauses, or asks the worker for something large
const MOST = 1000; // steps in a row; what they draw at random is made on the page
const LEAST = 0.1; // ms that a row is taken for, where clocks count in coarser steps
const MEMORY = 0.5; // of what was measured before; the first steps by themselves cost more than those of long rows
const STRETCH = 500; // ms over which the shown steps a second are counted

export class Throughput {
  private measured = { milliseconds: 0, steps: 0 }; // sums over rows, older ones fading
  private pace = 0; // steps a second, over the last stretch
  private stretch = { since: 0, steps: 0 };

  /** Steps that can be made in a row in some 30 ms; one before any was measured. */
  get stepsInARow(): number {
    const { milliseconds, steps } = this.measured;
    if (steps === 0) return 1;
    return Math.min(MOST, Math.max(1, Math.round((ROW_TARGET * steps) / milliseconds)));
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
    const before = this.measured;
    this.measured = {
      milliseconds: MEMORY * before.milliseconds + Math.max(LEAST, milliseconds),
      steps: MEMORY * before.steps + steps,
    };
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
