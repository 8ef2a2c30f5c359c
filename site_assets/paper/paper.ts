/**
 * Makes the page that holds the whole book into a book, before it is printed: answers go to the back, references get
 * page numbers, figures float. Only `book pdf` loads it.
 *
 * It is printed several times. Each print tells where things came to lie, and the next one writes that down.
 */

import { moveAnswers } from "./answers.ts";
import { fillPages } from "./floats.ts";
import { type Places, nameTargets, writeNumbers } from "./numbers.ts";

/** The builder looks for it in the print: it is there when everything else is done. */
const LAID_OUT = "laid-out";

/** What earlier prints told, the latest last. */
function earlierPrints(): Places[] {
  return JSON.parse(document.getElementById("earlier-prints")?.textContent ?? "[]");
}

async function layOut(): Promise<void> {
  document.querySelectorAll(".popover").forEach((popover) => popover.remove());
  await Promise.allSettled([...document.fonts].map((font) => font.load())); // a font that stands in may be missing
  moveAnswers();
  const references = writeNumbers(earlierPrints());
  document.querySelectorAll<HTMLElement>(".page-chapter").forEach(fillPages);
  const end = document.createElement("span");
  end.id = LAID_OUT;
  document.body.lastElementChild?.append(end);
  nameTargets(references, LAID_OUT);
}

void layOut();
