/**
 * A chapter is long, and formulas and drawings take most of the time. Nothing is laid out before the fonts are here: it
 * would be again. Then what is far from the screen takes up the room that it may need (`content-visibility: auto`) until
 * the first figure is live. Afterwards each block is laid out for good, so that no containment cuts off a note or
 * an outline, and no estimate moves the page under a reader who scrolls.
 */

import { parseHash } from "../base/address.ts";

const POSTPONED = "layout-postponed"; // the page, until all is laid out
const BLOCK = "postponed";
const SCREENS = 1.5; // from the top of what is shown: nearer than that, everything is laid out at once
const FIGURE = 900; // px, about the least
const LINE = 28; // px
const LETTER = 10; // px, rather too wide
const BUDGET = 6; // ms of layout at a time

/**
 * Called before the first paint. Only where a figure is to come first; and a place that the browser restores must be
 * measured in true heights, so not then.
 */
export function postponeLayout(): void {
  if (!document.getElementById("figure-files")) return;
  const [navigation] = performance.getEntriesByType("navigation") as PerformanceNavigationTiming[];
  if (navigation?.type === "navigate") document.documentElement.classList.add(POSTPONED);
}

function estimate(block: Element): number {
  if (block.matches("figure")) return FIGURE;
  const width = Math.min(innerWidth, 700);
  return LINE * Math.ceil(((block.textContent?.length ?? 0) * LETTER) / width);
}

/** Called when the page may be shown; what the address names will then be at the top of the screen. */
export function showPostponed(): void {
  const { classList } = document.documentElement;
  if (!classList.contains(POSTPONED)) return;
  if (document.readyState === "loading") return classList.remove(POSTPONED); // what arrives later would be seen to grow
  const blocks = [...document.querySelectorAll<HTMLElement>(".prose > *")];
  const target = document.getElementById(parseHash(location.hash).anchor);
  const first = Math.max(
    0,
    blocks.findIndex((block) => block.contains(target)),
  );
  postpone(blocks.slice(first));
  postpone(blocks.slice(0, first).reverse());
  target?.scrollIntoView(); // the browser may have tried before there was a place
}

function postpone(blocks: readonly HTMLElement[]): void {
  let distance = 0;
  for (const block of blocks) {
    const height = estimate(block);
    if (distance > SCREENS * innerHeight) {
      block.classList.add(BLOCK);
      block.style.containIntrinsicBlockSize = `auto ${height}px`;
    }
    distance += height;
  }
}

const idle: (work: () => void) => void =
  typeof requestIdleCallback === "function"
    ? (work) => void requestIdleCallback(work, { timeout: 500 })
    : (work) => void setTimeout(work, 30);

/** Lays the rest out a little at a time. */
export function layOutRest(): void {
  const anchored = CSS.supports("overflow-anchor", "auto"); // then the browser holds what is on the screen in its place
  const postponed = [...document.querySelectorAll<HTMLElement>(`.${BLOCK}`)];
  const some = (): void => {
    const start = performance.now();
    let block: HTMLElement | undefined;
    while (performance.now() - start < BUDGET && (block = postponed.shift())) {
      const before = block.getBoundingClientRect();
      block.classList.remove(BLOCK);
      block.style.removeProperty("contain-intrinsic-block-size");
      const { height } = block.getBoundingClientRect();
      if (!anchored && before.bottom <= 0) scrollBy({ top: height - before.height, behavior: "instant" });
    }
    if (postponed.length > 0) idle(some);
    else document.documentElement.classList.remove(POSTPONED);
  };
  idle(some);
}
