/** The page around the figures: its theme, notes, predictions, and what is wider than the page. */

import { ARROW_SHIFT } from "../base/arrows.ts";
import { choose, chosen, whenChosenElsewhere } from "./chosen.ts";

const THEMES = ["auto", "light", "dark"] as const;
type Theme = (typeof THEMES)[number];

/** The reader's choice; "auto" when there is none, null when none can be kept. */
export function storedTheme(): Theme | null {
  const theme = chosen("book-theme");
  if (theme === undefined) return null;
  return THEMES.find((each) => each === theme) ?? "auto";
}

export function applyTheme(theme: Theme): void {
  if (theme === "auto") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = theme;
}

/** The button goes round: as the system says, light, dark. */
export function startThemeButton(): void {
  const button = document.querySelector<HTMLButtonElement>("[data-role=theme]");
  if (!button) return;
  let theme = storedTheme() ?? "auto";
  const label = (): void => {
    button.textContent = `Theme: ${theme}`;
  };
  label();
  whenChosenElsewhere(() => {
    theme = storedTheme() ?? theme;
    applyTheme(theme);
    label();
  });
  button.addEventListener("click", () => {
    theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] as Theme;
    applyTheme(theme);
    label();
    choose("book-theme", theme);
  });
}

const OPENERS = ".sidenote-mark, [data-popover]";

function setOpen(opener: Element, open: boolean): void {
  opener.setAttribute("aria-expanded", String(open));
}

/**
 * Hover and focus open notes by CSS alone; a tap has neither, so it toggles `aria-expanded`. The first tap on
 * a citation or a term opens its note, the second follows the link. Escape and a tap elsewhere close.
 */
export function startNotes(): void {
  let pointer = "mouse";
  document.addEventListener(
    "pointerdown",
    (event) => {
      pointer = event.pointerType;
    },
    { capture: true },
  );
  document.addEventListener("click", (event) => {
    const opener = (event.target as Element).closest(OPENERS);
    for (const other of document.querySelectorAll(`:is(${OPENERS})[aria-expanded=true]`)) {
      if (other !== opener && !other.parentElement?.contains(event.target as Node)) setOpen(other, false);
    }
    if (!opener) return;
    const open = opener.getAttribute("aria-expanded") === "true";
    if (opener instanceof HTMLAnchorElement) {
      if (pointer !== "touch" || open) return;
      event.preventDefault();
    }
    setOpen(opener, !open);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const opener of document.querySelectorAll(`:is(${OPENERS})[aria-expanded=true]`)) setOpen(opener, false);
    // Those that hover and focus have opened stay closed until hand and focus have gone elsewhere.
    for (const note of document.querySelectorAll(":is(.cite, .term):is(:hover, :focus-within)")) {
      note.classList.add("dismissed");
    }
  });
  for (const gone of ["pointerout", "focusout"]) {
    document.addEventListener(gone, () =>
      requestAnimationFrame(() => {
        for (const note of document.querySelectorAll(".dismissed:not(:hover, :focus-within)")) {
          note.classList.remove("dismissed");
        }
      }),
    );
  }
}

/** Says whether a guess was right; the right choice may hold formulas. */
function judge(prediction: HTMLElement, guess: HTMLElement): void {
  const right = prediction.querySelector("[data-right]");
  if (!right) return;
  const words = guess === right ? ["Yes, that is what happens."] : ["Not this time. What happens: ", copy(right), "."];
  prediction.querySelector("[data-role=verdict]")?.replaceChildren(...words);
}

function copy(element: Element): DocumentFragment {
  const fragment = document.createDocumentFragment();
  fragment.append(...element.cloneNode(true).childNodes);
  return fragment;
}

/** A guess is kept in view beside the answer, which opens once the reader has committed to one. */
export function startPredictions(): void {
  for (const prediction of document.querySelectorAll<HTMLElement>("[data-role=predict]")) {
    const choices = [...prediction.querySelectorAll<HTMLButtonElement>("[role=radio]")];
    const choose = (choice: HTMLButtonElement): void => {
      for (const other of choices) {
        other.setAttribute("aria-checked", String(other === choice));
        other.tabIndex = other === choice ? 0 : -1;
      }
      prediction.dataset["chosen"] = "true";
      prediction.querySelector("details")?.setAttribute("open", "");
      judge(prediction, choice);
    };
    choices.forEach((choice, index) => {
      choice.tabIndex = index === 0 ? 0 : -1;
      choice.addEventListener("click", () => choose(choice));
      choice.addEventListener("keydown", (event) => {
        const shift = ARROW_SHIFT[event.key];
        if (shift === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
        event.preventDefault();
        choices[(index + shift + choices.length) % choices.length]?.focus();
      });
    });
  }
}

const MAY_SCROLL = ".equation, .figure-data > div";

/** What is wider than the page scrolls by itself: the keyboard must get there, and only there. */
export function startWideParts(): void {
  const watch = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      const scrolls = target.scrollWidth > target.clientWidth + 1 || target.scrollHeight > target.clientHeight + 1;
      const words: Record<string, string> = {
        tabindex: "0",
        role: "group",
        "aria-label": target.matches(".equation") ? "Formula" : "Table",
      };
      for (const [name, value] of Object.entries(words)) {
        if (scrolls) target.setAttribute(name, value);
        else target.removeAttribute(name);
      }
    }
  });
  for (const element of document.querySelectorAll(MAY_SCROLL)) watch.observe(element);
}
