/**
 * Numbers of pages, in the contents and behind every reference, as an earlier print told them.
 *
 * A print names the page of each element that a link leads to. So what is asked for gets an id and a link, and the
 * links stand together where nobody sees them.
 */

/** Id → the page that it came to lie on, from 1. */
export type Places = Record<string, number>;

/** In a list of places the number is what is looked for; in a sentence it only helps, and stands in brackets. */
const LISTED = ".title-contents a, a.answer-question, a.answer-place";
const SAID = "a.reference, .backlinks a";
/** As wide as most, so that the next print changes little. */
const UNKNOWN = "00";

/** Writes the numbers; the elements that stand where the references do. */
export function writeNumbers(prints: readonly Places[]): HTMLElement[] {
  const last = prints.at(-1);
  const references: HTMLElement[] = [];
  for (const link of document.querySelectorAll<HTMLAnchorElement>(`:is(${LISTED}, ${SAID})[href^="#"]`)) {
    const target = targetOf(link);
    const reference = document.createElement("span");
    reference.id = `reference-${references.length + 1}`;
    reference.className = "page-number";
    references.push(reference);
    const listed = link.matches(LISTED);
    if (listed || isApart(prints, reference.id, target)) {
      const number = String(last?.[target] ?? UNKNOWN);
      reference.textContent = listed ? ` ${number}` : ` (p. ${number})`;
    }
    link.append(reference);
  }
  return references;
}

/**
 * Whether a reference and what it refers to lay on different pages in any print, for a number that is left out again
 * can move what it was written for.
 */
function isApart(prints: readonly Places[], reference: string, target: string): boolean {
  return prints.length === 0 || prints.some((places) => places[reference] !== places[target]);
}

/** Makes the print tell the places of all that is referred to, of the references themselves, and of `more`. */
export function nameTargets(references: readonly HTMLElement[], ...more: string[]): void {
  const ids = new Set([...references.map(({ id }) => id), ...more]);
  document.querySelectorAll<HTMLAnchorElement>('a[href^="#"]').forEach((link) => ids.add(targetOf(link)));
  document.querySelectorAll<HTMLElement>(".print-page").forEach(({ id }) => ids.add(id));
  const links = document.createElement("nav");
  links.hidden = true;
  for (const id of ids) {
    const link = document.createElement("a");
    link.href = `#${id}`;
    links.append(link);
  }
  document.body.append(links);
}

function targetOf(link: HTMLAnchorElement): string {
  return decodeURIComponent(link.hash.slice(1));
}
