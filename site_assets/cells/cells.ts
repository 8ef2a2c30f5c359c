/** The script of a page with cells: its buttons, and the order in which cells take their turn. */

import type { CellsData } from "../kit/base/page_data.ts";
import { Cell } from "./cell.ts";
import { Python, Stopped } from "./python.ts";

/** A number of bytes as a reader is told it. */
function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}

class Notebook {
  private readonly cells: readonly Cell[];
  private readonly python: Python;
  /** Cells that ran since Python started. */
  private readonly ran = new Set<Cell>();
  private turn: Promise<unknown> = Promise.resolve();
  /** How often Python was stopped: a cell that was waiting then does not run. */
  private era = 0;
  private running: Cell | null = null;

  constructor(elements: readonly HTMLElement[], data: CellsData) {
    this.python = new Python(data);
    this.cells = elements.map(
      (element, index) =>
        new Cell(element, data.editor, {
          run: () => void this.runInTurn([index]),
          above: () => void this.runAbove(index),
          stop: () => this.stop(),
        }),
    );
  }

  /** What a cell may rely on: the cells before it, exercises left out. */
  private above(index: number): number[] {
    return this.cells.slice(0, index).flatMap((cell, at) => (cell.check === null ? [at] : []));
  }

  /** Runs all that a cell may rely on; it says how far they are. */
  private async runAbove(index: number): Promise<void> {
    const cell = this.cells[index] as Cell;
    const above = this.above(index);
    const told = (words: string): void => {
      if (!cell.isWaiting && this.running !== cell) cell.tellOf(words);
    };
    let begun = 0;
    const whole = await this.runInTurn(above, ({ number }) =>
      told(`Running cell ${number}, ${++begun} of ${above.length} above.`),
    );
    const last = this.cells[above[begun - 1] ?? 0] as Cell;
    if (whole) told(above.length === 1 ? "The cell above has run." : `All ${above.length} cells above have run.`);
    else told(begun > 0 ? `Ended at cell ${last.number}, ${begun} of ${above.length} above.` : "");
  }

  /**
   * Runs cells one after the other, after those that were asked for earlier; stops at the first that fails. Whether all
   * did what they should; `begins` is told of each.
   */
  private runInTurn(indices: readonly number[], begins: (cell: Cell) => void = () => undefined): Promise<boolean> {
    const { era } = this;
    const waiting = indices.map((index) => this.cells[index] as Cell);
    if (this.running)
      for (const cell of waiting) if (cell !== this.running) cell.wait(`Waits for cell ${this.running.number}.`);
    const turn = this.turn.then(async () => {
      for (const cell of waiting) {
        if (era !== this.era) return false;
        begins(cell);
        if (await this.run(cell)) continue;
        for (const other of waiting) if (other.isWaiting) other.rest();
        return false;
      }
      return true;
    });
    this.turn = turn;
    return turn;
  }

  /** Whether the cell did what it should. */
  private async run(cell: Cell): Promise<boolean> {
    this.running = cell;
    try {
      const worker = await this.start(cell);
      cell.begin();
      const start = performance.now();
      const tell = (event: Parameters<Cell["tell"]>[0]): void => cell.tell(event);
      const outcome = await this.python.run(worker, cell.text, `cell ${cell.number}`, cell.check, tell);
      if (outcome === "stopped") return false; // `stop` has said so
      this.ran.add(cell);
      return cell.end(outcome === "ok", performance.now() - start, this.missed(cell));
    } catch (error) {
      if (!(error instanceof Stopped)) {
        cell.fail(
          `Python is not there: ${(error as Error).message}.`,
          "Retry",
          () => void this.runInTurn([this.cells.indexOf(cell)]),
        );
        this.forget();
      }
      return false;
    } finally {
      this.running = null;
    }
  }

  private start(cell: Cell): ReturnType<Python["start"]> {
    return this.python.start(({ loaded, total }) => {
      if (loaded === total) cell.load("Starting Python…", null);
      else cell.load(`Loading Python, ${megabytes(total)} MB`, loaded / total);
    });
  }

  /** The cell before this one that has what it needed, and that has not run since Python started. */
  private missed(cell: Cell): Cell | null {
    const { needs } = cell;
    const above = this.above(this.cells.indexOf(cell)).map((index) => this.cells[index] as Cell);
    return (needs && above.find((other) => !this.ran.has(other) && other.defines(needs))) || null;
  }

  private stop(): void {
    const stopped = this.running;
    this.era++;
    this.python.stop();
    this.forget();
    if (!stopped) return;
    const again = [...this.above(this.cells.indexOf(stopped)), this.cells.indexOf(stopped)];
    stopped.fail(
      "Stopped. Python has ended, and what cells had defined is gone.",
      "Run again from the top",
      () => void this.runInTurn(again),
      "stopped",
    );
  }

  /** Python is gone: no cell has run in the next one. */
  private forget(): void {
    this.ran.clear();
    for (const cell of this.cells) if (cell !== this.running) cell.rest();
  }
}

const place = document.getElementById("cells-data");
if (typeof WebAssembly === "object" && typeof DecompressionStream === "function" && typeof Worker === "function") {
  const data = JSON.parse(place?.textContent ?? "null") as CellsData;
  new Notebook([...document.querySelectorAll<HTMLElement>("[data-cell]")], data);
}
