/**
 * The search: every word of the book, by MiniSearch; results as a list that arrow keys walk, each with the sentence
 * that was found. Where a result is opened, what hides it is opened too, and the words are marked.
 */

import MiniSearch, { type SearchResult } from "minisearch";
import { withChoices } from "./chosen.ts";
import { FOUND_KEY, type IndexedPage, type SearchBook, type SearchParts } from "./search_field.ts";
import { indexedWords, plain, stem, words } from "./words.ts";

const SHOWN = 8;
const SHORTEST_MISSPELT = 4; // letters: shorter words are too like others
const SNIPPET = 140; // characters

interface Place {
  readonly id: number;
  readonly page: string;
  readonly anchor: string;
  /** What is found, and where it stands. */
  readonly title: string;
  readonly context: string;
  readonly blocks: readonly string[];
  readonly text: string;
}

const index = new MiniSearch<Place>({
  fields: ["title", "context", "text"],
  tokenize: indexedWords,
  processTerm: stem,
  searchOptions: { tokenize: words, boost: { title: 4, context: 0.2 }, combineWith: "AND" },
});
let places: Place[] = [];

/** Called by the script with the index. */
function searchIndex(pages: readonly IndexedPage[]): void {
  const found: Omit<Place, "id">[] = pages.flatMap(([page, label, title, entries]) => {
    const whole = label ? `${label}: ${title}` : title;
    return entries.map(([anchor, name, blocks]) => ({
      page,
      anchor,
      title: anchor ? name : whole,
      context: anchor ? whole : "",
      blocks,
      text: blocks.join("\n"),
    }));
  });
  places = found.map((place, id) => ({ ...place, id }));
  index.removeAll();
  index.addAll(places);
}

/** How much more a place counts that has the query as it is written, as a phrase or a formula. */
const LITERAL = 4;

/** Words as they are typed; if none has them, words that are not finished; then words with a slip in them. */
function find(query: string): Place[] {
  const literal = plain(query);
  const boostDocument = (id: unknown): number =>
    plain(`${places[id as number]?.title}\n${places[id as number]?.text}`).includes(literal) ? LITERAL : 1;
  const ways = [
    {},
    { prefix: true },
    { prefix: true, fuzzy: (term: string) => (term.length >= SHORTEST_MISSPELT ? 0.2 : false) },
  ];
  const seen = new Map<number, SearchResult>();
  for (const way of ways) {
    if (seen.size >= SHOWN) break;
    for (const result of index.search(query, { ...way, boostDocument }))
      if (!seen.has(result.id as number)) seen.set(result.id as number, result);
  }
  return [...seen.values()].slice(0, SHOWN).map(({ id }) => places[id as number] as Place);
}

/** How many of the words stand in a text, each of them whole or begun. */
function hits(text: string, wanted: readonly string[]): number {
  const own = words(text).map(stem);
  return wanted.filter((word) => own.some((other) => other.startsWith(word))).length;
}

/** The sentence of a place that has most of the words. */
function sentence(place: Place, query: string, wanted: readonly string[]): string {
  const sentences = place.blocks.flatMap((block) => block.split(/(?<=[.?!:])\s+(?=\S)/u));
  let best = "";
  let most = 0;
  for (const text of sentences) {
    const count = hits(text, wanted) + (plain(text).includes(plain(query)) ? 1 : 0);
    if (count > most) [best, most] = [text, count];
  }
  if (best.length <= SNIPPET) return best;
  const at = plainIndex(best, wanted);
  const start = Math.max(0, Math.min(at - SNIPPET / 2, best.length - SNIPPET));
  const from = start > 0 ? best.indexOf(" ", start) + 1 : 0;
  const cut = best.slice(from, from + SNIPPET);
  return `${from > 0 ? "…" : ""}${cut}${from + SNIPPET < best.length ? "…" : ""}`;
}

function plainIndex(text: string, wanted: readonly string[]): number {
  for (const match of text.matchAll(/[\p{L}\p{N}]+/gu)) {
    if (wanted.some((word) => hits(match[0], [word]) > 0)) return match.index;
  }
  return 0;
}

function span(className: string, text: string): HTMLElement {
  const element = document.createElement("span");
  element.className = className;
  element.textContent = text;
  return element;
}

/** The text, with the words that were asked for in `<mark>`. */
function marked(className: string, text: string, wanted: readonly string[]): HTMLElement {
  const element = span(className, "");
  let last = 0;
  for (const match of text.matchAll(/[\p{L}\p{N}\p{M}]+/gu)) {
    if (hits(match[0], wanted) === 0) continue;
    const mark = document.createElement("mark");
    mark.textContent = match[0];
    element.append(text.slice(last, match.index), mark);
    last = match.index + match[0].length;
  }
  element.append(text.slice(last));
  return element;
}

function option(place: Place, id: string, query: string, wanted: readonly string[]): HTMLElement {
  const element = document.createElement("li");
  element.id = id;
  element.setAttribute("role", "option");
  element.setAttribute("aria-selected", "false");
  element.append(span("search-title", place.title), " ", span("search-context", place.context));
  const found = sentence(place, query, wanted);
  if (found) element.append(" ", marked("search-sentence", found, wanted));
  return element;
}

function startSearch({ input, list, status }: SearchParts): void {
  let shown: Place[] = [];
  let chosen = -1;

  const choose = (index: number): void => {
    chosen = index;
    [...list.children].forEach((child, at) => {
      child.setAttribute("aria-selected", String(at === index));
      if (at === index) child.scrollIntoView({ block: "nearest" });
    });
    if (index < 0) input.removeAttribute("aria-activedescendant");
    else input.setAttribute("aria-activedescendant", list.children[index]?.id ?? "");
  };

  const open = (is: boolean): void => {
    list.hidden = !is;
    input.setAttribute("aria-expanded", String(is));
    if (!is) choose(-1);
  };

  const search = (): void => {
    const query = input.value.trim();
    const wanted = words(query).map(stem);
    shown = wanted.length > 0 ? find(query) : [];
    list.replaceChildren(...shown.map((place, at) => option(place, `search-result-${at + 1}`, query, wanted)));
    open(shown.length > 0);
    const count =
      shown.length === SHOWN ? `The ${SHOWN} best results` : `${shown.length} result${shown.length === 1 ? "" : "s"}`;
    status.textContent = query ? (shown.length ? count : `Nothing found for “${query}”`) : "";
  };

  const go = (index: number): void => {
    const place = shown[index];
    if (!place) return;
    const query = input.value.trim();
    open(false);
    status.textContent = "";
    input.blur();
    if (place.page === pageName()) return showFound(query, place.anchor);
    const address = `${place.page}?${FOUND_KEY}=${encodeURIComponent(query)}${place.anchor ? `#${place.anchor}` : ""}`;
    location.href = withChoices(address);
  };

  const keys: Readonly<Record<string, () => void>> = {
    ArrowDown: () => (list.hidden ? search() : choose((chosen + 1) % shown.length)),
    ArrowUp: () => (list.hidden ? search() : choose(chosen > 0 ? chosen - 1 : shown.length - 1)),
    Enter: () => go(Math.max(chosen, 0)),
    Escape: () => {
      if (list.hidden) input.value = "";
      open(false);
      status.textContent = "";
    },
  };

  input.addEventListener("input", search);
  input.addEventListener("keydown", (event) => {
    const act = keys[event.key];
    if (!act || event.isComposing) return;
    event.preventDefault();
    act();
  });
  list.addEventListener("pointerdown", (event) => event.preventDefault()); // the field keeps the focus
  list.addEventListener("click", (event) => {
    const item = (event.target as Element).closest("[role=option]");
    if (item) go([...list.children].indexOf(item));
  });
  input.addEventListener("blur", () => open(false));
  input.addEventListener("focus", search);
  search();
}

/** The file of this page, as the index names it. */
function pageName(): string {
  const name = decodeURIComponent(location.pathname.split("/").pop() ?? "");
  return name === "" ? "index.html" : name.includes(".") ? name : `${name}.html`;
}

const BLOCKS = "p, li, dd, dt, figcaption, pre, tr, h1, h2, h3, h4, .sidenote-body";

/** Everything of the page that belongs to a place: the element itself, or a heading and what follows it. */
function belongsTo(anchor: string): Element[] {
  const place = anchor ? document.getElementById(anchor) : document.querySelector("main");
  if (!place) return [];
  if (!/^H[1-6]$/.test(place.tagName)) return [place];
  const section: Element[] = [place];
  for (let next = place.nextElementSibling; next && !/^H[1-6]$/.test(next.tagName); next = next.nextElementSibling)
    section.push(next);
  return section;
}

/** Brings the block that has most of the words into view, opened and marked. */
export function showFound(query: string, anchor: string): void {
  const wanted = words(query).map(stem);
  const blocks: Element[] = belongsTo(anchor).flatMap((element) => [
    ...(element.matches(BLOCKS) ? [element] : []),
    ...element.querySelectorAll(BLOCKS),
  ]);
  let best: Element | null = blocks[0] ?? null;
  let most = 0;
  for (const block of blocks) {
    if (block.querySelector(BLOCKS) || block.closest("[data-role=stage], nav")) continue;
    const count = hits(block.textContent, wanted);
    if (count > most) [best, most] = [block, count];
  }
  document.querySelectorAll(".found").forEach((element) => element.classList.remove("found"));
  if (!best) return;
  for (
    let hiding: HTMLDetailsElement | null = best.closest("details");
    hiding;
    hiding = hiding.parentElement?.closest("details") ?? null
  ) {
    hiding.open = true;
  }
  best.classList.add("found");
  markWords(best, wanted);
  best.scrollIntoView({ block: "center" });
}

/** Marks the words where the browser can do so without changing the page; where not, the block's own mark is enough. */
function markWords(block: Element, wanted: readonly string[]): void {
  if (typeof Highlight === "undefined" || !CSS.highlights) return;
  const ranges: Range[] = [];
  const texts = document.createTreeWalker(block, NodeFilter.SHOW_TEXT);
  for (let node = texts.nextNode(); node; node = texts.nextNode()) {
    for (const match of (node.nodeValue ?? "").matchAll(/[\p{L}\p{N}\p{M}]+/gu)) {
      if (hits(match[0], wanted) === 0) continue;
      const range = document.createRange();
      range.setStart(node, match.index);
      range.setEnd(node, match.index + match[0].length);
      ranges.push(range);
    }
  }
  CSS.highlights.set("found", new Highlight(...ranges));
}

Object.assign((globalThis as unknown as { book: SearchBook }).book, {
  searchIndex,
  startSearch,
  showFound,
} satisfies SearchBook);
