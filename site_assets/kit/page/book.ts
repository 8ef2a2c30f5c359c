/**
 * The script of every page: starts the page's own parts and wakes figures as they come near. Small on purpose. In a page
 * with figures it may run while the page is still arriving: the first figure does not wait for those beneath it.
 */

import { lacking } from "./able.ts";
import { arrived, asItArrives, hasArrived } from "./arrival.ts";
import { bookData } from "../base/book_data.ts";
import { parseHash } from "../base/address.ts";
import { startCarrying } from "./chosen.ts";
import type { FigureData } from "../base/page_data.ts";
import { styled } from "./fonts.ts";
import { hintFiles } from "./hints.ts";
import { layOutRest } from "./layout.ts";
import { startNotes, startPredictions, startThemeButton, startWideParts } from "./page.ts";
import type { FigureRuntime } from "../figure/runtime.ts";
import { AssetError, loadScript } from "../base/script.ts";
import { joinedState } from "../figure/url_state.ts";
import { startSearchField } from "./search_field.ts";
import { part, setFigureState, showFailure } from "../base/status.ts";
import { startSymbolLinks } from "./symbol_links.ts";

/** What kit.js adds under the global `book`, for the figures' and assets' scripts to call. */
export interface Book {
  start?: (element: HTMLElement) => FigureRuntime;
  [part: string]: unknown;
}

const book: Book = { loadKit };
(globalThis as unknown as { book: Book }).book = book;

const HELD = "[data-turns]"; // a number of the text that a figure holds
const NEAR = "800px 0px"; // wakes a figure about a screen before the reader meets it
const PATIENCE = 4000; // ms that the page's other parts, and the next figure, wait for a figure

const runtimes = new Map<HTMLElement, FigureRuntime>();
const onScreen = new Set<Element>();
let kit: Promise<void> | null = null;

function loadKit(): Promise<void> {
  kit ??= (async () => {
    const { kit: src } = bookData();
    await loadScript(src);
    if (!book.start) throw new AssetError(`the file ${src} is damaged`);
  })();
  kit.catch(() => {
    kit = null; // so that Retry asks again
  });
  return kit;
}

async function wake(element: HTMLElement): Promise<void> {
  setFigureState(element, "loading", "Loading…");
  try {
    await loadKit();
  } catch (error) {
    showFailure(element, error, () => void wake(element));
    return;
  }
  const runtime = (book.start as NonNullable<Book["start"]>)(element);
  runtimes.set(element, runtime);
  tellVisibility();
  await runtime.activate();
}

function tellVisibility(): void {
  for (const [element, runtime] of runtimes) {
    runtime.setVisible(onScreen.has(element) && document.visibilityState === "visible");
  }
}

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Resolves when what the page shows now has been painted: in a task that follows the next frame. */
const painted = (): Promise<void> => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));

/** Resolves when the text is on the screen, in its own fonts if these come soon: it comes before any figure. */
function textShown(): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (document.documentElement.classList.contains("fonts-pending")) requestAnimationFrame(look);
      else void painted().then(resolve);
    };
    look();
  });
}

/** Figures near the screen come to life one by one, those on it first. */
class Turns {
  private readonly waiting = new Set<HTMLElement>();
  private taking = false;
  private under: Promise<void> | null;

  /** `under` way before its turn is a figure that the others wait for. */
  constructor(under: Promise<void> | null) {
    this.under = under;
  }

  add(element: HTMLElement): void {
    if (element.dataset["state"] !== "static") return;
    setFigureState(element, "loading", "Loading…");
    this.waiting.add(element);
  }

  async take(): Promise<void> {
    if (this.taking) return;
    this.taking = true;
    if (this.under) await Promise.race([this.under, pause(PATIENCE)]);
    this.under = null;
    while (this.waiting.size > 0) {
      const all = [...this.waiting];
      const next = all.find((element) => onScreen.has(element)) ?? (all[0] as HTMLElement);
      this.waiting.delete(next);
      hintFiles(next.id);
      await Promise.race([wake(next).then(painted), pause(PATIENCE)]);
      startRest();
    }
    this.taking = false;
  }
}

/** Watches the page's figures, which wait for `led`; the result takes in one more, and the numbers of the text that figures hold. */
function startFigures(led: Promise<void> | null): { meet: (figure: HTMLElement) => void; holdNumbers: () => void } {
  const turns = new Turns(led);
  const met = new Set<HTMLElement>();
  const watch = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      if (isIntersecting) onScreen.add(target);
      else onScreen.delete(target);
    }
    tellVisibility();
  });
  const near = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) {
        if (!isIntersecting) continue;
        near.unobserve(target);
        const { turns: held } = (target as HTMLElement).dataset;
        const figure = held === undefined ? target : document.getElementById(held);
        if (met.has(figure as HTMLElement)) turns.add(figure as HTMLElement);
      }
      void turns.take().then(startRest);
    },
    { rootMargin: NEAR },
  );
  document.addEventListener("visibilitychange", tellVisibility);
  addEventListener("hashchange", followAddress);
  return {
    meet: (figure) => {
      met.add(figure);
      watch.observe(figure);
      near.observe(figure);
    },
    holdNumbers: () => {
      for (const element of document.querySelectorAll(HELD)) near.observe(element);
    },
  };
}

function followAddress(): void {
  for (const runtime of runtimes.values()) runtime.followAddress();
  scrollToFigure();
}

/**
 * A phrase of the text sets a figure; the other figures, and where a link leads to a place alone all of them, stay as the
 * reader has set them.
 */
function startLinks(): void {
  document.addEventListener("click", (event) => {
    const link = (event.target as Element).closest<HTMLAnchorElement>("a[href]");
    if (!link || event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey) return;
    for (const runtime of runtimes.values()) runtime.writeAddress(); // what was set just now, too, is come back to
    if (!link.matches("[href^='#']")) return;
    const { hash } = location;
    const sets = link.hash.includes("?");
    if (!sets && parseHash(hash).parameters.toString() === "") return; // the browser goes there, and no figure is meant
    event.preventDefault();
    const joined = joinedState(hash, link.hash);
    if (sets) {
      location.hash = joined;
      if (location.hash === hash) followAddress(); // no event tells of a phrase that is followed once more
      return;
    }
    // The browser goes to the place, and the keyboard with it; then the address says of the figures what it said before.
    if (joined === hash) location.replace(link.hash);
    else location.hash = link.hash;
    history.replaceState(history.state, "", joined);
  });
}

/** An address with a figure's state, or one that a mail program wrote, has more than an id behind the #. */
function scrollToFigure(): void {
  const { anchor } = parseHash(location.hash);
  const figure = location.hash === `#${anchor}` ? null : document.getElementById(anchor);
  if (!figure) return;
  const { top, bottom } = figure.getBoundingClientRect();
  if (top < 0 || bottom > innerHeight) figure.scrollIntoView();
}

/** Over http(s), last of all and quietly: what has been read can be read again without a network. */
function startOffline(): void {
  const wanted = location.protocol !== "file:" && document.querySelector("[data-role=offline]");
  if (!wanted || !("serviceWorker" in navigator)) return;
  const start = (): void => void loadScript(bookData().offline).catch(() => {}); // the page is whole without it
  if (document.readyState === "complete") start();
  else addEventListener("load", start);
}

/** A figure without a model computes a formula, for which any browser will do. */
function needsEngine(figure: HTMLElement): boolean {
  const data = JSON.parse(part(figure, "figure-data")?.textContent ?? "{}") as Partial<FigureData>;
  return Object.keys(data.models ?? {}).length > 0;
}

/** Nothing in this static frame can be worked, and it says why. */
function keepStatic(figure: HTMLElement, missing: string): void {
  figure.classList.add("figure-kept");
  const words = `This figure stays as it was drawn: this browser has no ${missing}. A current one brings it to life.`;
  setFigureState(figure, "static", words);
}

/** Calls `found` once for each figure of the page as soon as it is there, while the rest is still on its way. */
function eachFigure(found: (figure: HTMLElement) => void): void {
  const known = new Set<HTMLElement>();
  asItArrives(() => {
    for (const figure of document.getElementsByTagName("figure")) {
      if (!("figure" in figure.dataset) || known.has(figure) || !hasArrived(figure)) continue;
      known.add(figure);
      found(figure);
    }
  });
}

let restStarted = false;

/** What a reader does not miss before the first figure is live. */
function startRest(): void {
  if (restStarted) return;
  restStarted = true;
  void arrived.then(() => {
    startSymbolLinks();
    startWideParts();
    startOffline();
    layOutRest();
  });
}

/** The page's figures, those that this browser can work; the others say what it lacks. */
function startAllFigures(): void {
  const missing = lacking();
  const { anchor } = parseHash(location.hash);
  const worked: HTMLElement[] = [];
  let figures: ReturnType<typeof startFigures> | null = null;
  let named: Promise<void> | null = null;
  eachFigure((figure) => {
    if (missing !== null && needsEngine(figure)) return keepStatic(figure, missing);
    worked.push(figure);
    if (figure.id === anchor) named = wake(figure).then(painted); // while the fonts are on their way
    figures?.meet(figure);
  });
  const led = location.hash === "" ? null : arrived; // what an address names comes first, wherever it is
  const shown = Promise.all([textShown(), led]).then(() => {
    figures = startFigures(named);
    worked.forEach(figures.meet);
  });
  void Promise.all([shown, arrived]).then(() => {
    figures?.holdNumbers();
    if (worked.length === 0) startRest();
  });
}

startNotes();
startLinks();
startCarrying();
startAllFigures();
void arrived.then(() => {
  startThemeButton();
  startSearchField();
  startPredictions();
});
void Promise.all([arrived, styled()]).then(scrollToFigure);
