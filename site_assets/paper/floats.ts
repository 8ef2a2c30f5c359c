/**
 * Figures float: one that does not fit on its page lets the text that follows it fill the page.
 *
 * What would be where is not computed but looked at. Columns of the size of a page break a chapter as its pages will.
 */

const FLOATING = ".figure, .captioned";
const HEADING = "h2, h3";
/** What a figure never goes above: it would give the guess away. */
const FIRM = `${FLOATING}, ${HEADING}, .predict`;
/** Blocks that a figure may go down or up. */
const DOWN = 8;
const UP = 2;
/** What a step away from its place costs, as a share of a page that stays empty, squared. */
const STEP = 0.004;
const STEP_UP = 0.012;
/** To stand in another section than its text. */
const OTHER_SECTION = 0.05;

/** Lines closer together, by steps that one does not see: paper.css. */
const SETTINGS = ["", "set-closer", "set-closest"];
/** A chapter that ends with less on its last page is set closer, if that spares the page. */
const LEAST = 0.25;

/** Puts each figure of a chapter where it leaves the least of the pages before it empty, and spares a page if it can. */
export function fillPages(chapter: HTMLElement): void {
  const text = chapter.querySelector<HTMLElement>(".prose");
  if (!text) return;
  chapter.classList.add("measured");
  const blocks = [...text.children];
  const figures = blocks.filter((child) => child.matches(FLOATING));
  const set = (setting: string): number[] => {
    text.replaceChildren();
    chapter.classList.remove(...SETTINGS.filter(Boolean));
    if (setting) chapter.classList.add(setting);
    let laid = 0;
    for (const figure of figures) {
      // What comes later changes no page before: it would only be laid out in vain.
      const until = blocks.indexOf(figure) + 1 + DOWN + 1;
      text.append(...blocks.slice(laid, until));
      laid = Math.max(laid, until);
      float(figure, chapter, text);
    }
    text.append(...blocks.slice(laid));
    return filled(chapter, text);
  };
  const pages = set("");
  const sparing = (setting: string) => set(setting).length < pages.length;
  if (pages.length > 1 && pages.at(-1)! < LEAST && !SETTINGS.slice(1).some(sparing)) set("");
  chapter.classList.remove("measured");
}

function float(figure: Element, chapter: HTMLElement, text: HTMLElement): void {
  const home = figure.nextElementSibling;
  let best = { cost: emptiness(figure, chapter, text), before: home };
  for (const { before, cost } of [...placesBelow(figure), ...placesAbove(figure)]) {
    if (cost >= best.cost) continue;
    text.insertBefore(figure, before);
    const whole = cost + emptiness(figure, chapter, text);
    if (whole < best.cost) best = { cost: whole, before };
  }
  text.insertBefore(figure, best.before);
}

interface Place {
  before: Element | null;
  cost: number;
}

/** After each of the blocks that follow; figures keep their order, and no heading parts from its text. */
function placesBelow(figure: Element): Place[] {
  const places: Place[] = [];
  let cost = 0;
  let block = figure.nextElementSibling;
  for (let step = 0; step < DOWN && block && !block.matches(FLOATING); step++) {
    cost += STEP + (block.matches("h2") ? OTHER_SECTION : 0);
    if (!block.matches(HEADING)) places.push({ before: block.nextElementSibling, cost });
    block = block.nextElementSibling;
  }
  return places;
}

/** Before each of the blocks that lead up to it. */
function placesAbove(figure: Element): Place[] {
  const places: Place[] = [];
  let cost = 0;
  let block = figure.previousElementSibling;
  for (let step = 0; step < UP && block && !block.matches(FIRM); step++) {
    cost += STEP_UP;
    if (!block.previousElementSibling?.matches(HEADING)) places.push({ before: block, cost });
    block = block.previousElementSibling;
  }
  return places;
}

/** The sum, over all pages before the one that the figure ends on, of the squared share that is empty. */
function emptiness(figure: Element, chapter: HTMLElement, text: HTMLElement): number {
  const end = pageOf([...figure.getClientRects()].at(-1)!, chapter.getBoundingClientRect());
  return filled(chapter, text)
    .slice(0, end)
    .reduce((sum, share) => sum + Math.max(0, 1 - share) ** 2, 0);
}

/** How far down each page of a chapter has something on it, as a share of its height. */
function filled(chapter: HTMLElement, text: HTMLElement): number[] {
  const page = chapter.getBoundingClientRect();
  const shares: number[] = [];
  for (const block of text.children) {
    for (const rect of block.getClientRects()) {
      const at = pageOf(rect, page);
      shares[at] = Math.max(shares[at] ?? 0, (rect.bottom - page.top) / page.height);
    }
  }
  return Array.from(shares, (share) => share ?? 0);
}

function pageOf(rect: DOMRect, page: DOMRect): number {
  return Math.floor((rect.left - page.left + 1) / page.width);
}
