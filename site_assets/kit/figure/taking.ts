/** What a reader can take along of a figure. The files are made by a script of its own, `take/`, loaded when asked. */

import { bookData } from "../base/book_data.ts";
import { AssetError, loadScript } from "../base/script.ts";
import { part } from "../base/status.ts";
import type { Table } from "./figure.ts";
import type { Training } from "./training.ts";

/** The reader's own run, and the PyTorch that loads its weights. */
export interface Trained {
  /** Its name. */
  readonly model: string;
  readonly training: Training;
  readonly program: () => Promise<Uint8Array>;
}

export interface Taking {
  readonly figure: HTMLElement;
  /** The whole address of the present state. */
  link(): string;
  table(): Table | null;
  /** Null while the figure shows no weights of the reader's. */
  trained(): Trained | null;
  /** `listener` is called whenever the state has been set or something else is shown. */
  onChange(listener: () => void): void;
}

type Open = (taking: Taking, button: HTMLButtonElement) => void;
let open: Open | null = null;

/** Called by the script that makes the files. */
export function registerTaking(opens: Open): void {
  open = opens;
}

/** Puts the button at the foot of a figure that has gone live. */
export function offerTaking(taking: Taking): void {
  const foot = part(taking.figure, "reset")?.parentElement;
  if (!foot || part(taking.figure, "take")) return;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button";
  button.dataset["role"] = "take";
  button.textContent = "Save";
  button.setAttribute("aria-label", "Save, or copy a link");
  button.setAttribute("aria-expanded", "false");
  button.addEventListener("click", () => {
    void show(taking, button).catch((error: unknown) => {
      part(taking.figure, "status")?.replaceChildren(error instanceof Error ? error.message : String(error));
    });
  });
  foot.insertBefore(button, part(taking.figure, "reset"));
}

async function show(taking: Taking, button: HTMLButtonElement): Promise<void> {
  const { take } = bookData();
  if (!open) await loadScript(take);
  if (!open) throw new AssetError(`the file ${take} is damaged`);
  open(taking, button);
}
