/** When a run's next moment is drawn: not more often than the display shows, and so that training gets its time. */

const REST = 3; // times as long as drawing takes, so that the processor is training's for most of the time

export class Pace {
  private request = 0;
  private due = 0; // when what is asked for may no longer wait, in ms
  private ended = 0; // when the last frame was computed and drawn, in ms
  private took = 0; // how long that was, in ms
  private painted = 0; // how long the browser then needed for layout and painting, in ms

  /** Whether a moment is still to be drawn. */
  get isDue(): boolean {
    return this.request !== 0;
  }

  /**
   * Calls `draw` in a coming display frame: three times as long as drawing takes has passed then since the last one, and
   * `wait` ms since it was asked for last: so much later a newer moment is expected, which is drawn instead.
   */
  soon(draw: () => void, wait = 0): void {
    this.due = performance.now() + wait;
    if (this.request === 0) this.inAFrame(draw);
  }

  private inAFrame(draw: () => void): void {
    this.request = requestAnimationFrame(() => {
      const now = performance.now();
      const rest = REST * this.took + (REST + 1) * this.painted; // once more: `ended` was before the painting
      if (now < this.due || now - this.ended < rest) return this.inAFrame(draw);
      this.request = 0;
      draw();
    });
  }

  /** Measures `work`, which computes and draws, and the painting that follows. */
  async time(work: () => Promise<void>): Promise<void> {
    const start = performance.now();
    await work();
    this.ended = performance.now();
    this.took = this.ended - start;
    this.timePainting();
  }

  /** Layout and painting come after a frame's callbacks and before the next task. */
  private timePainting(): void {
    requestAnimationFrame(() => {
      const start = performance.now();
      setTimeout(() => {
        this.painted = performance.now() - start;
      });
    });
  }
}
