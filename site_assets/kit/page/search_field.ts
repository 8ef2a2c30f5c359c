/** The search field of every page, until somebody goes there: then the search itself is loaded. */

import { bookData } from "../base/book_data.ts";
import { AssetError, loadScript } from "../base/script.ts";
import { choose, chosen, whenChosenElsewhere } from "./chosen.ts";

/** A place in a page: its id, what it is called, and its blocks of text; the page itself has no id. */
export type IndexedPlace = readonly [string, string, readonly string[]];

/** One page of the index: address, label such as “Chapter 4”, title, and its places. */
export type IndexedPage = readonly [string, string, string, readonly IndexedPlace[]];

/** In the query of an address: the words that led here. */
export const FOUND_KEY = "find";

/** What search.js adds under the global `book`. */
export interface SearchBook {
  startSearch?: (parts: SearchParts) => void;
  searchIndex?: (pages: readonly IndexedPage[]) => void;
  showFound?: (query: string, anchor: string) => void;
}

export interface SearchParts {
  readonly input: HTMLInputElement;
  readonly list: HTMLElement;
  readonly status: HTMLElement;
}

const SHORTCUT = "/";

let loading: Promise<void> | null = null;

function loadSearch(parts: SearchParts): Promise<void> {
  loading ??= (async () => {
    const { search } = bookData();
    const { book } = globalThis as unknown as { book: SearchBook };
    await loadScript(search.script);
    await loadScript(search.index);
    if (!book.startSearch) throw new AssetError(`the file ${search.script} is damaged`);
    book.startSearch(parts);
  })();
  loading.catch(() => {
    loading = null; // the next visit to the field asks again
  });
  return loading;
}

/** Whether the key goes into a text; a cell's editor stands in a shadow tree, which hides what its events are for. */
function isTyped(event: KeyboardEvent): boolean {
  const [target] = event.composedPath();
  return target instanceof HTMLElement && (target.isContentEditable || target.matches("input, textarea, select"));
}

/** Whether the key leads to the search; null when that cannot be kept. */
function storedShortcut(): boolean | null {
  const key = chosen("book-search-key");
  return key === undefined ? null : key !== "off";
}

/** One key without Ctrl or Alt can get in the way of speech input, so that it can be switched off (WCAG 2.1.4). */
function startShortcut(input: HTMLInputElement): void {
  const button = document.querySelector<HTMLButtonElement>("[data-role=search-key]");
  let on = storedShortcut() ?? true;
  const hasKeys = matchMedia("(any-hover: hover)").matches; // as far as a page can know
  const tell = (): void => {
    button?.setAttribute("aria-pressed", String(on));
    input.placeholder = on && hasKeys ? `Search (${SHORTCUT})` : "Search";
    if (on) input.setAttribute("aria-keyshortcuts", SHORTCUT);
    else input.removeAttribute("aria-keyshortcuts");
  };
  tell();
  whenChosenElsewhere(() => {
    on = storedShortcut() ?? on;
    tell();
  });
  button?.addEventListener("click", () => {
    on = !on;
    tell();
    choose("book-search-key", on ? "on" : "off");
  });
  document.addEventListener("keydown", (event) => {
    if (!on || event.key !== SHORTCUT || event.ctrlKey || event.metaKey || event.altKey || isTyped(event)) return;
    event.preventDefault();
    input.focus();
    input.select();
  });
}

export function startSearchField(): void {
  const part = <E extends HTMLElement>(role: string): E | null => document.querySelector<E>(`[data-role="${role}"]`);
  const input = part<HTMLInputElement>("search-field");
  const list = part("search-results");
  const status = part("search-status");
  if (!input || !list || !status) return;
  const parts: SearchParts = { input, list, status };
  input.addEventListener("focus", () => {
    loadSearch(parts).catch((error: unknown) => {
      status.textContent = `There is no search: ${error instanceof Error ? error.message : String(error)}`;
    });
  });
  startShortcut(input);
  showWhatWasFound();
}

/** Where a result was opened: the words are marked, and leave the address, which is then the place's own. */
function showWhatWasFound(): void {
  const url = new URL(location.href);
  const query = url.searchParams.get(FOUND_KEY);
  if (query === null) return;
  url.searchParams.delete(FOUND_KEY);
  history.replaceState(history.state, "", url);
  const { book } = globalThis as unknown as { book: SearchBook };
  loadScript(bookData().search.script)
    .then(() => book.showFound?.(query, decodeURIComponent(url.hash.slice(1))))
    .catch(() => undefined); // the page is at the place all the same
}
