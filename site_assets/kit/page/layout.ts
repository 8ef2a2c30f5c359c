/**
 * A chapter is long, and formulas and drawings take most of the time. Nothing is laid out before the fonts are here: it
 * would be again. Then what is on the screen is laid out, and all else takes up the room that it may need until the first
 * figure is live; for a reader who scrolls earlier, what comes near. Afterwards each block is laid out for good, so that
 * no containment cuts off a note or an outline, and no estimate moves the page under a reader who scrolls.
 */

import { parseHash } from "../base/address.ts";
import { lacking } from "./able.ts";

const POSTPONED = "layout-postponed"; // the page, until all is laid out
const BLOCK = "postponed";
const FIGURE = { least: 450, usual: 900 }; // px
const LINE = 28; // px
const LETTER = { least: 6, usual: 10 }; // px; the usual ones are rather too large
const BUDGET = 6; // ms of layout at a time
const NEAR = 1; // screens
const FAR = 3; // screens

/**
 * Called before the first paint. Only where a figure is to come first, which an old browser leaves as it was drawn; and
 * a place that the browser restores must be measured in true heights, so not then.
 */
export function postponeLayout(): void {
  if (!document.getElementById("figure-files") || lacking() !== null) return;
  const [navigation] = performance.getEntriesByType("navigation") as PerformanceNavigationTiming[];
  if (navigation?.type === "navigate") document.documentElement.classList.add(POSTPONED);
}

function estimate(block: Element, size: "least" | "usual"): number {
  if (block.matches("figure")) return FIGURE[size];
  const width = Math.min(innerWidth, 700);
  return LINE * Math.ceil(((block.textContent?.length ?? 0) * LETTER[size]) / width);
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
  const after = postponed(blocks.slice(first), innerHeight);
  const before = postponed(blocks.slice(0, first).reverse(), 0);
  const seen = (): boolean => {
    target?.scrollIntoView(); // the browser may have tried before there was a place
    return layOutWhile(after, ({ top }) => top < innerHeight) || layOutWhile(before, ({ bottom }) => bottom > 0);
  };
  while (seen()); // what has been laid out may have left room for more
  awaitScrolling(new Set([...after, ...before]));
}

/** Puts off those of `blocks` that are surely beyond `reach` px from the top of the first; they are returned. */
function postponed(blocks: readonly HTMLElement[], reach: number): HTMLElement[] {
  let distance = 0;
  const far = blocks.filter((block) => {
    const isFar = distance >= reach;
    distance += estimate(block, "least");
    return isFar;
  });
  for (const block of far) {
    block.classList.add(BLOCK);
    block.style.containIntrinsicBlockSize = `auto ${estimate(block, "usual")}px`;
  }
  return far;
}

/** Lays out the first of `blocks`, which it takes out, as long as `wanted` says so of their places; whether there were any. */
function layOutWhile(blocks: HTMLElement[], wanted: (place: DOMRect) => boolean): boolean {
  const count = blocks.length;
  while (blocks[0] && wanted(blocks[0].getBoundingClientRect())) layOut(blocks.shift() as HTMLElement);
  return blocks.length < count;
}

function layOut(block: HTMLElement): void {
  block.classList.remove(BLOCK);
  block.style.removeProperty("contain-intrinsic-block-size");
}

/** Where the browser does not hold what is on the screen in its place, this does. How many px above the screen the block was; less than 0 if it was not. */
function layOutInPlace(block: HTMLElement): number {
  const anchored = CSS.supports("overflow-anchor", "auto");
  const before = block.getBoundingClientRect();
  layOut(block);
  const { height } = block.getBoundingClientRect();
  if (!anchored && before.bottom <= 0) scrollBy({ top: height - before.height, behavior: "instant" });
  return -before.bottom;
}

/** Which of `blocks` the reader comes near, by scrolling or by a link, is laid out, until all are. */
function awaitScrolling(blocks: Set<HTMLElement>): void {
  const start = scrollY;
  const met = (event: Event): void => {
    if (event.type === "scroll" && Math.abs(scrollY - start) < 1) return; // of the page's own way to its target
    const target = event.type === "hashchange" ? document.getElementById(parseHash(location.hash).anchor) : null;
    for (const block of blocks) {
      if (!block.classList.contains(BLOCK)) {
        blocks.delete(block);
        continue;
      }
      const { top, bottom } = block.getBoundingClientRect();
      if (block.contains(target) || (bottom > -NEAR * innerHeight && top < (1 + NEAR) * innerHeight)) {
        layOutInPlace(block);
        blocks.delete(block);
      }
    }
    target?.scrollIntoView(); // there was nothing of it to go to
    if (blocks.size > 0) return;
    for (const type of ["scroll", "hashchange"]) removeEventListener(type, met);
  };
  for (const type of ["scroll", "hashchange"]) addEventListener(type, met);
}

const idle: (work: () => void) => void =
  typeof requestIdleCallback === "function"
    ? (work) => void requestIdleCallback(work, { timeout: 500 })
    : (work) => void setTimeout(work, 30);

/** Lays the rest out a little at a time, what is next to the screen first. */
export function layOutRest(): void {
  const away = ({ top, bottom }: DOMRect): number => Math.max(top - innerHeight, -bottom);
  const rest = [...document.querySelectorAll<HTMLElement>(`.${BLOCK}`)]
    .map((block) => ({ block, distance: away(block.getBoundingClientRect()) }))
    .sort((a, b) => a.distance - b.distance)
    .map(({ block }) => block);
  const some = (): void => {
    const start = performance.now();
    let block: HTMLElement | undefined;
    while (performance.now() - start < BUDGET && (block = rest.shift())) {
      const above = layOutInPlace(block);
      // What stands above it moves up, too little to be seen; with others in the same frame it might be enough.
      if (above >= 0 && above < FAR * innerHeight) break;
    }
    if (rest.length > 0) requestAnimationFrame(() => idle(some));
    else document.documentElement.classList.remove(POSTPONED);
  };
  idle(some);
}
