/** The page while it is still on its way: what of it is there, and what can be done before the rest is. */

/** Resolves when the page has arrived to its last line. */
export const arrived = new Promise<void>((resolve) => {
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", () => resolve(), { once: true });
  else resolve();
});

/** Whether the parser has left an element: what follows it, or its ancestors, has begun. */
export function hasArrived(element: Element): boolean {
  if (document.readyState !== "loading") return true;
  for (let part: Element | null = element; part; part = part.parentElement) {
    if (part.nextSibling) return true;
  }
  return false;
}

/** Calls `look` now, whenever more of the page has arrived, and once all of it has. */
export function asItArrives(look: () => void): void {
  look();
  if (document.readyState !== "loading") return;
  const parsed = new MutationObserver(look);
  parsed.observe(document, { childList: true, subtree: true });
  const end = (): void => {
    parsed.disconnect();
    look();
  };
  document.addEventListener("readystatechange", end, { once: true });
}
