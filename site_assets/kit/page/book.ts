/** The script of every page: starts the page's own parts and wakes figures as they come near. Small on purpose. */

import { lacking } from "./able.ts";
import { bookData } from "../base/book_data.ts";
import { startNotes, startPredictions, startThemeButton, startWideParts } from "./page.ts";
import type { FigureRuntime } from "../figure/runtime.ts";
import { AssetError, loadScript } from "../base/script.ts";
import { joinedState, parseHash } from "../figure/url_state.ts";
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

const NEAR = "800px 0px"; // wakes a figure about a screen before the reader meets it

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

function startFigures(figures: readonly HTMLElement[]): void {
  const near = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) {
        if (!isIntersecting) continue;
        near.unobserve(target);
        void wake(target as HTMLElement);
      }
    },
    { rootMargin: NEAR },
  );
  const watch = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      if (isIntersecting) onScreen.add(target);
      else onScreen.delete(target);
    }
    tellVisibility();
  });
  for (const element of figures) {
    near.observe(element);
    watch.observe(element);
  }
  document.addEventListener("visibilitychange", tellVisibility);
  addEventListener("hashchange", () => {
    for (const runtime of runtimes.values()) runtime.followAddress();
    scrollToFigure();
  });
}

/** A phrase of the text sets a figure; the other figures stay as the reader has set them. */
function startStateLinks(): void {
  document.addEventListener("click", (event) => {
    const link = (event.target as Element).closest<HTMLAnchorElement>("a[href^='#'][href*='?']");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    location.hash = joinedState(location.hash, link.hash);
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
  // In the second frame the figures in view have been seen, and are loading: they come first.
  addEventListener("load", () => requestAnimationFrame(() => requestAnimationFrame(start)));
}

/** A figure without a model computes a formula, for which any browser will do. */
function needsEngine(figure: HTMLElement): boolean {
  const { models } = JSON.parse(part(figure, "figure-data")?.textContent ?? "{}") as { models?: object };
  return Object.keys(models ?? {}).length > 0;
}

/** Nothing in these static frames can be worked, and each says why. */
function keepStatic(figures: readonly HTMLElement[], missing: string): void {
  const words = `This figure stays as it was drawn: this browser has no ${missing}. A current one brings it to life.`;
  for (const element of figures) {
    element.classList.add("figure-kept");
    setFigureState(element, "static", words);
  }
}

startThemeButton();
startSearchField();
startNotes();
startStateLinks();
startPredictions();
startSymbolLinks();
startWideParts();
const figures = [...document.querySelectorAll<HTMLElement>("figure[data-figure]")];
const missing = lacking();
const kept = missing === null ? [] : figures.filter(needsEngine);
startFigures(figures.filter((figure) => !kept.includes(figure)));
if (missing !== null) keepStatic(kept, missing);
startOffline();
scrollToFigure();
