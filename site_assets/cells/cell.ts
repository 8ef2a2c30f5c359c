/** One cell in the page: its text, its buttons, what it says and what it put out. */

import type { CellData } from "../kit/base/page_data.ts";
import type { Book } from "../kit/page/book.ts";
import { AssetError, loadScript } from "../kit/base/script.ts";
import { keepEdit, keptEdit } from "./edits.ts";
import type { EditorHandle, MountEditor } from "./editor.ts";
import type { CellEvent } from "./cell_event.ts";
import { continues, markup } from "./markup.ts";
import { book } from "./python.ts";
import { Terminal } from "./terminal.ts";

type State = "idle" | "loading" | "running" | "done" | "error" | "stopped";

export interface CellActions {
  run(): void;
  above(): void;
  stop(): void;
}

const FAILED: readonly State[] = ["error", "stopped"];

let editor: Promise<MountEditor> | null = null;

/** The editor's script, loaded when a cell is first edited. */
function loadEditor(src: string): Promise<MountEditor> {
  editor ??= (async () => {
    await loadScript(src);
    const mount = (book as Book)["editor"] as MountEditor | undefined;
    if (!mount) throw new AssetError(`the file ${src} is damaged`);
    return mount;
  })();
  editor.catch(() => {
    editor = null;
  });
  return editor;
}

export class Cell {
  readonly number: string;
  readonly check: string | null;
  text: string;
  private readonly element: HTMLElement;
  private readonly data: CellData;
  private readonly listing: readonly Node[];
  private readonly written: readonly Node[];
  private readonly actions: CellActions;
  private readonly editorScript: string;
  private editor: EditorHandle | null = null;
  /** The text that runs, or ran last: the reader may write another meanwhile. */
  private ran = "";
  private events: CellEvent[] = [];
  private last: CellEvent | undefined;
  /** What shows the text that is being printed. */
  private terminal = new Terminal();
  private fresh = false;
  private drawing = 0;
  private problem: CellEvent | null = null;

  constructor(element: HTMLElement, editorScript: string, actions: CellActions) {
    this.element = element;
    this.number = element.dataset["cellNumber"] as string;
    this.data = JSON.parse(this.part("cell-data").textContent ?? "null") as CellData;
    this.check = this.data.check;
    this.text = this.data.code;
    this.listing = [...this.code.childNodes];
    this.written = [...this.output.childNodes];
    this.actions = actions;
    this.editorScript = editorScript;
    this.wire();
    const kept = keptEdit(element.id);
    if (kept !== null && kept !== this.text) this.change(kept);
  }

  get isWaiting(): boolean {
    return this.element.dataset["waiting"] === "true";
  }

  private part(role: string): HTMLElement {
    return this.element.querySelector(`[data-role="${role}"]`) as HTMLElement;
  }

  private get code(): HTMLElement {
    return this.part("cell-code").querySelector("code") as HTMLElement;
  }

  private get output(): HTMLElement {
    return this.part("cell-output");
  }

  private wire(): void {
    const on = (role: string, act: () => void): void => {
      const button = this.element.querySelector<HTMLButtonElement>(`[data-role="${role}"]`);
      if (!button) return; // there is nothing to run above it
      button.disabled = false;
      button.addEventListener("click", act);
    };
    on("cell-run", () => this.run());
    on("cell-above", this.actions.above);
    on("cell-stop", this.actions.stop);
    on("cell-edit", () => void this.edit());
    on("cell-reset", () => this.reset());
    this.part("cell-code").addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || !event.shiftKey || event.defaultPrevented) return;
      event.preventDefault();
      this.run();
    });
  }

  private get busy(): boolean {
    return this.isWaiting || ["loading", "running"].includes(this.element.dataset["cellState"] as State);
  }

  private run(): void {
    if (!this.busy) this.actions.run();
  }

  private say(state: State, ...words: readonly (string | Node)[]): void {
    this.element.dataset["cellState"] = state;
    delete this.element.dataset["waiting"];
    this.part("cell-status").replaceChildren(...words);
    const active = state === "loading" || state === "running";
    const [run, stop] = [this.part("cell-run"), this.part("cell-stop")];
    const focused = document.activeElement === (active ? run : stop);
    stop.hidden = !active;
    run.hidden = active;
    if (focused) (active ? stop : run).focus(); // the button that had the focus is gone: the one in its place gets it
  }

  /** Another cell is running; this one is next. */
  wait(words: string): void {
    this.say("idle", words);
    this.element.dataset["waiting"] = "true";
  }

  /** What the cells above it are about. */
  tellOf(words: string): void {
    this.part("cell-status").replaceChildren(words);
  }

  /** Nothing of this cell is left in Python; what it put out stays to be read. */
  rest(): void {
    if (!FAILED.includes(this.element.dataset["cellState"] as State)) this.say("idle");
    delete this.element.dataset["waiting"];
  }

  load(words: string, share: number | null): void {
    const known = this.part("cell-status").querySelector("progress");
    if (this.element.dataset["cellState"] === "loading" && known && share !== null) {
      known.value = share;
      return;
    }
    const progress = document.createElement("progress");
    progress.setAttribute("aria-label", words);
    if (share !== null) progress.value = share;
    this.say("loading", `${words} `, progress);
  }

  begin(): void {
    this.ran = this.text;
    this.fresh = true;
    this.last = undefined;
    this.events = [];
    this.problem = null;
    this.mark(0);
    this.output.setAttribute("aria-busy", "true");
    this.say("running", "Running…");
  }

  /** However many come, they are shown together with the page's next frame. */
  tell(event: CellEvent): void {
    this.events.push(event);
    if (event.kind === "error" || event.kind === "check") this.problem = event;
    this.drawing ||= requestAnimationFrame(() => this.draw());
  }

  private draw(): void {
    cancelAnimationFrame(this.drawing);
    this.drawing = 0;
    if (this.fresh) this.output.replaceChildren();
    this.fresh = false;
    let printed = false; // since the last piece of the output began
    const show = (): void => {
      if (printed && this.output.lastElementChild) this.output.lastElementChild.innerHTML = this.terminal.html();
      printed = false;
    };
    for (const event of this.events) {
      if (continues(event, this.last)) {
        this.terminal.write(event.text);
        printed = true;
      } else {
        show();
        this.output.insertAdjacentHTML("beforeend", markup(event));
        this.terminal = new Terminal();
        this.terminal.write(event.text);
      }
      this.last = event;
    }
    show();
    this.events = [];
  }

  /** The name that the cell or its check found nowhere; empty if it ran. */
  get needs(): string {
    return this.problem?.needs ?? "";
  }

  /** Whether the cell's text gives a name its meaning for cells below. */
  defines(name: string): boolean {
    const word = `(?<![\\w.])${name.replace(/[^\w]/gu, "")}(?!\\w)`;
    const given = `(?:async )?(?:def|class) ${word}|(?:from .+ )?import .*${word}|[^\\s#=][^#=]*${word}[^#=]*=|${word}[^#=]*=`;
    return new RegExp(`^(?:${given})`, "mu").test(this.text);
  }

  /** Whether the cell did what it should; `missed` is a cell above that it needed and that has not run. */
  end(ok: boolean, milliseconds: number, missed: Cell | null): boolean {
    this.settle();
    const seconds = `${(milliseconds / 1000).toFixed(milliseconds < 10_000 ? 2 : 0)} s`;
    const problem = ok ? null : this.problem;
    const unmet = missed
      ? `${this.needs} is of cell ${missed.number}, which has not run since Python started: run all above first.`
      : "";
    if (!problem) {
      if (unmet) {
        const verdict = this.output.querySelector(".cell-check");
        if (verdict) verdict.textContent = `The check could not finish: ${unmet}`;
      }
      this.say("done", `Done in ${seconds}.`);
      return true;
    }
    const line = problem.line ?? 0;
    const changed = this.text !== this.ran;
    if (!changed) this.mark(line);
    const expected = problem.name === this.data.raises;
    const where = line > 0 ? ` in line ${line}${changed ? " of the text that ran" : ""}` : "";
    if (expected) this.say("done", `It raised ${problem.name}${where}, as it should.`);
    else if (unmet) this.say("error", `It raised NameError${where}: ${unmet}`);
    else this.say("error", `It raised ${problem.name}${where}.`);
    return expected;
  }

  /** Something went wrong that is not the cell's fault: says what, with a button that tries again. */
  fail(words: string, offer: string, act: () => void, state: State = "error"): void {
    this.settle();
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button";
    button.dataset["role"] = "cell-again";
    button.textContent = offer;
    button.addEventListener("click", act);
    this.say(state, `${words} `, button);
  }

  private settle(): void {
    this.draw();
    this.output.removeAttribute("aria-busy");
  }

  private mark(line: number): void {
    this.editor?.mark(line);
    this.code.querySelector(".cell-line-marked")?.classList.remove("cell-line-marked");
    if (line > 0) this.code.querySelectorAll(".cell-line")[line - 1]?.classList.add("cell-line-marked");
  }

  /** The listing gives way to an editor, which stays. */
  private async edit(): Promise<void> {
    if (this.editor) return this.editor.focus();
    let mount: MountEditor;
    try {
      mount = await loadEditor(this.editorScript);
    } catch (error) {
      return this.fail(`The editor is not there: ${(error as Error).message}.`, "Retry", () => void this.edit());
    }
    if (this.editor) return;
    const host = document.createElement("div");
    host.className = "cell-editor";
    this.part("cell-code").append(host);
    (this.part("cell-code").querySelector("pre") as HTMLElement).hidden = true;
    this.editor = mount(host, this.text, {
      label: `Code of cell ${this.number}. Escape, then Tab leaves the editor; Shift and Enter runs the cell.`,
      changed: (text) => this.change(text),
      run: () => this.run(),
    });
    this.editor.focus();
  }

  /** The text is now another, kept in this browser as long as it is not the author's. */
  private change(text: string): void {
    this.text = text;
    const own = text !== this.data.code;
    this.part("cell-edited").hidden = !own;
    keepEdit(this.element.id, own ? text : null);
    if (own) this.code.replaceChildren(...text.split("\n").map(plainLine));
    else this.code.replaceChildren(...this.listing);
  }

  /** The author's text, and what it put out at build; what the cell did in Python stays done. */
  private reset(): void {
    this.change(this.data.code);
    this.editor?.set(this.data.code);
    this.mark(0);
    if (this.busy) return;
    this.output.replaceChildren(...this.written);
    this.say("idle");
  }
}

function plainLine(text: string): HTMLElement {
  const line = document.createElement("span");
  line.className = "cell-line";
  line.textContent = `${text}\n`;
  return line;
}
