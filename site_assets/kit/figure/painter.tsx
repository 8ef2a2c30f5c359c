/** Puts into the page what a figure computed: the drawing, a sentence for screen readers, and the numbers. */

import { render } from "preact";
import { Context, type FigureContext } from "../base/context.ts";
import type { State } from "../base/spec.ts";
import { part } from "../base/status.ts";
import type { AnyFigure, Setter, Table } from "./figure.ts";
import type { Training } from "./training.ts";
import { Translation } from "./translation.ts";

const SUMMARY_PAUSE = 600; // ms of rest before a screen reader is told

/** What one computation gave, and what it was made from. */
export interface Shown {
  /** With the author's options. */
  readonly state: State;
  readonly frame: unknown;
  /** Null in a figure that does not train. */
  readonly training: Training | null;
}

export class Painter {
  private readonly element: HTMLElement;
  private readonly stage: HTMLElement;
  private readonly drawn: Translation;
  private listed: Translation | null = null;
  private readonly definition: AnyFigure;
  private readonly context: FigureContext;
  private readonly set: Setter<State>;
  private shown: Shown;
  private said: string; // in words, by the static frame at first
  private life = 0;
  private setInLife: Setter<State>;
  private timer = 0;

  /** Takes the static frame over with the first frame that was computed. */
  constructor(element: HTMLElement, definition: AnyFigure, context: FigureContext, set: Setter<State>, first: Shown) {
    this.element = element;
    this.definition = definition;
    this.context = context;
    this.set = set;
    this.shown = first;
    this.said = part(element, "summary")?.textContent ?? "";
    this.setInLife = this.setterOf(this.life);
    this.stage = part(element, "stage") as HTMLElement;
    this.stage.replaceChildren();
    this.drawn = new Translation(this.stage);
    this.paint(first);
    this.describe();
  }

  paint(shown: Shown): void {
    this.shown = shown;
    const { state, frame, training } = shown;
    const view = this.definition.view(state, frame, this.setInLife, training as Training);
    const tree = (
      <Context.Provider key={this.life} value={this.context}>
        {view}
      </Context.Provider>
    );
    this.drawn.around(() => render(tree, this.stage));
  }

  /** After a pause, says in words and numbers what is painted then. */
  describe(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      const { state, frame, training } = this.shown;
      this.say(this.definition.describe(state, frame, training as Training));
      this.tabulate();
    }, SUMMARY_PAUSE);
  }

  /** A live region speaks when its text is set, so the same text is not set again. */
  private say(words: string): void {
    if (words === this.said) return;
    this.said = words;
    const summary = part(this.element, "summary");
    if (summary) summary.textContent = words;
  }

  /**
   * Whatever controls remember ends, a recording under way too. The new ones are heard at once: the reader may be
   * at one before the next frame is there.
   */
  renew(): void {
    this.setInLife = this.setterOf(++this.life);
    const { training } = this.shown;
    this.paint({ ...this.shown, training: training && { ...training, undone: true } });
  }

  /** A control of an earlier life may tick once more before it is gone, and is not heard. */
  private setterOf(life: number): Setter<State> {
    return (change) => {
      if (life === this.life) this.set(change);
    };
  }

  /** The first time it takes over the table that the static frame brought along. */
  private tabulate(): void {
    const place = part(this.element, "table");
    if (!place || !this.definition.table) return;
    if (!this.listed) {
      place.replaceChildren();
      this.listed = new Translation(place);
    }
    const { state, frame, training } = this.shown;
    const table = <DataTable table={this.definition.table(state, frame, training as Training)} />;
    this.listed.around(() => render(table, place));
  }
}

function DataTable({ table }: { table: Table }) {
  return (
    <table>
      <thead>
        <tr>
          {table.columns.map((column) => (
            <th key={column} scope="col">
              {column}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {table.rows.map((row, index) => (
          <tr key={index}>
            {row.map((cell, place) => (
              <td key={place}>{cell}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
