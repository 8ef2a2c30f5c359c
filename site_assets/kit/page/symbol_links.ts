/**
 * Links a symbol in the text with the parts of a drawing that it names: pointing at one lights up the other.
 *
 * A symbol is a `<var>` or stands in a formula. Its name comes from a class of the colour vocabulary (`\z` in a
 * formula, `<var class="c-z">` in a figure; the names are x, z, xhat, mu, sigma, eps) or from a class `link-NAME`
 * (`\class{link-f}{f}`). A part is an element of a figure with `data-part="NAME …"`. Nothing is declared: symbols and
 * parts of one name are linked. Hover, keyboard focus and tap work alike; symbols of displayed formulas can be focused.
 */

const NAMED = ":is([class*='link-'], .c-x, .c-z, .c-xhat, .c-mu, .c-sigma, .c-eps)";
const SYMBOLS = `var${NAMED}, math ${NAMED}`;
const PARTS = "[data-part]";

/** The name that a class gives to a symbol, or null. */
export function nameOf(classes: Iterable<string>): string | null {
  for (const name of classes) {
    const found = /^(?:link|c)-([a-z0-9]+)$/.exec(name);
    if (found) return found[1] as string;
  }
  return null;
}

function partsOf(name: string): Element[] {
  return [...document.querySelectorAll(`[data-part~="${CSS.escape(name)}"]`)];
}

function symbolsOf(name: string): Element[] {
  return [...document.querySelectorAll(SYMBOLS)].filter((symbol) => nameOf(symbol.classList) === name);
}

/** The names that are meant by pointing at `target`. */
function namesAt(target: EventTarget | null): string[] {
  if (!(target instanceof Element)) return [];
  const part = target.closest<HTMLElement | SVGElement>(PARTS);
  if (part) return (part.dataset["part"] ?? "").split(/\s+/).filter(Boolean);
  const symbol = target.closest(SYMBOLS);
  const name = symbol && nameOf(symbol.classList);
  return name && partsOf(name).length > 0 ? [name] : [];
}

function light(names: readonly string[]): void {
  const lit = new Set(names.flatMap((name) => [...partsOf(name), ...symbolsOf(name)]));
  for (const element of document.querySelectorAll("[data-linked]")) {
    if (!lit.has(element)) element.removeAttribute("data-linked");
  }
  for (const element of lit) element.setAttribute("data-linked", "");
}

/** Called once by the page. Listens on the document, as figures redraw their parts. */
export function startSymbolLinks(): void {
  if (!document.querySelector(PARTS)) return;
  for (const symbol of document.querySelectorAll<HTMLElement>(`math[display=block] ${NAMED}`)) {
    const name = nameOf(symbol.classList);
    if (name && partsOf(name).length > 0) symbol.setAttribute("tabindex", "0");
  }
  const focused = (): string[] =>
    namesAt(document.activeElement?.matches(":focus-visible") ? document.activeElement : null);
  document.addEventListener("pointerover", (event) => {
    if (event.pointerType !== "touch") light([...namesAt(event.target), ...focused()]);
  });
  document.documentElement.addEventListener("pointerleave", () => light(focused()));
  document.addEventListener("focusin", () => light(focused()));
  document.addEventListener("focusout", () => light([]));
  document.addEventListener("click", (event) => light(namesAt(event.target))); // a tap: no hover went before it
}
