/** The search: minisearch over titles, headings and leads; results as a list that arrow keys walk. */

import MiniSearch from "minisearch";
import type { IndexedPage, SearchBook, SearchParts } from "./search_field.ts";

const SHOWN = 8;

interface Place {
  readonly id: number;
  readonly address: string;
  /** What is found, and where it stands. */
  readonly title: string;
  readonly context: string;
  readonly lead: string;
}

const options = {
  fields: ["title", "lead"],
  searchOptions: { prefix: true, fuzzy: 0.2, boost: { title: 3 }, combineWith: "AND" as const },
};

let places: Place[] = [];
const index = new MiniSearch<Place>(options);

/** Called by the script with the index. */
function searchIndex(pages: readonly IndexedPage[]): void {
  const found: Omit<Place, "id">[] = pages.flatMap(([address, label, title, lead, entries]) => [
    { address, title, context: label, lead },
    ...entries.map(([id, words]) => ({
      address: `${address}#${id}`,
      title: words,
      context: label ? `${label}: ${title}` : title,
      lead: "",
    })),
  ]);
  places = found.map((place, id) => ({ ...place, id }));
  index.removeAll();
  index.addAll(places);
}

function option(place: Place, id: string): HTMLElement {
  const element = document.createElement("li");
  element.id = id;
  element.setAttribute("role", "option");
  element.setAttribute("aria-selected", "false");
  const title = document.createElement("span");
  title.className = "search-title";
  title.textContent = place.title;
  const context = document.createElement("span");
  context.className = "search-context";
  context.textContent = [place.context, place.lead].filter(Boolean).join(" · ");
  element.append(title, " ", context);
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
    const words = input.value.trim();
    shown = words ? index.search(words).slice(0, SHOWN).map(({ id }) => places[id as number] as Place) : [];
    list.replaceChildren(...shown.map((place, at) => option(place, `search-result-${at + 1}`)));
    open(shown.length > 0);
    const count = shown.length === SHOWN ? `The ${SHOWN} best results` : `${shown.length} result${shown.length === 1 ? "" : "s"}`;
    status.textContent = words ? (shown.length ? count : `Nothing found for “${words}”`) : "";
  };

  const go = (index: number): void => {
    const place = shown[index];
    if (!place) return;
    open(false);
    status.textContent = "";
    input.blur();
    location.href = place.address;
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

Object.assign((globalThis as unknown as { book: SearchBook }).book, { searchIndex, startSearch } satisfies SearchBook);
