/**
 * A chapter is long, and formulas and drawings take most of the time. Nothing is laid out before the fonts are here: it
 * would be again. Then what is on the screen is laid out, even if what is beneath has not arrived, and all else takes up
 * the room that it may need until the first figure is live; for a reader who scrolls earlier, what comes near. Afterwards
 * each block is laid out for good, so that no containment cuts off a note or an outline, and no estimate moves the page
 * under a reader who scrolls.
 */

import { parseHash } from "../base/address.ts";
import { lacking } from "./able.ts";
import { asItArrives } from "./arrival.ts";

const POSTPONED = "layout-postponed"; // the page, until all is laid out
const BLOCK = "postponed";
const FIGURE = { least: 450, usual: 900 }; // px
const LINE = 28; // px
const LETTER = { least: 6, usual: 10 }; // px; the usual ones are rather too large
const BUDGET = 6; // ms of layout at a time
const NEAR = 1; // screens
const FAR = 3; // screens

/** In px, as it was at first: to ask again would lay out what has arrived. */
let screenSize = { width: 0, height: 0 };

/**
 * Called before the first paint. Only where a figure is to come first, which an old browser leaves as it was drawn; and
 * a place that the browser restores must be measured in true heights, so not then.
 */
export function postponeLayout(): void {
  if (!document.getElementById("figure-files") || lacking() !== null) return;
  screenSize = { width: innerWidth, height: innerHeight };
  const [navigation] = performance.getEntriesByType("navigation") as PerformanceNavigationTiming[];
  if (navigation?.type === "navigate") document.documentElement.classList.add(POSTPONED);
}

function estimate(block: Element, size: "least" | "usual"): number {
  if (block.matches("figure")) return FIGURE[size];
  const width = Math.min(screenSize.width, 700);
  return LINE * Math.ceil(((block.textContent?.length ?? 0) * LETTER[size]) / width);
}

/** The blocks of the text that are here. It is asked for while the page arrives: a selector would be tried on all elements. */
function blocksOfText(): HTMLElement[] {
  return [...document.getElementsByClassName("prose")].flatMap((text) => [...text.children] as HTMLElement[]);
}

/** The blocks, what the address names, and which of them has it, or is the first one. */
function blocksHere(): { blocks: HTMLElement[]; target: HTMLElement | null; first: number } {
  const blocks = blocksOfText();
  const target = document.getElementById(parseHash(location.hash).anchor);
  const first = blocks.findIndex((block) => block.contains(target));
  return { blocks, target, first: Math.max(0, first) };
}

/** Whether there is surely enough to fill the screen from the place that the address names. */
function fillsScreen(): boolean {
  if (document.readyState !== "loading") return true;
  const { blocks, target, first } = blocksHere();
  if (!target && parseHash(location.hash).anchor !== "") return false;
  const whole = blocks.slice(first, -1); // the last one may be on its way
  return whole.reduce((height, block) => height + estimate(block, "least"), 0) >= screenSize.height;
}

/** Resolves when all that the screen will show has arrived; where nothing is put off, when the whole page has. */
export function screenArrived(): Promise<void> {
  return new Promise((resolve) => {
    let here = false;
    asItArrives(() => {
      const enough = document.documentElement.classList.contains(POSTPONED)
        ? fillsScreen()
        : document.readyState !== "loading";
      here ||= enough;
      if (here) resolve();
    });
  });
}

/** Called when the page may be shown; what the address names will then be at the top of the screen. */
export function showPostponed(): void {
  const { classList } = document.documentElement;
  if (!classList.contains(POSTPONED)) return;
  if (!fillsScreen()) return classList.remove(POSTPONED); // what arrives later would be seen to grow
  const { blocks, target, first } = blocksHere();
  const after = postponed(blocks.slice(first), innerHeight);
  const before = postponed(blocks.slice(0, first).reverse(), 0);
  const seen = (): boolean => {
    target?.scrollIntoView(); // the browser may have tried before there was a place
    return layOutWhile(after, ({ top }) => top < innerHeight) || layOutWhile(before, ({ bottom }) => bottom > 0);
  };
  while (seen()); // what has been laid out may have left room for more
  const far = new Set([...after, ...before]);
  const hasScrolled = awaitScrolling(far);
  let known = blocks.length;
  asItArrives(() => {
    const all = blocksOfText();
    if (!hasScrolled()) for (const block of all.slice(known)) far.add(putOff(block));
    known = all.length;
  });
}

/** Puts off those of `blocks` that are surely beyond `reach` px from the top of the first; they are returned. */
function postponed(blocks: readonly HTMLElement[], reach: number): HTMLElement[] {
  let distance = 0;
  const far = blocks.filter((block) => {
    const isFar = distance >= reach;
    distance += estimate(block, "least");
    return isFar;
  });
  return far.map(putOff);
}

function putOff(block: HTMLElement): HTMLElement {
  block.classList.add(BLOCK);
  block.style.containIntrinsicBlockSize = `auto ${estimate(block, "usual")}px`;
  return block;
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

/** Which of `blocks` the reader comes near, by scrolling or by a link, is laid out, until all are. What comes back tells whether that has begun. */
function awaitScrolling(blocks: Set<HTMLElement>): () => boolean {
  const start = scrollY;
  let begun = false;
  const met = (event: Event): void => {
    if (event.type === "scroll" && Math.abs(scrollY - start) < 1) return; // of the page's own way to its target
    begun = true;
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
  return () => begun;
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
