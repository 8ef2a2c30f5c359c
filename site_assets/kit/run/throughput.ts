/** How fast the worker trains: how many steps may be made in a row, and how many steps a second are shown. */

const ROW_TARGET = 30; // ms that calls in a row should take: as long waits who pauses, or asks the worker for something large
const MOST = 1000; // steps in a row; what they draw at random is made on the page
const LEAST = 0.1; // ms that a row is taken for, where clocks count in coarser steps
const FIRST = 1 / 8; // of a row, is the first one: the worker begins while the page draws at random for the next, twice as long
const MEMORY = 0.5; // of what was measured before; the first steps by themselves cost more than those of long rows
const STRETCH = 500; // ms over which the shown steps a second are counted

export class Throughput {
  private share = 1; // of a row, was the last one since training began
  private measured = { milliseconds: 0, steps: 0 }; // sums over rows, older ones fading
  private pace = 0; // steps a second, over the last stretch
  private stretch = { since: 0, steps: 0 };

  /** Steps of the next row: of some 30 ms, but fewer where training has just begun; one before any was measured. */
  nextRow(): number {
    this.share = Math.min(1, 2 * this.share);
    return Math.min(MOST, Math.max(1, Math.round((this.share * ROW_TARGET) / this.milliseconds(1))));
  }

  /** How long the worker will take for so many steps; infinitely long before any was measured. */
  milliseconds(steps: number): number {
    const { measured } = this;
    return measured.steps === 0 ? Number.POSITIVE_INFINITY : (steps * measured.milliseconds) / measured.steps;
  }

  get stepsPerSecond(): number {
    return this.pace;
  }

  /** Training begins, or goes on: what was not training is not counted. */
  begin(): void {
    this.share = FIRST / 2;
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
