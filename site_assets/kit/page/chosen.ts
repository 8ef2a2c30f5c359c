/**
 * What a reader chooses for the whole book, its theme for one: kept in the browser, and looked at again where it may have
 * been chosen on another page. On file:// a browser may keep what each file stores apart, as Firefox does: there it comes
 * along in the links from page to page.
 */

const KEYS = ["book-theme", "book-search-key"] as const;
export type Choice = (typeof KEYS)[number];

const PAGE = /\.html$/;

/** Null if nothing has been chosen, undefined if nothing can be kept. */
export function chosen(key: Choice): string | null | undefined {
  try {
    return localStorage.getItem(key);
  } catch {
    return undefined;
  }
}

/** Where nothing can be kept, the choice lasts for this page. */
export function choose(key: Choice, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // as said
  }
}

/** Calls `look` when something may have been chosen: in another tab, or before the reader came back to this page as it was left. */
export function whenChosenElsewhere(look: () => void): void {
  addEventListener("storage", look);
  addEventListener("pageshow", ({ persisted }) => {
    if (persisted) look();
  });
}

/** The address of another page, with what has been chosen. */
export function withChoices(address: string): string {
  const url = new URL(address, location.href);
  if (location.protocol !== "file:" || !PAGE.test(url.pathname)) return address;
  for (const key of KEYS) {
    const value = chosen(key);
    if (value) url.searchParams.set(key, value);
  }
  return url.href;
}

/** Keeps what has come along in the address, which is then the page's own. */
export function takeChoices(): void {
  if (location.protocol !== "file:") return;
  const url = new URL(location.href);
  const carried = KEYS.filter((key) => url.searchParams.has(key));
  if (carried.length === 0) return;
  for (const key of carried) {
    choose(key, url.searchParams.get(key) as string);
    url.searchParams.delete(key);
  }
  history.replaceState(history.state, "", url);
}

/** Lets links take along what has been chosen, in whatever way they are followed. */
export function startCarrying(): void {
  if (location.protocol !== "file:") return;
  const carry = ({ target }: Event): void => {
    const link = (target as Element).closest<HTMLAnchorElement>("a[href]");
    if (link && link.protocol === location.protocol && link.pathname !== location.pathname) {
      link.href = withChoices(link.href);
    }
  };
  for (const way of ["click", "auxclick", "contextmenu"]) addEventListener(way, carry, { capture: true });
}
