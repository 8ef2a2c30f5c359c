/**
 * What a reader takes along of a figure: the link to its state, the picture, the numbers, and a model that was trained
 * in the page. Loaded when a reader first asks; all files are made here, and none leaves the device.
 */

import type { Table } from "../kit/figure/figure.ts";
import type { Taking, Trained } from "../kit/figure/taking.ts";
import { csv } from "./csv.ts";
import { download, type File } from "./download.ts";
import { modelFiles } from "./model.ts";
import { drawScene, svgOf } from "./picture.ts";
import { sceneOf } from "./scene.ts";

interface Registry {
  taking(open: (taking: Taking, button: HTMLButtonElement) => void): void;
}

const panels = new WeakMap<HTMLElement, Panel>();

function element<K extends keyof HTMLElementTagNameMap>(tag: K, className: string): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  made.className = className;
  return made;
}

class Panel {
  readonly place = element("div", "take");
  private readonly taking: Taking;
  private readonly button: HTMLButtonElement;
  private readonly said = element("p", "take-said");
  private readonly link = element("input", "take-link");
  private readonly model = element("p", "take-row");

  constructor(taking: Taking, button: HTMLButtonElement) {
    this.taking = taking;
    this.button = button;
    const { figure } = taking;
    this.place.id = `${figure.id}-take`;
    this.place.setAttribute("role", "group");
    this.place.setAttribute("aria-label", "Save, or copy a link");
    this.said.setAttribute("role", "status");
    this.link.type = "text";
    this.link.readOnly = true;
    this.link.setAttribute("aria-label", "Link to this state");
    button.setAttribute("aria-controls", this.place.id);
    figure.querySelector(":scope > .figure-data, :scope > .figure-foot:not(:has(+ .figure-data))")?.after(this.place);
    this.place.hidden = true;
    taking.onChange(() => {
      if (!this.place.hidden) this.follow();
    });
    figure.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || this.place.hidden || !this.place.contains(event.target as Node)) return;
      this.toggle();
      this.button.focus();
    });
  }

  toggle(): void {
    this.place.hidden = !this.place.hidden;
    this.button.setAttribute("aria-expanded", String(!this.place.hidden));
    if (!this.place.hidden) this.fill();
  }

  private fill(): void {
    const name = this.taking.figure.id.replace(/^fig-/, "");
    const first = element("p", "take-row");
    first.append(
      this.link,
      this.act("Copy link to this state", () => this.copy()),
    );
    const second = element("p", "take-row");
    second.append(
      this.act("Picture, SVG", () => this.save(svgOf(this.scene(), `${name}.svg`))),
      this.act("Picture, PNG", async () => this.save(await drawScene(this.scene(), `${name}.png`))),
    );
    if (this.taking.table()) {
      second.append(this.act("Numbers, CSV", () => this.save(csv(this.taking.table() as Table, `${name}.csv`))));
    }
    const told = element("pre", "take-code");
    told.tabIndex = 0;
    told.hidden = true;
    told.setAttribute("aria-label", "PyTorch that loads the model");
    this.model.replaceChildren(
      this.act("Model that you trained, for PyTorch and ONNX", async () => {
        const { files, code } = await modelFiles(this.taking.trained() as Trained, name);
        for (const file of files) await download(file);
        told.textContent = code;
        told.hidden = !code;
        const names = files.map((file) => file.name).join(", ");
        this.say(`Saved ${names}.${code ? " These lines load it:" : ""}`);
      }),
    );
    this.say("");
    this.place.replaceChildren(first, second, this.model, this.said, told);
    this.follow();
  }

  /** The figure may be worked while the place is open. */
  private follow(): void {
    const link = this.taking.link();
    if (this.link.value !== link) this.link.value = link; // not for nothing: a reader's selection would be lost
    this.model.hidden = this.taking.trained() === null;
  }

  private scene(): ReturnType<typeof sceneOf> {
    return sceneOf(this.taking.figure, this.taking.link());
  }

  private async save(file: File): Promise<void> {
    await download(file);
    this.say(`Saved ${file.name}.`);
  }

  private async copy(): Promise<void> {
    this.link.select();
    try {
      await navigator.clipboard.writeText(this.link.value);
      this.say("Copied.");
    } catch {
      this.say("This browser does not let a page copy: the link is selected, for you to copy.");
    }
  }

  private act(label: string, act: () => unknown): HTMLButtonElement {
    const button = element("button", "button");
    button.type = "button";
    button.textContent = label;
    button.addEventListener("click", () => {
      void (async () => {
        try {
          await act();
        } catch (error) {
          this.say(`Nothing was saved: ${error instanceof Error ? error.message : String(error)}.`);
        }
      })();
    });
    return button;
  }

  private say(words: string): void {
    this.said.textContent = words;
  }
}

(globalThis as unknown as { book: Registry }).book.taking((taking, button) => {
  let panel = panels.get(taking.figure);
  if (!panel) {
    panel = new Panel(taking, button);
    panels.set(taking.figure, panel);
  }
  panel.toggle();
});
